"""Networks, dated relations with probability and provenance, person-to-person conflicts, persons."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from matching.domain.base import (
    Day,
    FacilityId,
    LocalityId,
    NetworkId,
    OpenInterval,
    PersonKey,
    RecordId,
    Told,
    own_fault,
)

__all__ = [
    "Exposure",
    "Member",
    "Membership",
    "Network",
    "NetworkPresence",
    "PersonConflict",
    "Provenance",
    "Relation",
]


class Provenance(Told):
    """Where a piece of knowledge comes from and when it was last confirmed."""

    source: Literal["police_intelligence", "investigation", "municipality", "interview", "open_source"]
    recorded_on: Day
    confirmed_on: Day | None = Field(default=None, description="last confirmation, none: never")


class NetworkPresence(OpenInterval):
    """A network is active in a locality on ``[start, end)``; only a confirmed end ends it."""

    locality: LocalityId
    end_confirmed: bool = False


class Network(Told):
    """A criminal network (kriminell gruppering), self- or externally defined."""

    id: NetworkId
    kind: Literal["self_defined", "externally_defined", "kin_based", "project", "mc", "supporter"]
    presence: tuple[NetworkPresence, ...] = ()
    hostility_prior_percent: int = Field(
        default=20, ge=0, le=100, description="how often an unexamined relation of this network is hostile"
    )


class Relation(OpenInterval):
    """Dated relation between two networks.

    An open or unconfirmed end means the relation still counts. ``split``: one broke off from the
    other; the two are hostile to each other and each keeps the other's rivals.
    """

    id: RecordId
    a: NetworkId
    b: NetworkId
    kind: Literal["rival", "allied", "split"]
    end_confirmed: bool = False
    probability_percent: int = Field(ge=1, le=100, description="how sure the source is that it holds")
    provenance: Provenance

    @model_validator(mode="after")
    def _two_networks(self) -> Self:
        if self.a == self.b:
            raise own_fault("a network is related to itself", "two different networks")
        return self


class PersonConflict(OpenInterval):
    """Conflict between two persons, whatever their networks."""

    id: RecordId
    a: PersonKey
    b: PersonKey
    end_confirmed: bool = False
    separation_km: int | None = Field(default=None, ge=0, le=2000)
    separation_min: int | None = Field(default=None, ge=0, le=2000)
    provenance: Provenance

    @model_validator(mode="after")
    def _two_persons(self) -> Self:
        if self.a == self.b:
            raise own_fault("a person is in conflict with themselves", "two different persons")
        return self


class Exposure(Told):
    """A facility, or a whole locality, has become known to a network."""

    id: RecordId
    network: NetworkId
    facility: FacilityId | None = None
    locality: LocalityId | None = None
    kind: Literal["interrupted_resident", "visitor", "leak"]
    exposed_on: Day
    cleared_on: Day | None = Field(default=None, description="cleared from this day, when two persons have signed")
    cleared_by: tuple[RecordId, ...] = Field(default=(), max_length=10, description="who has cleared it")

    @model_validator(mode="after")
    def _one_place_and_order(self) -> Self:
        if (self.facility is None) == (self.locality is None):
            raise own_fault("an exposure has no place or two", "either a facility or a locality")
        if self.cleared_on is not None and self.cleared_on < self.exposed_on:
            raise own_fault("cleared before it was exposed", "cleared_on on or after exposed_on, or none")
        if len({name.casefold() for name in self.cleared_by}) < len(self.cleared_by):
            raise own_fault("cleared twice by the same person", "each person once; two different ones clear a place")
        return self


class Membership(OpenInterval):
    """Dated membership; an ended one keeps counting in every rule."""

    network: NetworkId
    degree: Literal["core", "active", "peripheral"]


class Member(Told):
    """A person: keyed hash, age and gender; there is no field for a name or a number.

    ``knowledge``: *established* (the memberships listed are the known ones), *unknown* (treated as
    hostile to everyone placed), *cleared* (examined: belongs to no network).
    """

    person_key: PersonKey
    role: Literal["defector", "partner", "parent", "child", "sibling", "other_relative"]
    age_years: int = Field(ge=0, le=110)
    gender: Literal["female", "male", "other"]
    is_guardian: bool = Field(default=False, description="an adult with custody of the household's children")
    knowledge: Literal["established", "unknown", "cleared"]
    memberships: tuple[Membership, ...] = ()

    @model_validator(mode="after")
    def _knowledge_fits(self) -> Self:
        if self.knowledge == "established" and not self.memberships:
            raise own_fault(
                "knowledge is established but no membership is listed", "a membership, or unknown, or cleared"
            )
        if self.knowledge == "cleared" and self.memberships:
            raise own_fault("cleared although a membership is listed", "no membership, or established")
        if self.is_guardian and self.age_years < 18:
            raise own_fault("a guardian is under 18", "an adult guardian")
        return self
