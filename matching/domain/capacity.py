"""Providers, facilities, units, closures, contracts: the catalogue of places."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from matching.domain.base import (
    Day,
    FacilityId,
    Interval,
    KommunCode,
    LocalityId,
    ProviderId,
    RecordId,
    Told,
    UnitId,
    own_fault,
)

__all__ = ["Accepts", "Closure", "Contract", "Facility", "Incident", "NeedTag", "Provider", "Unit"]

NeedTag = Literal[
    "round_the_clock_staff",
    "step_free_access",
    "addiction_treatment",
    "psychiatric_care",
    "trauma_treatment",
    "disability_support",
    "women_only",
    "interpreter",
    "debt_advice",
    "work_training",
    "daily_contact",
    "remote_support",
]


class Incident(Told):
    """Something that happened at a provider and shuts it out until it is lifted."""

    id: RecordId
    occurred_on: Day
    is_disqualifying: bool
    lifted_on: Day | None = Field(default=None, description="from this day it shuts out no more; none: it still does")

    @model_validator(mode="after")
    def _lifted_after(self) -> Self:
        if self.lifted_on is not None and self.lifted_on < self.occurred_on:
            raise own_fault("lifted before it occurred", "lifted_on on or after occurred_on, or none")
        return self


class Provider(Told):
    """An organisation that runs facilities."""

    id: ProviderId
    ownership: Literal["municipal", "private", "non_profit"]
    vetting: Literal["vetted", "pending", "failed"]
    vetting_valid_until: Day | None = Field(default=None, description="last valid day; none: no vetting is known")
    incidents: tuple[Incident, ...] = ()
    conflicts_of_interest: tuple[RecordId, ...] = Field(
        default=(), description="police units with which a conflict of interest is declared"
    )


class Unit(Told):
    """A room, flat or house; an unshared unit belongs to one household a night."""

    id: UnitId
    kind: Literal["room", "flat", "house"]
    beds: int = Field(ge=1, le=12)
    is_shared: bool


class Closure(Interval):
    """Nights ``[start, end)`` on which the whole facility, or the named units, take nobody."""

    units: tuple[UnitId, ...] | None = Field(default=None, description="none: the whole facility")


class Contract(Interval):
    """Framework agreement (ramavtal) with a municipality, or national when none is named."""

    municipality: KommunCode | None = None
    quota_beds: int | None = Field(default=None, ge=0, description="most beds a night under this contract")


class Accepts(Told):
    """Whom the facility takes."""

    min_age_years: int = Field(default=18, ge=0, le=110)
    max_age_years: int = Field(default=110, ge=0, le=110)
    genders: tuple[Literal["female", "male", "other"], ...] = ("female", "male", "other")
    children_with_guardian: bool = False
    unaccompanied_minors: bool = False
    max_household: int = Field(default=1, ge=1, le=12)

    @model_validator(mode="after")
    def _ages_in_order(self) -> Self:
        if self.max_age_years < self.min_age_years:
            raise own_fault("the highest age is below the lowest", "max_age_years at or above min_age_years")
        return self


class Facility(Told):
    """A place to live: form, units, closures, what it accepts and offers, grade, rate, contracts.

    ``accepts`` ages hold for adults and for unaccompanied minors; children with a guardian follow
    the household when ``children_with_guardian`` says so.
    """

    id: FacilityId
    provider: ProviderId
    locality: LocalityId
    form: Literal["protected_housing", "supported_housing", "foster_home", "residential_care_home"]
    units: tuple[Unit, ...] = Field(min_length=1)
    closures: tuple[Closure, ...] = ()
    accepts: Accepts
    offers: tuple[NeedTag, ...] = ()
    schools: tuple[LocalityId, ...] = Field(default=(), description="localities with a school place")
    security_grade: int = Field(ge=1, le=4)
    permit_valid_until: Day | None = Field(
        default=None, description="last day of the permit for protected housing; none: no permit is known"
    )
    support_intensity: int | None = Field(
        default=None,
        ge=1,
        le=4,
        description="support on the spot: 1 contact as agreed, 2 weekly, 3 daily, 4 round the clock; none: not known",
    )
    security_approved: bool = Field(default=False, description="explicit security approval of a residential care home")
    day_rate_sek: int = Field(ge=0, le=50_000, description="per person and night")
    contracts: tuple[Contract, ...] = ()
    direct_award_allowed: bool = False
    night_intake: bool = False

    @model_validator(mode="after")
    def _women_only_is_meant(self) -> Self:
        if "women_only" in self.offers and set(self.accepts.genders) - {"female"}:
            raise own_fault("offers women_only but accepts others", "accepts.genders with female alone")
        return self
