"""Worklist, claims and the detail that a claim opens."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from matching.domain.assessment import AnyArea, AnyPersistence, AnyReach, Separation
from matching.domain.case import KnownPlace, Need, StayRequest, Window
from service.flow.claims import Detail, OpenedStay
from service.flow.worklist import Item
from service.flow.worklist import Worklist as Listed
from service.schemas.back_common import Answer, Body, Code, State, example, picked

__all__ = ["CaseDetail", "Claimed", "TaskDone", "TaskOutcome", "Unclaimed", "Worklist"]

Triage = Literal["red", "orange", "green"]

_ITEM = {
    "task_id": "7b0f3c1e-5f0a-4c55-9a53-0f5f2e1c8a11",
    "kind": "confirm_with_provider",
    "what_to_do": "Call the provider back and record: confirmed, declined with a code, or no answer.",
    "case_id": "0d5f2f5e-3f1b-4a52-8a30-0a4f3e0d9b01",
    "stay_id": "b1c7c9d2-6f0e-4d0a-9d3c-5f6a7b8c9d0e",
    "triage": "orange",
    "due_at": "2030-01-02T20:00:00Z",
    "is_overdue": False,
    "claim": "mine",
    "reason": None,
}


class WorkItem(Answer):
    """One thing that waits."""

    model_config = example(**_ITEM)

    task_id: UUID | None = Field(description="none: worked out from a date, and goes away by itself")
    kind: Code
    what_to_do: str
    case_id: UUID | None
    stay_id: UUID | None
    triage: Triage | None
    due_at: datetime
    is_overdue: bool
    claim: Literal["mine", "another", "none"]
    reason: Code | None = Field(description="why a case is placed by hand; none: nobody said, or it is another task")

    @staticmethod
    def of(one: Item) -> WorkItem:
        """From what the flow found."""
        return WorkItem(
            task_id=one.task,
            kind=one.kind,
            what_to_do=one.what_to_do,
            case_id=one.case,
            stay_id=one.stay,
            triage=one.triage,  # type: ignore[arg-type]  # the database keeps it one of these
            due_at=one.due_at,
            is_overdue=one.is_overdue,
            claim=one.claim,  # type: ignore[arg-type]  # one of three words by construction
            reason=one.reason,
        )


class ByHand(Answer):
    """How many cases are placed by hand for one reason."""

    reason: Code | None
    count: int
    overdue: int


class Worklist(Answer):
    """What to do next, the most overdue first; of what is due at the same time, red first."""

    model_config = example(
        by_hand=[{"reason": "not_admitted", "count": 3, "overdue": 0}], items=[_ITEM], more=False
    )  # fmt: skip

    by_hand: tuple[ByHand, ...] = Field(description="cases placed by hand, also those not shown, by reason")
    items: tuple[WorkItem, ...]
    more: bool = Field(description="whether there is more that is not shown")

    @staticmethod
    def of(found: Listed) -> Worklist:
        """From what the flow found."""
        return Worklist(
            by_hand=tuple(ByHand(reason=one.reason, count=one.count, overdue=one.overdue) for one in found.by_hand),
            items=tuple(map(WorkItem.of, found.items)),
            more=found.more,
        )


class TaskOutcome(Body):
    """How a task ended."""

    model_config = example(outcome="done")

    outcome: Literal["done", "not_needed", "passed_on"]


class TaskDone(Answer):
    """The task is off the list."""

    model_config = example(task_id=_ITEM["task_id"])

    task_id: UUID


class Claimed(Answer):
    """The case is the actor's; at `lapses_at` the claim ends, and any coordinator may make the next."""

    model_config = example(case_id=_ITEM["case_id"], lapses_at="2030-01-02T20:00:00Z")

    case_id: UUID
    lapses_at: datetime


class Unclaimed(Answer):
    """The case is nobody's."""

    model_config = example(case_id=_ITEM["case_id"])

    case_id: UUID


class MembershipOut(Answer):
    """A membership, as the assessor knows it."""

    network: str
    degree: Literal["core", "active", "peripheral"]
    start: date
    end: date | None = None


class MemberOut(Answer):
    """A person of the household, without their key."""

    role: Literal["defector", "partner", "parent", "child", "sibling", "other_relative"]
    age_years: int
    gender: Literal["female", "male", "other"]
    is_guardian: bool = False
    knowledge: Literal["established", "unknown", "cleared"]
    memberships: tuple[MembershipOut, ...] = ()


class GateOut(Answer):
    """Gate facts; a missing one is not fulfilled."""

    definition_met: bool | None = None
    motivated: bool | None = None
    written_consent: bool | None = None
    conditions_signed: bool | None = None
    is_evidence_witness: bool | None = None
    is_emergency: bool = False
    investigation_clearance: bool | None = None
    relocation_expressly_needed: bool = False


