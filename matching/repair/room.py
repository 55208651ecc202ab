"""Beds and quotas of a repair: whoever may move keeps the own beds until it has others.

A household that finds no bed elsewhere is still in its own, placed or not: nobody else is sent there. Where more are
in beds than there are (a unit overfull, a quota exceeded), those who are there are no fault of a plan; whoever comes
needs all of them to fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from matching.facts import Facts, Quota, Stay
from matching.plans import Candidate
from matching.pools import blocked_windows, free_on, pools_of
from matching.repair.night import Mover
from matching.solver.program import Program

__all__ = ["keep_room", "own_beds"]

_Row = tuple[tuple[tuple[int, int], ...], int]


@dataclass(frozen=True)
class _Occupant:
    """Somebody who may leave: how much they take on nights ``[start_day, end_day)``, and how they would leave."""

    amount: int
    start_day: int
    end_day: int
    leaving: tuple[int, ...]


def own_beds(mover: Mover, facts: Facts) -> dict[int, int]:
    """Beds by unit that a household fills today, or is going to."""
    found: dict[int, int] = defaultdict(int)
    for use in facts.bed_uses_at[mover.live.stay.facility]:
        if use.presence == mover.presence and use.end_day > mover.live.stay.start_day:
            for bed in use.beds:
                found[bed.unit] += bed.beds
    return found


def keep_room(
    program: Program, movers: Sequence[Mover], facts: Facts, night: Facts, stay_put: Mapping[int, int]
) -> None:
    """Write the rows of beds and quotas, and that two cannot keep one bed.

    Parameters
    ----------
    program : to be written to; its candidates that stay put take no beds of their own
    movers : who may move
    facts, night : the changed week, and the same with the movers' beds free
    stay_put : mover -> candidate
    """
    leaving: dict[int, list[int]] = defaultdict(list)
    for number, item in enumerate(program.candidates.items):
        if stay_put.get(item.case) != number:
            leaving[item.case].append(number)
    elsewhere = [number for own in leaving.values() for number in own]
    at: dict[int, list[int]] = defaultdict(list)
    for number in sorted(elsewhere):
        at[program.candidates.items[number].stay.facility].append(number)
    for facility, coming in sorted(at.items()):
        there = [
            (number, mover, own_beds(mover, facts))
            for number, mover in enumerate(movers)
            if mover.live.stay.facility == facility
        ]
        rows = [
            *_pool_rows(program.candidates.items, facility, coming, there, leaving, night),
            *_quota_rows(program.candidates.items, facility, coming, there, leaving, night),
        ]
        for terms, bound in dict.fromkeys(rows):
            program.at_most(terms, bound)
    _one_household_a_bed(program, movers, facts, night, stay_put, leaving)


_There = Sequence[tuple[int, Mover, Mapping[int, int]]]


def _pool_rows(
    items: Sequence[Candidate],
    facility: int,
    coming: Sequence[int],
    there: _There,
    leaving: Mapping[int, Sequence[int]],
    night: Facts,
) -> Iterator[_Row]:
    starts = {
        start
        for unit in range(len(night.facilities[facility].units))
        for start, _ in blocked_windows(night, facility, unit)
    }
    for place, pool in enumerate(pools_of(night, facility)):
        amounts = {n: use.amount for n in coming for use in items[n].uses if use.pool == place}
        occupants = []
        for number, mover, beds in there:
            taken = sum((amount if pool.is_shared else 1) for unit, amount in beds.items() if unit in pool.units)
            if taken:
                occupants.append(_occupant(taken, mover, leaving.get(number, ())))
        for day in _days(items, amounts, occupants, starts):
            yield from _rows(items, amounts, occupants, free_on(night, pool, day), day)


def _quota_rows(
    items: Sequence[Candidate],
    facility: int,
    coming: Sequence[int],
    there: _There,
    leaving: Mapping[int, Sequence[int]],
    night: Facts,
) -> Iterator[_Row]:
    uses = night.bed_uses_at[facility]
    for quota in night.facilities[facility].quotas:
        amounts = {
            n: len(night.cases[items[n].case].household)
            for n in coming
            if _counts(quota, night.cases[items[n].case].municipality)
        }
        occupants = [
            _occupant(sum(beds.values()), mover, leaving.get(number, ()))
            for number, mover, beds in there
            if beds and _counts(quota, mover.live.case.municipality)
        ]
        for day in _days(items, amounts, occupants, {quota.start_day, *(use.start_day for use in uses)}):
            if quota.start_day <= day < quota.end_day:
                used = sum(
                    sum(bed.beds for bed in use.beds)
                    for use in uses
                    if use.start_day <= day < use.end_day and _counts(quota, use.municipality)
                )
                yield from _rows(items, amounts, occupants, quota.beds - used, day)


def _counts(quota: Quota, municipality: int) -> bool:
    return quota.municipality in (-1, municipality)


def _occupant(amount: int, mover: Mover, leaving: Sequence[int]) -> _Occupant:
    # Until the last day on which it may leave, its beds are fixed in the night's facts.
    stay = mover.live.stay
    start_day = max(stay.start_day, mover.last_day) if mover.last_day > mover.first_day else stay.start_day
    return _Occupant(amount, start_day, stay.end_day, tuple(leaving))


def _days(
    items: Sequence[Candidate], amounts: Iterable[int], occupants: Iterable[_Occupant], starts: Iterable[int]
) -> list[int]:
    """Nights on which use can rise while somebody who comes is there."""
    stays: list[Stay] = [items[number].stay for number in amounts]
    rising = {stay.start_day for stay in stays} | {one.start_day for one in occupants} | set(starts)
    return sorted(day for day in rising if any(stay.start_day <= day < stay.end_day for stay in stays))


def _rows(
    items: Sequence[Candidate], amounts: Mapping[int, int], occupants: Iterable[_Occupant], free: int, day: int
) -> Iterator[_Row]:
    """Who comes fits beside who is there and has not left, on one night."""
    coming = {n: a for n, a in amounts.items() if items[n].stay.start_day <= day < items[n].stay.end_day}
    there = [one for one in occupants if one.start_day <= day < one.end_day]
    room = free - sum(one.amount for one in there)
    terms: dict[int, int] = defaultdict(int, coming)
    for one in there:
        for number in one.leaving:
            terms[number] -= one.amount
    most: dict[int, int] = defaultdict(int)
    for number, amount in terms.items():
        most[items[number].case] = max(most[items[number].case], amount)
    if room >= 0:
        if sum(most.values()) > room:
            yield _row(terms), room
        return
    for number in coming:  # only who comes makes it anybody's business that too many are there already
        yield _row({**terms, number: terms[number] - room}), 0


def _row(terms: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple((number, amount) for number, amount in sorted(terms.items()) if amount)


def _one_household_a_bed(
    program: Program,
    movers: Sequence[Mover],
    facts: Facts,
    night: Facts,
    stay_put: Mapping[int, int],
    leaving: Mapping[int, Sequence[int]],
) -> None:
    """Where more fill the beds of a unit than there are, one stays only if enough of the others leave."""
    by_unit: dict[tuple[int, int], list[tuple[int, int, Stay]]] = defaultdict(list)
    for number, mover in enumerate(movers):
        stay = mover.live.stay
        for taken, beds in own_beds(mover, facts).items():
            by_unit[stay.facility, taken].append((number, beds, stay))
    for (facility, unit_number), own in sorted(by_unit.items(), key=lambda pair: pair[0]):
        unit = night.facilities[facility].units[unit_number]
        for day in sorted({stay.start_day for _, _, stay in own}):
            there = {number: beds for number, beds, stay in own if stay.start_day <= day < stay.end_day}
            if len(there) < 2 or (unit.is_shared and sum(there.values()) <= unit.beds):
                continue
            amounts = there if unit.is_shared else dict.fromkeys(there, 1)
            excess = sum(amounts.values()) - (unit.beds if unit.is_shared else 1)
            for number in (one for one in there if one in stay_put):
                others = ((n, -amounts[other]) for other in there if other != number for n in leaving.get(other, ()))
                program.at_most([(stay_put[number], excess), *others], 0)
