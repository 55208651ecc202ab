"""Who counts as present although the stay is over, and nothing asks whether they have left."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, or_, select

from service.store.database import Transaction
from service.store.tables import bed_nights, stays, tasks

__all__ = ["ASKS", "unasked"]

ASKS: Final = ("end_of_stay", "record_departure")
"""Tasks that ask whether somebody is still there."""
_DAYS: Final = 1 << 20
"""See `service.store.repository.stays.Nights`."""


def unasked(tx: Transaction, today: date, limit: int = 100) -> tuple[tuple[UUID, UUID | None], ...]:
    """Stays past their end whose persons count as present and that no open task is about, with their cases."""
    last = select(func.max(func.upper(bed_nights.c.nights) % _DAYS)).where(bed_nights.c.stay_id == stays.c.id)
    asked = exists().where(tasks.c.stay_ref == stays.c.id, tasks.c.kind.in_(ASKS), tasks.c.done_at.is_(None))
    is_over = or_(stays.c.state == "ended", last.scalar_subquery() <= today.toordinal())
    rows = tx.connection.execute(
        select(stays.c.id, stays.c.case_id)
        .where(stays.c.state.in_(("placed", "ended")), is_over, ~asked)
        .order_by(stays.c.id)
        .limit(limit)
    )
    return tuple((row[0], row[1]) for row in rows)