class ActorOut(Answer):
    """Somebody who threatens the case; a person only as such."""

    network: str | None = None
    reach: AnyReach
    persistence: AnyPersistence


class AssessmentOut(Answer):
    """The newest placement assessment."""

    version: int
    assessor_unit: str
    signed_on: date
    valid_from: date
    valid_until: date
    withdrawn: bool
    confidence: Literal["low", "medium", "high"]
    threat_level: Literal["none", "low", "high"]
    forbidden: tuple[AnyArea, ...] = ()
    preferred: tuple[AnyArea, ...] = ()
    actors: tuple[ActorOut, ...] = ()
    separations: tuple[Separation, ...] = ()
    home_radius_km: int | None = None
    presence_radius_km: int | None = None
    protection_level: int | None = None


class HouseholdOut(Answer):
    """Who moves, from where, when, with which needs."""

    responsible_municipality: str
    window: Window
    stays: tuple[StayRequest, ...]
    household: tuple[MemberOut, ...]
    homes: tuple[str, ...]
    crime_localities: tuple[str, ...] = ()
    known_places: tuple[KnownPlace, ...] = ()
    needs: tuple[Need, ...] = ()
    support_intensity: int | None = None
    permitted_contacts: tuple[str, ...] = ()


class StayOut(Answer):
    """A stay of the case and its facility."""

    stay_id: UUID
    state: State
    kind: str
    held_until: datetime | None
    facility_id: UUID
    locality: str
    form: str
    units: tuple[str, ...]
    start: date
    end: date
    departed: date | None
    call_back: str | None = Field(description="the provider's number, while the stay waits for its confirmation")


class OrderOut(Answer):
    """A hold ordered for the case, and what became of it."""

    order_id: UUID
    state: Literal["working", "held", "refused"]
    asked_at: datetime


class CaseDetail(Answer):
    """What a claim opens."""

    model_config = example(
        case_id=_ITEM["case_id"],
        state="in_progress",
        triage="orange",
        received_at="2030-01-02T08:00:00Z",
        unit="bops-syd",
        attempt_no=1,
        is_emergency=False,
        household=None,
        gate=None,
        assessment=None,
        stays=[],
        holds_ordered=[],
    )

    case_id: UUID
    state: str
    triage: Triage
    received_at: datetime
    unit: str
    attempt_no: int
    is_emergency: bool
    household: HouseholdOut | None
    gate: GateOut | None
    assessment: AssessmentOut | None
    stays: tuple[StayOut, ...]
    holds_ordered: tuple[OrderOut, ...]

    @staticmethod
    def of(found: Detail) -> CaseDetail:
        """From what the flow opened; persons' keys stay behind."""
        return CaseDetail(
            case_id=found.case.id,
            state=found.case.state,
            triage=found.case.triage,  # type: ignore[arg-type]  # the database keeps it one of these
            received_at=found.case.received_at,
            unit=found.case.unit,
            attempt_no=found.case.attempt_no,
            is_emergency=found.case.is_emergency,
            household=None if found.details is None else _household(found.details.told),
            gate=None if found.gate is None else picked(GateOut, found.gate.told),
            assessment=None
            if found.assessment is None
            else _assessment(found.assessment.told, found.assessment.version, found.assessment.withdrawn),
            stays=tuple(map(_stay, found.stays)),
            holds_ordered=tuple(
                OrderOut(order_id=one.id, state=one.state, asked_at=one.asked_at)  # type: ignore[arg-type]  # kept so
                for one in found.ordered
            ),
        )


def _fields(model: type[Answer], tree: dict[str, Any]) -> dict[str, Any]:
    return {name: tree[name] for name in model.model_fields if name in tree}


def _household(tree: dict[str, Any]) -> HouseholdOut:
    members = [
        {
            **_fields(MemberOut, member),
            "memberships": [_fields(MembershipOut, one) for one in member.get("memberships", ())],
        }
        for member in tree["household"]
    ]
    return picked(HouseholdOut, {**tree, "household": members})


def _assessment(tree: dict[str, Any], version: int, withdrawn: bool) -> AssessmentOut:
    actors = [_fields(ActorOut, actor) for actor in tree.get("actors", ())]
    return picked(AssessmentOut, {**tree, "actors": actors, "version": version, "withdrawn": withdrawn})


def _stay(one: OpenedStay) -> StayOut:
    told = one.placement
    return StayOut(
        stay_id=one.row.id,
        state=one.row.state,  # type: ignore[arg-type]  # the database keeps it one of these
        kind=one.row.kind,
        held_until=one.row.held_until,
        facility_id=UUID(told["facility"]),
        locality=one.facility["locality"],
        form=one.facility["form"],
        units=tuple(use["unit"] for use in told["units"]),
        start=date.fromisoformat(told["start"]),
        end=date.fromisoformat(told["end"]),
        departed=date.fromisoformat(told["departed"]) if told.get("departed") else None,
        call_back=one.call_back,
    )
