"""The catalogue by column, and candidates: one entry each, so that a rule judges all of them at once.

Days are proleptic ordinals; facilities and places are numbers, as everywhere in the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from matching.facts import Facility, Facts
from matching.plans import Candidates

__all__ = [
    "BoolArray",
    "CandidateColumns",
    "DaysAt",
    "IntArray",
    "column",
    "days_at",
    "facility_places",
    "fixed",
    "flags",
]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


_Array = TypeVar("_Array", BoolArray, IntArray)


def fixed(array: _Array) -> _Array:
    """The same array, to be read only: what is remembered is shared.

    Examples
    --------
    >>> fixed(np.zeros(2, dtype=np.int64)).flags.writeable
    False
    """
    array.flags.writeable = False
    return array


def column(facts: Facts, key: object, of: Callable[[Facility], int]) -> IntArray:
    """(n,) whole numbers by facility, worked out once.

    Parameters
    ----------
    facts : whose catalogue it is
    key : names the column among all that is remembered
    of : what is told of one facility; nothing that facts and key do not determine

    Examples
    --------
    >>> from tests.builders import facility, world
    >>> facts = world(facilities=[facility(security_grade=2), facility(security_grade=3)])
    >>> column(facts, "grades", lambda home: home.security_grade).tolist()
    [2, 3]
    """
    return facts.remember(
        ("column", key), lambda: fixed(np.fromiter((of(facility) for facility in facts.facilities), dtype=np.int64))
    )


def flags(facts: Facts, key: object, of: Callable[[Facility], bool]) -> BoolArray:
    """(n,) yes or no by facility, worked out once; see `column`.

    Examples
    --------
    >>> from tests.builders import facility, world
    >>> facts = world(facilities=[facility(), facility(takes_children=True)])
    >>> flags(facts, "children", lambda home: home.takes_children).tolist()
    [False, True]
    """
    return facts.remember(
        ("flags", key), lambda: fixed(np.fromiter((of(facility) for facility in facts.facilities), dtype=np.bool_))
    )


def facility_places(facts: Facts) -> IntArray:
    """(n,) the place of each facility: what is told by place becomes told by facility.

    Examples
    --------
    >>> from tests.builders import facility, world
    >>> facility_places(world(facilities=[facility(place=2), facility(place=1)])).tolist()
    [2, 1]
    """
    return column(facts, "places", lambda facility: facility.place)


@dataclass(frozen=True, eq=False)
class CandidateColumns:
    """Candidates by column, one entry each: their case, leg, facility and days ``[start, end)``."""

    case: IntArray
    leg: IntArray
    facility: IntArray
    start_day: IntArray
    end_day: IntArray

    @classmethod
    def of(cls, candidates: Candidates) -> CandidateColumns:
        """The columns of candidates, in their order.

        Examples
        --------
        >>> from matching.facts import Stay
        >>> from matching.plans import Candidate
        >>> told = CandidateColumns.of(Candidates((Candidate(4, 0, 9, Stay(2, 9, 12), ()),)))
        >>> told.facility.tolist(), told.end_day.tolist()
        ([2], [12])
        """
        told = [
            (item.case, item.leg, item.stay.facility, item.stay.start_day, item.stay.end_day)
            for item in candidates.items
        ]
        return cls(*np.array(told, dtype=np.int64).reshape(-1, 5).T)


@dataclass(frozen=True, eq=False)
class DaysAt:
    """Days told of facilities.

    Parameters
    ----------
    days : (m,) in order
    facilities : (m,) which facility each is told of
    """

    days: IntArray
    facilities: IntArray

    @classmethod
    def sorted(cls, days: IntArray, facilities: IntArray) -> DaysAt:
        """The same from (m,) days and (m,) facilities in any order.

        Examples
        --------
        >>> DaysAt.sorted(np.array([9, 5]), np.array([0, 1])).facilities.tolist()
        [1, 0]
        """
        order = np.argsort(days, kind="stable")
        return cls(days[order], facilities[order])

    def within(self, days: range, facts: Facts) -> BoolArray:
        """(len(days), n) by day and facility, the days among those asked for.

        Parameters
        ----------
        days : asked for, one after the other
        facts : whose catalogue it is

        Examples
        --------
        >>> from tests.builders import facility, world
        >>> told = days_at([(9, 0), (5, 1), (7, 1)])
        >>> told.within(range(5, 8), world(facilities=[facility(), facility()])).tolist()
        [[False, True], [False, False], [False, True]]
        """
        first, last = np.searchsorted(self.days, (days.start, days.stop)).tolist()
        found = np.zeros((len(days), len(facts.facilities)), dtype=np.bool_)
        found[self.days[first:last] - days.start, self.facilities[first:last]] = True
        return found


def days_at(told: Iterable[tuple[int, int]]) -> DaysAt:
    """What is told as (day, facility), ready to be asked for any days.

    Examples
    --------
    >>> days_at([(9, 0), (5, 1)]).days.tolist()
    [5, 9]
    """
    pairs = np.array(list(told), dtype=np.int64).reshape(-1, 2)
    return DaysAt.sorted(pairs[:, 0], pairs[:, 1])
