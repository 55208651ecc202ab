"""What rules may read: integers with units in their names, no coordinate, no clock, no name.

Days are proleptic ordinals (``date.toordinal()``); intervals are ``[start, end)``; `FOREVER` stands
for no end. Distances are whole metres, times whole minutes; `NO_PATH_MIN` stands for no path.
Cases, facilities, places, networks and live presences are numbered from 0 in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from matching.domain import Policy
from matching.facts.catalogue import Bed, BedUse, Block, Contract, Facility, Provider, Quota, Stay, Unit
from matching.facts.people import (
    Actor,
    Assessment,
    Base,
    Belonging,
    Case,
    Exposure,
    Feud,
    Gate,
    Leg,
    Link,
    Live,
    Party,
    Person,
    Presence,
    Tie,
    is_accompanied,
    is_minor,
)
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
    "Contract",
    "Exposure",
    "Facility",
    "Facts",
    "Feud",
    "Gate",
    "Leg",
    "Link",
    "Live",
    "Names",
    "Party",
    "Person",
    "Places",
    "Presence",
    "Provider",
    "Quota",
    "Stay",
    "Tie",
    "Unit",
    "is_accompanied",
    "is_minor",
    "overlap",
]


_Made = TypeVar("_Made")


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
    must be kept apart; `person_feuds` the same for pairs of persons, with limits of their own. `halves`
    gives for each network all it ever split from or into, itself included; `allied` all it was ever allied
    with; `ties` what is recorded but less than certain, by ordered pair; `priors_percent` how often an
    unexamined relation of a network is hostile. `live` are the placements and holds that are judged again.
    `stale_networks` have a relation that still counts and was not confirmed lately; no rule reads it.
    `memo` keeps derived values, through `remember`: nothing that the other fields do not determine. A copy
    starts without.
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
    providers: tuple[Provider, ...]
    exposures: tuple[Exposure, ...]
    live: tuple[Live, ...]
    halves: tuple[frozenset[int], ...]
    allied: tuple[frozenset[int], ...]
    ties: dict[tuple[int, int], tuple[Tie, ...]]
    priors_percent: tuple[int, ...]
    names: Names = field(repr=False)
    stale_networks: frozenset[int] = frozenset()
    memo: dict[object, Any] = field(default_factory=dict, repr=False, init=False)

    @cached_property
    def feuding_persons(self) -> frozenset[int]:
        """Persons with a person-to-person conflict."""
        return frozenset(one for one, _ in self.person_feuds)

    def remember(self, key: object, make: Callable[[], _Made]) -> _Made:
        """What `make` gives, worked out once for a key: nothing that is not determined by facts and key."""
        if key not in self.memo:
            self.memo[key] = make()
        made: _Made = self.memo[key]
        return made

    def rivals_of(self, networks: frozenset[int]) -> frozenset[int]:
        """Networks with a feud, at any time, with one of these."""
        return self.remember(
            ("rivals_of", networks), lambda: frozenset(other for one, other in self.network_feuds if one in networks)
        )

    @cached_property
    def bed_uses_at(self) -> tuple[tuple[BedUse, ...], ...]:
        """Bed uses by facility."""
        found: list[list[BedUse]] = [[] for _ in self.facilities]
        for use in self.bed_uses:
            found[use.facility].append(use)
        return tuple(tuple(uses) for uses in found)
