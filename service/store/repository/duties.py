"""Five different persons on one case: whoever did one duty of it does no other, ever."""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from service.problems import Conflict
from service.store.database import Transaction
from service.store.repository.wider import as_system
from service.store.tables import case_duties, destination_duties

__all__ = ["Duty", "held", "insist_on_different", "take", "take_destination", "take_in_back"]

_ANOTHER: Final = ("another_duty", "Another person must do this: you have done another duty on this case.")
_THEIRS: Final = ("another_duty", "That person has done another duty on this case.")
_TWICE: Final = ("another_duty", "Somebody has done two duties on this case: the security officer must look at it.")


class Duty(StrEnum):
    """The duties that five persons share, one of each of the first three and two approvers, and those of the back.

    Who checks a destination stands in a table of its own, which the front cannot ask: it would tell the region.
    """

    ASSESSOR = "assessor"
    REQUESTER = "requester"
    DECIDER = "decider"
    APPROVER = "approver"
    COORDINATOR = "coordinator"
    RECEIVER = "receiver"


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
        raise Conflict(*_ANOTHER)


def held(tx: Transaction, case_id: UUID) -> str | None:
    """Which duty the actor has done on a case, if any."""
    return _of(tx, case_id, tx.actor.name)


def take_in_back(tx: Transaction, case_id: UUID, duty: Duty, actor: str | None = None) -> None:
    """A duty of the back's own: the actor's, or that of somebody who is named; who checks a destination does no other.

    Raises
    ------
    Conflict : `another_duty`
    """
    name = tx.actor.name if actor is None else actor
    with as_system(tx):
        tx.connection.execute(
            insert(case_duties)
            .values(case_id=case_id, actor=name, duty=duty.value, since=tx.now)
            .on_conflict_do_nothing(index_elements=[case_duties.c.case_id, case_duties.c.actor])
        )
        if _of(tx, case_id, name) != duty.value or tx.pseudonym_of(name) in _at_destination(tx, case_id):
            raise Conflict(*(_ANOTHER if actor is None else _THEIRS))


def take_destination(tx: Transaction, case_id: UUID) -> None:
    """The actor is asked about the case's destination, and does no other duty on it; kept by pseudonym.

    Raises
    ------
    Conflict : `another_duty`
    """
    with as_system(tx):
        if _of(tx, case_id, tx.actor.name) is not None:
            raise Conflict(*_ANOTHER)
        tx.connection.execute(
            insert(destination_duties)
            .values(case_id=case_id, actor=tx.pseudonym, since=tx.now)
            .on_conflict_do_nothing(index_elements=[destination_duties.c.case_id, destination_duties.c.actor])
        )


def insist_on_different(tx: Transaction, case_id: UUID) -> None:
    """Nobody who was asked about a destination has done another duty since: the front could not see it.

    Raises
    ------
    Conflict : `another_duty`
    """
    with as_system(tx):
        others = tx.connection.execute(select(case_duties.c.actor).where(case_duties.c.case_id == case_id)).scalars()
        if {tx.pseudonym_of(name) for name in others} & _at_destination(tx, case_id):
            raise Conflict(*_TWICE)


def _of(tx: Transaction, case_id: UUID, actor: str) -> str | None:
    asked = select(case_duties.c.duty).where(case_duties.c.case_id == case_id, case_duties.c.actor == actor)
    found: str | None = tx.connection.execute(asked).scalar_one_or_none()
    return found


def _at_destination(tx: Transaction, case_id: UUID) -> frozenset[str]:
    asked = select(destination_duties.c.actor).where(destination_duties.c.case_id == case_id)
    return frozenset(tx.connection.execute(asked).scalars())
