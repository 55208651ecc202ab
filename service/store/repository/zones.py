"""Everybody who is present somewhere, for counts by län; never handed on one by one."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from service.crypto import Domain, at
from service.store.database import Transaction
from service.store.repository.wider import as_system
from service.store.tables import stays

__all__ = ["presences"]

_MOST: Final = 20_000
_PRESENT: Final = ("placed", "ended")


def presences(tx: Transaction) -> list[dict[str, Any]]:
    """The content of every stay whose persons are in the locality."""
    with as_system(tx):
        rows = tx.connection.execute(
            select(stays.c.id, stays.c.case_id, stays.c.version, stays.c.sealed)
            .where(stays.c.state.in_(_PRESENT))
            .limit(_MOST)
        ).all()
    return [
        tx.open(Domain.PLACE, row.case_id or row.id, at("stays", "sealed", row.id, row.version), row.sealed)
        for row in rows
    ]
