"""What limits holds behind slots: how many of a unit there are, how long a case has kept beds, what is new to be asked.

All of it is read under the register's lock, so that two holds at once cannot both be the last.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import distinct, exists, func, or_, select

from service.store.database import Transaction
from service.store.repository.budgets import facts_no
from service.store.repository.stays import HOLDING
from service.store.repository.world import WAITING
from service.store.tables import (
    assessment_versions,
    case_versions,
    cases,
    counted_questions,
    decisions,
    gate_versions,
    queries,
    slots,
    stay_events,
    stays,
)

__all__ = ["DECLINED", "asked_anew", "held_for", "held_of_unit", "newest_order", "refused_stays"]

DECLINED: Final = ("person_declined", "decision_no", "decision_disagreement")
"""Why a hold came to nothing that was shown: no other slot of the same version is tried after it."""
_OFFER: Final = func.coalesce(stays.c.offer, stays.c.id)
_IS_ORDERED: Final = exists().where(slots.c.query_id == queries.c.id, slots.c.preferred_at.is_not(None))
_UNDECIDED: Final = tuple(state for state in HOLDING if state != "decided")


def held_of_unit(tx: Transaction, case_id: UUID) -> int:
    """Offers held behind slots for the other cases of a case's unit, linked stays as one.

    What the municipality has decided on is none of them: somebody else has said yes to it.
    """
    own = cases.alias()
    asked = (
        select(func.count(distinct(_OFFER)))
        .select_from(stays)
        .join(cases, stays.c.case_id == cases.c.id)
        .join(own, (cases.c.unit == own.c.unit) & (cases.c.organisation == own.c.organisation))
        .where(own.c.id == case_id, cases.c.id != case_id, stays.c.kind == "slot", stays.c.state.in_(_UNDECIDED))
    )
    return int(tx.connection.execute(asked).scalar_one())


def held_for(tx: Transaction, case_id: UUID) -> timedelta:
    """How long slots of a case have kept beds in all, until now; linked stays as one."""
    rows = tx.connection.execute(
        select(func.min(stays.c.created_at), func.min(stays.c.state_since), func.bool_or(stays.c.state == "released"))
        .where(stays.c.case_id == case_id, stays.c.kind == "slot", stays.c.state.in_((*HOLDING, "released")))
        .group_by(_OFFER)
    )
    spent = (_until(tx, since, is_over) - began for began, since, is_over in rows)
    return sum((max(one, timedelta(0)) for one in spent), timedelta(0))


def _until(tx: Transaction, since: datetime, is_over: bool) -> datetime:
    return since if is_over else tx.now


def refused_stays(tx: Transaction, case_id: UUID) -> tuple[UUID, ...]:
    """Stays of a case that the person or the municipality has said no to."""
    asked = (
        select(stay_events.c.stay_id)
        .join(stays, stay_events.c.stay_id == stays.c.id)
        .where(stays.c.case_id == case_id, stay_events.c.event == "released", stay_events.c.code.in_(DECLINED))
        .order_by(stay_events.c.seq)
    )
    return tuple(tx.connection.execute(asked).scalars())


def newest_order(tx: Transaction, case_id: UUID) -> UUID | None:
    """The query of a case whose slots were last put in order; none: no order was told."""
    found: UUID | None = tx.connection.execute(
        select(queries.c.id)
        .where(queries.c.case_id == case_id, _IS_ORDERED)
        .order_by(queries.c.assessment_version.desc())
        .limit(1)
    ).scalar_one_or_none()
    return found


def asked_anew(tx: Transaction, since: datetime | None) -> tuple[tuple[UUID, str], ...]:
    """Waiting cases, and who asked, whose own facts are other than those that were counted of them.

    Only those for which an order of slots was told: then every change is another question. Whether anything is held
    for them plays no part: it would show in what is left of a budget.

    Parameters
    ----------
    since : of what was written then or later; none: whenever
    """
    assessment = assessment_versions.alias()
    detail = case_versions.alias()
    newest_assessment = select(func.max(assessment.c.version)).where(assessment.c.case_id == cases.c.id)
    newest_details = select(func.max(detail.c.version)).where(detail.c.case_id == cases.c.id)
    is_counted = exists().where(
        counted_questions.c.case_id == cases.c.id,
        counted_questions.c.assessment_version == assessment_versions.c.version,
        counted_questions.c.facts_no == facts_no(cases.c.id),
    )
    who = (
        select(queries.c.unit)
        .where(queries.c.case_id == cases.c.id, _IS_ORDERED)
        .order_by(queries.c.assessment_version.desc())
        .limit(1)
        .scalar_subquery()
    )
    gate = select(func.max(gate_versions.c.written_at)).where(gate_versions.c.case_id == cases.c.id)
    measure = select(func.max(decisions.c.decided_at)).where(
        decisions.c.case_id == cases.c.id, decisions.c.kind == "measure"
    )
    written = func.greatest(
        assessment_versions.c.written_at,
        case_versions.c.written_at,
        gate.scalar_subquery(),
        measure.scalar_subquery(),
    )
    rows = tx.connection.execute(
        select(cases.c.id, who)
        .join(assessment_versions, assessment_versions.c.case_id == cases.c.id)
        .join(case_versions, case_versions.c.case_id == cases.c.id)
        .where(
            assessment_versions.c.version == newest_assessment.scalar_subquery(),
            case_versions.c.version == newest_details.scalar_subquery(),
            ~assessment_versions.c.withdrawn,
            or_(cases.c.state.in_(WAITING), cases.c.is_emergency & (cases.c.state == "arrived")),
            who.is_not(None),
            ~is_counted,
            *([] if since is None else [written >= since]),
        )
        .order_by(cases.c.id)
    )
    return tuple((case_id, unit) for case_id, unit in rows)
