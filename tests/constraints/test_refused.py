"""A rule that judges all facilities at once says of each what it says when asked of that one alone."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from matching.constraints import hard, rule_book
from matching.constraints.base import Constraint
from matching.facts import Case, Facts, Stay
from matching.pools import free_persons
from tests.builders import TODAY, case, closed, facility, in_use, unit, world
from tests.strategies import OBSTACLES, scenarios
from tests.tellings import Land, Raw, facts_of
from tests.test_reads import busy_world

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
BOOK = rule_book()
AROUND = (-1, 0, 1, 2, 3, 5, 40)
"""Starts, counted from the earliest: before the window, in it, after it."""


def starts(told: Case) -> list[tuple[int, int]]:
    """First and last days to judge a stay by: of each leg as it is, a night longer, and of one night."""
    return [
        (first, first + nights)
        for leg, days in product(told.legs, AROUND)
        for first in (told.earliest_day + days + leg.offset_days,)
        for nights in (leg.nights, leg.nights + 1, 1)
    ]


def disagreements(rule: Constraint, facts: Facts, answers: Counter[tuple[str, bool]]) -> list[tuple[int, ...]]:
    """Case, facility, start and end of the stays a rule judges differently when asked of all at once."""
    found: list[tuple[int, ...]] = []
    for number, told in enumerate(facts.cases):
        for start_day, end_day in starts(told):
            refused = rule.refused(told, start_day, end_day, facts)
            if refused is None:
                continue
            assert refused.shape == (len(facts.facilities),)
            assert refused.dtype == np.bool_
            for home in range(len(facts.facilities)):
                is_refused = rule.objection(told, Stay(home, start_day, end_day), facts) is not None
                answers[rule.name, is_refused] += 1
                if is_refused != refused[home]:
                    found.append((number, home, start_day, end_day))
    return found


def forgotten_days(rule: Constraint, facts: Facts, answers: Counter[tuple[str, bool]]) -> list[tuple[int, int]]:
    """Case and facility of days on which an objection may end that differ when asked of all at once."""
    found = []
    for number, told in enumerate(facts.cases):
        for days in (range(told.earliest_day, told.latest_day + 1), range(told.earliest_day - 3, told.latest_day + 60)):
            turning = rule.turning(told, days, facts)
            if turning is None:
                continue
            assert turning.shape == (len(days), len(facts.facilities))
            for home in range(len(facts.facilities)):
                wanted = {day for day in rule.turning_days(told, home, facts) if day in days}
                answers[rule.name, bool(wanted)] += 1
                if wanted != {days[place] for place in np.flatnonzero(turning[:, home])}:
                    found.append((number, home))
    return found


def test_every_hard_rule_has_such_a_way() -> None:
    facts = busy_world()
    told = facts.cases[0]
    for rule in hard(BOOK):
        assert rule.refused(told, TODAY, TODAY + 2, facts) is not None, rule.name
        days = range(TODAY, TODAY + 2)
        assert rule.turning(told, days, facts) is not None or not list(rule.turning_days(told, 0, facts)), rule.name


def test_they_agree_in_a_busy_world() -> None:
    facts = busy_world()
    for rule in BOOK:
        assert disagreements(rule, facts, Counter()) == [], rule.name
        assert forgotten_days(rule, facts, Counter()) == [], rule.name
        assert disagreements(rule, facts, Counter()) == [], f"{rule.name}: what is remembered has changed"


@pytest.mark.parametrize("also", [(), ("changes",)], ids=["steady", "changing"])
def test_they_agree_in_worlds_of_every_theme(also: tuple[str, ...]) -> None:
    refused: Counter[tuple[str, bool]] = Counter()
    turning: Counter[tuple[str, bool]] = Counter()

    def about(theme: str) -> None:
        @settings(max_examples=12, deadline=None, suppress_health_check=SLOW, derandomize=True)
        @given(scenarios((theme, *also)))
        def agree(told: tuple[Raw, Land]) -> None:
            facts = facts_of(*told)
            for rule in BOOK:
                assert disagreements(rule, facts, refused) == [], rule.name
                assert forgotten_days(rule, facts, turning) == [], rule.name

        agree()

    for theme in OBSTACLES:
        about(theme)
    one_sided = {name for name, _ in refused if not (refused[name, True] and refused[name, False])}
    assert not one_sided, "rules of which only one answer was ever seen"
    assert sum(1 for name, is_told in turning if is_told and turning[name, True]) >= 8


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_they_agree_in_any_world(told: tuple[Raw, Land]) -> None:
    facts = facts_of(*told)
    for rule in BOOK:
        assert disagreements(rule, facts, Counter()) == [], rule.name
        assert forgotten_days(rule, facts, Counter()) == [], rule.name


def test_nothing_is_refused_and_nothing_ends_where_there_is_no_facility() -> None:
    facts = world(cases=[case()])
    for rule in BOOK:
        refused = rule.refused(facts.cases[0], TODAY, TODAY + 1, facts)
        turning = rule.turning(facts.cases[0], range(TODAY, TODAY + 3), facts)
        assert refused is None or refused.shape == (0,), rule.name
        assert turning is None or turning.shape == (3, 0), rule.name


# Beds that are free on every night


def test_free_beds_night_by_night_across_uses_closures_and_shared_units() -> None:
    """Two rooms of two, of which one is in use on two nights and the other closed on one, and a dormitory of four."""
    homes = [
        facility(units=[unit(2), unit(2)], closures=(closed(TODAY + 4, TODAY + 5, 1),)),
        facility(units=[unit(4, shared=True)]),
        facility(units=[]),
    ]
    uses = [in_use(0, (0, 1), days=(TODAY + 1, TODAY + 3)), in_use(1, (0, 3), days=(TODAY, TODAY + 2))]
    facts = world(facilities=homes, bed_uses=uses)
    by_night = [free_persons(facts, TODAY + night, TODAY + night + 1).tolist() for night in range(6)]
    assert by_night == [[4, 1, 0], [2, 1, 0], [2, 4, 0], [4, 4, 0], [2, 4, 0], [4, 4, 0]]
    # from the second night to the fifth each room is taken once: nobody can have the same bed all the while
    assert free_persons(facts, TODAY + 1, TODAY + 5).tolist() == [0, 1, 0]
    assert free_persons(facts, TODAY + 3, TODAY + 4).tolist() == [4, 4, 0]
