"""Costs of two cases being near each other, kept as arrays: one pair of cases each, not one pair of candidates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matching.plans import Candidate

__all__ = ["Near", "Nearness", "Sides"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sides:
    """Where each candidate is, and by case, leg and place which candidates are there.

    Parameters
    ----------
    case, leg, place : (n,) int arrays, by candidate; places are numbered anew, only those in use
    """

    case: Ints
    leg: Ints
    place: Ints

    @classmethod
    def of(cls, items: Sequence[Candidate], place: Ints) -> Sides:
        """Of candidates, and the place of each."""
        case = np.fromiter((item.case for item in items), np.int64, len(items))
        leg = np.fromiter((item.leg for item in items), np.int64, len(items))
        return cls(case, leg, np.asarray(place, np.int64))

    @cached_property
    def legs(self) -> int:
        """The most legs a case has."""
        return int(self.leg.max(initial=0)) + 1

    @cached_property
    def by_leg(self) -> dict[int, dict[int, dict[int, list[int]]]]:
        """Case -> leg -> place -> candidates."""
        found: dict[int, dict[int, dict[int, list[int]]]] = {}
        rows = zip(self.case.tolist(), self.leg.tolist(), self.place.tolist(), strict=True)
        for number, (case, leg, place) in enumerate(rows):
            found.setdefault(case, {}).setdefault(leg, {}).setdefault(place, []).append(number)
        return found

    def homes(self, chosen: Sequence[int], cases: int) -> Ints:
        """(cases, legs) places of a choice of candidates; -1 where a leg has none."""
        at = np.full((cases, self.legs), -1, dtype=np.int64)
        numbers = np.asarray(chosen, dtype=np.int64)
        at[self.case[numbers], self.leg[numbers]] = self.place[numbers]
        return at


class Near:
    """True when two cases are near each other at any of their stays; what stands behind one literal of a cost."""

    __slots__ = ("_near", "_sides", "a", "b")

    def __init__(self, sides: Sides, near: Bools, a: int, b: int) -> None:
        self._sides, self._near, self.a, self.b = sides, near, a, b

    @property
    def pairs(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """Candidates of one case and leg, and those of the other it is near to: both sides chosen makes it true."""
        return tuple(self.among(None))

    def among(self, kept: Bools | None) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """The pairs over those candidates alone that are kept."""
        for own in self._at(self.a, kept):
            for others in self._at(self.b, kept):
                there = sorted(others)
                alike: dict[bytes, list[int]] = {}
                close = self._near[np.ix_(sorted(own), there)]
                for place, row in zip(sorted(own), close, strict=True):
                    if row.any():
                        alike.setdefault(row.tobytes(), []).extend(own[place])
                for key, numbers in alike.items():
                    near = np.frombuffer(key, dtype=np.bool_)
                    joined = [n for place, is_near in zip(there, near, strict=True) if is_near for n in others[place]]
                    yield tuple(numbers), tuple(joined)

    def _at(self, case: int, kept: Bools | None) -> Iterator[dict[int, list[int]]]:
        for places in self._sides.by_leg.get(case, {}).values():
            if kept is None:
                yield places
                continue
            left = {place: [n for n in numbers if kept[n]] for place, numbers in places.items()}
            left = {place: numbers for place, numbers in left.items() if numbers}
            if left:
                yield left

    def is_true(self, chosen: frozenset[int]) -> bool:
        """For a choice of candidates."""
        return any(not chosen.isdisjoint(a) and not chosen.isdisjoint(b) for a, b in self.pairs)


@dataclass(frozen=True)
class Nearness:
    """Pairs of cases that cost something when they are near each other; one literal each.

    Parameters
    ----------
    sides : where the candidates are
    near : (k, places, places) bool, by kind of limit
    pairs : (m, 2) cases, the lower first
    which : (m,) kind of limit of each pair
    amounts : (m,) what each pair costs
    first : number of the auxiliary of the first pair, from 0; the others follow
    level : the level it is charged to
    """

    sides: Sides
    near: Bools
    pairs: Ints
    which: Ints
    amounts: Ints
    first: int
    level: str

    def are_near(self, homes: Ints) -> Bools:
        """(m,) which pairs are near each other; homes as of `Sides.homes`."""
        found = np.zeros(len(self.pairs), dtype=np.bool_)
        for one in range(homes.shape[1]):
            for other in range(homes.shape[1]):
                a, b = homes[self.pairs[:, 0], one], homes[self.pairs[:, 1], other]
                found |= (a >= 0) & (b >= 0) & self.near[self.which, a, b]
        return found

    def can_be_near(self, kept: Bools) -> Bools:
        """(m,) which pairs have candidates near each other at all, among those kept."""
        cases = int(self.pairs.max(initial=-1)) + 1
        inside = kept & (self.sides.case < cases)
        at = np.zeros((cases, self.near.shape[1]), dtype=np.float32)
        at[self.sides.case[inside], self.sides.place[inside]] = 1.0
        found = np.zeros(len(self.pairs), dtype=np.bool_)
        for kind in range(len(self.near)):
            own = np.flatnonzero(self.which == kind)
            meet = (at @ self.near[kind].astype(np.float32)) @ at.T > 0.5
            found[own] = meet[self.pairs[own, 0], self.pairs[own, 1]]
        return found
