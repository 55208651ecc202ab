"""Who of a first load is in the register already, and where: asked by tags, answered to the act alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from service.crypto import Domain, KeyGone, at
from service.store.database import Transaction
from service.store.repository.wider import as_system
from service.store.tables import stay_persons, stays

__all__ = ["present"]

_THERE: Final = ("held", "confirmed", "checked", "accepted", "decided", "placed", "ended")
_MOST_ASKED: Final = 5_000


def present(tx: Transaction, tags: Iterable[bytes]) -> dict[bytes, list[dict[str, Any]]]:
    """The content of the stays each of these persons is in, or is to be in."""
    asked = sorted(set(tags))[:_MOST_ASKED]
    with as_system(tx):
        rows = tx.connection.execute(
            select(stay_persons.c.person_tag, stays.c.id, stays.c.case_id, stays.c.version, stays.c.sealed)
            .select_from(stay_persons.join(stays, stay_persons.c.stay_id == stays.c.id))
            .where(stay_persons.c.person_tag.in_(asked), stays.c.state.in_(_THERE))
        ).all()
    opened: dict[UUID, dict[str, Any]] = {}
    found: dict[bytes, list[dict[str, Any]]] = {}
    for row in rows:
        if row.id not in opened:
            place = at("stays", "sealed", row.id, row.version)
            try:
                opened[row.id] = tx.open(Domain.PLACE, row.case_id or row.id, place, row.sealed)
            except KeyGone:  # who was deleted is known no more
                continue
        found.setdefault(bytes(row.person_tag), []).append(opened[row.id])
    return found
