"""What one process of the service works with, opened once when it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from anyio import CapacityLimiter

from service.auth import JWKS, IssuerKeys, Verifier
from service.clock import Clock, utc_now
from service.crypto import SubjectKeys, load_keyring
from service.crypto.vault import Vault
from service.http.forgetting import Forgetting
from service.http.metrics import Metrics
from service.policies import Process
from service.settings import Settings
from service.store.database import Database

__all__ = ["Context", "open_context"]

CONNECTIONS: Final = 20
"""Acts of one process at a time; the others wait their turn before they take a connection."""


@dataclass(frozen=True)
class Context:
    """What the front or the back works with.

    Parameters
    ----------
    data : the data folder
    subjects : the subjects' keys
    """

    process: Process
    data: Path
    settings: Settings
    database: Database
    subjects: SubjectKeys
    verifier: Verifier
    clock: Clock
    forgetting: Forgetting
    metrics: Metrics = field(default_factory=Metrics)
    turns: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(CONNECTIONS))

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def open_context(
    process: Process, data: Path, url: str, *, settings: Settings | None = None, clock: Clock = utc_now
) -> Context:
    """What a process works with, from its data folder; no connection is made yet.

    Parameters
    ----------
    url : SQLAlchemy address of the process's own database role

    Raises
    ------
    KeysRejected : the key files cannot be used
    InputRejected : the issuer's keys cannot be used
    """
    known = settings or Settings.load(data)
    keys = data / "keys"
    ring = load_keyring(keys, process.value)
    vault = Vault(keys) if process is Process.BACK else None
    database = Database(url, ring.sealer, ring.tagger, clock, CONNECTIONS, vault)
    return Context(
        process=process,
        data=data,
        settings=known,
        database=database,
        subjects=ring.subjects,
        verifier=Verifier(IssuerKeys(data / JWKS), known.issuer, known.audience, known.clock_skew_s),
        clock=clock,
        forgetting=Forgetting(process, database, ring.subjects, known.idempotency_life_h),
    )
