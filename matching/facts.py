"""What rules may read: integers with units in their names, no coordinate, no clock, no name.

Days are proleptic ordinals (``date.toordinal()``); intervals are ``[start, end)``; `FOREVER` stands
for no end. Distances are whole metres, times whole minutes; `NO_PATH_MIN` stands for no path.
Cases, facilities, places, networks and live presences are numbered from 0 in the order of their ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matching.domain import Policy

__all__ = [
    "FOREVER",
    "NO_PATH_MIN",
    "Actor",
    "Area",
    "Assessment",
    "Base",
    "Bed",
    "BedUse",
    "Belonging",
    "Block",
    "Case",
    "Facility",
    "Facts",
    "Feud",
    "Gate",
    "Leg",
    "Names",
    "Party",
    "Person",
    "Places",
    "Presence",
    "Quota",
    "Stay",
    "Unit",
    "overlap",
]

FOREVER: Final = 10_000_000
NO_PATH_MIN: Final = 1_000_000_000

IntMatrix = npt.NDArray[np.int64]


def overlap(a_start: int, a_end: int, b_start: int, b_end: int) -> bool:
    """Whether ``[a_start, a_end)`` and ``[b_start, b_end)`` share a day.

    Examples
    --------
    >>> overlap(1, 5, 4, 9), overlap(1, 5, 5, 9)
    (True, False)
    """
    return max(a_start, b_start) < min(a_end, b_end)


@dataclass(frozen=True, order=True)
class Stay:
    """A facility on nights ``[start_day, end_day)``; the person is present from `start_day` on."""

    facility: int
    start_day: int
    end_day: int


@dataclass(frozen=True)
class Area:
    """An area of an assessment, by number of zone or by limit around a place.

    `kind` is one of locality, kommun, lan, police_region, circle, travel_ring; `number` is the
    place (locality, circle, travel_ring) or the zone's number.
    """

    kind: str
    number: int
    limit_m: int = 0
    limit_min: int = 0


@dataclass(frozen=True, eq=False)
class Places:
    """Distances, minutes and zone numbers of every place in use.

    Parameters
    ----------
    gap_m : (n, n) planar distance rounded down, for keep-apart rules
    reach_m : (n, n) the same rounded up, for reach-within rules
    safe_min : (n, n) fastest of road, rail and air x 0.8, rounded down, for keep-apart rules
    road_min : (n, n) plain road minutes rounded up, for reach-within rules
    root : (n,) number shared by a locality, its parent and all districts of that parent
    kommun, lan, police_region : (n,) zone numbers; -1 for a bare point
    larger_town_min : (n,) plain road minutes, rounded up, to the nearest larger town
    """

    gap_m: IntMatrix
    reach_m: IntMatrix
    safe_min: IntMatrix
    road_min: IntMatrix
    root: npt.NDArray[np.int64]
    kommun: npt.NDArray[np.int64]
    lan: npt.NDArray[np.int64]
    police_region: npt.NDArray[np.int64]
    larger_town_min: npt.NDArray[np.int64]

    def same_locality(self, a: int, b: int) -> bool:
        """Same place, or one is the other's parent, or both are districts of one parent."""
        return bool(self.root[a] == self.root[b])

    def are_neighbouring(self, a: int, b: int, policy: Policy) -> bool:
        """Same locality, or closer than the policy's kilometres or minutes, whatever the layer."""
        return bool(
            self.root[a] == self.root[b]
            or self.gap_m[a, b] < policy.neighbouring_km * 1000
            or self.safe_min[a, b] < policy.neighbouring_min
        )

    def is_beyond_m(self, a: int, b: int, limit_m: int) -> bool:
        """Keep-apart by distance: strictly farther than the limit, rounded down."""
        return bool(self.gap_m[a, b] > limit_m)

    def is_beyond_min(self, a: int, b: int, limit_min: int) -> bool:
        """Keep-apart by time: strictly longer than the limit, rounded down; no path is beyond."""
        return bool(self.safe_min[a, b] > limit_min)

    def town_is_beyond_m(self, place: int, other: int, limit_m: int) -> bool:
        """Keep-apart from another place of everything that counts as the same locality: town and districts."""
        return bool(self.root[place] != self.root[other] and self._town_gap_m[place, other] > limit_m)

    def town_is_beyond_min(self, place: int, other: int, limit_min: int) -> bool:
        """The same by travel time."""
        return bool(self.root[place] != self.root[other] and self._town_safe_min[place, other] > limit_min)

    @cached_property
    def _town_gap_m(self) -> IntMatrix:
        return self._from_nearest_part(self.gap_m)

    @cached_property
    def _town_safe_min(self) -> IntMatrix:
        return self._from_nearest_part(self.safe_min)

    def _from_nearest_part(self, between: IntMatrix) -> IntMatrix:
        """The same matrix measured from the nearest part of each row's town."""
        nearest = np.empty_like(between)
        for root in np.unique(self.root):
            parts = np.flatnonzero(self.root == root)
            nearest[parts] = between[parts].min(axis=0)
        return nearest

    def may_lie_in(self, place: int, area: Area) -> bool:
        """Whether a place counts as inside a forbidden area: limits as for keep-apart rules.

        An area that takes in any part of a town takes in the town and all its districts.
        """
        if area.kind == "circle":
            return not self.town_is_beyond_m(place, area.number, area.limit_m)
        if area.kind == "travel_ring":
            return not self.town_is_beyond_min(place, area.number, area.limit_min)
        return self._is_in_zone(place, area)

    def surely_lies_in(self, place: int, area: Area) -> bool:
        """Whether a place counts as inside a preferred area: limits as for reach-within rules."""
        if area.kind == "circle":
            return bool(self.reach_m[place, area.number] <= area.limit_m)
        if area.kind == "travel_ring":
            return bool(self.road_min[place, area.number] <= area.limit_min)
        return self._is_in_zone(place, area)

    def _is_in_zone(self, place: int, area: Area) -> bool:
        if area.kind == "locality":
            return self.same_locality(place, area.number)
        zones = {"kommun": self.kommun, "lan": self.lan, "police_region": self.police_region}[area.kind]
        return bool(zones[place] == area.number)


