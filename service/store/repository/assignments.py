"""Who works on a case: explicit, dated, by role and unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, insert, or_, select, update

from service.store.database import Transaction
from service.store.repository.duties import Duty
from service.store.tables import assignments, case_duties

__all__ = ["Assignment", "add", "duty_in_front", "duty_of", "end", "is_live", "live"]

_OF_BACK: Final = (Duty.COORDINATOR.value, Duty.RECEIVER.value)


@dataclass(frozen=True)
class Assignment:
    """One person in one role on one case, until a moment or until ended."""

    id: UUID
    actor: str
    role: str
    unit: str
    kind: str
    from_at: datetime
    until_at: datetime | None


def is_live(now: datetime) -> ColumnElement[bool]:
    """Whether a row counts now; an expired one makes its person a stranger."""
    return and_(assignments.c.from_at <= now, or_(assignments.c.until_at.is_(None), assignments.c.until_at > now))


def add(tx: Transaction, case_id: UUID, actor: str, role: str, kind: str, until_at: datetime | None = None) -> UUID:
    """Assign somebody of the actor's own unit; the assignment's id."""
    assignment_id = uuid4()
    tx.connection.execute(
        insert(assignments).values(
            id=assignment_id,
            case_id=case_id,
            actor=actor,
            role=role,
            unit=tx.actor.unit,
            kind=kind,
            from_at=tx.now,
            until_at=until_at,
            given_by=tx.actor.name,
        )
    )
    return assignment_id


def live(tx: Transaction, case_id: UUID) -> tuple[Assignment, ...]:
    """Assignments to a case that count now, by when they began."""
    rows = tx.connection.execute(
        select(
            assignments.c.id,
            assignments.c.actor,
            assignments.c.role,
            assignments.c.unit,
            assignments.c.kind,
            assignments.c.from_at,
            assignments.c.until_at,
        )
        .where(assignments.c.case_id == case_id, is_live(tx.now))
        .order_by(assignments.c.from_at, assignments.c.id)
    )
    return tuple(Assignment(*row) for row in rows)


def end(tx: Transaction, case_id: UUID, actor: str, role: str) -> None:
    """End what somebody has of live assignments to a case in a role, now."""
    tx.connection.execute(
        update(assignments)
        .where(
            assignments.c.case_id == case_id,
            assignments.c.actor == actor,
            assignments.c.role == role,
            is_live(tx.now),
        )
        .values(until_at=tx.now)
    )


def duty_in_front(tx: Transaction, case_id: UUID, actor: str) -> str | None:
    """Which duty of the front somebody has done on a case, if any; who has done one of the back is told themselves.

    That a coordinator has the case would tell what becomes of it before its round.
    """
    found = duty_of(tx, case_id, actor)
    return None if found in _OF_BACK else found


def duty_of(tx: Transaction, case_id: UUID, actor: str) -> str | None:
    """Which duty somebody has done on a case, if any."""
    found: Any = tx.connection.execute(
        select(case_duties.c.duty).where(case_duties.c.case_id == case_id, case_duties.c.actor == actor)
    ).scalar_one_or_none()
    return None if found is None else str(found)
