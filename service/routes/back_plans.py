"""Options, plans, repairs, zones and emergencies: what the coordinator asks the solver."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from service.flow import coordinator_plans, emergencies, zones
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.back_emergencies import (
    EmergencyAgain,
    EmergencyAnswer,
    EmergencyAsked,
    EmergencyIn,
    Review,
    Reviewed,
    Zones,
)
from service.schemas.back_plans import PlanAsked, PlanOut, PlanWanted
from service.schemas.back_reveals import AddressOut

__all__ = ["routes"]

routes = Routes("plans")


@routes.post("/v1/cases/{case_id}/options", Action.ASK_OPTIONS, out=PlanAsked, status=202)
def ask_options(session: Session, case_id: UUID) -> PlanAsked:
    """Ask the solver for the options of a claimed case."""
    return PlanAsked(plan_id=coordinator_plans.ask_options(session.tx, case_id), state="working")


@routes.post("/v1/plans", Action.PLAN, out=PlanAsked, status=202)
def plan(session: Session, body: PlanWanted) -> PlanAsked:
    """Ask the solver for a plan of the week, or for a repair."""
    return PlanAsked(plan_id=coordinator_plans.plan(session.tx, body.kind), state="working")


@routes.get("/v1/plans/{plan_id}", Action.READ_PLAN, out=PlanOut)
def read_plan(session: Session, plan_id: UUID) -> PlanOut:
    """What the solver proposes."""
    return PlanOut.of(coordinator_plans.read(session.tx, plan_id))


@routes.get("/v1/zones", Action.READ_ZONES, out=Zones)
def read_zones(session: Session) -> Zones:
    """How many protected persons are present in each län."""
    return Zones.of(zones.totals(session.tx))


@routes.post("/v1/emergencies", Action.OPEN_EMERGENCY, out=EmergencyAsked, status=202)
def open_emergency(session: Session, body: EmergencyIn) -> EmergencyAsked:
    """Ask for a safe bed now; the answer is there within a minute."""
    told = body.model_dump(mode="json")
    asked = emergencies.ask(session.tx, session.settings, told, body.municipality_unit)
    return EmergencyAsked(emergency_id=asked.emergency, case_id=asked.case, state="working")


@routes.get("/v1/emergencies/{emergency_id}", Action.READ_EMERGENCY, out=EmergencyAnswer)
def read_emergency(session: Session, emergency_id: UUID) -> EmergencyAnswer:
    """The bed that is held, or that there is none."""
    found = emergencies.answer(session.tx, emergency_id)
    result: dict[str, Any] = found.result or {}
    row = found.row
    return EmergencyAnswer(
        emergency_id=row.id,
        case_id=row.case,
        state=found.state,  # type: ignore[arg-type]  # the database keeps it one of these
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        facts_due_at=row.facts_due_at,
        review_due_at=row.review_due_at,
        stay_id=_id(result.get("stay")),
        facility_id=_id(result.get("facility")),
        locality=result.get("locality"),
        start=_day(result.get("start")),
        end=_day(result.get("end")),
        road_min=result.get("road_min"),
        reasons=tuple(result.get("reasons", ())),
    )


@routes.post("/v1/emergencies/{emergency_id}/again", Action.ASK_EMERGENCY_AGAIN, out=EmergencyAsked, status=202)
def ask_emergency_again(session: Session, emergency_id: UUID, body: EmergencyAgain) -> EmergencyAsked:
    """Ask anew for the same case, from elsewhere or with more hours."""
    asked = emergencies.ask_again(session.tx, session.settings, emergency_id, body.model_dump(mode="json"))
    return EmergencyAsked(emergency_id=asked.emergency, case_id=asked.case, state="working")


@routes.post("/v1/emergencies/{emergency_id}/address", Action.READ_EMERGENCY_ADDRESS, out=AddressOut, once=True)
def read_emergency_address(session: Session, emergency_id: UUID) -> AddressOut:
    """The address of a confirmed emergency bed, for who brings the person there: an alarm at once, and a review."""
    return AddressOut.of(emergencies.address(session.tx, emergency_id))


@routes.post("/v1/emergencies/{emergency_id}/review", Action.REVIEW_EMERGENCY, out=Reviewed)
def review_emergency(session: Session, emergency_id: UUID, body: Review) -> Reviewed:
    """Review an emergency the next morning; another coordinator than who asked."""
    emergencies.review(session.tx, emergency_id, body.outcome)
    return Reviewed(emergency_id=emergency_id, state="reviewed")


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
