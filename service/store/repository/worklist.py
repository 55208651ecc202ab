"""What waits for the coordinators: tasks with the triage of their case, and holds about to lapse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, case, or_, select

from service.actors import Role
from service.problems import NotFound
from service.store.database import Transaction
from service.store.repository.coordination import CLAIM_LASTS
from service.store.repository.wider import as_system
from service.store.tables import cases, stays, tasks

__all__ = ["MOST_READ", "URGENCY", "Waiting", "holds_lapsing", "open_tasks", "silent", "task"]

MOST_READ: Final = 200
URGENCY: Final = MappingProxyType({"red": 0, "orange": 1, "green": 2})
"""Of what is due at the same time the red goes first."""
_HOLDING: Final = ("held", "confirmed", "checked", "accepted", "decided")


@dataclass(frozen=True)
class Waiting:
    """One thing that waits; nothing of a person or a place.

    Parameters
    ----------
    task : none: it is worked out from a date, and goes away by itself
    """

    task: UUID | None
    kind: str
    case: UUID | None
    stay: UUID | None
    due_at: datetime
    triage: str | None
    claimed_by: str | None
    reason: str | None = None


def _of(row: Any) -> Waiting:
    return Waiting(*row)


def _claimed_by(tx: Transaction) -> ColumnElement[str | None]:
    """Whose the case is now: a claim that has lapsed is nobody's."""
    return case((cases.c.claimed_at > tx.now - CLAIM_LASTS, cases.c.claimed_by))


def _urgency() -> ColumnElement[int]:
    """Red first, what is of no case last."""
    return case(*((cases.c.triage == name, rank) for name, rank in URGENCY.items()), else_=len(URGENCY))


def open_tasks(tx: Transaction, limit: int) -> tuple[Waiting, ...]:
    """Open tasks of the coordinators on duty, what is due first, first; of what is due at once, red first."""
    rows = tx.connection.execute(
        select(
            tasks.c.id,
            tasks.c.kind,
            tasks.c.case_id,
            tasks.c.stay_ref,
            tasks.c.due_at,
            cases.c.triage,
            _claimed_by(tx),
            tasks.c.reason,
        )
        .select_from(tasks.outerjoin(cases, tasks.c.case_id == cases.c.id))
        .where(
            tasks.c.for_role == Role.COORDINATOR.value,
            tasks.c.done_at.is_(None),
            or_(tasks.c.for_unit.is_(None), tasks.c.for_unit == tx.unit),
        )
        .order_by(tasks.c.due_at, _urgency(), tasks.c.created_at, tasks.c.id)
        .limit(min(limit, MOST_READ))
    )
    return tuple(map(_of, rows))


def holds_lapsing(tx: Transaction, before: datetime, limit: int) -> tuple[Waiting, ...]:
    """Holds whose time is over before a moment."""
    with as_system(tx):
        rows = tx.connection.execute(
            select(stays.c.case_id, stays.c.id, stays.c.held_until, cases.c.triage, _claimed_by(tx))
            .select_from(stays.join(cases, stays.c.case_id == cases.c.id))
            .where(stays.c.state.in_(_HOLDING), stays.c.held_until < before)
            .order_by(stays.c.held_until, stays.c.id)
            .limit(min(limit, MOST_READ))
        ).all()
    return tuple(Waiting(None, "hold_expiring", row[0], row[1], row[2], row[3], row[4]) for row in rows)


def silent(tx: Transaction, before: datetime, limit: int) -> tuple[Waiting, ...]:
    """Stays whose destination was to answer before a moment and has not; whom it was asked of is not told."""
    with as_system(tx):
        rows = tx.connection.execute(
            select(tasks.c.case_id, tasks.c.stay_ref, tasks.c.due_at, cases.c.triage, _claimed_by(tx))
            .select_from(tasks.join(cases, tasks.c.case_id == cases.c.id))
            .where(tasks.c.kind == "check_destination", tasks.c.done_at.is_(None), tasks.c.due_at < before)
            .order_by(tasks.c.due_at, tasks.c.id)
            .limit(min(limit, MOST_READ))
        ).all()
    return tuple(Waiting(None, "destination_silent", row[0], row[1], row[2], row[3], row[4]) for row in rows)


def task(tx: Transaction, task_id: UUID) -> tuple[str, UUID | None, UUID | None]:
    """Kind, case and stay of an open task.

    Raises
    ------
    NotFound : there is none, it is done, or it is not the actor's
    """
    row = tx.connection.execute(
        select(tasks.c.kind, tasks.c.case_id, tasks.c.stay_ref)
        .where(tasks.c.id == task_id, tasks.c.done_at.is_(None), tasks.c.for_role == tx.actor.role.value)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]
