"""How an actor stands to the object they name: one question to the database, whether or not it exists.

What row-level security hides is as if it were not there. A relation is computed only in the process that may read
what it is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, false, or_, select

from service.actors import Actor, Role
from service.policies import Access, Process, Relation
from service.store.database import Transaction
from service.store.repository.coordination import CLAIM_LASTS
from service.store.tables import (
    alarms,
    assignments,
    cases,
    emergencies,
    facility_versions,
    intel_versions,
    plans,
    provider_versions,
    queries,
    reveal_approvals,
    reveal_requests,
    standing_access,
    stays,
    tasks,
)

__all__ = ["TARGETS", "resolve"]

_Relations = dict[Relation, ColumnElement[bool]]
_Question = tuple[FromClause, ColumnElement[bool], ColumnElement[Any] | None, _Relations]


@dataclass(frozen=True)
class _Asker:
    """Who stands to an object, when, and in which process."""

    actor: Actor
    unit: str
    name: str
    now: datetime
    process: Process


def _holds_for(who: _Asker, actor: Any, *, since: Any, until: Any) -> ColumnElement[bool]:
    """A dated row holds now."""
    return and_(actor == who.actor.name, since <= who.now, or_(until.is_(None), until > who.now))


def _waits(who: _Asker) -> ColumnElement[bool]:
    """An open task is for this actor's role, and unit if it names one."""
    return and_(
        tasks.c.done_at.is_(None),
        tasks.c.for_role == who.actor.role.value,
        or_(tasks.c.for_unit.is_(None), tasks.c.for_unit == who.unit),
    )


def _of_case(who: _Asker) -> _Relations:
    """Relations to the case in the row; a process asks only for what it may read."""
    actor = who.actor
    if who.process is Process.FRONT:
        given = assignments.alias()
        return {
            Relation.OWN_UNIT: and_(cases.c.unit == actor.unit, cases.c.organisation == actor.organisation),
            Relation.DECIDING: and_(
                cases.c.municipality_unit == actor.unit, cases.c.municipality_organisation == actor.organisation
            ),
            Relation.ASSIGNED: exists().where(
                given.c.case_id == cases.c.id,
                given.c.role == actor.role.value,
                given.c.unit == actor.unit,
                cases.c.organisation == actor.organisation,
                _holds_for(who, given.c.actor, since=given.c.from_at, until=given.c.until_at),
            ),
        }
    access = standing_access.alias()
    return {
        Relation.CLAIMED: and_(cases.c.claimed_by == actor.name, cases.c.claimed_at > who.now - CLAIM_LASTS),
        Relation.NAMED: exists().where(
            access.c.case_id == cases.c.id,
            access.c.ended_at.is_(None),
            _holds_for(who, access.c.actor, since=access.c.from_at, until=access.c.until_at),
        ),
    }


def _case(who: _Asker, told: UUID) -> _Question:
    return cases, cases.c.id == told, cases.c.state, _of_case(who)


def _query(who: _Asker, told: UUID) -> _Question:
    source = queries.join(cases, queries.c.case_id == cases.c.id)
    return source, queries.c.id == told, cases.c.state, _of_case(who)


def _stay(who: _Asker, told: UUID) -> _Question:
    source = stays.outerjoin(cases, stays.c.case_id == cases.c.id)
    asked: ColumnElement[bool] = exists().where(tasks.c.stay_ref == stays.c.id, _waits(who))
    if who.actor.role is Role.COORDINATOR:  # of a case they claim it; only a stay without one is theirs by a task
        asked = and_(stays.c.case_id.is_(None), asked)
    return source, stays.c.id == told, cases.c.state, {**_of_case(who), Relation.ASKED: asked}


def _reveal(who: _Asker, told: UUID) -> _Question:
    source = reveal_requests.outerjoin(cases, reveal_requests.c.case_id == cases.c.id)
    relations = _of_case(who)  # being named for follow-up is not being named for this address
    if who.process is Process.BACK:
        relations[Relation.NAMED] = reveal_requests.c.receiver == who.actor.name
    elif who.actor.role is Role.APPROVER:
        spoken = reveal_approvals.alias()
        relations[Relation.ASKED] = reveal_requests.c.state == "asked"
        relations[Relation.AUTHOR] = exists().where(
            spoken.c.request_id == reveal_requests.c.id, spoken.c.actor == who.actor.name
        )
    return source, reveal_requests.c.id == told, cases.c.state, relations


