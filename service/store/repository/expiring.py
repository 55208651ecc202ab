"""Assessments that do not hold any more although their case is open, and nobody has been asked for the next one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from service.store.database import Transaction
from service.store.tables import assessment_versions, cases, tasks

__all__ = ["RENEW", "expired_assessments"]

RENEW = "renew_assessment"

_OVER = ("completed", "interrupted", "closed")


def expired_assessments(tx: Transaction, today: date, limit: int = 100) -> tuple[tuple[UUID, str], ...]:
    """Cases and their units whose newest assessment, not withdrawn, was valid until a day before today."""
    told = assessment_versions.c
    newest = select(told.case_id, func.max(told.version).label("version")).group_by(told.case_id).subquery()
    is_asked = (
        select(tasks.c.id)
        .where(tasks.c.case_id == cases.c.id, tasks.c.kind == RENEW, tasks.c.done_at.is_(None))
        .exists()
    )
    rows = tx.connection.execute(
        select(cases.c.id, cases.c.unit)
        .join(newest, newest.c.case_id == cases.c.id)
        .join(
            assessment_versions,
            (told.case_id == newest.c.case_id) & (told.version == newest.c.version),
        )
        .where(cases.c.state.not_in(_OVER), told.valid_until < today, told.withdrawn.is_(False), ~is_asked)
        .order_by(cases.c.id)
        .limit(limit)
    )
    return tuple((case, unit) for case, unit in rows)
