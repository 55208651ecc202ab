"""Cases that a coordinator places by hand: why, since when, and what has been tried for them.

Whoever hands a case over says why in a code. Where somebody has claimed the case already, its options are worked out at
once; else they are when it is claimed, so that they are those of the day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from service.actors import Role
from service.store.database import Transaction
from service.store.repository import coordination, plans, tasks
from service.store.repository.wider import as_system
from service.store.tables import decisions, person_answers, stay_events
from service.store.tables import tasks as table

__all__ = [
    "KIND",
    "Given",
    "Handed",
    "Waiting",
    "given_up",
    "hand_over",
    "handed",
    "reasons_of_no",
    "renew_options",
    "waiting",
    "waits",
]

KIND: Final = "handle_manually"
_MOST_READ: Final = 50


@dataclass(frozen=True)
class Waiting:
    """How many cases wait for a coordinator for one reason, and how many of them are late."""

    reason: str | None
    count: int
    overdue: int


@dataclass(frozen=True)
class Handed:
    """One time that a case came to the coordinators.

    Parameters
    ----------
    done_at, outcome : none: it still waits
    """

    reason: str | None
    since: datetime
    due_at: datetime
    done_at: datetime | None
    outcome: str | None


@dataclass(frozen=True)
class Given:
    """When a hold was given up, and its code."""

    at: datetime
    code: str | None


def hand_over(tx: Transaction, case_id: UUID, due_at: datetime, reason: str) -> UUID:
    """A coordinator places this case; the task's id.

    A case stands in the worklist once: what waited of it is told again with the newer reason, no later than before.

    Parameters
    ----------
    reason : a `service.inference.Reason`
    """
    with as_system(tx):  # also the police at a destination end a hold
        these = (table.c.kind == KIND, table.c.case_id == case_id, table.c.done_at.is_(None))
        before = tx.connection.execute(select(func.min(table.c.due_at)).where(*these)).scalar_one()
        tasks.finish_for(tx, KIND, case=case_id, outcome="handed_over_again")
    due_at = due_at if before is None else min(due_at, before)
    task_id = tasks.add(tx, KIND, Role.COORDINATOR, due_at, case=case_id, reason=str(reason))
    renew_options(tx, case_id)
    return task_id


def renew_options(tx: Transaction, case_id: UUID) -> UUID | None:
    """Have the options of a case worked out for whoever has claimed it; none: nobody has, or that is under way."""
    with as_system(tx):  # also the police at a destination end a hold
        case = coordination.get(tx, case_id)
        if case.claimed_by is None or not case.is_claimed_by(case.claimed_by, tx.now):
            return None
        if case.state in (coordination.CLOSED, "opened"):
            return None
        under_way = plans.newest_of(tx, case_id, is_finished=False)
        if under_way is not None and under_way.asked_by == case.claimed_by:
            return None
        return plans.new(tx, "options", {"case": str(case_id)}, of_case=case_id, asked_by=case.claimed_by)


def waits(tx: Transaction, case_id: UUID) -> bool:
    """Whether a case waits to be placed by hand."""
    these = (table.c.kind == KIND, table.c.case_id == case_id, table.c.done_at.is_(None))
    return bool(tx.connection.execute(select(select(table.c.id).where(*these).exists())).scalar_one())


def waiting(tx: Transaction) -> tuple[Waiting, ...]:
    """What waits by reason, the most first."""
    rows = tx.connection.execute(
        select(table.c.reason, func.count(), func.count().filter(table.c.due_at < tx.now))
        .where(table.c.kind == KIND, table.c.for_role == Role.COORDINATOR.value, table.c.done_at.is_(None))
        .group_by(table.c.reason)
    )
    found = [Waiting(*row) for row in rows]
    return tuple(sorted(found, key=lambda one: (-one.count, one.reason or "")))


def handed(tx: Transaction, case_id: UUID) -> tuple[Handed, ...]:
    """Every time a case came to the coordinators, the newest first."""
    rows = tx.connection.execute(
        select(table.c.reason, table.c.created_at, table.c.due_at, table.c.done_at, table.c.outcome)
        .where(table.c.kind == KIND, table.c.case_id == case_id)
        .order_by(table.c.created_at.desc(), table.c.id)
        .limit(_MOST_READ)
    )
    return tuple(Handed(*row) for row in rows)


def given_up(tx: Transaction, stays: Iterable[UUID]) -> dict[UUID, Given]:
    """When and why each of these holds was given up."""
    rows = tx.connection.execute(
        select(stay_events.c.stay_id, stay_events.c.at, stay_events.c.code)
        .where(stay_events.c.stay_id.in_(list(stays)), stay_events.c.event == "released")
        .order_by(stay_events.c.seq)
    )
    return {row.stay_id: Given(row.at, row.code) for row in rows}


def reasons_of_no(tx: Transaction, case_id: UUID) -> dict[UUID, str]:
    """Why the person or the municipality said no, by the stay they were asked about."""
    found: dict[UUID, str] = {}
    for said in (person_answers, decisions):
        rows = tx.connection.execute(
            select(said.c.stay_ref, said.c.reason_code).where(
                said.c.case_id == case_id,
                said.c.outcome != "yes",
                said.c.stay_ref.is_not(None),
                said.c.reason_code.is_not(None),
            )
        )
        found |= {row.stay_ref: row.reason_code for row in rows}
    return found
