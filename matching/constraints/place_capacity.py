"""`place_capacity`: every bed-night at most once, units whole, closures and quotas respected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from matching.columns import BoolArray, CandidateColumns, IntArray, days_at
from matching.constraints.base import Audience, Constraint, Level, OnLive, Origin, Scope
from matching.constraints.clauses import Clauses
from matching.facts import BedUse, Case, Facts, Quota, Stay
from matching.plans import Candidates, Objection, Plan, Violation
from matching.pools import allocations, blocked_windows, free_on, free_persons, pools_of, turning_days

__all__ = ["PlaceCapacity"]

_ALL_TOGETHER = -1


class PlaceCapacity(Constraint):
    """A household fills one bed per member in one facility, on every night of ``[start, end)``.

    An unshared unit belongs to one household a night; a closed unit takes nobody; a contract's
    quota counts the beds of its municipality. Holds take beds like placements. What is already
    overfull stays a finding and takes nobody more. Who sleeps tonight in a closed unit moves
    now, any other breach asks for a move by a day.
    """

    name = "place_capacity"
    summary = "one bed per member in one facility, every bed-night once, units, closures and quotas respected"
    level = Level.HARD
    scope = Scope.EVERYBODY
    source = "Socialstyrelsen (2023) and SIG (2015), scarce units; domain §4"
    reads = frozenset(
        {
            "Bed.beds",
            "Bed.unit",
            "BedUse.beds",
            "BedUse.end_day",
            "BedUse.municipality",
            "BedUse.presence",
            "BedUse.start_day",
            "Block.end_day",
            "Block.start_day",
            "Block.units",
            "Case.household",
            "Case.municipality",
            "Facility.closures",
            "Facility.quotas",
            "Facility.units",
            "Facts.bed_uses_at",
            "Facts.cases",
            "Facts.facilities",
            "Facts.today",
            "Quota.beds",
            "Quota.end_day",
            "Quota.municipality",
            "Quota.start_day",
            "Stay.end_day",
            "Stay.facility",
            "Stay.start_day",
            "Unit.beds",
            "Unit.is_shared",
        }
    )
    messages = {
        Audience.COORDINATOR: "There is no bed on every night for each member, or a quota is full; members: {persons}.",
    }
    parameters = {"persons": Origin.OWN_CASE}
    on_live = OnLive.MOVE_BY

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused when the facility is too small, or no way to house the household is free of what is fixed."""
        too_small = _too_small(case, stay, facts)
        if too_small is not None:
            return too_small
        days = _check_days(facts, stay)
        persons = len(case.household)
        if not any(
            all(_free(facts, stay.facility, use.pool, day) >= use.amount for use in uses for day in days)
            for uses in allocations(facts, stay.facility, persons)
        ):
            return Objection("no_free_bed", values=(("persons", persons),))
        for quota in facts.facilities[stay.facility].quotas:
            if _counts(quota, case.municipality) and any(
                persons > quota.beds - _quota_used(facts, stay.facility, quota, day)
                for day in days
                if quota.start_day <= day < quota.end_day
            ):
                return Objection("quota_full", values=(("persons", persons),))
        return None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:
        """By facility, whether it is too small, has no free beds for everybody, or a quota is full."""
        persons = len(case.household)
        refused = free_persons(facts, start_day, end_day) < persons
        numbers, municipalities, starts, ends, left = facts.remember("quota spans", lambda: _quota_spans(facts))
        met = (starts < max(end_day, start_day + 1)) & (ends > start_day) & (left < persons)
        refused[numbers[met & ((municipalities == _ALL_TOGETHER) | (municipalities == case.municipality))]] = True
        return refused

    def public_objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """The catalogue alone: whether the household fits the empty facility."""
        return _too_small(case, stay, facts)

    def catalogue_objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Whether it fits the empty facility on the nights it is open, within the quotas."""
        return self.objection(case, stay, replace(facts, bed_uses=()) if facts.bed_uses else facts)

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterable[int]:  # noqa: ARG002 - signature
        """When a placement, a hold, a closure or a quota ends."""
        return turning_days(facts, facility)

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """The same days, of every facility."""
        told = facts.remember(
            (self.name, "turning"),
            lambda: days_at(
                (day, number) for number in range(len(facts.facilities)) for day in turning_days(facts, number)
            ),
        )
        return told.within(days, facts)

    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """One row a pool and day on which its use can rise, and the same for each quota."""
        told = CandidateColumns.of(candidates)
        persons = np.array([len(case.household) for case in facts.cases], dtype=np.int64)
        by_pool: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        by_facility: dict[int, list[int]] = defaultdict(list)
        for number, (candidate, facility) in enumerate(zip(candidates.items, told.facility.tolist(), strict=True)):
            by_facility[facility].append(number)
            for use in candidate.uses:
                by_pool[facility, use.pool].append((number, use.amount))
        for (facility, pool), terms in sorted(by_pool.items()):
            numbers, amounts = np.array(terms, dtype=np.int64).T
            days = _days_of(facts, facility, told, numbers)
            rows = {day: _free(facts, facility, pool, day) for day in days}
            _write_rows(clauses, told, numbers, amounts, rows)
        for facility, there in sorted(by_facility.items()):
            for quota in facts.facilities[facility].quotas:
                counted = (number for number in there if _counts(quota, facts.cases[told.case[number]].municipality))
                own = np.fromiter(counted, dtype=np.int64)
                days = _days_of(facts, facility, told, own)
                rows = {
                    day: max(0, quota.beds - _quota_used(facts, facility, quota, day))
                    for day in days
                    if quota.start_day <= day < quota.end_day
                }
                _write_rows(clauses, told, own, persons[told.case[own]], rows)

    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """Unit by unit and night by night, without pools: what a plan overfills."""
        planned: dict[tuple[int, int], list[tuple[Stay, int, int]]] = defaultdict(list)
        households: dict[int, list[tuple[Stay, int]]] = defaultdict(list)
        for item in plan.placed:
            for bed in item.beds:
                planned[item.stay.facility, bed.unit].append((item.stay, bed.beds, item.case))
            households[item.stay.facility].append((item.stay, item.case))
            if sum(bed.beds for bed in item.beds) != len(facts.cases[item.case].household):
                yield Violation(self.name, "not_one_bed_per_member", 1, (("case", item.case),))
        for (facility, unit), stays in sorted(planned.items(), key=lambda pair: pair[0]):
            worst = max(
                _excess(facts, facility, unit, day, stays) for stay, _, _ in stays for day in _check_days(facts, stay)
            )
            if worst:
                parties = (("facility", facility), *(("case", case) for case in sorted({case for _, _, case in stays})))
                yield Violation(self.name, "bed_night_taken_twice", worst, parties)
        for facility, own in sorted(households.items()):
            for quota in facts.facilities[facility].quotas:
                counted = [(stay, case) for stay, case in own if _counts(quota, facts.cases[case].municipality)]
                for day in {day for stay, _ in counted for day in _check_days(facts, stay)}:
                    if not quota.start_day <= day < quota.end_day:
                        continue
                    used = sum(len(facts.cases[c].household) for s, c in counted if s.start_day <= day < s.end_day)
                    excess = used + _quota_used(facts, facility, quota, day) - quota.beds
                    if used and excess > 0:
                        yield Violation(self.name, "quota_exceeded", excess, (("facility", facility),))
                        break

    def live_violations(self, facts: Facts) -> Iterator[Violation]:
        """Units overfull, shared against their kind, or in use while closed, and quotas exceeded, from today on.

        Who lives in a unit that is closed tonight has no bed tonight: they move now.
        """
        for facility, uses in enumerate(facts.bed_uses_at):
            for unit in range(len(facts.facilities[facility].units)):
                own = [use for use in uses if use.end_day > facts.today and any(bed.unit == unit for bed in use.beds)]
                for (reason, is_tonight), (excess, users) in _bad_nights(facts, facility, unit, own):
                    act = OnLive.MOVE_NOW if is_tonight else None
                    parties = (("facility", facility), *(("presence", user) for user in sorted(users)))
                    yield self.live_breach(reason, excess, parties, act)
            for quota in facts.facilities[facility].quotas:
                yield from self._live_quota(facts, facility, quota)

    def _live_quota(self, facts: Facts, facility: int, quota: Quota) -> Iterator[Violation]:
        """A quota exceeded from today on: a contract to be mended, nobody has to move."""
        own = [use for use in facts.bed_uses_at[facility] if _counts(quota, use.municipality)]
        own = [use for use in own if use.end_day > facts.today]
        days = {max(day, facts.today) for day in (quota.start_day, *(use.start_day for use in own))}
        used = (_quota_used(facts, facility, quota, day) for day in days if quota.start_day <= day < quota.end_day)
        excess = max(used, default=0) - quota.beds
        if excess > 0:
            parties = (("facility", facility), *(("presence", use.presence) for use in own))
            yield self.live_breach("quota_exceeded_live", excess, parties, OnLive.TASK)


def _too_small(case: Case, stay: Stay, facts: Facts) -> Objection | None:
    """All beds of the facility, free or not, are fewer than the household."""
    persons = len(case.household)
    beds = sum(unit.beds for unit in facts.facilities[stay.facility].units)
    return Objection("facility_too_small", persons - beds, (("persons", persons),)) if beds < persons else None


def _free(facts: Facts, facility: int, pool: int, day: int) -> int:
    return facts.remember(("free", facility, pool, day), lambda: free_on(facts, pools_of(facts, facility)[pool], day))


def _check_days(facts: Facts, stay: Stay) -> list[int]:
    """Nights of a stay on which use can rise: its first, and each later start of something fixed or planned."""
    starts = _starts_at(facts, stay.facility)
    return [stay.start_day, *(day for day in starts if stay.start_day < day < stay.end_day)]


def _starts_at(facts: Facts, facility: int) -> tuple[int, ...]:
    """`_fixed_starts`, worked out once."""
    return facts.remember(("fixed_starts", facility), lambda: _fixed_starts(facts, facility))


def _fixed_starts(facts: Facts, facility: int) -> tuple[int, ...]:
    """Days on which something fixed begins at a facility: a use, a closure, a quota."""
    home = facts.facilities[facility]
    starts = {start for unit in range(len(home.units)) for start, _ in blocked_windows(facts, facility, unit)}
    return tuple(sorted(starts | {quota.start_day for quota in home.quotas}))


def _counts(quota: Quota, municipality: int) -> bool:
    return quota.municipality in (-1, municipality)


def _quota_spans(facts: Facts) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
    """(m,) facility, municipality, days ``[start, end)`` and beds left of every quota, cut where its use changes."""
    told: list[tuple[int, int, int, int, int]] = []
    for facility, home in enumerate(facts.facilities):
        uses = facts.bed_uses_at[facility]
        for quota in home.quotas:
            changes = {day for use in uses for day in (use.start_day, use.end_day)}
            days = [quota.start_day, *sorted(day for day in changes if quota.start_day < day < quota.end_day)]
            for start_day, end_day in pairwise([*days, quota.end_day]):
                left = quota.beds - _quota_used(facts, facility, quota, start_day)
                told.append((facility, quota.municipality, start_day, end_day, left))
    facilities, municipalities, starts, ends, lefts = np.array(told, dtype=np.int64).reshape(-1, 5).T
    return facilities, municipalities, starts, ends, lefts


def _quota_used(facts: Facts, facility: int, quota: Quota, day: int) -> int:
    return sum(
        sum(bed.beds for bed in use.beds)
        for use in facts.bed_uses_at[facility]
        if use.start_day <= day < use.end_day and _counts(quota, use.municipality)
    )


def _days_of(facts: Facts, facility: int, told: CandidateColumns, numbers: IntArray) -> list[int]:
    """Nights on which use can rise while any of these candidates is there."""
    starts, ends = told.start_day[numbers], told.end_day[numbers]
    fixed_days = [day for day in _starts_at(facts, facility) if ((starts < day) & (day < ends)).any()]
    return sorted({*starts.tolist(), *fixed_days})


def _write_rows(
    clauses: Clauses, told: CandidateColumns, numbers: IntArray, amounts: IntArray, bounds: dict[int, int]
) -> None:
    """Rows for the days given, each set of candidates once with its tightest bound, none that cannot bind."""
    starts, ends = told.start_day[numbers], told.end_day[numbers]
    order = np.lexsort((told.leg[numbers], told.case[numbers]))
    legs = np.stack([told.case[numbers], told.leg[numbers]])[:, order]
    is_first = np.ones(len(numbers), dtype=np.bool_)
    is_first[1:] = (legs[:, 1:] != legs[:, :-1]).any(axis=0)
    rows: dict[bytes, tuple[BoolArray, int]] = {}
    for day, bound in sorted(bounds.items()):
        active = (starts <= day) & (day < ends)
        most = np.maximum.reduceat(np.where(active, amounts, 0)[order], np.flatnonzero(is_first))
        if most.sum() > bound:  # of each leg at most one is chosen
            key = active.tobytes()
            rows[key] = active, min(bound, rows[key][1]) if key in rows else bound
    for active, bound in rows.values():
        clauses.at_most(zip(numbers[active].tolist(), amounts[active].tolist(), strict=True), bound)


def _households(facts: Facts, facility: int, unit: int, day: int) -> list[int]:
    """Beds of a unit taken on a night, one number a household already there."""
    return [
        sum(bed.beds for bed in use.beds if bed.unit == unit)
        for use in facts.bed_uses_at[facility]
        if use.start_day <= day < use.end_day and any(bed.unit == unit for bed in use.beds)
    ]


def _is_closed(facts: Facts, facility: int, unit: int, day: int) -> bool:
    return any(
        unit in block.units and block.start_day <= day < block.end_day for block in facts.facilities[facility].closures
    )


def _excess(facts: Facts, facility: int, unit: int, day: int, stays: list[tuple[Stay, int, int]]) -> int:
    """By how many beds planned stays overfill a unit on a night; a unit shared against its kind counts all."""
    new = [beds for stay, beds, _ in stays if stay.start_day <= day < stay.end_day]
    if not new:
        return 0
    if _is_closed(facts, facility, unit, day):
        return sum(new)
    there = _households(facts, facility, unit, day)
    told = facts.facilities[facility].units[unit]
    if not told.is_shared and len(new) + len(there) > 1:
        return sum(new)
    return max(0, sum(new) + sum(there) - told.beds)


def _bad_nights(
    facts: Facts, facility: int, unit: int, uses: Sequence[BedUse]
) -> list[tuple[tuple[str, bool], tuple[int, frozenset[int]]]]:
    """What is wrong with a unit from today on, whether it is closed tonight, the worst excess, and who is there then.

    Whoever has left before such a night, or comes after it, is no part of it.
    """
    days = {max(use.start_day, facts.today) for use in uses}
    days |= {block.start_day for block in facts.facilities[facility].closures if block.start_day > facts.today}
    found: dict[tuple[str, bool], tuple[int, frozenset[int]]] = {}
    for day in sorted(days):
        excess, reason = _live_excess(facts, facility, unit, day)
        if excess:
            key = reason, day == facts.today and _is_closed(facts, facility, unit, day)
            worst, users = found.get(key, (0, frozenset[int]()))
            there = {use.presence for use in uses if use.start_day <= day < use.end_day}
            found[key] = max(worst, excess), users | there
    tonight = found.get(("closed_unit_in_use_live", True), (0, frozenset[int]()))[1]
    told = [(key, bad) for key, bad in found.items() if key[1] or not bad[1] <= tonight]
    return sorted(told, key=lambda one: (not one[0][1], one[0][0]))


def _live_excess(facts: Facts, facility: int, unit: int, day: int) -> tuple[int, str]:
    """How many beds too many are in use on a night, and why: nobody new is to blame."""
    there = _households(facts, facility, unit, day)
    told = facts.facilities[facility].units[unit]
    if there and _is_closed(facts, facility, unit, day):
        return sum(there), "closed_unit_in_use_live"
    if not told.is_shared and len(there) > 1:
        return max(sum(there) - told.beds, min(there)), "unit_overfull_live"
    return max(0, sum(there) - told.beds), "unit_overfull_live"
