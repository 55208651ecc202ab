"""What rules may read: integers with units in their names, no coordinate, no clock, no name.

Days are proleptic ordinals (``date.toordinal()``); intervals are ``[start, end)``; `FOREVER` stands
for no end. Distances are whole metres, times whole minutes; `NO_PATH_MIN` stands for no path.
Cases, facilities, places, networks and live presences are numbered from 0 in the order of their ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from matching.domain import Policy
from matching.places import FOREVER, NO_PATH_MIN, Area, Places, overlap

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


@dataclass(frozen=True, order=True)
class Stay:
    """A facility on nights ``[start_day, end_day)``; the person is present from `start_day` on."""

    facility: int
    start_day: int
    end_day: int


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
