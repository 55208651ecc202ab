"""A case that is placed by hand: why, until when, what there is to choose from, what blocks it and what was tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from service.flow.manual import Leg, Listed, Manual, Option, Ordered, Tried
from service.schemas.back_common import Answer, Code, State, example
from service.schemas.back_verification import VerificationOut

__all__ = ["ManualOut"]

_CASE = "0d5f2f5e-3f1b-4a52-8a30-0a4f3e0d9b01"
_PLAN = "2f1e0d9c-8b7a-4695-8473-625140392817"
_FACILITY = "5f4dcc3b-5aa7-4c61-8d2e-1c2f3a4b5c6d"


class UnitOut(Answer):
    """So many beds of one unit."""

    unit: str
    beds: int


class LegOut(Answer):
    """Nights ``[start, end)`` in a facility."""

    facility_id: UUID
    locality: str
    lan: str
    form: str
    day_rate_sek: int
    units: tuple[UnitOut, ...]
    start: date
    end: date

    @staticmethod
    def of(one: Leg) -> LegOut:
        """From what the flow opened."""
        return LegOut(
            facility_id=one.facility,
            locality=one.locality,
            lan=one.lan,
            form=one.form,
            day_rate_sek=one.day_rate_sek,
            units=tuple(UnitOut(unit=unit, beds=beds) for unit, beds in one.units),
            start=one.start,
            end=one.end,
        )


class OptionOut(Answer):
    """One safe way to place the case; order it by plan and rank."""

    rank: int
    stays: tuple[LegOut, ...] = Field(description="one, or two that are linked")
    is_in_plan: bool = Field(description="the week's best plan has the case here")
    is_exact: bool
    displaces: int = Field(description="how many others the best plan around it leaves without a place")
    marginal_cost: dict[str, tuple[int, int]] = Field(description="by level: least possible and found")
    own_costs: dict[str, int]
    refused: Code | None = Field(description="why a hold of the same facility came to nothing; none: never tried")

    @staticmethod
    def of(one: Option) -> OptionOut:
        """From what the flow opened."""
        return OptionOut(
            rank=one.rank,
            stays=tuple(map(LegOut.of, one.stays)),
            is_in_plan=one.is_in_plan,
            is_exact=one.is_exact,
            displaces=one.displaces,
            marginal_cost=dict(one.marginal_cost),
            own_costs=dict(one.own_costs),
            refused=one.refused,
        )


class RuleOut(Answer):
    """What one rule excludes."""

    rule: str
    sentence: str
    excludes: int
    only_it: int = Field(description="facilities that no other rule excludes")


class BlockingOut(Answer):
    """A rule of the smallest set that leaves nothing."""

    rule: str
    sentence: str
    opens: int = Field(description="facilities that open without it while every other rule still applies")
    possible_step: str | None = Field(description="what could be done about it; none: nothing is known")


class ChangeOut(Answer):
    """One change of a fact that is proven to open a place; of a threat none is ever proposed."""

    kind: str
    sentence: str
    cost: int = Field(description="working days of administration: an order of what to try first")
    facilities: tuple[UUID, ...]
    start: date


class WhyOut(Answer):
    """Why there is no option."""

    claim: str
    rules: tuple[RuleOut, ...] = Field(description="every rule that excludes something, the most first")
    blocking: tuple[BlockingOut, ...]
    is_proven: bool
    changes_claim: str
    changes: tuple[ChangeOut, ...]
    unexamined: int = Field(description="changes not examined within the time")
    steps: tuple[str, ...] = Field(description="what could be done besides")

    @staticmethod
    def of(tree: Mapping[str, Any]) -> WhyOut:
        """From the explanation the solver stored."""
        remedies = tree["remedies"]
        is_beyond = tree["minimal_set_beyond_gate"] is not None
        return WhyOut(
            claim=tree["claim"],
            rules=tuple(
                RuleOut(rule=one["rule"], sentence=one["sentence"], excludes=one["excludes"], only_it=one["only_it"])
                for one in tree["rules"]
            ),
            blocking=tuple(
                BlockingOut(
                    rule=one["rule"],
                    sentence=one["sentence"],
                    opens=one["opens_in_fact"],
                    possible_step=one["possible_step"],
                )
                for one in (*tree["minimal_set"], *(tree["minimal_set_beyond_gate"] if is_beyond else ()))
            ),
            is_proven=tree["is_proven"],
            changes_claim=remedies["claim"],
            changes=tuple(
                ChangeOut(
                    kind=one["kind"],
                    sentence=one["sentence"],
                    cost=one["cost"],
                    facilities=tuple(UUID(stay["facility"]) for stay in one["stays"]),
                    start=date.fromisoformat(one["stays"][0]["start"]),
                )
                for one in remedies["changes"]
            ),
            unexamined=remedies["unexamined"],
            steps=(*tree["further_steps"], *tree["knowledge"]),
        )


class ListOut(Answer):
    """The newest finished options of the case, or why there are none; the first time those that are being made."""

    plan_id: UUID
    state: Literal["working", "proposed", "no_plan", "out_of_time", "failed"]
    asked_at: datetime
    finished_at: datetime | None
    is_current: bool = Field(description="nothing in the register has changed since; if not, ask for options again")
    is_renewed: bool = Field(description="newer options are being worked out: read again in a moment")
    blocked: Code | None = Field(description="why nobody may be placed for the case at all; none: that is not so")
    options: tuple[OptionOut, ...]
    why: WhyOut | None = Field(description="when there is no option: what blocks, and the cheapest proven changes")

    @staticmethod
    def of(one: Listed) -> ListOut:
        """From what the flow opened."""
        return ListOut(
            plan_id=one.plan,
            state=one.state,  # type: ignore[arg-type]  # the database keeps it one of these
            asked_at=one.asked_at,
            finished_at=one.finished_at,
            is_current=one.is_current,
            is_renewed=one.is_renewed,
            blocked=one.blocked,
            options=tuple(map(OptionOut.of, one.options)),
            why=None if one.why is None else WhyOut.of(one.why),
        )


class TriedOut(Answer):
    """A stay that is or was held for the case."""

    stay_id: UUID
    facility_id: UUID
    locality: str
    kind: str
    state: State
    start: date
    end: date
    held_at: datetime
    given_up_at: datetime | None
    code: Code | None = Field(description="why it was given up")
    reason: Code | None = Field(description="why the person or the municipality said no to it")

    @staticmethod
    def of(one: Tried) -> TriedOut:
        """From what the flow opened."""
        return TriedOut(
            stay_id=one.stay,
            facility_id=one.facility,
            locality=one.locality,
            kind=one.kind,
            state=one.state,  # type: ignore[arg-type]  # the database keeps it one of these
            start=one.start,
            end=one.end,
            held_at=one.held_at,
            given_up_at=one.given_up_at,
            code=one.code,
            reason=one.reason,
        )


class OrderedOut(Answer):
    """A hold that was ordered: a facility and a day, an option, or what a plan proposed."""

    order_id: UUID
    state: Literal["working", "held", "refused"] = Field(
        description="refused: taken, or no longer safe; the options are worked out again"
    )
    asked_at: datetime
    stay_id: UUID | None
    facility_id: UUID | None
    start: date | None
    plan_id: UUID | None
    option: int | None

    @staticmethod
    def of(one: Ordered) -> OrderedOut:
        """From what the flow opened."""
        return OrderedOut(
            order_id=one.order,
            state=one.state,  # type: ignore[arg-type]  # the database keeps it one of these
            asked_at=one.asked_at,
            stay_id=one.stay,
            facility_id=one.facility,
            start=one.start,
            plan_id=one.plan,
            option=one.option,
        )


class HandedOut(Answer):
    """One time that the case came to the coordinators."""

    reason: Code | None
    since: datetime
    due_at: datetime
    done_at: datetime | None
    outcome: Code | None


class ManualOut(Answer):
    """What is needed to place a claimed case by hand."""

    model_config = example(
        case_id=_CASE,
        waits=True,
        reason="budget",
        what_to_do="The questions of this person or unit are used up: claim the case; have somebody outside vouch for "
        "it; order one of its options.",
        triage="red",
        received_at="2030-01-02T08:00:00Z",
        due_at="2030-01-02T12:00:00Z",
        next_round_at="2030-01-02T12:00:00Z",
        left_min=170,
        is_overdue=False,
        verification={
            "is_needed": True,
            "how": "second_organisation",
            "unit": "bops-vast",
            "at": "2030-01-02T08:55:00Z",
        },
        listed={
            "plan_id": _PLAN,
            "state": "proposed",
            "asked_at": "2030-01-02T09:00:00Z",
            "finished_at": "2030-01-02T09:00:12Z",
            "is_current": True,
            "is_renewed": False,
            "blocked": None,
            "options": [
                {
                    "rank": 1,
                    "stays": [
                        {
                            "facility_id": _FACILITY,
                            "locality": "1880-orebro",
                            "lan": "18",
                            "form": "protected_housing",
                            "day_rate_sek": 4200,
                            "units": [{"unit": "flat-1", "beds": 1}],
                            "start": "2030-01-03",
                            "end": "2030-04-03",
                        }
                    ],
                    "is_in_plan": True,
                    "is_exact": True,
                    "displaces": 0,
                    "marginal_cost": {"unplaced": [0, 0]},
                    "own_costs": {"cost_per_night": 4200},
                    "refused": None,
                }
            ],
            "why": None,
        },
        tried=[],
        ordered=[],
        handed=[
            {
                "reason": "budget",
                "since": "2030-01-02T08:30:00Z",
                "due_at": "2030-01-02T12:00:00Z",
                "done_at": None,
                "outcome": None,
            }
        ],
    )

    case_id: UUID
    waits: bool = Field(description="whether it is still to be placed by hand")
    reason: Code | None
    what_to_do: str
    triage: Literal["red", "orange", "green"]
    received_at: datetime
    due_at: datetime
    next_round_at: datetime | None = Field(
        description="what is ready by then is shown to who asked; none: as soon as it is ready"
    )
    left_min: int = Field(description="minutes left; below zero: it is late")
    is_overdue: bool
    verification: VerificationOut = Field(description="without it, where it is needed, no hold can be ordered")
    listed: ListOut | None = Field(description="none: nobody has asked for options; a claim does")
    tried: tuple[TriedOut, ...] = Field(description="what is or was held, the newest first")
    ordered: tuple[OrderedOut, ...] = Field(description="holds that were ordered, the newest first")
    handed: tuple[HandedOut, ...] = Field(description="every time it came to the coordinators, the newest first")

    @staticmethod
    def of(found: Manual) -> ManualOut:
        """From what the flow opened."""
        return ManualOut(
            case_id=found.case.id,
            waits=found.waits,
            reason=found.reason,
            what_to_do=found.what_to_do,
            triage=found.case.triage,  # type: ignore[arg-type]  # the database keeps it one of these
            received_at=found.case.received_at,
            due_at=found.due_at,
            next_round_at=found.next_round_at,
            left_min=found.left_min,
            is_overdue=found.left_min < 0,
            verification=VerificationOut.of(found.standing),
            listed=None if found.listed is None else ListOut.of(found.listed),
            tried=tuple(map(TriedOut.of, found.tried)),
            ordered=tuple(map(OrderedOut.of, found.ordered)),
            handed=tuple(
                HandedOut(
                    reason=one.reason,
                    since=one.since,
                    due_at=one.due_at,
                    done_at=one.done_at,
                    outcome=one.outcome,
                )
                for one in found.handed
            ),
        )
