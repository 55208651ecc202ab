"""Tasks: what waits for whom, until when. Codes and random ids only; nothing of a person or a place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update

from service.actors import Role
from service.store.database import Transaction, unit_as_stored
from service.store.repository.assignments import is_live
from service.store.tables import assignments, tasks

__all__ = [
    "AFTER_THE_END",
    "MOST_READ",
    "PREFERENCE_NEEDED",
    "Task",
    "add",
    "finish",
    "finish_all",
    "finish_for",
    "open_for",
]

MOST_READ: Final = 200
_OF_DESTINATION: Final = "check_destination"
"""Tasks in one answer."""
PREFERENCE_NEEDED: Final = "preference_needed"
AFTER_THE_END: Final = (
    "record_departure",
    "breach_move_now",
    "breach_move_by",
    "breach_task",
    "placement_withdrawn",
    "neutral_refusal",
    "review_emergency",
    "review_break_glass",
    "review_emergency_address",
)
"""Kinds that the end of a case leaves open: they are about persons still there, or about what was done."""


@dataclass(frozen=True)
class Task:
    """One thing to do.

    Parameters
    ----------
    kind : what; the words stand in docs/api.md
    for_role, for_unit : for whom; no unit: whoever of that role is on duty
    case, stay, about : what it is about, as random ids; `about` is a reveal request or a record
    """

    id: UUID
    kind: str
    for_role: str
    for_unit: str | None
    case: UUID | None
    stay: UUID | None
    about: UUID | None
    due_at: datetime
    created_at: datetime
    reason: str | None = None


_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    tasks.c.id,
    tasks.c.kind,
    tasks.c.for_role,
    tasks.c.for_unit,
    tasks.c.case_id,
    tasks.c.stay_ref,
    tasks.c.about_ref,
    tasks.c.due_at,
    tasks.c.created_at,
    tasks.c.reason,
)


def add(
    tx: Transaction,
    kind: str,
    for_role: Role | str,
    due_at: datetime,
    *,
    case: UUID | None = None,
    stay: UUID | None = None,
    about: UUID | None = None,
    for_unit: str | None = None,
    reason: str | None = None,
) -> UUID:
    """A new task; its id.

    Parameters
    ----------
    reason : why a coordinator gets a case, see `service.inference.Reason`
    """
    task_id = uuid4()
    tx.connection.execute(
        insert(tasks).values(
            id=task_id,
            kind=kind,
            for_role=str(for_role),
            for_unit=None if for_unit is None else unit_as_stored(tx.tagger, for_role, for_unit),
            case_id=case,
            stay_ref=stay,
            about_ref=about,
            due_at=due_at,
            created_at=tx.now,
            reason=reason,
        )
    )
    return task_id


def finish(tx: Transaction, task_id: UUID, outcome: str) -> bool:
    """Mark an open task as done; whether it was open."""
    done = tx.connection.execute(
        update(tasks)
        .where(tasks.c.id == task_id, tasks.c.done_at.is_(None))
        .values(done_at=tx.now, done_by=tx.name, outcome=outcome)
    )
    return done.rowcount == 1


def finish_for(
    tx: Transaction,
    kind: str,
    *,
    case: UUID | None = None,
    stay: UUID | None = None,
    about: UUID | None = None,
    due_by: datetime | None = None,
    outcome: str,
) -> int:
    """Mark every open task of a kind about all that is told as done; how many.

    Parameters
    ----------
    due_by : only what is due by then; none: whenever it is due

    Raises
    ------
    ValueError : nothing was told; tasks of everybody are never finished at once
    """
    told = {tasks.c.case_id: case, tasks.c.stay_ref: stay, tasks.c.about_ref: about}
    these = [column == value for column, value in told.items() if value is not None]
    if not these:
        raise ValueError("a case, a stay or another object is needed")
    if due_by is not None:
        these.append(tasks.c.due_at <= due_by)
    # Whom a destination was asked of is nobody's business any more, not even as a tag.
    forgotten: dict[str, None] = {"for_unit": None} if kind == _OF_DESTINATION else {}
    done = tx.connection.execute(
        update(tasks)
        .where(tasks.c.kind == kind, tasks.c.done_at.is_(None), *these)
        .values(**forgotten, done_at=tx.now, done_by=tx.name, outcome=outcome)
    )
    return int(done.rowcount)


def finish_all(tx: Transaction, case: UUID, outcome: str, *, but: Iterable[str] = ()) -> int:
    """Mark every open task about a case as done: nothing of it waits any more; how many.

    Parameters
    ----------
    but : kinds that stay open
    """
    done = tx.connection.execute(
        update(tasks)
        .where(tasks.c.case_id == case, tasks.c.done_at.is_(None), tasks.c.kind.not_in(tuple(but)))
        .values(done_at=tx.now, done_by=tx.name, outcome=outcome)
    )
    return int(done.rowcount)


def open_for(tx: Transaction, role: Role | str, unit: str, limit: int = MOST_READ) -> tuple[Task, ...]:
    """Open tasks of a role for a unit, or for whoever is on duty; what is due first, first.

    To a requester only those about cases assigned to them, and emergencies of the unit that nobody has.
    """
    these = [
        tasks.c.for_role == str(role),
        tasks.c.done_at.is_(None),
        or_(tasks.c.for_unit.is_(None), tasks.c.for_unit == unit_as_stored(tx.tagger, role, unit)),
    ]
    if str(role) == Role.REQUESTER.value:
        given = exists().where(
            assignments.c.case_id == tasks.c.case_id, assignments.c.role == str(role), is_live(tx.now)
        )
        mine = given.where(assignments.c.actor == tx.actor.name)
        these.append(or_(mine, and_(tasks.c.kind == "facts_due", ~given)))
    rows = tx.connection.execute(
        select(*_COLUMNS)
        .where(*these)
        .order_by(tasks.c.due_at, tasks.c.created_at, tasks.c.id)
        .limit(min(limit, MOST_READ))
    )
    return tuple(Task(*row) for row in rows)
