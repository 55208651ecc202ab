"""Case x stay pairs that survive every objection, and which rules exclude the others.

Candidate starts (domain §4): the earliest date, dates in the window when something blocking ends,
and starts aligned with waiting stays shorter than the window. These suffice: any plan can be shifted
left, stay by stay, without loss until each start is one of them; the differential tests compare
with a search over every date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from matching.constraints import hard
from matching.constraints.base import Constraint
from matching.facts import Case, Facts, Leg, Stay
from matching.plans import Candidate, Candidates, Objection
from matching.pools import allocations

__all__ = [
    "exclusion_counts",
    "exclusions",
    "first_objection",
    "generate",
    "public_facilities",
    "start_days",
    "stay_of",
]


def stay_of(leg: Leg, facility: int, first_day: int) -> Stay:
    """The stay of one leg when the first leg starts on `first_day`."""
    start_day = first_day + leg.offset_days
    return Stay(facility, start_day, start_day + leg.nights)


def _undated_refusals(facts: Facts, case: Case, rules: Iterable[Constraint]) -> list[str | None]:
    """By facility, the first rule that objects at whatever start; those need no candidate starts."""
    undated = [rule for rule in rules if not rule.is_dated]
    refusals: list[str | None] = []
    for facility in range(len(facts.facilities)):
        stays = [stay_of(leg, facility, case.earliest_day) for leg in case.legs]
        objecting = (rule.name for rule in undated for stay in stays if rule.objection(case, stay, facts) is not None)
        refusals.append(next(objecting, None))
    return refusals


def _event_days(case: Case, facility: int, facts: Facts, rules: Iterable[Constraint]) -> set[int]:
    """First days of the case on which one of its legs starts just when something blocking there ends."""
    days = {day for rule in rules for day in rule.turning_days(case, facility, facts)}
    return {day - leg.offset_days for day in days for leg in case.legs}


def start_days(
    facts: Facts, rules: Sequence[Constraint], refused: Sequence[Sequence[str | None]]
) -> list[list[tuple[int, ...]]]:
    """Candidate first days, by case and facility, each sorted and inside the case's window.

    `refused` tells for each case and facility the rule that objects at whatever start, or none.
    """
    own: list[list[set[int]]] = []
    for case, why in zip(facts.cases, refused, strict=True):
        window = range(case.earliest_day, case.latest_day + 1)
        at: list[set[int]] = [set() for _ in facts.facilities]
        for facility in (number for number, rule in enumerate(why) if rule is None and window):
            at[facility] = {day for day in _event_days(case, facility, facts, rules) if day in window}
            at[facility].add(case.earliest_day)
        if len(case.legs) > 1:  # the legs share their first day, whichever facility asked for it
            at = [set().union(*at) for _ in at]
        own.append(at)
    _align(facts, own)
    return [[tuple(sorted(days)) for days in at] for at in own]


def _align(facts: Facts, own: list[list[set[int]]]) -> None:
    """Add starts on the day another waiting stay ends, until nothing is new."""
    changed = True
    while changed:
        changed = False
        ends = [
            {day + leg.offset_days + leg.nights for day in set().union(*at) for leg in case.legs}
            for case, at in zip(facts.cases, own, strict=True)
        ]
        for number, (case, at) in enumerate(zip(facts.cases, own, strict=True)):
            others = set().union(*(days for other, days in enumerate(ends) if other != number))
            aligned = {end - leg.offset_days for end in others for leg in case.legs}
            fresh = {day for day in aligned if case.earliest_day <= day <= case.latest_day}
            for days in at:
                if not fresh <= days:
                    days |= fresh
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
    candidates in order of case, leg, first day, facility and beds; why a facility has none: `exclusions`
    """
    book = hard(rules)
    dated = [rule for rule in book if rule.is_dated]
    items: list[Candidate] = []
    refused = [
        _undated_refusals(facts, case, book) if filtered else [None] * len(facts.facilities) for case in facts.cases
    ]
    starts = start_days(facts, rules, refused)
    for number, case in enumerate(facts.cases):
        for facility in range(len(facts.facilities)):
            if refused[number][facility] is not None:
                continue
            ways = allocations(facts, facility, len(case.household))
            for first_day in starts[number][facility]:
                for leg_number, leg in enumerate(case.legs):
                    stay = stay_of(leg, facility, first_day)
                    if filtered and first_objection(case, stay, facts, dated) is not None:
                        continue
                    items.extend(Candidate(number, leg_number, first_day, stay, uses) for uses in ways)
    names = frozenset(rule.name for rule in book) if filtered else frozenset[str]()
    return Candidates(tuple(sorted(items)), names)


