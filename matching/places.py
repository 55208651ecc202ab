"""Places as rules see them: whole metres and minutes between numbered places, and the zones they lie in.

Days are proleptic ordinals (``date.toordinal()``); intervals are ``[start, end)``; `FOREVER` stands
for no end, `NO_PATH_MIN` for no path.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.domain import Policy

__all__ = ["FOREVER", "NO_PATH_MIN", "Area", "IntMatrix", "Places", "overlap"]

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
    population : (n,) of the whole locality, its districts included; 0 for a bare point
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
    population: npt.NDArray[np.int64]

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

    def towns_within_m(self, other: int, limit_m: int) -> npt.NDArray[np.bool_]:
        """(n,) places for which `town_is_beyond_m` does not hold of another place: all of them at once."""
        return np.asarray((self.root == self.root[other]) | (self._town_gap_m[:, other] <= limit_m), dtype=np.bool_)

    def towns_within_min(self, other: int, limit_min: int) -> npt.NDArray[np.bool_]:
        """The same of `town_is_beyond_min`."""
        return np.asarray(
            (self.root == self.root[other]) | (self._town_safe_min[:, other] <= limit_min), dtype=np.bool_
        )

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

    def all_that_may_lie_in(self, area: Area) -> npt.NDArray[np.bool_]:
        """(n,) places for which `may_lie_in` holds: all of them at once.

        Examples
        --------
        >>> from tests.builders import places
        >>> places(3, gap_m={(0, 1): 9_000}).all_that_may_lie_in(Area("circle", 0, limit_m=10_000)).tolist()
        [True, True, False]
        """
        if area.kind == "circle":
            return self.towns_within_m(area.number, area.limit_m)
        if area.kind == "travel_ring":
            return self.towns_within_min(area.number, area.limit_min)
        numbers = self.root if area.kind == "locality" else self._zones(area.kind)
        number = self.root[area.number] if area.kind == "locality" else area.number
        return np.asarray(numbers == number, dtype=np.bool_)

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
        return bool(self._zones(area.kind)[place] == area.number)

    def _zones(self, kind: str) -> npt.NDArray[np.int64]:
        """(n,) number of each place's zone of a kind."""
        return {"kommun": self.kommun, "lan": self.lan, "police_region": self.police_region}[kind]
