"""What an Idempotency-Key was answered with: one row an actor and key, written in the transaction of the act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import delete, insert, select, text

from service.crypto import CannotOpen, Domain, at
from service.policies import Process
from service.store.database import Transaction
from service.store.tables import idempotency

__all__ = ["DOMAINS", "Kept", "find", "forget", "keep", "subject_of", "try_alone"]

DOMAINS: Final = {Process.FRONT: Domain.CASE, Process.BACK: Domain.PLACE}
"""The key domain in which each process seals the answers it keeps."""
_OURS = UUID("6b0a4b1e-5a0f-4f0e-9c55-0f3f6b8f2d11")


@dataclass(frozen=True)
class Kept:
    """An answer that was given.

    Parameters
    ----------
    request_hash : of the request it answers
    content : its bytes; none: given once only
    """

    request_hash: bytes
    status: int
    content: bytes | None


def subject_of(process: Process, when: datetime) -> UUID:
    """Under whose key the answers of one day are sealed: a day's answers are deleted by destroying its key."""
    return uuid5(_OURS, f"{process.value}/{when:%Y-%m-%d}")


def _place(tx: Transaction, key_hash: bytes) -> str:
    row = sha256(tx.pseudonym.encode() + b"\0" + key_hash).hexdigest()
    return at("idempotency", "sealed", row, 1)


def try_alone(tx: Transaction, key_hash: bytes) -> bool:
    """Be the only one with this actor's key until the transaction ends; false: somebody is at it now."""
    lock = int.from_bytes(sha256(tx.pseudonym.encode() + b"\0" + key_hash).digest()[:8], "big", signed=True)
    return bool(tx.connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock}).scalar_one())


def find(tx: Transaction, process: Process, key_hash: bytes) -> Kept | None:
    """What this actor's key was answered with, if it was used."""
    row = tx.connection.execute(
        select(idempotency.c.request_hash, idempotency.c.status, idempotency.c.sealed, idempotency.c.at).where(
            idempotency.c.actor == tx.pseudonym, idempotency.c.key_hash == key_hash
        )
    ).one_or_none()
    if row is None:
        return None
    content = None
    if row.sealed is not None:
        subject = subject_of(process, row.at)
        content = str(tx.open(DOMAINS[process], subject, _place(tx, key_hash), bytes(row.sealed))).encode()
    return Kept(bytes(row.request_hash), row.status, content)


def keep(
    tx: Transaction, process: Process, key_hash: bytes, request_hash: bytes, status: int, content: bytes | None
) -> None:
    """Keep the answer of an act; no content: the key is used up and its answer is never repeated."""
    sealed = None
    if content is not None:
        sealed = _sealed(tx, DOMAINS[process], subject_of(process, tx.now), _place(tx, key_hash), content.decode())
    tx.connection.execute(
        insert(idempotency).values(
            actor=tx.pseudonym,
            key_hash=key_hash,
            request_hash=request_hash,
            status=status,
            process=process.value,
            sealed=sealed,
            at=tx.now,
        )
    )


def _sealed(tx: Transaction, domain: Domain, subject: UUID, place: str, content: str) -> bytes:
    try:
        return tx.seal(domain, subject, place, content)
    except CannotOpen:  # the first of its day
        tx.new_subject(domain, subject)
        return tx.seal(domain, subject, place, content)


def forget(tx: Transaction, process: Process, before: datetime) -> int:
    """Delete the answers of a process given before a moment; how many."""
    done = tx.connection.execute(
        delete(idempotency).where(idempotency.c.process == process.value, idempotency.c.at < before)
    )
    return done.rowcount