def _record(who: _Asker, told: UUID) -> _Question:
    own: _Relations = {
        Relation.OWN_UNIT: intel_versions.c.unit == who.actor.unit,
        Relation.AUTHOR: intel_versions.c.written_by == who.actor.name,
    }
    first = and_(intel_versions.c.record_id == told, intel_versions.c.version == 1)
    return intel_versions, first, None, own


def _facility(_who: _Asker, told: UUID) -> _Question:
    first = and_(facility_versions.c.facility_id == told, facility_versions.c.version == 1)
    return facility_versions, first, None, {}


def _provider(_who: _Asker, told: UUID) -> _Question:
    first = and_(provider_versions.c.provider_id == told, provider_versions.c.version == 1)
    return provider_versions, first, None, {}


def _plan(who: _Asker, told: UUID) -> _Question:
    own: _Relations = {
        Relation.AUTHOR: plans.c.asked_by == who.actor.name,
        Relation.ASKED: plans.c.kind.in_(("week", "repair")) if who.actor.role is Role.COORDINATOR else false(),
    }
    return plans, plans.c.id == told, None, own


def _emergency(who: _Asker, told: UUID) -> _Question:
    source = emergencies.join(cases, emergencies.c.case_id == cases.c.id)
    reviews = and_(
        emergencies.c.state != "working",
        emergencies.c.reviewed_at.is_(None),
        emergencies.c.asked_by != who.actor.name,
        exists().where(
            tasks.c.about_ref == emergencies.c.id, tasks.c.kind == "review_emergency", tasks.c.done_at.is_(None)
        ),
    )
    own = {
        **_of_case(who),
        Relation.AUTHOR: emergencies.c.asked_by == who.actor.name,
        Relation.ASKED: reviews,
    }
    return source, emergencies.c.id == told, cases.c.state, own


def _task(who: _Asker, told: UUID) -> _Question:
    own: _Relations = {Relation.ASKED: _waits(who), Relation.AUTHOR: tasks.c.done_by == who.name}
    return tasks, tasks.c.id == told, None, own


def _alarm(_who: _Asker, told: UUID) -> _Question:
    return alarms, alarms.c.id == told, None, {}


def _standing(who: _Asker, told: UUID) -> _Question:
    source = standing_access.join(cases, standing_access.c.case_id == cases.c.id)
    return source, standing_access.c.id == told, cases.c.state, _of_case(who)


TARGETS: Final[dict[str, Callable[[_Asker, UUID], _Question]]] = {
    "case_id": _case,
    "query_id": _query,
    "stay_id": _stay,
    "reveal_id": _reveal,
    "record_id": _record,
    "facility_id": _facility,
    "provider_id": _provider,
    "plan_id": _plan,
    "emergency_id": _emergency,
    "task_id": _task,
    "alarm_id": _alarm,
    "access_id": _standing,
}
"""What may stand in a path, and how an actor may stand to it."""


def resolve(tx: Transaction, process: Process, target: str | None, told: UUID | None) -> Access | None:
    """How the transaction's actor stands to an object.

    Parameters
    ----------
    process : which asks; it reads no more than it may
    target : name of the object in the path, one of `TARGETS`; none: the action has no object
    told : its id

    Returns
    -------
    every relation that holds and the state of its case; none: there is no such object, or it is hidden
    """
    if target is None:
        return Access(frozenset({Relation.NONE}))
    if told is None:
        return None
    source, this, state, relations = TARGETS[target](_Asker(tx.actor, tx.unit, tx.name, tx.now, process), told)
    columns: list[ColumnElement[Any]] = [(state if state is not None else this).label("state")]
    columns += [held.label(relation.value) for relation, held in relations.items()]
    question: Select[Any] = select(*columns).select_from(source).where(this).limit(1)
    row = tx.connection.execute(question).mappings().one_or_none()
    if row is None:
        return None
    held_now = frozenset(relation for relation in relations if row[relation.value] is True)
    return Access(held_now | {Relation.NONE}, row["state"] if state is not None else None)
