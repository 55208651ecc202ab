"""The trail as the auditor reads it: pseudonyms, codes and hashes, in order."""

from __future__ import annotations

from service.audit.entries import Stored
from service.audit.trail import MOST_READ, read
from service.store.database import Transaction

__all__ = ["MOST_READ", "page"]


def page(tx: Transaction, after: int, limit: int) -> tuple[Stored, ...]:
    """Entries behind a number, oldest first."""
    return read(tx.connection, after, min(limit, MOST_READ))
