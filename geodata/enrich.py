"""Where coordinates end: a scenario and the map layers become facts in metres, minutes and zone numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from geodata.crs import to_grid
from geodata.layers import Layers, Locality
from geodata.network import TravelNetwork
from matching.assemble import Numbering, assemble, places_in_use
from matching.domain import PlaceIndex, Point, Situation
from matching.facts import NO_PATH_MIN, Facts, Places

__all__ = [
    "Ground",
    "Surveyor",
    "enrich",
    "measured",
    "place_index",
    "whole_metres",
    "whole_minutes",
]

_Whole = npt.NDArray[np.int64]

_MOST_SPARE: Final = 200
"""Localities beyond twice those in use that stay measured; their matrices are small."""


def place_index(layers: Layers) -> PlaceIndex:
    """Ids of all places of the layers, older ids that still resolve included.

    Examples
    --------
    >>> "0180" in place_index(Layers.load()).kommuner
    True
    """
    return PlaceIndex(
        localities=frozenset(layers.localities) | frozenset(layers.aliases),
        kommuner=frozenset(layers.kommuner),
        lan=frozenset(layers.lan),
        police_regions=frozenset(layers.police_regions),
    )


def whole_metres(x_m: _Whole, y_m: _Whole) -> tuple[_Whole, _Whole]:
    """Planar distances between all points, rounded down and rounded up, exact in integers.

    Parameters
    ----------
    x_m, y_m : (n,) whole metres, SWEREF 99 TM

    Returns
    -------
    two (n, n) arrays of whole metres

    Examples
    --------
    >>> down, up = whole_metres(np.array([0, 3, 1]), np.array([0, 4, 1]))
    >>> down[0].tolist(), up[0].tolist()
    ([0, 5, 1], [0, 5, 2])
    """
    square = (x_m[:, None] - x_m[None, :]) ** 2 + (y_m[:, None] - y_m[None, :]) ** 2
    root = np.sqrt(square.astype(np.float64)).astype(np.int64)
    root -= root**2 > square
    root += (root + 1) ** 2 <= square
    return root, root + (root**2 < square)


def whole_minutes(minutes: npt.NDArray[np.float64], *, up: bool) -> _Whole:
    """Whole minutes, rounded down for keep-apart and up for reach-within; no path stays no path.

    Times that differ from a whole minute by less than a millionth are that minute.

    Examples
    --------
    >>> whole_minutes(np.array([24.99, 25.0, np.inf]), up=False).tolist()
    [24, 25, 1000000000]
    """
    has_path = np.isfinite(minutes)
    finite = np.where(has_path, minutes, 0.0)
    nearest = np.rint(finite)
    exact = np.where(np.abs(finite - nearest) < 1e-6, nearest, np.ceil(finite) if up else np.floor(finite))
    return np.where(has_path, exact, NO_PATH_MIN).astype(np.int64)


def _grid(localities: Sequence[Locality], points: Sequence[Point]) -> tuple[_Whole, _Whole]:
    x_m, y_m = [place.x_m for place in localities], [place.y_m for place in localities]
    for point in points:
        x, y = to_grid(point.longitude_deg, point.latitude_deg)
        x_m.append(round(float(x)))
        y_m.append(round(float(y)))
    return np.array(x_m, dtype=np.int64), np.array(y_m, dtype=np.int64)


def _padded(minutes: _Whole, size: int) -> _Whole:
    """The same matrix for bare points too: no time leads to or from them, only distance."""
    padded = np.full((size, size), NO_PATH_MIN, dtype=np.int64)
    known = len(minutes)
    padded[:known, :known] = minutes
    np.fill_diagonal(padded, 0)
    return padded


@dataclass(frozen=True, eq=False)
class Ground:
    """The places of a situation as numbers, and what was measured between them."""

    numbering: Numbering
    places: Places
    larger_town_population: int

    def holds(self, localities: Collection[str], points: Collection[Point], larger_town_population: int) -> bool:
        """Whether all of these are measured."""
        return (
            self.larger_town_population == larger_town_population
            and self.numbering.localities.keys() >= set(localities)
            and self.numbering.points.keys() >= {(point.latitude_deg, point.longitude_deg) for point in points}
        )


def measured(
    ids: Sequence[str], points: Sequence[Point], larger_town_population: int, layers: Layers, network: TravelNetwork
) -> Ground:
    """What lies between places; the slow half of `enrich`.

    Parameters
    ----------
    ids, points : localities and points, each sorted and once
    larger_town_population : from so many persons a locality is a larger town
    layers : localities and zones
    network : travel times between them, approximate
    """
    localities = [layers.resolve(locality) for locality in ids]
    resolved = [place.id for place in localities]
    size = len(ids) + len(points)
    gap_m, reach_m = whole_metres(*_grid(localities, points))
    towns = [
        place.id
        for place in layers.localities.values()
        if place.parent is None and place.population >= larger_town_population
    ]
    road = network.minutes(resolved, [*resolved, *towns], "road")
    to_town = road[:, len(ids) :].min(axis=1) if towns else np.full(len(ids), np.inf)
    regions = {code: number for number, code in enumerate(sorted(layers.police_regions))}
    roots = {root: number for number, root in enumerate(sorted({layers.root(place) for place in resolved}))}
    bare = [-1] * len(points)
    places = Places(
        gap_m=gap_m,
        reach_m=reach_m,
        safe_min=_padded(whole_minutes(network.minutes(resolved, resolved, "safe"), up=False), size),
        road_min=_padded(whole_minutes(road[:, : len(ids)], up=True), size),
        root=np.array(
            [roots[layers.root(place)] for place in resolved] + list(range(len(roots), len(roots) + len(points))),
            dtype=np.int64,
        ),
        kommun=np.array([int(place.kommun) for place in localities] + bare, dtype=np.int64),
        lan=np.array([int(place.lan) for place in localities] + bare, dtype=np.int64),
        police_region=np.array([regions[place.police_region] for place in localities] + bare, dtype=np.int64),
        larger_town_min=np.concatenate(
            [whole_minutes(to_town, up=True), np.full(len(points), NO_PATH_MIN, dtype=np.int64)]
        ),
        population=np.array(
            [layers.localities[layers.root(place)].population for place in resolved] + [0] * len(points), dtype=np.int64
        ),
    )
    numbering = Numbering(
        localities={locality: number for number, locality in enumerate(ids)},
        points={(p.latitude_deg, p.longitude_deg): len(ids) + number for number, p in enumerate(points)},
        regions=regions,
    )
    return Ground(numbering, places, larger_town_population)


def enrich(scenario: Situation, layers: Layers, network: TravelNetwork) -> Facts:
    """Facts of a scenario on a map.

    Parameters
    ----------
    scenario : as parsed against `place_index(layers)`
    layers : localities and zones
    network : travel times between them, approximate

    Returns
    -------
    facts without any coordinate

    Source
    ------
    Domain §4, definitions of distance, minutes, limits and places
    """
    return Surveyor(layers, network).facts(scenario)


class Surveyor:
    """Puts situations on one map; measures again only when a place is named that was not named before.

    Parameters
    ----------
    layers, network : the map

    Examples
    --------
    >>> from matching.domain import Situation
    >>> layers = Layers.load()
    >>> surveyor = Surveyor(layers, TravelNetwork.load(layers))
    >>> empty = Situation.model_validate_json('{"now": "2026-11-20T08:00:00+01:00"}')
    >>> surveyor.facts(empty).places is surveyor.facts(empty).places
    True
    """

    def __init__(self, layers: Layers, network: TravelNetwork) -> None:
        self.layers = layers
        self.network = network
        self._ground: Ground | None = None
        self._families: dict[str, tuple[str, ...]] = {}

    def facts(self, situation: Situation) -> Facts:
        """`enrich`, with what was measured before."""
        ids, points = self._named(situation)
        town, known = situation.policy.larger_town_population, self._ground
        if known is None or not known.holds(ids, points, town):
            if known is not None and len(known.numbering.localities) <= 2 * len(ids) + _MOST_SPARE:
                ids = tuple(sorted({*ids, *known.numbering.localities}))  # so that nobody's leaving measures anew
            known = self._ground = measured(ids, points, town, self.layers, self.network)
        return assemble(situation, known.numbering, known.places)

    def _named(self, situation: Situation) -> tuple[tuple[str, ...], tuple[Point, ...]]:
        """Localities and points that have to be measured, each sorted and once."""
        named, points = places_in_use(situation)
        homes = {facility.locality for facility in situation.facilities}
        for home in homes - self._families.keys():
            self._families[home] = self.layers.family(self.layers.resolve(home).id)
        # An area that takes in a part of a town takes in all of it, so the other parts are measured too.
        return tuple(sorted({*named, *(part for home in homes for part in self._families[home])})), points
