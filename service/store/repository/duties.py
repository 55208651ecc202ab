"""Five different persons on one case: whoever did one duty of it does no other, ever."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from service.problems import Conflict
from service.store.database import Transaction
from service.store.tables import case_duties

__all__ = ["Duty", "held", "take"]


class Duty(StrEnum):
    """The duties that five persons share: one of each of the first three, and two approvers."""

    ASSESSOR = "assessor"
    REQUESTER = "requester"
    DECIDER = "decider"
    APPROVER = "approver"


def take(tx: Transaction, case_id: UUID, duty: Duty | str) -> None:
    """The actor does this duty on this case; the database keeps it one duty a person and case.

    Raises
    ------
    Conflict : `another_duty`, the actor has done another one on this case
    """
    tx.connection.execute(
        insert(case_duties)
        .values(case_id=case_id, actor=tx.actor.name, duty=str(duty), since=tx.now)
        .on_conflict_do_nothing(index_elements=[case_duties.c.case_id, case_duties.c.actor])
    )
    if held(tx, case_id) != str(duty):
        raise Conflict("another_duty", "Another person must do this: you have done another duty on this case.")


def held(tx: Transaction, case_id: UUID) -> str | None:
    """Which duty the actor has done on a case, if any."""
    found: str | None = tx.connection.execute(
        select(case_duties.c.duty).where(case_duties.c.case_id == case_id, case_duties.c.actor == tx.actor.name)
    ).scalar_one_or_none()
    return found