def exclusions(facts: Facts, case: int, rules: Sequence[Constraint]) -> dict[int, dict[str, Objection]]:
    """For each facility the case cannot have at any start: every rule that objects at all of them.

    Every day of the window is tried, not only candidate starts: this is the witness of
    "no safe place" and takes no search on trust. A facility no single rule excludes at every start
    but all do together carries the rules of its last day, marked `together`. Of linked stays the
    first that has no facility at all is told, else the last, on the days on which the first has one.

    Returns
    -------
    facility -> rule name -> an objection; facilities that remain are not in it
    """
    told = facts.cases[case]
    window = range(told.earliest_day, told.latest_day + 1) or range(told.earliest_day, told.earliest_day + 1)
    days: Sequence[int] = window
    for leg in told.legs[:-1]:
        free = {
            day
            for facility in range(len(facts.facilities))
            for day in _free_days(facts, told, leg, facility, days, rules)
        }
        if not free:
            return _excluded(facts, told, leg, days, hard(rules))
        days = sorted(free)
    return _excluded(facts, told, told.legs[-1], days, hard(rules))


def _free_days(
    facts: Facts, case: Case, leg: Leg, facility: int, days: Sequence[int], rules: Sequence[Constraint]
) -> Iterator[int]:
    """First days on which a leg may be at a facility."""
    for day in days:
        if first_objection(case, stay_of(leg, facility, day), facts, hard(rules)) is None:
            yield day


def _excluded(
    facts: Facts, case: Case, leg: Leg, days: Sequence[int], book: Sequence[Constraint]
) -> dict[int, dict[str, Objection]]:
    found: dict[int, dict[str, Objection]] = {}
    for facility in range(len(facts.facilities)):
        always: dict[str, Objection] = {}
        last: dict[str, Objection] = {}
        for place, day in enumerate(days):
            stay = stay_of(leg, facility, day)
            if place == 0:
                always = last = _objections(case, stay, facts, book)
            else:  # only a dated rule can change its mind
                undated = {rule.name: always[rule.name] for rule in book if not rule.is_dated and rule.name in always}
                last = undated | _objections(case, stay, facts, [rule for rule in book if rule.is_dated])
                always = {name: objection for name, objection in always.items() if name in last}
            if not last:
                break
        if last:
            found[facility] = always or {name: Objection("together") for name in sorted(last)}
    return found


def _objections(case: Case, stay: Stay, facts: Facts, rules: Iterable[Constraint]) -> dict[str, Objection]:
    found = ((rule.name, rule.objection(case, stay, facts)) for rule in rules)
    return {name: objection for name, objection in found if objection is not None}


def exclusion_counts(
    excluded: Mapping[int, Mapping[str, Objection]], rules: Sequence[Constraint]
) -> tuple[dict[str, int], dict[str, int], int]:
    """How many facilities each hard rule excludes, how many it alone excludes, how many only several together."""
    names = [rule.name for rule in hard(rules)]
    jointly = [found for found in excluded.values() if any(o.reason == "together" for o in found.values())]
    single = [found for found in excluded.values() if found not in jointly]
    by = {name: sum(1 for found in single if name in found) for name in names}
    alone = {name: sum(1 for found in single if set(found) == {name}) for name in names}
    return by, alone, len(jointly)


def public_facilities(facts: Facts, case: int, rules: Sequence[Constraint]) -> Iterator[int]:
    """Facilities the own case and the catalogue allow at some start: who else is where plays no part."""
    told = facts.cases[case]
    leg = told.legs[-1]
    window = range(told.earliest_day, told.latest_day + 1)
    for facility in range(len(facts.facilities)):
        stays = (stay_of(leg, facility, day) for day in window)
        if any(all(rule.public_objection(told, stay, facts) is None for rule in hard(rules)) for stay in stays):
            yield facility
