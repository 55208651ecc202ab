"""Emergency: the duty coordinator asks, the solver answers within a minute; facts follow, a review the next morning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from geodata.crs import to_grid
from matching.domain import Case
from matching.domain.parse import shape_faults
from matching.errors import Fault
from service.actors import Role
from service.flow.addresses import Address, of_stay
from service.flow.break_glass import REVIEW_WITHIN
from service.flow.claims import count_claim, day_begins, insist_on_claim
from service.flow.localities import layers, places
from service.flow.told import reference_faults_of
from service.flow.worklist import local_day, morning_after
from service.policies import Action
from service.problems import Conflict, Rejected
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import alarms, coordination, emergencies, stays, tasks
from service.store.repository.wider import as_system

__all__ = ["Asked", "address", "answer", "ask", "ask_again", "review"]

_HELD: Final = ("held", "reviewed")


@dataclass(frozen=True)
class Asked:
    """Where the answer will stand."""

    emergency: UUID
    case: UUID


@dataclass(frozen=True)
class Answered:
    """The answer: `result` is none while the solver works.

    Parameters
    ----------
    state : of the question, or of the bed that was held and is nobody's any more: released, ended
    """

    row: emergencies.Emergency
    state: str
    result: dict[str, Any] | None = field(repr=False)


def ask(tx: Transaction, settings: Settings, told: Mapping[str, Any], municipality_unit: str) -> Asked:
    """Open an emergency: its case, the question to the solver, the tasks that follow.

    Parameters
    ----------
    told : position, drivable_hours, household, needs, nights, homes, responsible_municipality, as JSON

    Raises
    ------
    Rejected : the party cannot be interpreted
    Conflict : `open_case`, the person has one
    """
    nights = min(told["nights"] or settings.emergency_nights, settings.emergency_nights)
    details = _details(tx, told, nights)
    gate = {"is_emergency": True}
    organisation, deciding = settings.deciding_unit(told["responsible_municipality"])
    if municipality_unit != deciding:
        wrong = "does not decide for the responsible municipality"
        raise Rejected([Fault("municipality_unit", wrong, "its own unit")])
    _insist(tx, told["position"], details, gate)
    person = next(member["person_key"] for member in told["household"] if member["role"] == "defector")
    unit = told.get("unit") or tx.actor.unit
    case_id = emergencies.open_case(tx, municipality_unit, organisation, tx.tag_person(person), details, gate, unit)
    if case_id is None:
        raise Conflict("open_case", "The person has an open case: claim it and order a hold.")
    coordination.remember_claim(tx, case_id)
    count_claim(tx, settings)
    facts_due = tx.now + timedelta(hours=settings.emergency_facts_h)
    review_due = morning_after(tx.now)
    request = {
        "position": told["position"],
        "drivable_hours": told["drivable_hours"],
        "household": told["household"],
        "needs": told["needs"],
        "nights": nights,
        "oral_consent": True,
    }
    emergency_id, sealed = emergencies.new(tx, case_id, request, facts_due, review_due)
    tasks.add(tx, "facts_due", Role.COORDINATOR, facts_due, case=case_id)
    tasks.add(tx, "facts_due", Role.REQUESTER, facts_due, case=case_id, for_unit=unit)
    tasks.add(tx, "sign_assessment", Role.ASSESSOR, facts_due, case=case_id, for_unit=unit)
    for kind in ("sign_case", "decide_measure"):
        tasks.add(tx, kind, Role.DECIDER, facts_due, case=case_id, for_unit=municipality_unit)
    _begin(tx, settings, emergency_id, case_id, review_due)
    tx.record(Action.OPEN_EMERGENCY.value, case=case_id, about=emergency_id, sealed=sealed)
    tx.touch(endangers=False)
    return Asked(emergency_id, case_id)


def _begin(tx: Transaction, settings: Settings, emergency_id: UUID, case_id: UUID, review_due: datetime) -> None:
    tasks.add(tx, "review_emergency", Role.COORDINATOR, review_due, case=case_id, about=emergency_id)
    if emergencies.asked_since(tx, day_begins(tx.now)) > settings.emergency_cap:
        alarms.raise_alarm(tx, "emergency_volume")
    tx.defer("emergency", emergency_id, priority=emergencies.PRIORITY)


def ask_again(tx: Transaction, settings: Settings, emergency_id: UUID, told: Mapping[str, Any]) -> Asked:
    """Ask anew for the same case, from elsewhere or with more hours; who has refused is not asked again.

    Raises
    ------
    Rejected : the position does not exist
    Conflict : `not_claimed`; `in_progress`, the solver works on a question of this case; `bed_held`
    """
    tx.lock_register()
    before = emergencies.get(tx, emergency_id)
    case = insist_on_claim(tx, before.case)
    if emergencies.is_working(tx, case.id):
        raise Conflict("in_progress", "The solver works on a question of this case.")
    if any(stay.state != "placed" for stay in stays.live_of(tx, case.id)):
        raise Conflict("bed_held", "A bed is held for this case: release it first.")
    request = emergencies.content(tx, before)["request"]
    request |= {"position": told["position"] or request["position"], "drivable_hours": told["drivable_hours"]}
    _insist_on_place(request["position"])
    review_due = morning_after(tx.now)
    again, sealed = emergencies.new(tx, case.id, request, before.facts_due_at, review_due)
    tasks.finish_for(tx, "handle_manually", case=case.id, outcome="asked_again")
    _begin(tx, settings, again, case.id, review_due)
    tx.record(Action.ASK_EMERGENCY_AGAIN.value, case=case.id, about=again, sealed=sealed)
    return Asked(again, case.id)


def address(tx: Transaction, emergency_id: UUID) -> Address:
    """The address of the bed that the provider has confirmed, until somebody has arrived; an alarm and a review.

    Raises
    ------
    Conflict : `not_claimed`; `out_of_order`, no confirmed bed waits; `no_address`
    """
    row = emergencies.get(tx, emergency_id)
    case = insist_on_claim(tx, row.case)
    waiting = [one for one in stays.live_of(tx, case.id) if (one.kind, one.state) == ("emergency", "confirmed")]
    if not waiting:
        raise Conflict("out_of_order", "No bed that its provider has confirmed waits for this person.")
    alarms.raise_alarm(tx, "emergency_address_read")
    due = tx.now + REVIEW_WITHIN
    tasks.add(tx, "review_emergency_address", Role.SECURITY_OFFICER, due, case=case.id, about=row.id)
    return of_stay(tx, Action.READ_EMERGENCY_ADDRESS, waiting[-1])


def answer(tx: Transaction, emergency_id: UUID) -> Answered:
    """What the solver found, to the coordinator who asked or has claimed the case; to who reviews it without place."""
    row = emergencies.get(tx, emergency_id)
    told = emergencies.content(tx, row)
    tx.record(Action.READ_EMERGENCY.value, case=row.case, about=row.id, sealed=row.sealed)
    result: dict[str, Any] | None = told.get("result")
    if row.state == "working" or result is None:
        return Answered(row, row.state, None)
    state = _state(tx, row, result)
    own = tx.actor.name in (row.asked_by, coordination.get(tx, row.case).claimed_by)
    is_shown = own and state in _HELD
    return Answered(row, state, result if is_shown else {"reasons": result["reasons"]})


def _state(tx: Transaction, row: emergencies.Emergency, result: Mapping[str, Any]) -> str:
    """A bed that was given back is held no more, whatever was answered."""
    if result.get("stay") is None:
        return row.state
    with as_system(tx):  # also for who asked and has let go of the case
        stay = stays.get(tx, UUID(result["stay"]))
    return row.state if stay.is_live else "released" if stay.state == "released" else "ended"


def review(tx: Transaction, emergency_id: UUID, outcome: str) -> None:
    """Review an emergency; somebody else than who asked.

    Raises
    ------
    Conflict : `own_act`; `out_of_order`, it is not answered, or reviewed already
    """
    row = emergencies.get(tx, emergency_id)
    if row.asked_by == tx.actor.name:
        raise Conflict("own_act", "Another coordinator reviews what you did.")
    if not emergencies.review(tx, emergency_id):
        raise Conflict("out_of_order", "It is not answered yet, or was reviewed.")
    tasks.finish_for(tx, "review_emergency", about=row.id, outcome=outcome)
    if outcome == "not_justified":
        alarms.raise_alarm(tx, "emergency_not_justified")
    tx.record(Action.REVIEW_EMERGENCY.value, case=row.case, about=row.id)


def _details(tx: Transaction, told: Mapping[str, Any], nights: int) -> dict[str, Any]:
    today = local_day(tx.now)
    return {
        "responsible_municipality": told["responsible_municipality"],
        "window": {"earliest": today.isoformat(), "latest": (today + timedelta(days=1)).isoformat()},
        "stays": [{"kind": "emergency", "nights": nights}],
        "household": list(told["household"]),
        "homes": list(told["homes"]) or [_nearest(told["position"])],
        "crime_localities": [],
        "known_places": [],
        "needs": [{"tag": tag, "timing": "day_one"} for tag in told["needs"]],
        "support_intensity": None,
        "permitted_contacts": [],
    }


def _insist(tx: Transaction, position: Mapping[str, Any], details: Mapping[str, Any], gate: Mapping[str, Any]) -> None:
    case = {
        **details,
        "id": "emergency",
        "unit": "emergency",
        "triage": "red",
        "received_at": tx.now.isoformat(),
        "gate": dict(gate),
    }
    faults = [*shape_faults(Case, case, ()), *reference_faults_of({"cases": [case]}, "cases[0].")]
    _insist_on_place(position)
    if faults:
        raise Rejected(faults)


def _insist_on_place(position: Mapping[str, Any]) -> None:
    if position.get("locality") is not None and position["locality"] not in places().localities:
        raise Rejected([Fault("position.locality", "names a locality that does not exist", "an id of the map")])


def _nearest(position: Mapping[str, Any]) -> str:
    """The locality of a position: told, or the nearest to a point."""
    if position.get("locality") is not None:
        return str(position["locality"])
    point = position["point"]
    x_m, y_m = (float(one) for one in to_grid(point["longitude_deg"], point["latitude_deg"]))
    known = layers().localities.values()
    return min(known, key=lambda one: ((one.x_m - x_m) ** 2 + (one.y_m - y_m) ** 2, one.id)).id
