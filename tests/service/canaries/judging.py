"""Scans what was heard and what is stored, and says what was found where it must not be."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine

from service.audit.checkpoint import publish
from service.audit.keeping import keeper, make_keys
from service.processes.backup import Place, back_up
from service.processes.holders import make_holder, read_holder
from service.processes.postgres_roles import SUPERUSER
from tests.service.canaries.markers import POINTERS, Book
from tests.service.canaries.recording import Answer
from tests.service.canaries.scanning import scanner_of
from tests.service.canaries.table import may_see
from tests.service.conftest import Database

__all__ = ["Leak", "dumped", "in_answers", "in_files", "in_texts", "made_backup", "settled", "stored"]

_KEPT = {"master key": ("keys/", "demo-issuer.jwk"), "password": ("secrets.json",)}
"""Where secrets of the service itself lie, and nowhere else."""


@dataclass(frozen=True)
class Leak:
    """A secret where it must not be.

    Parameters
    ----------
    where : the channel; of an answer with role and action
    what : kind and owner of the secret
    form : how it was written
    """

    where: str
    what: str
    form: str


def in_answers(answers: Iterable[Answer], book: Book, knows: Mapping[str, Set[str]]) -> Iterator[Leak]:
    """Secrets in bodies that this officer may not see there, and any secret in a header."""
    scanner = scanner_of(frozenset(book.markers))
    for answer in answers:
        who = f"{answer.role} {answer.action} {answer.status}"
        own = knows.get(answer.actor, frozenset())
        for text, form in scanner.names(answer.body).items():
            marker = book.markers[text]
            if answer.status >= 300 or not may_see(marker, answer.role, answer.action, own):
                yield Leak(f"body: {who}", str(marker), form)
        for text, form in scanner.names(answer.headers).items():
            yield Leak(f"header: {who}", str(book.markers[text]), form)


def in_texts(where: str, texts: Iterable[str], book: Book) -> Iterator[Leak]:
    """Any secret in logs, errors and counts."""
    scanner = scanner_of(frozenset(book.markers))
    for text, form in scanner.names("\n".join(texts).encode()).items():
        yield Leak(where, str(book.markers[text]), form)


def in_files(files: Mapping[str, bytes], book: Book) -> Iterator[Leak]:
    """Any secret in what is stored; random ids and pseudonyms may stand there."""
    scanner = scanner_of(frozenset(text for text, marker in book.markers.items() if marker.kind not in POINTERS))
    for name, content in files.items():
        for text, form in scanner.names(content).items():
            marker = book.markers[text]
            if not name.startswith(_KEPT.get(marker.kind, ())):
                yield Leak(f"file: {name}", str(marker), form)


def stored(*folders: Path) -> dict[str, bytes]:
    """Every file below the folders, by its path in them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def settled(database: Database) -> None:
    """Let everything reach the files: statistics with their samples, every page, the log of changes."""
    with database.admin() as connection:
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")


def dumped(database: Database) -> dict[str, bytes]:
    """All of the database as text, values that lie compressed in its files in the clear; and its bytes once more."""
    address = database.conninfo(SUPERUSER)
    program = database.server.programs / "bin" / "pg_dump"
    text = subprocess.run([program, "--format=plain", "--dbname", address], check=True, capture_output=True).stdout
    return {"dump": text, "bytes of the dump": b"\n".join(map(_unhexed, re.findall(rb"\\x([0-9a-f]+)", text)))}


def _unhexed(told: bytes) -> bytes:
    return bytes.fromhex(told.decode())


def made_backup(database: Database, data: Path, now: datetime) -> bytes:
    """A backup as the service makes it, the trail's head signed before."""
    make_keys(data)
    signer, witness = keeper(data)
    engine = create_engine(database.url("fristad_back"))
    with engine.connect() as connection:
        publish(connection, signer, witness, now)
    engine.dispose()
    holders = tuple(read_holder(make_holder(data / f"holder-{name}.key")) for name in "ab")
    output = data / "register.backup"
    back_up(Place.of(database.server, database.name), output, holders, signer, now)
    return output.read_bytes()
