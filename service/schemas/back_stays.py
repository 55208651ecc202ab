"""Holds, confirmations, destination checks, arrival, presence and the end of an exit."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from matching.domain.base import Day, own_fault
from service.flow.destination import Destination
from service.schemas.back_common import Answer, Body, State, example, picked
from service.schemas.common import words_of

__all__ = [
    "Arrival",
    "Confirmation",
    "DestinationCheck",
    "DestinationOut",
    "Ended",
    "Ending",
    "HoldOrder",
    "Ordered",
    "Presence",
    "Release",
    "StayMoved",
]

_STAY = "b1c7c9d2-6f0e-4d0a-9d3c-5f6a7b8c9d0e"
_CASE = "0d5f2f5e-3f1b-4a52-8a30-0a4f3e0d9b01"
_COMPLETED = ("own_home", "own_income", "no_protection_need", "moved_to_other_support")


class HoldOrder(Body):
    """What the solver is to hold, if every rule allows it: a facility and a day, an option, or what a plan proposes."""

    model_config = example(facility_id="5f4dcc3b-5aa7-4c61-8d2e-1c2f3a4b5c6d", start="2030-01-03")

    facility_id: UUID | None = None
    start: Day | None = None
    plan_id: UUID | None = None
    option: int | None = Field(default=None, ge=1, le=1000, description="with plan_id: the rank of one of its options")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        told = tuple(one is not None for one in (self.facility_id, self.start, self.plan_id, self.option))
        if told not in ((True, True, False, False), (False, False, True, False), (False, False, True, True)):
            raise own_fault("names none of these, or more", "a facility and a start, a plan, or a plan and an option")
        return self


class Ordered(Answer):
    """The order is with the solver; what becomes of it stands in the case's detail and in the worklist."""

    model_config = example(order_id=_STAY, state="working")

    order_id: UUID
    state: Literal["working"]


class Release(Body):
    """Why a hold is released."""

    model_config = example(code="better_place")

    code: Literal["person_withdrew", "better_place", "facts_changed", "mistake"]


class StayMoved(Answer):
    """The stay and the state it is in now."""

    model_config = example(stay_id=_STAY, state="confirmed")

    stay_id: UUID
    state: State


class Confirmation(Body):
    """What the provider said when called back."""

    model_config = example(outcome="declined", code="no_capacity")

    outcome: Literal["confirmed", "declined", "no_answer"]
    code: Literal["no_capacity", "not_suitable", "staffing", "contract", "safety", "other"] | None = None

    @model_validator(mode="after")
    def _a_decline_says_why(self) -> Self:
        if (self.outcome == "declined") != (self.code is not None):
            accepted = f"none unless declined; then one of {words_of(type(self), 'code')}"
            raise own_fault("a code without a decline, or a decline without a code", accepted)
        return self


class SeparationOut(Answer):
    """How far the household is kept from persons of a network, or of every rival."""

    network: str | None = None
    km: int | None = None
    minutes: int | None = None


class DestinationOut(Answer):
    """A locality and the conditions of the case; no facility, no bed, no person."""

    model_config = example(
        stay_id=_STAY,
        locality="0180-kista",
        name="Kista",
        kommun="0180",
        start="2030-01-03",
        persons=1,
        threat_level="high",
        protection_level=3,
        separations=[],
        networks=["9a1f0c52-6e57-4d0c-8a55-1f1c0f3f7a10"],
    )

    stay_id: UUID
    locality: str
    name: str
    kommun: str
    start: date
    persons: int
    threat_level: Literal["none", "low", "high"]
    protection_level: int | None
    separations: tuple[SeparationOut, ...]
    networks: tuple[str, ...]

    @staticmethod
    def of(stay_id: UUID, found: Destination) -> DestinationOut:
        """From what the flow opened."""
        return DestinationOut(
            stay_id=stay_id,
            locality=found.locality_id,
            name=found.name,
            kommun=found.kommun,
            start=found.start,
            persons=found.persons,
            threat_level=found.threat_level,  # type: ignore[arg-type]  # a validated assessment's
            protection_level=found.protection_level,
            separations=tuple(picked(SeparationOut, one) for one in found.separations),
            networks=found.networks,
        )


class DestinationCheck(Body):
    """Yes or no; no reason is asked for, and none is kept."""

    model_config = example(outcome="yes")

    outcome: Literal["yes", "no"]


class Arrival(Body):
    """When the persons arrived."""

    model_config = example(arrived_on="2030-01-03")

    arrived_on: Day


class Presence(Body):
    """Whether the persons are still in the locality."""

    model_config = example(outcome="departed", on="2030-06-03")

    outcome: Literal["still_present", "departed"]
    on: Day


class Ending(Body):
    """How an exit ended, and from which day its beds are free."""

    model_config = example(outcome="interrupted", reason="own_choice", from_day="2030-03-01")

    outcome: Literal["completed", "interrupted"]
    reason: Literal[
        "own_home",
        "own_income",
        "no_protection_need",
        "moved_to_other_support",
        "crime",
        "drugs",
        "non_compliance",
        "lost_motivation",
        "own_choice",
        "safety",
        "death",
    ] = Field(description="mandatory: why")
    from_day: Day

    @model_validator(mode="after")
    def _reason_fits(self) -> Self:
        if (self.reason in _COMPLETED) != (self.outcome == "completed"):
            accepted = f"{', '.join(_COMPLETED)} when completed; every other when interrupted"
            raise own_fault("the reason does not fit how it ended", accepted)
        return self


class Ended(Answer):
    """The case has ended; so many stays whose persons count as present until their departure is recorded."""

    model_config = example(case_id=_CASE, state="interrupted", present_stays=1)

    case_id: UUID
    state: Literal["completed", "interrupted"]
    present_stays: int
