"""Pools of interchangeable beds: what the solver counts, and how a count becomes beds again.

Units of one kind are interchangeable when whatever blocks them later than today blocks them whole and
alike (a closure, or a booking of an unshared unit): between two such windows a stay may take any unit
that is free when it starts, and it stays free (intervals that start in order of time colour greedily).
A shared unit of which somebody has booked a bed for later is a pool of its own.

A shared pool counts beds; an unshared one counts units, since a unit belongs to one household a
night. See docs/decisions/0006-pools-of-beds.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from matching.columns import IntArray
from matching.errors import Fault, InputRejected, SolverFault
from matching.facts import FOREVER, Bed, Facility, Facts, overlap
from matching.plans import Candidate, Placed, PoolUse

__all__ = [
    "Pool",
    "allocations",
    "assign_beds",
    "capacity",
    "free_on",
    "free_persons",
    "pools_of",
    "turning_days",
    "unit_free_beds",
]


@dataclass(frozen=True)
class Pool:
    """Interchangeable units of one facility: `weight` persons fit one counted piece."""

    facility: int
    units: tuple[int, ...]
    is_shared: bool
    weight: int


def unit_free_beds(facts: Facts, facility: int, unit: int, day: int) -> int:
    """Beds of a unit that a new household may fill on a night: none in an unshared unit in use.

    Overfull or closed units have none left, never fewer.
    """
    told = facts.facilities[facility]
    for block in told.closures:
        if unit in block.units and block.start_day <= day < block.end_day:
            return 0
    taken = sum(
        bed.beds
        for use in facts.bed_uses_at[facility]
        if use.start_day <= day < use.end_day
        for bed in use.beds
        if bed.unit == unit
    )
    if taken and not told.units[unit].is_shared:
        return 0
    return max(0, told.units[unit].beds - taken)


def blocked_windows(facts: Facts, facility: int, unit: int) -> Iterator[tuple[int, int]]:
    """Windows ``[start, end)`` in which something fixed uses or closes a unit."""
    for block in facts.facilities[facility].closures:
        if unit in block.units:
            yield block.start_day, block.end_day
    for use in facts.bed_uses_at[facility]:
        if any(bed.unit == unit for bed in use.beds):
            yield use.start_day, use.end_day


def pools_of(facts: Facts, facility: int) -> tuple[Pool, ...]:
    """Pools of a facility, each unit in exactly one; worked out once."""
    return facts.remember(("pools", facility), lambda: _pools(facts, facility))


def _pools(facts: Facts, facility: int) -> tuple[Pool, ...]:
    told = facts.facilities[facility]
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, unit in enumerate(told.units):
        later = sorted(window for window in blocked_windows(facts, facility, number) if window[0] > facts.today)
        closed = sorted((block.start_day, block.end_day) for block in told.closures if number in block.units)
        is_blocked_whole = not unit.is_shared or all(window in closed for window in later)
        alone = -1 if is_blocked_whole else number
        groups.setdefault(
            (unit.kind, unit.is_shared, 0 if unit.is_shared else unit.beds, tuple(later), alone), []
        ).append(number)
    return tuple(
        Pool(
            facility, tuple(units), told.units[units[0]].is_shared,
            1 if told.units[units[0]].is_shared else told.units[units[0]].beds,
        )
        for units in groups.values()
    )  # fmt: skip


def free_on(facts: Facts, pool: Pool, day: int) -> int:
    """Pieces of a pool (beds, or whole unshared units) that are free on a night."""
    beds = (unit_free_beds(facts, pool.facility, unit, day) for unit in pool.units)
    return sum(beds) if pool.is_shared else sum(1 for free in beds if free)


def free_persons(facts: Facts, start_day: int, end_day: int) -> IntArray:
    """(n,) by facility, how many persons of one household find beds that are free on every night of a stay.

    A household takes pieces of pools until everybody has a bed, and none to spare: some way of `allocations` is
    free of what is fixed exactly when the free pieces, each of them for as many persons as it fits, suffice.

    Parameters
    ----------
    facts : what is fixed
    start_day, end_day : nights ``[start_day, end_day)``; the first one counts in any case

    Examples
    --------
    >>> from tests.builders import TODAY, facility, in_use, unit, world
    >>> homes = [facility(units=[unit(2), unit(1)]), facility(units=[unit(3, shared=True)])]
    >>> facts = world(facilities=homes, bed_uses=[in_use(0, (0, 1), days=(TODAY, TODAY + 9))])
    >>> free_persons(facts, TODAY + 8, TODAY + 20).tolist(), free_persons(facts, TODAY + 9, TODAY + 20).tolist()
    ([1, 3], [3, 3])
    """
    spans = facts.remember("free spans", lambda: _free_spans(facts))
    found = np.zeros(len(facts.facilities), dtype=np.int64)
    if spans.first.size:
        met = (spans.starts < max(end_day, start_day + 1)) & (spans.ends > start_day)
        least = np.minimum.reduceat(np.where(met, spans.free, np.iinfo(np.int64).max), spans.first)
        np.add.at(found, spans.facility, least)
    return found


@dataclass(frozen=True, eq=False)
class _Spans:
    """Days ``[starts, ends)`` on which a pool has room for so many persons, (m,) in order of the pools.

    `facility` is of each pool, `first` its first span; together they cover all days.
    """

    starts: IntArray
    ends: IntArray
    free: IntArray
    facility: IntArray
    first: IntArray


def _free_spans(facts: Facts) -> _Spans:
    pools = [pool for facility in range(len(facts.facilities)) for pool in pools_of(facts, facility)]
    first: list[int] = []
    told: list[tuple[int, int, int]] = []
    for pool in pools:
        first.append(len(told))
        days, free = _room(facts, pool)
        told += zip(days, [*days[1:], FOREVER], free, strict=True)
    starts, ends, persons = np.array(told, dtype=np.int64).reshape(-1, 3).T
    facilities = np.array([pool.facility for pool in pools], dtype=np.int64)
    return _Spans(starts, ends, persons, facilities, np.array(first, dtype=np.int64))


def _room(facts: Facts, pool: Pool) -> tuple[list[int], list[int]]:
    """Days on which the use of a pool changes, the first of all days included, and persons it has room for then."""
    changes = {
        unit: sorted({0, *(day for window in blocked_windows(facts, pool.facility, unit) for day in window)})
        for unit in pool.units
    }
    days = sorted(set().union(*changes.values()))
    room = np.zeros(len(days), dtype=np.int64)
    for unit, own in changes.items():
        beds = [unit_free_beds(facts, pool.facility, unit, day) for day in own]
        persons = beds if pool.is_shared else [pool.weight if free else 0 for free in beds]
        room += np.array(persons)[np.searchsorted(own, days, side="right") - 1]
    return days, room.tolist()


def turning_days(facts: Facts, facility: int) -> Iterator[int]:
    """Days on which something fixed stops blocking a bed of a facility."""
    told = facts.facilities[facility]
    yield from (block.end_day for block in told.closures)
    yield from (use.end_day for use in facts.bed_uses_at[facility])
    yield from (quota.end_day for quota in told.quotas if quota.end_day < FOREVER)


def capacity(facility: Facility, pool: Pool) -> int:
    """Pieces of a pool when nothing is taken."""
    return sum(facility.units[unit].beds for unit in pool.units) if pool.is_shared else len(pool.units)


def allocations(facts: Facts, facility: int, persons: int) -> tuple[tuple[PoolUse, ...], ...]:
    """Every way to house a household that uses no piece more than it needs; worked out once.

    Parameters
    ----------
    facts, facility : the facility, by number
    persons : members of the household; each fills one bed
    """
    return facts.remember(
        ("allocations", facility, persons),
        lambda: _allocations(facts.facilities[facility], pools_of(facts, facility), persons),
    )


_MOST_WAYS = 5_000


def _allocations(facility: Facility, pools: tuple[Pool, ...], persons: int) -> tuple[tuple[PoolUse, ...], ...]:
    def ways(number: int, left: int) -> Iterator[tuple[PoolUse, ...]]:
        if left <= 0:
            yield ()
            return
        if number == len(pools):
            return
        most = min(capacity(facility, pools[number]), -(-left // pools[number].weight))
        for amount in range(most + 1):
            for rest in ways(number + 1, left - amount * pools[number].weight):
                yield ((PoolUse(number, amount), *rest) if amount else rest)

    def is_minimal(uses: tuple[PoolUse, ...]) -> bool:
        spare = sum(use.amount * pools[use.pool].weight for use in uses) - persons
        return all(pools[use.pool].weight > spare for use in uses)

    found: set[tuple[PoolUse, ...]] = set()
    for tried, uses in enumerate(ways(0, persons)):
        if tried > 100 * _MOST_WAYS or len(found) > _MOST_WAYS:
            wrong = "has too many shared units booked differently for later to be counted"
            raise InputRejected([Fault("facilities", wrong, "fewer such units in one facility")])
        if is_minimal(uses):
            found.add(uses)
    return tuple(sorted(found))


def assign_beds(chosen: Iterable[Candidate], facts: Facts) -> tuple[Placed, ...]:
    """Concrete units for chosen candidates: in order of start, any unit free for the whole stay.

    Raises
    ------
    SolverFault : a chosen candidate finds no free bed, so the pools were counted wrongly
    """
    placed: list[Placed] = []
    for item in sorted(chosen, key=lambda c: (c.stay.start_day, c.case, c.leg)):
        pools = pools_of(facts, item.stay.facility)
        left = len(facts.cases[item.case].household)
        beds: list[Bed] = []
        for use in item.uses:
            pieces = use.amount
            for unit in pools[use.pool].units:
                free = _free_throughout(facts, placed, item, unit)
                if not free or not pieces or not left:
                    continue
                takes = min(free, left, pieces) if pools[use.pool].is_shared else min(free, left)
                pieces -= takes if pools[use.pool].is_shared else 1
                left -= takes
                beds.append(Bed(unit, takes))
        if left:
            raise SolverFault("a chosen stay finds no free bed")
        placed.append(Placed(item.case, item.leg, item.stay, tuple(sorted(beds))))
    return tuple(sorted(placed, key=lambda p: (p.case, p.leg)))


def _free_throughout(facts: Facts, placed: list[Placed], item: Candidate, unit: int) -> int:
    """Beds of a unit free on every night of a stay, after what is fixed and placed before."""
    told = facts.facilities[item.stay.facility].units[unit]
    starts = [item.stay.start_day]
    starts += [
        s for s, _ in blocked_windows(facts, item.stay.facility, unit) if item.stay.start_day < s < item.stay.end_day
    ]
    others = [
        (other.stay, bed.beds)
        for other in placed
        if other.stay.facility == item.stay.facility
        for bed in other.beds
        if bed.unit == unit
        and overlap(other.stay.start_day, other.stay.end_day, item.stay.start_day, item.stay.end_day)
    ]
    if others and not told.is_shared:
        return 0
    starts += [stay.start_day for stay, _ in others if stay.start_day > item.stay.start_day]
    return min(
        unit_free_beds(facts, item.stay.facility, unit, day)
        - sum(beds for stay, beds in others if stay.start_day <= day < stay.end_day)
        for day in starts
    )