@dataclass(frozen=True)
class Person:
    """One member of a household; `key` numbers the person over the whole scenario."""

    key: int
    role: str
    age_years: int
    gender: str
    is_guardian: bool


@dataclass(frozen=True)
class Belonging:
    """One person's networks, ended memberships included, and whether they are known at all."""

    key: int
    networks: frozenset[int]
    is_unknown: bool


@dataclass(frozen=True)
class Party:
    """A household as its rivals see it: who, which networks, how far they must be kept.

    `separations` holds (network or -1 for every rival, metres, minutes).
    """

    members: tuple[Belonging, ...]
    separations: tuple[tuple[int, int, int], ...] = ()

    @cached_property
    def keys(self) -> frozenset[int]:
        """Numbers of the persons."""
        return frozenset(member.key for member in self.members)

    @cached_property
    def networks(self) -> frozenset[int]:
        """Networks of any member."""
        return frozenset().union(*(member.networks for member in self.members))

    @cached_property
    def is_unknown(self) -> bool:
        """Whether the networks of any member are unknown."""
        return any(member.is_unknown for member in self.members)

    @cached_property
    def _hash(self) -> int:
        return hash((self.members, self.separations))

    def __hash__(self) -> int:
        return self._hash

    def without(self, keys: frozenset[int]) -> Party:
        """The household without some of its persons."""
        return Party(tuple(member for member in self.members if member.key not in keys), self.separations)


@dataclass(frozen=True, order=True)
class Feud:
    """Two parties must be apart on common days in ``[start_day, end_day)``."""

    start_day: int
    end_day: int
    limit_m: int
    limit_min: int


@dataclass(frozen=True)
class Base:
    """A place a threat actor reaches from, on ``[start_day, end_day)``."""

    place: int
    start_day: int
    end_day: int


@dataclass(frozen=True)
class Actor:
    """A threat actor: `kind` of reach, bases or areas, and how the reach persists.

    Live until `gone_day`; radius and minutes shrink evenly from `full_until_day` on.
    `network` is the actor's network or -1; a reach by presence has that network's and its allies'
    localities as bases.
    """

    kind: str
    network: int
    bases: tuple[Base, ...] = ()
    areas: tuple[Area, ...] = ()
    limit_m: int = 0
    limit_min: int = 0
    full_until_day: int = FOREVER
    gone_day: int = FOREVER


@dataclass(frozen=True)
class Gate:
    """Gate facts; `None` is not known, hence not fulfilled."""

    definition_met: bool | None
    motivated: bool | None
    written_consent: bool | None
    conditions_signed: bool | None
    is_evidence_witness: bool | None
    measure_decision: bool | None
    is_emergency: bool
    investigation_clearance: bool | None
    relocation_expressly_needed: bool


@dataclass(frozen=True)
class Assessment:
    """The version that counts, with limits already tightened against the policy."""

    valid_from_day: int
    valid_until_day: int
    is_withdrawn: bool
    confidence: str
    threat_level: str
    forbidden: tuple[Area, ...]
    preferred: tuple[Area, ...]
    actors: tuple[Actor, ...]
    home_radius_m: int
    presence_radius_m: int
    protection_level: int | None


