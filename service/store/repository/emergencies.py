"""Emergencies and the cases they make; sealed in domain `place`, subject = case id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless_there

from service.crypto import Domain, at
from service.problems import NotFound
from service.store.database import Transaction
from service.store.tables import case_versions, cases, emergencies, gate_versions

__all__ = [
    "PRIORITY",
    "Emergency",
    "asked_since",
    "begin_again",
    "content",
    "get",
    "is_working",
    "new",
    "nights_of",
    "open_case",
    "review",
]

PRIORITY: Final = 10
"""Before everything else in the solver's queue."""


@dataclass(frozen=True)
class Emergency:
    """A row of `emergencies`: `state` working, answered, held, refused or reviewed."""

    id: UUID
    case: UUID
    asked_by: str
    asked_at: datetime
    answered_at: datetime | None
    facts_due_at: datetime
    review_due_at: datetime
    reviewed_at: datetime | None
    state: str
    sealed: bytes = field(repr=False)


_COLUMNS: Final = (
    emergencies.c.id,
    emergencies.c.case_id,
    emergencies.c.asked_by,
    emergencies.c.asked_at,
    emergencies.c.answered_at,
    emergencies.c.facts_due_at,
    emergencies.c.review_due_at,
    emergencies.c.reviewed_at,
    emergencies.c.state,
    emergencies.c.sealed,
)


def open_case(
    tx: Transaction,
    municipality_unit: str,
    municipality_organisation: str,
    person_tag: bytes,
    details: Mapping[str, Any],
    gate: Mapping[str, Any],
    unit: str | None = None,
) -> UUID | None:
    """A case made by an emergency, claimed by the coordinator who asks; none when the person has an open one.

    Parameters
    ----------
    unit : of the coordinator's organisation, that has the person; none: the coordinator's own
    """
    case_id = uuid4()
    tx.new_subject(Domain.CASE, case_id)
    tx.new_subject(Domain.PLACE, case_id)
    done = tx.connection.execute(
        insert_unless_there(cases)
        .values(
            id=case_id,
            unit=unit or tx.actor.unit,
            organisation=tx.actor.organisation,
            municipality_unit=municipality_unit,
            municipality_organisation=municipality_organisation,
            person_tag=person_tag,
            state="in_progress",
            triage="red",
            received_at=tx.now,
            attempt_no=1,
            is_emergency=True,
            claimed_by=tx.actor.name,
            claimed_at=tx.now,
            state_since=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(cases.c.id)
    )
    if done.one_or_none() is None:
        return None
    for table, told in ((case_versions, details), (gate_versions, gate)):
        sealed = tx.seal(Domain.CASE, case_id, at(table.name, "sealed", case_id, 1), dict(told))
        tx.connection.execute(
            insert(table).values(case_id=case_id, version=1, written_by=tx.actor.name, written_at=tx.now, sealed=sealed)
        )
    return case_id


def new(
    tx: Transaction, case_id: UUID, told: Mapping[str, Any], facts_due_at: datetime, review_due_at: datetime
) -> tuple[UUID, bytes]:
    """Ask; the id and the ciphertext. The job that answers is queued by the act."""
    emergency_id = uuid4()
    sealed = tx.seal(Domain.PLACE, case_id, at("emergencies", "sealed", emergency_id, 1), {"request": dict(told)})
    tx.connection.execute(
        insert(emergencies).values(
            id=emergency_id,
            case_id=case_id,
            asked_by=tx.actor.name,
            asked_at=tx.now,
            facts_due_at=facts_due_at,
            review_due_at=review_due_at,
            state="working",
            sealed=sealed,
        )
    )
    return emergency_id, sealed


def get(tx: Transaction, emergency_id: UUID) -> Emergency:
    """One emergency.

    Raises
    ------
    NotFound : there is none, or the actor may not see it
    """
    row: Any = tx.connection.execute(select(*_COLUMNS).where(emergencies.c.id == emergency_id)).one_or_none()
    if row is None:
        raise NotFound
    return Emergency(*row)


def content(tx: Transaction, emergency: Emergency) -> dict[str, Any]:
    """``{"request": …}``, and once it is answered ``"result"``."""
    place = at("emergencies", "sealed", emergency.id, 1)
    opened: dict[str, Any] = tx.open(Domain.PLACE, emergency.case, place, emergency.sealed)
    return opened


def _newest(tx: Transaction, case_id: UUID) -> Emergency | None:
    asked = select(*_COLUMNS).where(emergencies.c.case_id == case_id)
    row: Any = tx.connection.execute(
        asked.order_by(emergencies.c.asked_at.desc(), emergencies.c.id).limit(1)
    ).one_or_none()
    return None if row is None else Emergency(*row)


def begin_again(tx: Transaction, case_id: UUID) -> UUID | None:
    """What was held last for an emergency came to nothing: its question is open again. Its id; none without one."""
    newest = _newest(tx, case_id)
    if newest is None:
        return None
    tx.connection.execute(update(emergencies).where(emergencies.c.id == newest.id).values(state="working"))
    return newest.id


def is_working(tx: Transaction, case_id: UUID) -> bool:
    """Whether the solver works on the newest question of a case."""
    newest = _newest(tx, case_id)
    return newest is not None and newest.state == "working"


def nights_of(tx: Transaction, case_id: UUID) -> int | None:
    """How many nights were asked for; none without an emergency."""
    newest = _newest(tx, case_id)
    return None if newest is None else int(content(tx, newest)["request"]["nights"])


def asked_since(tx: Transaction, moment: datetime) -> int:
    """How many emergencies the actor has asked for since a moment."""
    asked = select(func.count()).where(emergencies.c.asked_by == tx.actor.name, emergencies.c.asked_at >= moment)
    return int(tx.connection.execute(asked).scalar_one())


def review(tx: Transaction, emergency_id: UUID) -> bool:
    """Record the review; False when there was one."""
    done = tx.connection.execute(
        update(emergencies)
        .where(emergencies.c.id == emergency_id, emergencies.c.reviewed_at.is_(None), emergencies.c.state != "working")
        .values(reviewed_at=tx.now, reviewed_by=tx.actor.name, state="reviewed")
    )
    return done.rowcount == 1
