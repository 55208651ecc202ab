"""Who already lives where: everybody safe from everybody, but for the breaches that were ordered.

A plain greedy over facilities. It is deliberately simpler and stricter than the engine (everybody is
taken to be present at the same time, for ever), and it shares nothing with it but the meaning of
"hostile networks" and of distance.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.generation.catalogue import opened_to, takes
from benchmarks.generation.ground import Ground
from benchmarks.generation.people import Traits
from benchmarks.generation.underworld import Underworld

__all__ = ["Beds", "Board"]

Json = dict[str, Any]
Flags = npt.NDArray[np.bool_]


@dataclass
class Beds:
    """Beds of one facility and who has them.

    Parameters
    ----------
    facility : as in the scenario format
    free : free beds of each unit
    kept : units that are left empty while there is another way
    lived_in : units with somebody there now and for weeks to come
    """

    facility: Json
    free: list[int] = field(default_factory=list)
    kept: set[int] = field(default_factory=set)
    lived_in: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.free = [unit["beds"] for unit in self.facility["units"]]

    def choice(self, persons: int, *, may_use_kept: bool) -> tuple[int, int] | None:
        """Return the wasted beds and the unit that wastes fewest; None when no unit has room."""
        found = []
        for number, unit in enumerate(self.facility["units"]):
            if self.free[number] < persons or (number in self.kept and not may_use_kept):
                continue
            if persons > 1 and unit["is_shared"]:
                continue
            found.append((0 if unit["is_shared"] else unit["beds"] - persons, number))
        return min(found, default=None)

    def take(self, unit: int, persons: int) -> None:
        """Use beds; an unshared unit is then full."""
        self.free[unit] = self.free[unit] - persons if self.facility["units"][unit]["is_shared"] else 0
        self.kept.discard(unit)


class Board:
    """Places of a week and the networks present at each, for the greedy.

    Parameters
    ----------
    ground, world : map and networks
    facilities : of the catalogue
    homes : localities of residences, numbered after the facilities
    """

    def __init__(self, ground: Ground, world: Underworld, facilities: list[Json], homes: list[str]) -> None:
        self.world = world
        self.beds = [Beds(facility) for facility in facilities]
        self.near = ground.near([*(facility["locality"] for facility in facilities), *homes])
        self.number = {network: place for place, network in enumerate(world.size)}
        # One more column for persons of whom nothing is known: hostile to everybody.
        self.unknown = len(self.number)
        places = len(facilities) + len(homes)
        self.usual: Flags = np.zeros((places, self.unknown + 1), dtype=bool)
        self.wide: Flags = np.zeros((places, self.unknown + 1), dtype=bool)
        self.households = np.zeros(places, dtype=np.int64)
        all_beds = [sum(beds.free) for beds in self.beds] + [1] * len(homes)
        # Beds that an unknown person at a place would make useless, by place.
        self.beds_near = self.near.usual @ np.array(all_beds)
        self.hostile = self._matrix(world.hostile)
        self.hostile_today = self._matrix(world.hostile_today)

    def _matrix(self, hostile: Mapping[str, frozenset[str]]) -> Flags:
        found: Flags = np.zeros((self.unknown + 1, self.unknown + 1), dtype=bool)
        for network, others in hostile.items():
            found[self.number[network], [self.number[other] for other in others]] = True
        found[self.unknown, :] = found[:, self.unknown] = True
        return found

    def keep_empty(self, rng: random.Random, share: float) -> None:
        """Choose the units to leave empty, about this share of the beds, whatever they are like."""
        units = [(beds, number) for beds in self.beds for number in range(len(beds.free))]
        rng.shuffle(units)
        left = share * sum(beds.free[number] for beds, number in units)
        for beds, number in units:
            if left < beds.free[number] / 2:
                continue
            left -= beds.free[number]
            beds.kept.add(number)

    def blocked(self, networks: Iterable[str], *, is_wide: bool) -> npt.NDArray[np.int64]:
        """At how many places too near each place somebody hostile to these networks (none: unknown) is present."""
        columns = [self.number[network] for network in networks] or [self.unknown]
        against = self.hostile[columns].any(axis=0)
        at_usual = (self.usual & against).any(axis=1)
        at_wide = (self.wide & against).any(axis=1)
        near = self.near.wide if is_wide else self.near.usual
        return np.asarray((near[:, at_usual].sum(axis=1)) + (self.near.wide[:, at_wide].sum(axis=1)), dtype=np.int64)

    def settle(self, place: int, networks: Iterable[str], *, is_wide: bool) -> None:
        """Record that these networks (none: unknown) are present at a place from now on."""
        columns = [self.number[network] for network in networks] or [self.unknown]
        (self.wide if is_wide else self.usual)[place, columns] = True
        self.households[place] += 1

    def has_network(self, place: int, networks: Iterable[str]) -> bool:
        """Whether somebody of one of these networks is at the place."""
        columns = [self.number[network] for network in networks]
        return bool((self.usual | self.wide)[place, columns].any())

    def find(
        self,
        rng: random.Random,
        who: Traits,
        networks: Sequence[str],
        *,
        is_wide: bool,
        breaches: int = 0,
        opens: bool = False,
    ) -> tuple[int, int] | None:
        """Facility and unit for a household of these networks (none: unknown); None when there is none.

        Parameters
        ----------
        rng : breaks ties
        who, networks : the household
        is_wide : its assessment asks the widest separation
        breaches : exactly so many households are to be hostile and too near; 0 for a safe place
        opens : also facilities that would have to change whom they take; they then do
        """
        blocked = self.blocked(networks, is_wide=is_wide)
        found = []
        for place, beds in enumerate(self.beds):
            if (blocked[place] > 0) != (breaches > 0) or not (
                takes(beds.facility, who) or (opens and opened_to(beds.facility, who) is not None)
            ):
                continue
            if breaches and any(
                self._hostile_households(place, networks, hostile) != breaches
                for hostile in (self.hostile, self.hostile_today)
            ):
                continue
            if self.has_network(place, networks):
                continue
            for may_use_kept in (False, True):
                choice = beds.choice(who.persons, may_use_kept=may_use_kept)
                if choice is not None:
                    is_for_youth = beds.facility["accepts"]["max_age_years"] <= 25
                    crowd = 0 if networks else int(self.beds_near[place])
                    score = 4.0 * may_use_kept + 2.0 * choice[0] - 0.7 * is_for_youth + 9.0 * crowd + rng.random()
                    found.append((score, place, choice[1]))
                    break
        if not found:
            return None
        _, place, unit = min(found)
        facility = self.beds[place].facility
        facility.update({} if takes(facility, who) else opened_to(facility, who) or {})
        return place, unit

    def _hostile_households(self, place: int, networks: Sequence[str], hostile: Flags) -> int:
        columns = [self.number[network] for network in networks] or [self.unknown]
        against = hostile[columns].any(axis=0)
        at_usual = (self.usual & against).any(axis=1) & self.near.usual[place]
        at_wide = (self.wide & against).any(axis=1) & self.near.wide[place]
        # Whoever lives in one place with somebody hostile counts too: one household keeps the count exact.
        return int(self.households[at_usual | at_wide].sum())
