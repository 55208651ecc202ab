"""Case x stay pairs that survive every objection; why the others do not, `matching.refusals` tells.

Candidate starts (domain §4): the earliest date, dates in the window when something blocking ends,
and starts aligned with waiting stays shorter than the window. These suffice: any plan can be shifted
left, stay by stay, without loss until each start is one of them; the differential tests compare
with a search over every date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.columns import BoolArray, IntArray
from matching.constraints import hard
from matching.constraints.base import Constraint, Scope
from matching.facts import Case, Facts, Leg, Stay
from matching.plans import Candidate, Candidates, Objection, PoolUse
from matching.pools import allocations

__all__ = [
    "first_objection",
    "generate",
    "open_facilities",
    "public_facilities",
    "stay_of",
]


def stay_of(leg: Leg, facility: int, first_day: int) -> Stay:
    """The stay of one leg when the first leg starts on `first_day`."""
    start_day = first_day + leg.offset_days
    return Stay(facility, start_day, start_day + leg.nights)


def _remaining(
    facts: Facts, case: Case, leg: Leg, first_day: int, among: BoolArray, rules: Iterable[Constraint]
) -> BoolArray:
    """(n,) which facilities of those given no rule objects to, for a leg when the first one starts on a day.

    Rules that judge all facilities at once go first; the others are asked for the few that are left.
    """
    stay = stay_of(leg, 0, first_day)
    left, singly = among.copy(), []
    for rule in rules:
        refused = rule.refused(case, stay.start_day, stay.end_day, facts)
        if refused is None:
            singly.append(rule)
        else:
            left &= ~refused
            if not left.any():
                return left
    for facility in np.flatnonzero(left).tolist() if singly else ():
        left[facility] = first_objection(case, stay_of(leg, facility, first_day), facts, singly) is None
    return left


def _open_facilities(facts: Facts, case: Case, rules: Iterable[Constraint]) -> BoolArray:
    """(n,) facilities that no rule refuses at whatever start; only those need candidate starts."""
    undated = [rule for rule in rules if not rule.is_dated]
    among = np.ones(len(facts.facilities), dtype=np.bool_)
    for leg in case.legs:
        among = _remaining(facts, case, leg, case.earliest_day, among, undated)
    return among


def _event_days(case: Case, among: BoolArray, facts: Facts, rules: Iterable[Constraint]) -> BoolArray:
    """(days of the window, n) first days on which a leg of the case starts just when something blocking ends."""
    window = range(case.earliest_day, case.latest_day + 1)
    offsets = [leg.offset_days for leg in case.legs]
    days = range(window.start + min(offsets), window.stop + max(offsets))
    turning = np.zeros((len(days), len(facts.facilities)), dtype=np.bool_)
    for rule in rules:
        told = rule.turning(case, days, facts)
        if told is not None:
            turning |= told
            continue
        for facility in np.flatnonzero(among).tolist():
            for day in rule.turning_days(case, facility, facts):
                if day in days:
                    turning[day - days.start, facility] = True
    found = np.zeros((len(window), len(facts.facilities)), dtype=np.bool_)
    for offset in offsets:
        found |= turning[offset - min(offsets) :][: len(window)]
    found &= among
    return found


@dataclass(frozen=True, eq=False)
class _Starts:
    """Candidate first days of a case: `own` ones (days, facilities) of one facility each, `shared` ones of all."""

    own: tuple[IntArray, IntArray]
    shared: set[int]

    def days(self) -> set[int]:
        """All of them."""
        return self.shared.union(self.own[0].tolist())

    def by_day(self, among: BoolArray) -> list[tuple[int, BoolArray]]:
        """Each day in order, with the facilities (n,) of those given at which the case may start then."""
        at = {day: among & (day in self.shared) for day in sorted(self.days())}
        for day, facility in zip(*(told.tolist() for told in self.own), strict=True):
            at[day][facility] = among[facility]
        return list(at.items())


def _starts(facts: Facts, rules: Sequence[Constraint], among: Sequence[BoolArray]) -> list[_Starts]:
    """Candidate first days of each case, inside its window.

    `among` tells for each case which facilities no rule refuses at whatever start.
    """
    own: list[_Starts] = []
    for case, open_there in zip(facts.cases, among, strict=True):
        shared = {case.earliest_day} if case.earliest_day <= case.latest_day and open_there.any() else set[int]()
        days = facilities = np.zeros(0, dtype=np.int64)
        if case.earliest_day < case.latest_day and shared:  # else the first day is the only one
            days, facilities = np.nonzero(_event_days(case, open_there, facts, rules))
            days = days + case.earliest_day
        if len(case.legs) > 1:  # the legs share their first day, whichever facility asked for it
            shared.update(days.tolist())
            days = facilities = np.zeros(0, dtype=np.int64)
        own.append(_Starts((days, facilities), shared))
    if facts.facilities:
        _align(facts, own)
    return own


def _align(facts: Facts, starts: Sequence[_Starts]) -> None:
    """Add starts on the day another waiting stay ends, until nothing is new."""
    changed = True
    while changed:
        changed = False
        ends = [
            {day + leg.offset_days + leg.nights for day in at.days() for leg in case.legs}
            for case, at in zip(facts.cases, starts, strict=True)
        ]
        many = Counter(day for own in ends for day in own)
        for case, at, own in zip(facts.cases, starts, ends, strict=True):
            for day in range(case.earliest_day, case.latest_day + 1):
                wanted = {day + leg.offset_days for leg in case.legs}
                if day not in at.shared and any(many[end] > (end in own) for end in wanted):
                    at.shared.add(day)
                    changed = True


def first_objection(case: Case, stay: Stay, facts: Facts, rules: Iterable[Constraint]) -> tuple[str, Objection] | None:
    """The first rule that objects, and its objection."""
    for rule in rules:
        found = rule.objection(case, stay, facts)
        if found is not None:
            return rule.name, found
    return None


def generate(facts: Facts, rules: Sequence[Constraint], *, filtered: bool = True) -> Candidates:
    """Every candidate of every waiting case.

    Parameters
    ----------
    facts : what rules read
    rules : the rule book; its hard rules filter
    filtered : False keeps candidates the rules object to, so that their clauses must forbid them

    Returns
    -------
    candidates in order of case, leg, first day, facility and beds; why a facility has none: `matching.refusals`
    """
    book = hard(rules)
    dated = [rule for rule in book if rule.is_dated]
    everywhere = np.ones(len(facts.facilities), dtype=np.bool_)
    among = [_open_facilities(facts, case, book) if filtered else everywhere for case in facts.cases]
    starts = _starts(facts, rules, among)
    ways_of = _ways_to_house(facts, among)
    items: list[Candidate] = []
    for number, case in enumerate(facts.cases):
        ways = ways_of[len(case.household)]
        days = starts[number].by_day(among[number])
        for leg_number, leg in enumerate(case.legs):
            for first_day, there in days:
                left = _remaining(facts, case, leg, first_day, there, dated) if filtered else there
                for facility in np.flatnonzero(left).tolist():
                    stay = stay_of(leg, facility, first_day)
                    items += [Candidate(number, leg_number, first_day, stay, uses) for uses in ways[facility]]
    names = frozenset(rule.name for rule in book) if filtered else frozenset[str]()
    return Candidates(tuple(items), names)


def _ways_to_house(facts: Facts, among: Sequence[BoolArray]) -> dict[int, dict[int, tuple[tuple[PoolUse, ...], ...]]]:
    """By persons of a household and facility, `allocations`, where any household of so many may live."""
    wanted: dict[int, BoolArray] = {}
    for case, there in zip(facts.cases, among, strict=True):
        persons = len(case.household)
        wanted[persons] = there | wanted.get(persons, there)
    return {
        persons: {home: allocations(facts, home, persons) for home in np.flatnonzero(there).tolist()}
        for persons, there in wanted.items()
    }


def public_facilities(facts: Facts, case: int, rules: Sequence[Constraint]) -> Iterator[int]:
    """Facilities the own case and the catalogue allow at some start: who else is where plays no part."""
    return _allowed(facts, case, facts.cases[case].legs[-1], rules, is_open=False)


def open_facilities(facts: Facts, case: int, rules: Sequence[Constraint], leg: Leg) -> Iterator[int]:
    """`public_facilities` for one of a case's linked stays that are open on its nights, with quotas for its persons.

    Parameters
    ----------
    facts : from `matching.requester.own_view`: beds that people use play no part
    """
    return _allowed(replace(facts, bed_uses=()), case, leg, rules, is_open=True)


def _allowed(facts: Facts, case: int, leg: Leg, rules: Sequence[Constraint], *, is_open: bool) -> Iterator[int]:
    told = facts.cases[case]
    found = np.zeros(len(facts.facilities), dtype=np.bool_)
    for day in range(told.earliest_day, told.latest_day + 1):
        if found.all():
            break
        found |= _publicly_allowed(facts, told, leg, day, ~found, hard(rules), is_open=is_open)
    yield from np.flatnonzero(found).tolist()


def _publicly_allowed(
    facts: Facts,
    case: Case,
    leg: Leg,
    first_day: int,
    among: BoolArray,
    rules: Iterable[Constraint],
    *,
    is_open: bool,
) -> BoolArray:
    """(n,) which facilities of those given no rule refuses publicly, for a leg when the first one starts on a day."""
    stay = stay_of(leg, 0, first_day)
    left, singly = among.copy(), []
    for rule in rules:
        whole = rule.scope is Scope.OWN_CASE and type(rule).public_objection is Constraint.public_objection
        refused = rule.refused(case, stay.start_day, stay.end_day, facts) if whole else None
        if refused is None:
            singly.append(rule.catalogue_objection if is_open else rule.public_objection)
        else:
            left &= ~refused
    for facility in np.flatnonzero(left).tolist():
        there = stay_of(leg, facility, first_day)
        left[facility] = all(objection(case, there, facts) is None for objection in singly)
    return left
