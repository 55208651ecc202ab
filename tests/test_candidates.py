"""Candidates are those of a plain loop over every case, facility, start, leg and way to house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from matching.candidates import first_objection, generate, stay_of
from matching.constraints import hard, rule_book
from matching.constraints.base import Constraint
from matching.constraints.needs_met import NeedsMet
from matching.facts import Case, Facts, Stay
from matching.plans import Candidate, Objection
from matching.pools import allocations
from tests.builders import TODAY, case, facility, unit, world
from tests.strategies import OBSTACLES, scenarios
from tests.tellings import Land, Raw, facts_of
from tests.test_reads import busy_world

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
BOOK = rule_book()


def plainly(facts: Facts, rules: Sequence[Constraint], *, filtered: bool = True) -> tuple[Candidate, ...]:
    """The candidates by asking each rule of each stay, one after the other."""
    book = hard(rules)
    undated = [rule for rule in book if filtered and not rule.is_dated]
    dated = [rule for rule in book if filtered and rule.is_dated]
    homes = range(len(facts.facilities))
    open_at = [
        [
            home
            for home in homes
            if all(
                first_objection(told, stay_of(leg, home, told.earliest_day), facts, undated) is None
                for leg in told.legs
            )
        ]
        for told in facts.cases
    ]
    items: list[Candidate] = []
    for number, (told, starts) in enumerate(zip(facts.cases, plain_starts(facts, rules, open_at), strict=True)):
        for home in open_at[number]:
            for day in starts[home]:
                for leg_number, leg in enumerate(told.legs):
                    stay = stay_of(leg, home, day)
                    if first_objection(told, stay, facts, dated) is None:
                        ways = allocations(facts, home, len(told.household))
                        items += [Candidate(number, leg_number, day, stay, uses) for uses in ways]
    return tuple(sorted(items))


def plain_starts(
    facts: Facts, rules: Sequence[Constraint], open_at: Sequence[Sequence[int]]
) -> list[dict[int, set[int]]]:
    """First days by case and facility: the earliest, days on which something ends, and when others' stays end."""
    found: list[dict[int, set[int]]] = []
    for told, open_there in zip(facts.cases, open_at, strict=True):
        window = range(told.earliest_day, told.latest_day + 1)
        at: dict[int, set[int]] = {home: set() for home in range(len(facts.facilities))}
        for home in open_there if window else ():
            ending = {day for rule in rules for day in rule.turning_days(told, home, facts)}
            days = {told.earliest_day, *(day - leg.offset_days for day in ending for leg in told.legs)}
            at[home] = {day for day in days if day in window}
        if len(told.legs) > 1:
            together = set[int]().union(*at.values())
            at = {home: set(together) for home in at}
        found.append(at)
    is_new = True
    while is_new:
        is_new = False
        ends = [
            {
                day + leg.offset_days + leg.nights
                for leg in told.legs
                for day in set[int]().union(*at.values())
            }
            for told, at in zip(facts.cases, found, strict=True)
        ]  # fmt: skip
        for number, (told, at) in enumerate(zip(facts.cases, found, strict=True)):
            others = set[int]().union(*(days for other, days in enumerate(ends) if other != number))
            aligned = {end - leg.offset_days for end in others for leg in told.legs}
            fresh = {day for day in aligned if told.earliest_day <= day <= told.latest_day}
            is_new |= any(not fresh <= days for days in at.values())
            for days in at.values():
                days |= fresh
    return found


def is_the_same(facts: Facts, rules: Sequence[Constraint] = BOOK) -> None:
    for filtered in (True, False):
        assert generate(facts, rules, filtered=filtered).items == plainly(facts, rules, filtered=filtered)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_the_same_candidates_in_the_same_order(told: tuple[Raw, Land]) -> None:
    is_the_same(facts_of(*told))


@pytest.mark.parametrize("theme", OBSTACLES)
def test_the_same_whatever_changes_inside_the_windows(theme: str) -> None:
    many = 0

    @settings(max_examples=8, deadline=None, suppress_health_check=SLOW, derandomize=True)
    @given(scenarios((theme, "changes")))
    def about(told: tuple[Raw, Land]) -> None:
        nonlocal many
        facts = facts_of(*told)
        is_the_same(facts)
        many += len(generate(facts, BOOK).items)

    about()
    assert many, "nobody could be placed anywhere in any of these worlds"


def test_the_same_in_a_busy_world_for_each_rule_alone() -> None:
    facts = busy_world()
    is_the_same(facts)
    for rule in BOOK:
        is_the_same(facts, [rule])


class Slow(NeedsMet):
    """A rule that can only be asked of one facility at a time: each opens on a day of its own, later by its number."""

    name = "slow"
    reads = NeedsMet.reads | {"Stay.start_day"}

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        if stay.start_day < TODAY + stay.facility:
            return Objection("not_open")
        return super().objection(case, stay, facts)

    def turning_days(self, case: Case, facility: int, facts: Facts) -> tuple[int, ...]:
        return (TODAY + facility,)


def test_a_rule_that_is_asked_one_by_one() -> None:
    offers = frozenset({"interpreter"})
    homes = [facility(1, offers=offers), facility(2), facility(3, [unit(), unit()], offers=offers)]
    facts = world(facilities=homes, cases=[case(day_one_needs=offers, nights=30), case(nights=30)])
    assert Slow().refused(facts.cases[0], TODAY, TODAY + 30, facts) is None, "what it means anew is not inherited"
    is_the_same(facts, [Slow()])
    is_the_same(facts, [*BOOK, Slow()])
    days = [(one.stay.facility, one.first_day - TODAY) for one in generate(facts, [Slow()]).items if one.case == 0]
    assert days == [(0, 0), (2, 2)]


def test_nobody_waiting_nowhere_to_go_and_a_window_that_is_over() -> None:
    for facts in (
        world(facilities=[facility()]),
        world(cases=[case(), case()]),
        world(facilities=[facility()], cases=[replace(case(), latest_day=TODAY - 1), case()]),
    ):
        is_the_same(facts)


def test_who_has_no_facility_still_shifts_the_starts_of_others() -> None:
    """The first case can be nowhere; yet it is tried on days on which others' stays end, and others when it ends."""
    week = (TODAY, TODAY + 6)
    nowhere = case(day_one_needs=frozenset({"interpreter"}), nights=2, window=week)
    facts = world(facilities=[facility()], cases=[nowhere, case(nights=3, window=week), case(nights=4, window=week)])
    is_the_same(facts)
    items = generate(facts, BOOK).items
    assert {one.case for one in items} == {1, 2}
    assert {one.first_day - TODAY for one in items if one.case == 2} == {0, 3, 5, 6}
