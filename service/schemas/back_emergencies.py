"""Emergencies, options, plans, zones."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from matching.domain import Member, NeedTag, Point
from matching.domain.base import KommunCode, LocalityId, own_fault
from service.flow.zones import Zone
from service.schemas.back_common import Answer, Body, UnitName, example

__all__ = ["EmergencyAgain", "EmergencyAnswer", "EmergencyAsked", "EmergencyIn", "Review", "Reviewed", "Zones"]

_EMERGENCY = "8a4c2b1d-0e9f-4a3b-8c7d-6e5f4a3b2c1d"
_CASE = "0d5f2f5e-3f1b-4a52-8a30-0a4f3e0d9b01"


class Position(Body):
    """Where the persons are now."""

    locality: LocalityId | None = None
    point: Point | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.locality is None) == (self.point is None):
            raise own_fault("names no position or two", "either a locality or a point")
        return self


class EmergencyIn(Body):
    """What the duty coordinator knows: the rest is due within days, and unknown networks count as hostile."""

    model_config = example(
        position={"locality": "0180-kista"},
        drivable_hours=4,
        household=[
            {
                "person_key": "k3b9f0a7c2d14e5f",
                "role": "defector",
                "age_years": 24,
                "gender": "male",
                "knowledge": "unknown",
            }
        ],
        needs=["round_the_clock_staff"],
        responsible_municipality="0180",
        municipality_unit="kommun-0180",
        unit="bops-stockholm",
        oral_consent=True,
    )

    position: Position
    drivable_hours: int = Field(ge=1, le=24)
    household: tuple[Member, ...] = Field(min_length=1, max_length=12)
    needs: tuple[NeedTag, ...] = Field(default=(), max_length=12)
    nights: int | None = Field(default=None, ge=1, le=7, description="none: as many as the policy allows")
    homes: tuple[LocalityId, ...] = Field(default=(), max_length=20, description="none: where they are now")
    responsible_municipality: KommunCode
    municipality_unit: UnitName
    unit: UnitName | None = Field(default=None, description="of the police that has the person; none: your own")
    oral_consent: Literal[True] = Field(description="the person has said yes; written consent is due with the facts")


class EmergencyAgain(Body):
    """The same emergency once more, from elsewhere or with more hours."""

    model_config = example(position={"locality": "0180-kista"}, drivable_hours=8)

    position: Position | None = Field(default=None, description="none: as told before")
    drivable_hours: int = Field(ge=1, le=24)


class EmergencyAsked(Answer):
    """The solver works on it; the case is claimed by who asked."""

    model_config = example(emergency_id=_EMERGENCY, case_id=_CASE, state="working")

    emergency_id: UUID
    case_id: UUID
    state: Literal["working"]


class EmergencyAnswer(Answer):
    """What the solver found, for the coordinator who asked."""

    model_config = example(
        emergency_id=_EMERGENCY,
        case_id=_CASE,
        state="held",
        asked_at="2030-01-02T22:00:00Z",
        answered_at="2030-01-02T22:00:05Z",
        facts_due_at="2030-01-05T22:00:00Z",
        review_due_at="2030-01-03T08:00:00Z",
        stay_id="b1c7c9d2-6f0e-4d0a-9d3c-5f6a7b8c9d0e",
        facility_id="5f4dcc3b-5aa7-4c61-8d2e-1c2f3a4b5c6d",
        locality="0381-enkoping",
        start="2030-01-02",
        end="2030-01-09",
        road_min=55,
        reasons=[],
    )

    emergency_id: UUID
    case_id: UUID
    state: Literal["working", "answered", "held", "refused", "reviewed", "released", "ended"]
    asked_at: datetime
    answered_at: datetime | None
    facts_due_at: datetime
    review_due_at: datetime
    stay_id: UUID | None
    facility_id: UUID | None
    locality: str | None
    start: date | None
    end: date | None
    road_min: int | None = Field(description="driving time from the position, rounded up")
    reasons: tuple[str, ...] = Field(description="why nothing could be held, and what nobody knows, as codes")


class Review(Body):
    """Whether the emergency was one."""

    model_config = example(outcome="justified")

    outcome: Literal["justified", "not_justified"]


class Reviewed(Answer):
    """The review is recorded."""

    model_config = example(emergency_id=_EMERGENCY, state="reviewed")

    emergency_id: UUID
    state: Literal["reviewed"]


class ZoneOut(Answer):
    """A län and how many protected persons are present in it."""

    lan: str
    name: str
    persons: int
    stays: int


class Zones(Answer):
    """Every län."""

    model_config = example(zones=[{"lan": "01", "name": "Stockholms län", "persons": 12, "stays": 7}])

    zones: tuple[ZoneOut, ...]

    @staticmethod
    def of(found: tuple[Zone, ...]) -> Zones:
        """From what the flow counted."""
        return Zones(
            zones=tuple(ZoneOut(lan=one.lan, name=one.name, persons=one.persons, stays=one.stays) for one in found)
        )
