"""The trail as the auditor reads it: pseudonyms, codes and hashes, in order."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text

from service.audit import sql, trail
from service.audit.entries import Stored
from service.audit.trail import MOST_READ, read
from service.store.database import Transaction

__all__ = ["MOST_READ", "newest", "page", "walk"]


def page(tx: Transaction, after: int, limit: int) -> tuple[Stored, ...]:
    """Entries behind a number, oldest first."""
    return read(tx.connection, after, min(limit, MOST_READ))


def newest(tx: Transaction) -> int:
    """Number of the newest entry; 0: there is none."""
    return int(tx.connection.execute(text(sql.NEWEST)).scalar_one())


def walk(tx: Transaction, after: int, until: int) -> Iterator[Stored]:
    """Every entry in `(after, until]`, oldest first: for our own processes, not for people."""
    return trail.walk(tx.connection, after, until)
