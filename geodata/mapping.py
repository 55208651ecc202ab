"""From the locality ids of one layer to those of the tätorter that replace it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from geodata.judge import Tatort
from geodata.layers import Layers, Locality
from geodata.names import folded

NEAREST_M = 5_000  # farther than this in the same kommun it is another place
EDGE_M = 500  # a point this near a tätort's outline counts as inside it


@dataclass(frozen=True)
class Mapped:
    """What became of every locality of the earlier layer.

    Parameters
    ----------
    localities : the new layer: tätorter, and the districts that stay below them
    aliases : earlier id to the tätort that replaces it, those of earlier imports included
    districts : earlier ids that stay localities, now districts of a tätort
    dropped : earlier ids without a successor, sorted
    """

    localities: Mapping[str, Locality]
    aliases: Mapping[str, str]
    districts: tuple[str, ...]
    dropped: tuple[str, ...]


def mapped(before: Layers, tatorter: Sequence[Tatort], region_of_lan: Mapping[str, str]) -> Mapped:
    """Give every earlier locality its successor.

    Parameters
    ----------
    before : the layers that are replaced
    tatorter : the operator's, keys unique
    region_of_lan : län code to police region

    Returns
    -------
    Mapped: (1) the tätort of the same name in the same kommun; (2) else a place inside a tätort's built-up area
    stays, as a district of it; (3) else the nearest tätort of the kommun within 5 km; (4) a district follows its
    town; (5) else it has no successor

    Source
    ------
    docs/decisions/0012-importing-map-data.md
    """
    new = {t.code: _locality(t, region_of_lan) for t in tatorter}
    by_name: dict[tuple[str, str], Tatort] = {}
    for tatort in sorted(tatorter, key=lambda t: (-t.population, t.code)):
        by_name.setdefault((tatort.kommun, folded(tatort.name)), tatort)
    inside, nearest = _Inside(tatorter), _Nearest(tatorter)

    successor: dict[str, str] = {}
    parents: dict[str, str] = {}
    for place in before.localities.values():
        if place.id in new:
            successor[place.id] = place.id
        elif named := by_name.get((place.kommun, folded(place.name))):
            successor[place.id] = named.code
        elif around := inside(place):
            parents[place.id] = around
        elif place.parent is None and (near := nearest(place)):
            successor[place.id] = near
    for place in before.localities.values():
        if place.parent is not None and place.id not in successor and place.id not in parents:
            town = successor.get(place.parent) or parents.get(place.parent)
            if town is not None:
                parents[place.id] = town
    for district, town in parents.items():
        new[district] = replace(before.localities[district], parent=town)

    aliases = {old: code for old, code in successor.items() if old != code}
    for old, between in before.aliases.items():
        final = between if between in new else aliases.get(between)
        if final is not None and old not in new:
            aliases[old] = final
    gone = set(before.localities) | set(before.aliases)
    return Mapped(
        localities=MappingProxyType(dict(sorted(new.items()))),
        aliases=MappingProxyType(dict(sorted(aliases.items()))),
        districts=tuple(sorted(parents)),
        dropped=tuple(sorted(gone - set(new) - set(aliases))),
    )


def _locality(tatort: Tatort, region_of_lan: Mapping[str, str]) -> Locality:
    lan = tatort.kommun[:2]
    return Locality(
        id=tatort.code,
        name=tatort.name,
        kommun=tatort.kommun,
        lan=lan,
        police_region=region_of_lan[lan],
        population=tatort.population,
        x_m=tatort.x_m,
        y_m=tatort.y_m,
        parent=None,
    )


class _Inside:
    """Which tätort's built-up area holds a place: its outline, or a circle of its area where the file has points."""

    def __init__(self, tatorter: Sequence[Tatort]) -> None:
        import shapely

        self._tatorter = tatorter
        self._shapes = [
            t.shape if t.shape is not None else shapely.Point(t.x_m, t.y_m).buffer(_radius_m(t)) for t in tatorter
        ]
        self._tree = shapely.STRtree(self._shapes)

    def __call__(self, place: Locality) -> str | None:
        import shapely

        if not self._shapes:
            return None
        point = shapely.Point(place.x_m, place.y_m)
        held = self._tree.query(point, predicate="dwithin", distance=EDGE_M)
        ranked = sorted(
            (self._shapes[int(n)].distance(point), -self._tatorter[int(n)].population, self._tatorter[int(n)].code)
            for n in held
        )
        return ranked[0][2] if ranked else None


def _radius_m(tatort: Tatort) -> float:
    return max(math.sqrt(tatort.area_ha * 10_000 / math.pi), 1.0)


class _Nearest:
    """The nearest tätort of a place's kommun, within `NEAREST_M`."""

    def __init__(self, tatorter: Sequence[Tatort]) -> None:
        self._of: dict[str, tuple[list[str], NDArray[np.float64]]] = {}
        for kommun in sorted({t.kommun for t in tatorter}):
            own = sorted((t for t in tatorter if t.kommun == kommun), key=lambda t: t.code)
            self._of[kommun] = ([t.code for t in own], np.array([(t.x_m, t.y_m) for t in own], dtype=float))

    def __call__(self, place: Locality) -> str | None:
        if place.kommun not in self._of:
            return None
        codes, points = self._of[place.kommun]
        gap_m = np.hypot(points[:, 0] - place.x_m, points[:, 1] - place.y_m)
        n = int(np.argmin(gap_m))
        return codes[n] if gap_m[n] <= NEAREST_M else None