@dataclass(frozen=True)
class Leg:
    """One of the linked stays of a case: it starts `offset_days` after the first one starts."""

    kind: str
    offset_days: int
    nights: int


@dataclass(frozen=True)
class Case:
    """A waiting case. `triage` is 0 red, 1 orange, 2 green, already promoted when overdue."""

    triage: int
    is_overdue: bool
    deadline_day: int
    earliest_day: int
    latest_day: int
    legs: tuple[Leg, ...]
    household: tuple[Person, ...]
    party: Party
    municipality: int
    homes: tuple[int, ...]
    known_places: tuple[int, ...]
    day_one_needs: frozenset[str]
    gate: Gate
    assessment: Assessment | None
    housed_until_day: int

    @property
    def nights(self) -> int:
        """Nights of all legs together."""
        return sum(leg.nights for leg in self.legs)


@dataclass(frozen=True)
class Unit:
    """A room, flat or house; an unshared one belongs to one household a night."""

    kind: str
    beds: int
    is_shared: bool


@dataclass(frozen=True, order=True)
class Bed:
    """So many beds of one unit (numbered in its facility)."""

    unit: int
    beds: int


@dataclass(frozen=True)
class Block:
    """Nights ``[start_day, end_day)`` on which units take nobody."""

    start_day: int
    end_day: int
    units: frozenset[int]


@dataclass(frozen=True)
class Quota:
    """At most `beds` a night for one municipality (-1: all together) on ``[start_day, end_day)``."""

    municipality: int
    beds: int
    start_day: int
    end_day: int


@dataclass(frozen=True)
class Facility:
    """A facility of the catalogue."""

    place: int
    provider: int
    form: str
    units: tuple[Unit, ...]
    closures: tuple[Block, ...]
    quotas: tuple[Quota, ...]
    min_age_years: int
    max_age_years: int
    genders: frozenset[str]
    takes_children: bool
    takes_unaccompanied_minors: bool
    max_household: int
    offers: frozenset[str]
    schools: tuple[int, ...]
    security_grade: int
    day_rate_sek: int

    @property
    def beds(self) -> int:
        """Beds of all units."""
        return sum(unit.beds for unit in self.units)


@dataclass(frozen=True)
class BedUse:
    """Beds already taken by a placement or hold on nights ``[start_day, end_day)``."""

    presence: int
    facility: int
    beds: tuple[Bed, ...]
    start_day: int
    end_day: int
    municipality: int


@dataclass(frozen=True)
class Presence:
    """Somebody present at a place on ``[start_day, end_day)``, cool-down included.

    A planned end never ends it: without a recorded departure `end_day` is `FOREVER`.
    """

    place: int
    start_day: int
    end_day: int
    party: Party
    facility: int = -1


@dataclass(frozen=True)
class Names:
    """Ids by number, for those who may see them: never read by a rule."""

    cases: tuple[str, ...]
    facilities: tuple[str, ...]
    units: tuple[tuple[str, ...], ...]
    places: tuple[str, ...]
    presences: tuple[str, ...]
    networks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Facts:
    """All that rules may read.

    `network_feuds` maps an ordered pair of network numbers to the windows in which their members
    must be kept apart; `person_feuds` the same for pairs of persons, with limits of their own.
    `memo` keeps derived values: nothing that the other fields do not determine. A copy starts without.
    """

    today: int
    policy: Policy
    places: Places
    cases: tuple[Case, ...]
    facilities: tuple[Facility, ...]
    presences: tuple[Presence, ...]
    bed_uses: tuple[BedUse, ...]
    network_feuds: dict[tuple[int, int], tuple[tuple[int, int], ...]]
    person_feuds: dict[tuple[int, int], tuple[Feud, ...]]
    names: Names = field(repr=False)
    memo: dict[object, Any] = field(default_factory=dict, repr=False, init=False)

    @cached_property
    def feuding_persons(self) -> frozenset[int]:
        """Persons with a person-to-person conflict."""
        return frozenset(one for one, _ in self.person_feuds)

    def rivals_of(self, networks: frozenset[int]) -> frozenset[int]:
        """Networks with a feud, at any time, with one of these."""
        key = ("rivals_of", networks)
        if key not in self.memo:
            self.memo[key] = frozenset(other for one, other in self.network_feuds if one in networks)
        found: frozenset[int] = self.memo[key]
        return found

    @cached_property
    def bed_uses_at(self) -> tuple[tuple[BedUse, ...], ...]:
        """Bed uses by facility."""
        found: list[list[BedUse]] = [[] for _ in self.facilities]
        for use in self.bed_uses:
            found[use.facility].append(use)
        return tuple(tuple(uses) for uses in found)
