"""Emergency: the duty coordinator asks, the solver answers within a minute; facts follow, a review the next morning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from geodata.crs import to_grid
from matching.domain import Case
from matching.domain.parse import shape_faults
from matching.errors import Fault
from service.actors import Role
from service.flow.claims import count_claim, day_begins
from service.flow.localities import layers, places
from service.flow.told import reference_faults_of
from service.flow.worklist import local_day, morning_after
from service.policies import Action
from service.problems import Conflict, Rejected
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import alarms, coordination, emergencies, tasks

__all__ = ["Asked", "answer", "ask", "review"]

PRIORITY: Final = 10
"""Before everything else in the solver's queue."""


@dataclass(frozen=True)
class Asked:
    """Where the answer will stand."""

    emergency: UUID
    case: UUID


@dataclass(frozen=True)
class Answered:
    """The answer: `result` is none while the solver works."""

    row: emergencies.Emergency
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
    _insist(tx, told["position"], details, gate)
    person = next(member["person_key"] for member in told["household"] if member["role"] == "defector")
    case_id = emergencies.open_case(tx, municipality_unit, tx.tag_person(person), details, gate)
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
    tasks.add(tx, "review_emergency", Role.COORDINATOR, review_due, case=case_id)
    if emergencies.asked_since(tx, day_begins(tx.now)) > settings.emergency_cap:
        alarms.raise_alarm(tx, "emergency_volume")
    tx.record(Action.OPEN_EMERGENCY.value, case=case_id, about=emergency_id, sealed=sealed)
    tx.touch()
    tx.defer("emergency", emergency_id, priority=PRIORITY)
    return Asked(emergency_id, case_id)


def answer(tx: Transaction, emergency_id: UUID) -> Answered:
    """What the solver found, to the coordinator who asked or has claimed the case."""
    row = emergencies.get(tx, emergency_id)
    told = emergencies.content(tx, row)
    tx.record(Action.READ_EMERGENCY.value, case=row.case, about=row.id, sealed=row.sealed)
    return Answered(row, told.get("result"))


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
    tasks.finish_for(tx, "review_emergency", case=row.case, outcome=outcome)
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
    if position["locality"] is not None and position["locality"] not in places().localities:
        faults = [Fault("position.locality", "names a locality that does not exist", "an id of the map")]
    if faults:
        raise Rejected(faults)


def _nearest(position: Mapping[str, Any]) -> str:
    """The locality of a position: told, or the nearest to a point."""
    if position.get("locality") is not None:
        return str(position["locality"])
    point = position["point"]
    x_m, y_m = (float(one) for one in to_grid(point["longitude_deg"], point["latitude_deg"]))
    known = layers().localities.values()
    return min(known, key=lambda one: ((one.x_m - x_m) ** 2 + (one.y_m - y_m) ** 2, one.id)).id
