"""Who already lives where: everybody safe from everybody, but for the breaches that were ordered.

A plain greedy over facilities. It is deliberately simpler and stricter than the engine (everybody is
taken to be present at the same time, for ever), and it shares nothing with it but the meaning of
"hostile networks" and of distance.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.generation.catalogue import opened_to, takes
from benchmarks.generation.ground import Ground, Near
from benchmarks.generation.people import Traits
from benchmarks.generation.spec import most_prior_percent
from benchmarks.generation.underworld import Underworld
from matching.domain import Policy

__all__ = ["PRESENCE_KM", "Beds", "Board"]

Json = dict[str, Any]
Flags = npt.NDArray[np.bool_]

_POLICY: Final = Policy()
PRESENCE_KM: Final = _POLICY.presence_radius_km


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
    shut : ids of facilities where nobody may be placed
    """

    def __init__(
        self, ground: Ground, world: Underworld, facilities: list[Json], homes: list[str], shut: Collection[str] = ()
    ) -> None:
        self.world = world
        self.beds = [Beds(facility) for facility in facilities]
        self.shut = np.array([facility["id"] in shut for facility in facilities] + [False] * len(homes), dtype=bool)
        self.localities = [*(facility["locality"] for facility in facilities), *homes]
        self.near = ground.near(self.localities)
        self.number = {network: place for place, network in enumerate(world.size)}
        # One more column for persons of whom nothing is known: hostile to everybody.
        self.unknown = len(self.number)
        places = len(self.localities)
        self.present: list[Flags] = [np.zeros((places, self.unknown + 1), dtype=bool) for _ in Near.LIMITS]
        self.households = np.zeros(places, dtype=np.int64)
        self.persons = np.zeros(places, dtype=np.int64)
        kommuner = np.array([ground.kommun(locality) for locality in self.localities])
        self.same_kommun: Flags = kommuner[:, None] == kommuner[None, :]
        # Beds that an unknown person at a place would make useless, by place; those of a large family's home most.
        all_beds = [sum(beds**2 for beds in told.free) for told in self.beds] + [1] * len(homes)
        self.beds_near = self.near.within[0] @ np.array(all_beds)
        self.hostile = self._matrix(world.hostile)
        self.hostile_today = self._matrix(world.hostile_today)
        # Networks present so near a facility that whoever fears them cannot live there.
        self.comes_near: Flags = np.zeros((places, self.unknown + 1), dtype=bool)
        self.feared_near, self.too_risky = self._feared_near(ground), self._too_risky(ground)

    def _matrix(self, hostile: Mapping[str, frozenset[str]]) -> Flags:
        found: Flags = np.zeros((self.unknown + 1, self.unknown + 1), dtype=bool)
        for network, others in hostile.items():
            found[self.number[network], [self.number[other] for other in others]] = True
        found[self.unknown, :] = found[:, self.unknown] = True
        return found

    def _feared_near(self, ground: Ground) -> Flags:
        """By facility and network, whether a former member is reached there by somebody's presence."""
        feared: Flags = np.zeros((self.unknown + 1, self.unknown + 1), dtype=bool)
        for network, bases in self.world.bases.items():
            for place in range(len(self.beds)):
                town = ground.vicinity(self.localities[place])
                self.comes_near[place, self.number[network]] = any(town.has_near(base, PRESENCE_KM) for base in bases)
            feared[[self.number[other] for other in self.world.feared(network)], self.number[network]] = True
        return self.comes_near @ feared

    def _too_risky(self, ground: Ground) -> Flags:
        """By facility and network, whether too many live there unseen for how hostile it often is."""
        found: Flags = np.zeros((len(self.localities), self.unknown + 1), dtype=bool)
        for place in range(len(self.beds)):
            most = most_prior_percent(ground.kommun(self.localities[place]))
            found[place, self.unknown] = most < 100
            for network, number in self.number.items():
                found[place, number] = self.world.prior_percent[network] > most
        return found

    def keep_empty(self, rng: random.Random, share: float) -> None:
        """Choose the units to leave empty, about this share of the beds: those of shut facilities, and any others."""
        units = [(beds, number) for beds in self.beds for number in range(len(beds.free))]
        rng.shuffle(units)
        shut = {beds.facility["id"] for beds, is_shut in zip(self.beds, self.shut, strict=False) if is_shut}
        units.sort(key=lambda unit: unit[0].facility["id"] not in shut)
        left = share * sum(beds.free[number] for beds, number in units)
        for beds, number in units:
            if left < beds.free[number] / 2:
                continue
            left -= beds.free[number]
            beds.kept.add(number)

    def reached_by(self, place: int) -> frozenset[str]:
        """Networks that are present near a facility, themselves or by their kin."""
        near = {network for network, number in self.number.items() if self.comes_near[place, number]}
        return frozenset(network for network in self.number if not near.isdisjoint(self.world.kin(network)))

    def columns(self, networks: Iterable[str]) -> list[int]:
        """Columns of networks; that of the unknown for none."""
        return [self.number[network] for network in networks] or [self.unknown]

    def blocked(self, networks: Iterable[str], *, tier: int) -> npt.NDArray[np.int64]:
        """At how many places too near each place somebody hostile to these networks (none: unknown) is present."""
        against = self.hostile[self.columns(networks)].any(axis=0)
        found = np.zeros(len(self.localities), dtype=np.int64)
        for other, present in enumerate(self.present):
            found += self.near.within[tier | other][:, (present & against).any(axis=1)].sum(axis=1)
        return found

    def refused(self, networks: Sequence[str], persons: int, *, has_file: bool) -> Flags:
        """Places refused whoever is hostile: shut, full, in reach, or with somebody of the same network in town."""
        columns = self.columns(networks)
        own = [self.number[half] for network in networks for half in self.world.halves[network]]
        at = np.logical_or.reduce([present[:, own].any(axis=1) for present in self.present])
        return np.asarray(
            self.shut
            | (self.feared_near[:, columns].any(axis=1) & has_file)
            | self.too_risky[:, columns].any(axis=1)
            | self.near.same[:, at].any(axis=1)
            | (self.near.same @ self.persons + persons > _POLICY.most_persons_per_locality)
            | (self.same_kommun @ self.persons + persons > _POLICY.most_persons_per_zone)
        )

    def settle(self, place: int, networks: Iterable[str], *, persons: int, tier: int) -> None:
        """Record that these networks (none: unknown) are present at a place from now on."""
        self.present[tier][place, self.columns(networks)] = True
        self.households[place] += 1
        self.persons[place] += persons

    def find(
        self,
        rng: random.Random,
        who: Traits,
        networks: Sequence[str],
        *,
        tier: int,
        has_file: bool,
        breaches: int = 0,
        opens: bool = False,
    ) -> tuple[int, int] | None:
        """Facility and unit for a household of these networks (none: unknown); None when there is none.

        Parameters
        ----------
        rng : breaks ties
        who, networks : the household
        tier : how far its assessment keeps it from foes
        has_file : what its case file says of threats is known, and kept to
        breaches : exactly so many households are to be hostile and too near; 0 for a safe place
        opens : also facilities that would have to change whom they take; they then do
        """
        blocked, refused = self.blocked(networks, tier=tier), self.refused(networks, who.persons, has_file=has_file)
        found = []
        for place, beds in enumerate(self.beds):
            if (
                (blocked[place] > 0) != (breaches > 0)
                or refused[place]
                or not (takes(beds.facility, who) or (opens and opened_to(beds.facility, who) is not None))
            ):
                continue
            if breaches and any(
                self._hostile_households(place, networks, hostile) != breaches
                for hostile in (self.hostile, self.hostile_today)
            ):
                continue
            for may_use_kept in (False, True):
                choice = beds.choice(who.persons, may_use_kept=may_use_kept)
                if choice is not None:
                    is_for_youth = beds.facility["accepts"]["max_age_years"] <= 25
                    crowd = 0 if networks else int(self.beds_near[place])
                    score = 4.0 * may_use_kept + 2.0 * choice[0] - 1.5 * is_for_youth + 9.0 * crowd + rng.random()
                    found.append((score, place, choice[1]))
                    break
        if not found:
            return None
        _, place, unit = min(found)
        facility = self.beds[place].facility
        facility.update({} if takes(facility, who) else opened_to(facility, who) or {})
        return place, unit

    def _hostile_households(self, place: int, networks: Sequence[str], hostile: Flags) -> int:
        against = hostile[self.columns(networks)].any(axis=0)
        # Whoever lives in one place with somebody hostile counts too: one household keeps the count exact.
        at = [
            (present & against).any(axis=1) & self.near.within[tier][place] for tier, present in enumerate(self.present)
        ]
        return int(self.households[np.logical_or.reduce(at)].sum())
