"""Waiting cases, live placements and residences."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from matching.domain.assessment import PlacementAssessment, Separation
from matching.domain.base import (
    CaseId,
    Day,
    FacilityId,
    Interval,
    KommunCode,
    LocalityId,
    Moment,
    RecordId,
    Told,
    UnitId,
    own_fault,
)
from matching.domain.capacity import NeedTag
from matching.domain.intelligence import Member

EMERGENCY_MOST_NIGHTS = 7
"""Domain §3: an emergency placement lasts at most seven nights; a policy may say fewer, see `limits`."""

LONGEST_WINDOW_DAYS = 366
"""Every day of a window is tried for every facility: a longer one asks for nothing anybody plans."""

__all__ = [
    "Case",
    "CaseFile",
    "Gate",
    "KnownPlace",
    "Need",
    "Placement",
    "Residence",
    "StayRequest",
    "UnitUse",
    "Window",
]


class Gate(Told):
    """Gate facts; a missing one (none) is not fulfilled, never assumed."""

    definition_version: RecordId | None = None
    definition_met: bool | None = None
    motivated: bool | None = None
    written_consent: bool | None = None
    conditions_signed: bool | None = None
    is_evidence_witness: bool | None = None
    measure_decision: bool | None = Field(default=None, description="the municipality has decided the measure")
    is_emergency: bool = Field(default=False, description="emergency: placed before the measure decision")
    investigation_clearance: bool | None = None
    relocation_expressly_needed: bool = False


class Need(Told):
    """What the household needs, and when."""

    tag: NeedTag
    timing: Literal["day_one", "within_14_days", "remote"]


class KnownPlace(Told):
    """A locality where the person is known; never chosen."""

    locality: LocalityId
    kind: Literal["registered", "earlier_placement", "relatives", "school", "prison"]


class Window(Told):
    """Wanted start, both days included."""

    earliest: Day
    latest: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.latest < self.earliest:
            raise own_fault("the window ends before it starts", "latest on or after earliest")
        if (self.latest - self.earliest).days > LONGEST_WINDOW_DAYS:
            raise own_fault("the window is too long", f"at most {LONGEST_WINDOW_DAYS} days")
        return self


class StayRequest(Told):
    """One stay asked for; two in a row are linked: the second starts the day the first ends."""

    kind: Literal["emergency", "stable"]
    nights: int = Field(ge=1, le=1100, description="an emergency stay: at most 7, or fewer as the policy says")

    @model_validator(mode="after")
    def _emergencies_are_short(self) -> Self:
        if self.kind == "emergency" and self.nights > EMERGENCY_MOST_NIGHTS:
            raise own_fault("an emergency stay is too long", f"at most {EMERGENCY_MOST_NIGHTS} nights")
        return self


class CaseFile(Told):
    """What is known of the case behind a live placement, so that every rule can judge it again."""

    unit: RecordId | None = Field(default=None, description="the police unit that owns the case")
    homes: tuple[LocalityId, ...] = ()
    crime_localities: tuple[LocalityId, ...] = ()
    known_places: tuple[KnownPlace, ...] = ()
    needs: tuple[Need, ...] = ()
    gate: Gate | None = None
    assessments: tuple[PlacementAssessment, ...] = ()


class Case(Told):
    """A defector's case waiting for placement, with the whole household that moves."""

    id: CaseId
    unit: RecordId = Field(description="the police unit that owns the case")
    responsible_municipality: KommunCode
    attempt_no: int = Field(default=1, ge=1)
    triage: Literal["red", "orange", "green"]
    received_at: Moment
    window: Window
    stays: tuple[StayRequest, ...] = Field(min_length=1, max_length=2)
    household: tuple[Member, ...] = Field(min_length=1, max_length=12)
    homes: tuple[LocalityId, ...] = Field(min_length=1, description="home localities")
    crime_localities: tuple[LocalityId, ...] = ()
    known_places: tuple[KnownPlace, ...] = ()
    needs: tuple[Need, ...] = ()
    support_intensity: int | None = Field(
        default=None,
        ge=1,
        le=4,
        description="support wanted: 1 contact as agreed, 2 weekly, 3 daily, 4 round the clock; none: not assessed",
    )
    permitted_contacts: tuple[LocalityId, ...] = Field(
        default=(), description="localities of people the household may go on meeting"
    )
    gate: Gate
    assessments: tuple[PlacementAssessment, ...] = ()

    @model_validator(mode="after")
    def _one_defector_and_order(self) -> Self:
        if sum(member.role == "defector" for member in self.household) != 1:
            raise own_fault("the household has no defector or several", "exactly one member with role defector")
        if len(self.stays) == 2 and [stay.kind for stay in self.stays] != ["emergency", "stable"]:
            raise own_fault("two linked stays in another order", "an emergency stay, then a stable one")
        return self


class UnitUse(Told):
    """So many beds of one unit."""

    unit: UnitId
    beds: int = Field(ge=1, le=12)


class Placement(Interval):
    """A live placement or a hold: beds on nights ``[start, end)``.

    The persons stay *present* in the locality until `departed`, whatever `end` says.
    """

    id: RecordId
    state: Literal["placed", "held"]
    facility: FacilityId
    units: tuple[UnitUse, ...] = Field(min_length=1)
    household: tuple[Member, ...] = Field(min_length=1, max_length=12)
    departed: Day | None = Field(default=None, description="recorded as having left the locality from this day")
    responsible_municipality: KommunCode
    separations: tuple[Separation, ...] = ()
    case_file: CaseFile | None = Field(default=None, description="none: rules that need it cannot judge this stay")

    @model_validator(mode="after")
    def _beds_and_departure(self) -> Self:
        if sum(use.beds for use in self.units) != len(self.household):
            raise own_fault("beds used differ from the number of persons", "one bed per member of the household")
        if self.departed is not None and self.departed < self.start:
            raise own_fault("departed before the stay starts", "a departure on or after the start, or none")
        return self


class Residence(Told):
    """A protected person outside the facilities: own home after exit, or an imported hidden placement."""

    id: RecordId
    locality: LocalityId
    household: tuple[Member, ...] = Field(min_length=1, max_length=12)
    start: Day
    departed: Day | None = None
    separations: tuple[Separation, ...] = ()

    @model_validator(mode="after")
    def _departs_after_start(self) -> Self:
        if self.departed is not None and self.departed < self.start:
            raise own_fault("departed before it starts", "a departure on or after the start, or none")
        return self
