"""Where things are in a synthetic week: homes in the big cities, facilities away from them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.generation.dice import pick
from geodata.crs import to_grid
from geodata.distance import metres
from geodata.layers import Layers, Locality
from geodata.network import TravelNetwork

__all__ = ["CITIES", "Ground", "Near", "Vicinity"]

# The three metropolitan areas by kommun code; Stockholm is its whole län.
CITIES: Final = ("stockholm", "goteborg", "malmo")
_GOTEBORG: Final = frozenset({"1480", "1481", "1402", "1401", "1407", "1482", "1441"})
_MALMO: Final = frozenset({"1280", "1281", "1230", "1231", "1233", "1262", "1263", "1282", "1283"})
_INNER: Final = frozenset({"0180", "1480", "1280"})

_TOWN_POPULATION: Final = 40_000
_SMALL_TOWN_POPULATION: Final = 5_000
_CITY_LEAST_POPULATION: Final = 4_000

# Homes: SNS counts (Stockholm 30-50 a year, Göteborg 64 cases of which 18 particular, Malmö some 30
# granted) of 150-200 nationally.
_HOME_SHARES: Final = {"stockholm": 0.42, "goteborg": 0.17, "malmo": 0.19, "town": 0.15, "small_town": 0.07}
_FACILITY_SHARES: Final = {
    "inner": 0.06,
    "suburb": 0.10,
    "town": 0.18,
    "small_town": 0.38,
    "village": 0.28,
}

Matrix = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Near:
    """Which of some localities lie too near each other for rivals, by how far the two are to be kept.

    A household has a tier: 0 as usual, `POOR` where its assessment has low confidence, `WIDE` where it asks the
    generator's widest separation, or both. Two households are kept apart as the union of their tiers says.

    Parameters
    ----------
    within : (n, n) for each tier: nearer than its limit by distance or safe minutes, or the same locality
    same : (n, n) the same locality
    """

    within: tuple[Matrix, ...]
    same: Matrix

    POOR = 1
    WIDE = 2
    # The policy's 30 km and minutes; 20 percent more where knowledge is poor.
    LIMITS = (30, 36, 60, 72)
    WIDE_KM = 60
    WIDE_MIN = 60


class Vicinity:
    """How far every locality is from one town, its districts included: rounded down, as rules keep apart.

    Parameters
    ----------
    layers, network : the map
    locality : any part of the town
    """

    def __init__(self, layers: Layers, network: TravelNetwork, locality: str) -> None:
        self._layers, self._place, self._root = layers, layers.resolve(locality), layers.root(locality)
        parts = [layers.resolve(part) for part in layers.family(locality)]
        every = list(layers.localities.values())
        self._parts = [(part.x_m, part.y_m) for part in parts]
        self._number = {place.id: number for number, place in enumerate(every)}
        self._gap_m = np.floor(metres(self._parts, [(place.x_m, place.y_m) for place in every])).min(axis=0)
        self._safe_min = network.minutes([part.id for part in parts], list(self._number), "safe").min(axis=0)

    def has_near(self, locality: str, km: int) -> bool:
        """Whether a locality is part of the town or at most so far from it."""
        place = self._layers.resolve(locality).id
        return self._layers.root(place) == self._root or bool(self._gap_m[self._number[place]] <= km * 1000)

    def has_soon(self, locality: str, minutes: int) -> bool:
        """Whether a locality is part of the town or at most so many safe minutes, rounded down, from it."""
        place = self._layers.resolve(locality).id
        return self._layers.root(place) == self._root or bool(np.floor(self._safe_min[self._number[place]]) <= minutes)

    def lies_in(self, area: Mapping[str, Any]) -> bool:
        """Whether the place may lie in an area of an assessment."""
        kind = area["kind"]
        if kind == "locality":
            return self._layers.root(area["locality"]) == self._root
        if kind == "travel_ring":
            return self.has_soon(area["locality"], area["minutes"])
        if kind != "circle":
            return bool(getattr(self._place, kind) == area[kind])
        if "locality" in area:
            return self.has_near(area["locality"], area["radius_km"])
        centre = to_grid(area["point"]["longitude_deg"], area["point"]["latitude_deg"])
        return bool(np.floor(metres(self._parts, [centre])).min() <= area["radius_km"] * 1000)


@dataclass(frozen=True)
class Ground:
    """The map as the generator sees it.

    Parameters
    ----------
    layers, network : localities and travel times
    """

    layers: Layers
    network: TravelNetwork

    def kind(self, place: Locality) -> str:
        """Return the metropolitan area of a locality, or town, small_town or village by its population."""
        if place.lan == "01":
            return "stockholm"
        if place.kommun in _GOTEBORG:
            return "goteborg"
        if place.kommun in _MALMO:
            return "malmo"
        population = self.layers.resolve(self.layers.root(place.id)).population
        if population >= _TOWN_POPULATION:
            return "town"
        return "small_town" if population >= _SMALL_TOWN_POPULATION else "village"

    @cached_property
    def by_kind(self) -> dict[str, dict[str, float]]:
        """Localities by kind, each with a weight; towns with districts stand back behind them."""
        parents = {place.parent for place in self.layers.localities.values()}
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for place in self.layers.localities.values():
            kind = self.kind(place)
            if kind in CITIES and place.population < _CITY_LEAST_POPULATION:
                continue
            weight = float(place.population) ** 0.5
            found[kind][place.id] = weight / 10 if place.id in parents else weight
        return found

    def home(self, rng: random.Random) -> str:
        """Return a locality where defectors come from: mostly districts of the three big cities."""
        return pick(rng, self._pool(pick(rng, _HOME_SHARES)))

    def in_kind(self, rng: random.Random, kind: str) -> str:
        """Return a locality of one kind."""
        return pick(rng, self._pool(kind))

    def kommun(self, locality: str) -> str:
        """Return the kommun code of a locality."""
        return self.layers.resolve(locality).kommun

    def facility_place(self, rng: random.Random) -> str:
        """Return a locality for a facility: the whole country, seldom the inner big cities."""
        kind = pick(rng, _FACILITY_SHARES)
        if kind not in ("inner", "suburb"):
            return pick(rng, self._pool(kind))
        city = self._pool(pick(rng, {"stockholm": 0.5, "goteborg": 0.27, "malmo": 0.23}))
        wanted = {
            place: weight for place, weight in city.items() if (self.kommun(place) in _INNER) == (kind == "inner")
        }
        return pick(rng, wanted or city)

    def schools(self, rng: random.Random, locality: str) -> list[str]:
        """Return one to three localities with a school place: the nearest of some size, within 20 km."""
        own = self.layers.resolve(locality)
        places = [place for place in self.layers.localities.values() if place.population >= 1_000]
        gaps_m = metres([(own.x_m, own.y_m)], [(place.x_m, place.y_m) for place in places])[0]
        nearest = [places[number].id for number in np.argsort(gaps_m, kind="stable") if gaps_m[number] <= 20_000]
        return sorted(nearest[: rng.randint(1, 3)]) or [locality]

    def near(self, localities: Sequence[str]) -> Near:
        """Return which of the localities lie too near each other, by rounded-down distance or safe minutes."""
        places = [self.layers.resolve(locality) for locality in localities]
        points = [(place.x_m, place.y_m) for place in places]
        gap_m = np.floor(metres(points, points))
        safe_min = self.network.minutes(list(localities), list(localities), "safe")
        safe_min = np.floor(np.where(np.isfinite(safe_min), safe_min, 1e9))
        roots = np.array([self.layers.root(locality) for locality in localities])
        same = roots[:, None] == roots[None, :] if len(roots) else np.zeros((0, 0), dtype=bool)
        return Near(
            within=tuple(same | (gap_m <= limit * 1000) | (safe_min <= limit) for limit in Near.LIMITS), same=same
        )

    def vicinity(self, locality: str) -> Vicinity:
        """Return what lies near a locality's town, worked out once."""
        town = self.layers.root(locality)
        # By locality, not by town: a district may lie in another kommun than its town.
        key = locality if self.layers.resolve(locality).kommun != self.layers.resolve(town).kommun else town
        if key not in self._vicinities:
            self._vicinities[key] = Vicinity(self.layers, self.network, key)
        return self._vicinities[key]

    @cached_property
    def _vicinities(self) -> dict[str, Vicinity]:
        return {}

    def _pool(self, kind: str) -> dict[str, float]:
        pool = self.by_kind.get(kind)
        return pool if pool else {place.id: 1.0 for place in self.layers.localities.values()}
