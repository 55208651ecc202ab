"""Holds, confirmations, destination checks, arrival, presence and the end of an exit."""

from __future__ import annotations

from uuid import UUID

from service.flow import confirmations, coordinator_plans, destination, endings, presence
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.back_stays import (
    Arrival,
    Confirmation,
    DestinationCheck,
    DestinationOut,
    Ended,
    Ending,
    HoldOrder,
    Ordered,
    Presence,
    Release,
    StayMoved,
)

__all__ = ["routes"]

routes = Routes("stays")


@routes.post("/v1/cases/{case_id}/holds", Action.HOLD, out=Ordered, status=202)
def hold(session: Session, case_id: UUID, body: HoldOrder) -> Ordered:
    """Order the solver to hold a facility, an option, or what a plan proposes, for a claimed case."""
    plan_id = body.plan_id or UUID(int=0)
    if body.facility_id is not None and body.start is not None:
        order_id = coordinator_plans.order_hold(session.tx, case_id, body.facility_id, body.start)
    elif body.option is not None:
        order_id = coordinator_plans.order_option(session.tx, case_id, plan_id, body.option)
    else:
        order_id = coordinator_plans.order_planned(session.tx, case_id, plan_id)
    return Ordered(order_id=order_id, state="working")


@routes.post("/v1/stays/{stay_id}/release", Action.RELEASE, out=StayMoved)
def release(session: Session, stay_id: UUID, body: Release) -> StayMoved:
    """Release a hold."""
    confirmations.release(session.tx, stay_id, body.code)
    return StayMoved(stay_id=stay_id, state="released")


@routes.post("/v1/stays/{stay_id}/confirmation", Action.CONFIRM_STAY, out=StayMoved)
def confirm_stay(session: Session, stay_id: UUID, body: Confirmation) -> StayMoved:
    """Record what the provider said when called back."""
    state = confirmations.confirm(session.tx, stay_id, body.outcome, body.code)
    return StayMoved(stay_id=stay_id, state=state)


@routes.get("/v1/stays/{stay_id}/destination", Action.READ_DESTINATION, out=DestinationOut)
def read_destination(session: Session, stay_id: UUID) -> DestinationOut:
    """The locality and the conditions the police at the destination are asked about."""
    return DestinationOut.of(stay_id, destination.read(session.tx, stay_id))


@routes.post("/v1/stays/{stay_id}/destination-check", Action.CHECK_DESTINATION, out=StayMoved)
def check_destination(session: Session, stay_id: UUID, body: DestinationCheck) -> StayMoved:
    """Say yes or no to a destination, without a reason."""
    destination.check(session.tx, session.settings, stay_id, body.outcome)
    return StayMoved(stay_id=stay_id, state="checked" if body.outcome == "yes" else "released")


@routes.post("/v1/stays/{stay_id}/arrival", Action.RECORD_ARRIVAL, out=StayMoved)
def record_arrival(session: Session, stay_id: UUID, body: Arrival) -> StayMoved:
    """Record that the persons have arrived."""
    presence.arrive(session.tx, stay_id, body.arrived_on)
    return StayMoved(stay_id=stay_id, state="placed")


@routes.post("/v1/stays/{stay_id}/presence", Action.RECORD_PRESENCE, out=StayMoved)
def record_presence(session: Session, stay_id: UUID, body: Presence) -> StayMoved:
    """Record that the persons are still there, or that they have left."""
    state = presence.record(session.tx, stay_id, body.outcome, body.on)
    return StayMoved(stay_id=stay_id, state=state)


@routes.post("/v1/cases/{case_id}/ending", Action.END_CASE, out=Ended)
def end_case(session: Session, case_id: UUID, body: Ending) -> Ended:
    """Record that an exit is completed or interrupted; the beds are free, the persons stay present."""
    present = endings.end(session.tx, case_id, body.outcome, body.reason, body.from_day)
    return Ended(case_id=case_id, state=body.outcome, present_stays=present)
