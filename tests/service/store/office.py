"""What a register has beside its database, for the drills of backup and restore."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import NullPool, create_engine

from service.audit.checkpoint import publish
from service.audit.notes import PublicKey, Signer
from service.audit.witness import FILE, Witness
from service.crypto.ring import Keyring
from service.processes import backup
from service.processes.backup import Place, back_up, restore
from service.processes.holders import Holder, HolderKey
from tests.service.conftest import Database
from tests.service.store.rows import NOW


@dataclass(frozen=True)
class Office:
    """What a register has beside its database: keys, a witness, two key holders."""

    data: Path
    signer: Signer
    witness: Witness
    holders: tuple[Holder, ...]
    keys: tuple[HolderKey, ...]
    ring: Keyring

    @property
    def believed(self) -> tuple[PublicKey, ...]:
        return (self.signer.public,)

    @property
    def notes(self) -> str:
        path = self.witness.folder / FILE
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def file(self) -> Path:
        return self.data / "register.backup"

    def publish(self, database: Database) -> None:
        engine = create_engine(database.url("fristad_back"), poolclass=NullPool)
        with engine.connect() as connection:
            publish(connection, self.signer, self.witness, NOW)

    def back_up(self, database: Database) -> backup.Made:
        return back_up(place_of(database), self.file, self.holders, self.signer, NOW)

    def restore(self, database: Database, **told: bool) -> backup.Restored:
        return restore(place_of(database), self.file, self.keys[1], self.believed, self.notes, NOW, **told)


def place_of(database: Database) -> Place:
    return Place.of(database.server, database.name)
