"""The engine against a search over every plan, judged by rules said a second time (`tests.brute`).

The vector of levels must be equal: cases unplaced by urgency, days late, soft costs. A case is
unplaced exactly when no plan places more.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from matching.candidates import exclusions, generate
from matching.constraints import rule_book
from matching.facts import Facts
from matching.solver.check import insist
from matching.solver.cpsat import Limits
from matching.solver.program import build
from matching.solver.run import NoPlan, Solved, run
from tests.brute import JUDGED
from tests.search import Search, best_levels
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

LIMITS = Limits(time_s=60.0)
BOOK = tuple(rule for rule in rule_book() if rule.name in JUDGED)
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def test_every_rule_stated_twice_is_in_the_book() -> None:
    assert {rule.name for rule in BOOK} == JUDGED


def solved_by_the_engine(facts: Facts, *, filtered: bool = True) -> tuple[int, ...]:
    """The engine's levels, each proven; the check must agree with them."""
    rules = BOOK
    generated = generate(facts, rules, filtered=filtered)
    outcome = run(build(facts, generated, rules), facts, LIMITS)
    assert all(level.is_proven for level in outcome.levels)
    if isinstance(outcome, NoPlan):
        assert outcome.is_confirmed
        return tuple(level.value for level in outcome.levels)
    assert isinstance(outcome, Solved)
    assert outcome.unplaced_confirmed
    judgement = insist(outcome, facts, rules)
    return judgement.levels


def agrees(told: tuple[Raw, Land]) -> None:
    raw, land = told
    facts = facts_of(raw, land)
    expected = best_levels(raw, land)
    assert solved_by_the_engine(facts) == expected


@settings(max_examples=500, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_the_engine_finds_the_best_of_all_plans(told: tuple[Raw, Land]) -> None:
    agrees(told)


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_clauses_alone_find_it_too(told: tuple[Raw, Land]) -> None:
    """Nothing is filtered out beforehand: the clauses of each rule must forbid all that it refuses."""
    raw, land = told
    facts = facts_of(raw, land)
    assert solved_by_the_engine(facts, filtered=False) == solved_by_the_engine(facts)


@settings(max_examples=500, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_each_case_alone_may_go_where_some_date_and_some_beds_are_safe(told: tuple[Raw, Land]) -> None:
    """Facility by facility, before any choice: candidates, and the witness of "no safe place", over all dates."""
    raw, land = told
    facts = facts_of(raw, land)
    search = Search(raw, land)
    items = generate(facts, BOOK).items
    for number, case in enumerate(facts.cases):
        if len(case.legs) == 1:
            safe = {home for _, _, option in search.options[number] for home, *_ in option.stays}
            assert {one.stay.facility for one in items if one.case == number} == safe
            assert set(exclusions(facts, number, BOOK)) == set(range(len(facts.facilities))) - safe


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(scenarios())
def test_the_engine_finds_the_best_of_all_plans_at_length(told: tuple[Raw, Land]) -> None:
    agrees(told)
