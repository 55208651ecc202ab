"""The placement assessment (placeringsbedömning): areas, threat actors, separations, validity."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from matching.domain.base import (
    Day,
    KommunCode,
    LanCode,
    LocalityId,
    NetworkId,
    PersonKey,
    RecordId,
    RegionCode,
    Told,
    own_fault,
)

__all__ = [
    "AnyArea",
    "AnyPersistence",
    "AnyReach",
    "CircleArea",
    "KommunArea",
    "LanArea",
    "LocalityArea",
    "PersonLink",
    "PlacementAssessment",
    "Point",
    "RegionArea",
    "RingArea",
    "Separation",
    "ThreatActor",
]


class LocalityArea(Told):
    """A locality; it includes its parent and all districts of that parent."""

    kind: Literal["locality"]
    locality: LocalityId


class KommunArea(Told):
    """A whole kommun."""

    kind: Literal["kommun"]
    kommun: KommunCode


class LanArea(Told):
    """A whole län."""

    kind: Literal["lan"]
    lan: LanCode


class RegionArea(Told):
    """A whole police region."""

    kind: Literal["police_region"]
    police_region: RegionCode


class Point(Told):
    """A place on the map, WGS 84 degrees."""

    latitude_deg: float = Field(ge=55.0, le=69.5)
    longitude_deg: float = Field(ge=10.5, le=24.5)


class CircleArea(Told):
    """A disc in kilometres around a locality or a point."""

    kind: Literal["circle"]
    locality: LocalityId | None = None
    point: Point | None = None
    radius_km: int = Field(ge=1, le=2000)

    @model_validator(mode="after")
    def _one_centre(self) -> Self:
        if (self.locality is None) == (self.point is None):
            raise own_fault("a circle has no centre or two", "either a locality or a point")
        return self


class RingArea(Told):
    """A disc in travel minutes around a locality."""

    kind: Literal["travel_ring"]
    locality: LocalityId
    minutes: int = Field(ge=1, le=2000)


AnyArea = Annotated[
    LocalityArea | KommunArea | LanArea | RegionArea | CircleArea | RingArea, Field(discriminator="kind")
]


class RadiusReach(Told):
    """Reaches so many kilometres from each of its bases."""

    kind: Literal["radius"]
    bases: tuple[LocalityId, ...] = Field(min_length=1)
    radius_km: int = Field(ge=1, le=2000)


class MinutesReach(Told):
    """Reaches so many travel minutes from each of its bases."""

    kind: Literal["minutes"]
    bases: tuple[LocalityId, ...] = Field(min_length=1)
    minutes: int = Field(ge=1, le=2000)


class AreasReach(Told):
    """Reaches exactly the listed areas."""

    kind: Literal["areas"]
    areas: tuple[AnyArea, ...] = Field(min_length=1)


class PresenceReach(Told):
    """Reaches wherever the actor's network, or an ally of it, is present, plus the presence radius."""

    kind: Literal["presence"]


class NationalReach(Told):
    """Reaches the whole country; distance never solves it, only the protection level does."""

    kind: Literal["national"]


AnyReach = Annotated[
    RadiusReach | MinutesReach | AreasReach | PresenceReach | NationalReach, Field(discriminator="kind")
]


class Lasting(Told):
    """The threat never fades."""

    kind: Literal["lasting"]


class Until(Told):
    """The threat is over from this day, as the assessor signs."""

    kind: Literal["until"]
    until: Day


class Fading(Told):
    """Full until `full_until`, then shrinking evenly to nothing on `gone_by`.

    Only radius and minutes shrink; the other kinds of reach hold in full until `gone_by`.
    """

    kind: Literal["fading"]
    full_until: Day
    gone_by: Day

    @model_validator(mode="after")
    def _fades_forward(self) -> Self:
        if self.gone_by <= self.full_until:
            raise own_fault("the threat is gone before it begins to fade", "gone_by after full_until")
        return self


AnyPersistence = Annotated[Lasting | Until | Fading, Field(discriminator="kind")]


class ThreatActor(Told):
    """Somebody who threatens the case: a network or a person, with reach and persistence."""

    id: RecordId
    network: NetworkId | None = None
    person_key: PersonKey | None = None
    reach: AnyReach
    persistence: AnyPersistence

    @model_validator(mode="after")
    def _presence_needs_a_network(self) -> Self:
        if self.reach.kind == "presence" and self.network is None:
            raise own_fault("reach by presence without a network", "the network whose presence is meant")
        return self


class Separation(Told):
    """How far this household is kept from persons of a network, or from every rival when none is named."""

    network: NetworkId | None = None
    km: int | None = Field(default=None, ge=0, le=2000)
    minutes: int | None = Field(default=None, ge=0, le=2000)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.km is None and self.minutes is None:
            raise own_fault("a separation without a limit", "km, minutes or both")
        return self


class PersonLink(Told):
    """Where this household is to live in regard to another person: with, near, or away from them.

    ``same``: in the same facility. ``within``: at most so many km and minutes away, no path fails.
    ``more_than``: farther than so many km and minutes. The first two also say that belonging to the
    same network is no obstacle between the two.
    """

    person_key: PersonKey
    kind: Literal["same", "within", "more_than"]
    km: int | None = Field(default=None, ge=0, le=2000)
    minutes: int | None = Field(default=None, ge=0, le=2000)

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        if self.kind == "same" and (self.km is not None or self.minutes is not None):
            raise own_fault("a link to the same facility has a limit", "no km and no minutes")
        if self.kind != "same" and self.km is None and self.minutes is None:
            raise own_fault("a link without a limit", "km, minutes or both")
        return self


class PlacementAssessment(Told):
    """One signed version; the highest version counts, and a withdrawn one blocks the case."""

    version: int = Field(ge=1)
    assessor_unit: RecordId
    method_version: RecordId
    signed_on: Day
    valid_from: Day
    valid_until: Day = Field(description="last valid day, itself included")
    withdrawn: bool = False
    confidence: Literal["low", "medium", "high"]
    threat_level: Literal["none", "low", "high"]
    forbidden: tuple[AnyArea, ...] = ()
    preferred: tuple[AnyArea, ...] = ()
    actors: tuple[ThreatActor, ...] = ()
    presence_waived: tuple[NetworkId, ...] = Field(
        default=(),
        description="networks the assessor signs are no actor by presence although own former network or rival",
    )
    separations: tuple[Separation, ...] = ()
    links: tuple[PersonLink, ...] = ()
    home_radius_km: int | None = Field(default=None, ge=0, le=2000, description="tightens the policy's, never loosens")
    presence_radius_km: int | None = Field(
        default=None, ge=0, le=2000, description="tightens the policy's, never loosens"
    )
    protection_level: int | None = Field(default=None, ge=1, le=4, description="least security grade required")

    @model_validator(mode="after")
    def _valid_forward(self) -> Self:
        if self.valid_until < self.valid_from:
            raise own_fault("validity ends before it starts", "valid_until on or after valid_from")
        return self
