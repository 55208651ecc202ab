"""How an actor stands to the object they name: one question to the database, whether or not it exists.

What row-level security hides is as if it were not there. A relation is computed only in the process that may read
what it is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, false, or_, select

from service.actors import FRONT_ROLES, Role
from service.policies import Access, Relation
from service.store.database import Transaction
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


def _holds_for(tx: Transaction, table: Any, *, since: Any, until: Any) -> ColumnElement[bool]:
    """A dated row holds now."""
    return and_(table.c.actor == tx.actor.name, since <= tx.now, or_(until.is_(None), until > tx.now))


def _waits(tx: Transaction) -> ColumnElement[bool]:
    """An open task is for this actor's role, and unit if it names one."""
    return and_(
        tasks.c.done_at.is_(None),
        tasks.c.for_role == tx.actor.role.value,
        or_(tasks.c.for_unit.is_(None), tasks.c.for_unit == tx.actor.unit),
    )


def _of_case(tx: Transaction) -> _Relations:
    """Relations to the case in the row."""
    actor = tx.actor
    if actor.role in FRONT_ROLES - {Role.SECURITY_OFFICER}:
        return {
            Relation.OWN_UNIT: cases.c.unit == actor.unit,
            Relation.DECIDING: cases.c.municipality_unit == actor.unit,
            Relation.ASSIGNED: exists().where(
                assignments.c.case_id == cases.c.id,
                assignments.c.role == actor.role.value,
                assignments.c.unit == actor.unit,
                _holds_for(tx, assignments, since=assignments.c.from_at, until=assignments.c.until_at),
            ),
        }
    return {
        Relation.CLAIMED: cases.c.claimed_by == actor.name,
        Relation.NAMED: exists().where(
            standing_access.c.case_id == cases.c.id,
            standing_access.c.ended_at.is_(None),
            _holds_for(tx, standing_access, since=standing_access.c.from_at, until=standing_access.c.until_at),
        ),
    }


def _case(tx: Transaction, told: UUID) -> _Question:
    return cases, cases.c.id == told, cases.c.state, _of_case(tx)


def _query(tx: Transaction, told: UUID) -> _Question:
    source = queries.join(cases, queries.c.case_id == cases.c.id)
    return source, queries.c.id == told, cases.c.state, _of_case(tx)


def _stay(tx: Transaction, told: UUID) -> _Question:
    source = stays.outerjoin(cases, stays.c.case_id == cases.c.id)
    asked = exists().where(tasks.c.stay_ref == stays.c.id, _waits(tx))
    return source, stays.c.id == told, cases.c.state, {**_of_case(tx), Relation.ASKED: asked}


def _reveal(tx: Transaction, told: UUID) -> _Question:
    source = reveal_requests.outerjoin(cases, reveal_requests.c.case_id == cases.c.id)
    relations = _of_case(tx)
    relations.pop(Relation.NAMED, None)  # named for follow-up is not named for this address
    if tx.actor.role is Role.APPROVER:
        relations[Relation.ASKED] = reveal_requests.c.state == "asked"
        relations[Relation.AUTHOR] = exists().where(
            reveal_approvals.c.request_id == reveal_requests.c.id, reveal_approvals.c.actor == tx.actor.name
        )
    elif Relation.CLAIMED in relations:
        relations[Relation.NAMED] = reveal_requests.c.receiver == tx.actor.name
    return source, reveal_requests.c.id == told, cases.c.state, relations


def _record(tx: Transaction, told: UUID) -> _Question:
    own: _Relations = {
        Relation.OWN_UNIT: intel_versions.c.unit == tx.actor.unit,
        Relation.AUTHOR: intel_versions.c.written_by == tx.actor.name,
    }
    first = and_(intel_versions.c.record_id == told, intel_versions.c.version == 1)
    return intel_versions, first, None, own


def _facility(_tx: Transaction, told: UUID) -> _Question:
    first = and_(facility_versions.c.facility_id == told, facility_versions.c.version == 1)
    return facility_versions, first, None, {}


def _provider(_tx: Transaction, told: UUID) -> _Question:
    first = and_(provider_versions.c.provider_id == told, provider_versions.c.version == 1)
    return provider_versions, first, None, {}


def _plan(tx: Transaction, told: UUID) -> _Question:
    own: _Relations = {
        Relation.AUTHOR: plans.c.asked_by == tx.actor.name,
        Relation.ASKED: plans.c.kind.in_(("week", "repair")) if tx.actor.role is Role.COORDINATOR else false(),
    }
    return plans, plans.c.id == told, None, own


def _emergency(tx: Transaction, told: UUID) -> _Question:
    source = emergencies.join(cases, emergencies.c.case_id == cases.c.id)
    own = {**_of_case(tx), Relation.AUTHOR: emergencies.c.asked_by == tx.actor.name}
    return source, emergencies.c.id == told, cases.c.state, own


def _task(tx: Transaction, told: UUID) -> _Question:
    own: _Relations = {Relation.ASKED: _waits(tx), Relation.AUTHOR: tasks.c.done_by == tx.actor.name}
    return tasks, tasks.c.id == told, None, own


def _alarm(_tx: Transaction, told: UUID) -> _Question:
    return alarms, alarms.c.id == told, None, {}


def _standing(tx: Transaction, told: UUID) -> _Question:
    source = standing_access.join(cases, standing_access.c.case_id == cases.c.id)
    return source, standing_access.c.id == told, cases.c.state, _of_case(tx)


TARGETS: Final[dict[str, Callable[[Transaction, UUID], _Question]]] = {
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


def resolve(tx: Transaction, target: str | None, told: UUID | None) -> Access | None:
    """How the transaction's actor stands to an object.

    Parameters
    ----------
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
    source, this, state, relations = TARGETS[target](tx, told)
    columns: list[ColumnElement[Any]] = [(state if state is not None else this).label("state")]
    columns += [held.label(relation.value) for relation, held in relations.items()]
    question: Select[Any] = select(*columns).select_from(source).where(this).limit(1)
    row = tx.connection.execute(question).mappings().one_or_none()
    if row is None:
        return None
    held_now = frozenset(relation for relation in relations if row[relation.value] is True)
    return Access(held_now | {Relation.NONE}, row["state"] if state is not None else None)
