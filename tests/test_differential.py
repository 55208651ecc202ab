"""The engine against a search over every plan, judged by rules said a second time (`benchmarks.verification`).

The vector of levels must be equal: cases unplaced by urgency, days late, risk, moves, soft costs. A case is
unplaced exactly when no plan places more. Beside the whole, each rule alone: over any plan, good or bad,
it must object exactly when its second statement does, and charge exactly as much.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.verification import JUDGED, Option
from benchmarks.verification.told import COSTS
from matching.candidates import generate
from matching.constraints import rule_book
from matching.constraints.base import Constraint, Level
from matching.facts import Facts
from matching.plans import Placed, Plan
from matching.refusals import exclusions
from matching.solver.check import insist
from matching.solver.cpsat import Limits
from matching.solver.program import build, level_of
from matching.solver.run import NoPlan, Solved, run
from tests import tellings as t
from tests.builders import plan_of, put
from tests.search import Search, best_levels
from tests.strategies import OBSTACLES, scenarios
from tests.tellings import Land, Raw, facts_of
from tests.test_rule_book import SPECIFIED

LIMITS = Limits(time_s=60.0)
BOOK = tuple(rule for rule in rule_book() if rule.name in JUDGED)
OFTEN = 12
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def test_every_rule_of_the_specification_is_stated_twice() -> None:
    """A rule added later need not be: adding one stays two files (docs/add-a-rule.md)."""
    assert frozenset().union(*SPECIFIED.values()) == JUDGED == {rule.name for rule in BOOK}


def test_each_statement_is_of_a_kind_with_the_rule() -> None:
    assert {rule.name for rule in BOOK if rule.level is not Level.HARD} == COSTS


# The whole book


def solved_by_the_engine(facts: Facts, *, filtered: bool = True) -> tuple[int, ...]:
    """The engine's levels, each proven; the check must agree with them."""
    generated = generate(facts, BOOK, filtered=filtered)
    outcome = run(build(facts, generated, BOOK), facts, LIMITS)
    assert all(level.is_proven for level in outcome.levels)
    if isinstance(outcome, NoPlan):
        assert outcome.is_confirmed
        return tuple(level.value for level in outcome.levels)
    assert isinstance(outcome, Solved)
    assert outcome.unplaced_confirmed
    return insist(outcome, facts, BOOK).levels


def agrees(told: tuple[Raw, Land]) -> None:
    raw, land = told
    facts = facts_of(raw, land)
    expected = best_levels(raw, land)
    assert solved_by_the_engine(facts) == expected


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_the_engine_finds_the_best_of_all_plans(told: tuple[Raw, Land]) -> None:
    agrees(told)


@pytest.mark.parametrize("also", [(), ("changes",)], ids=["steady", "changing"])
@pytest.mark.parametrize("theme", OBSTACLES)
def test_it_finds_it_whatever_stands_in_the_way(theme: str, also: tuple[str, ...]) -> None:
    """One theme at a time: more cases find a place, so that more depends on where and when the others do."""

    @settings(max_examples=30, deadline=None, suppress_health_check=SLOW, derandomize=True)
    @given(scenarios((theme, *also)))
    def about(told: tuple[Raw, Land]) -> None:
        agrees(told)

    about()


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_clauses_alone_find_it_too(told: tuple[Raw, Land]) -> None:
    """Nothing is filtered out beforehand: the clauses of each rule must forbid all that it refuses."""
    raw, land = told
    facts = facts_of(raw, land)
    assert solved_by_the_engine(facts, filtered=False) == solved_by_the_engine(facts)


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW, derandomize=True)
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


# Each rule alone, over any plan


def some_plan(data: st.DataObject, facts: Facts, search: Search) -> tuple[Plan, dict[int, Option]]:
    """Some cases placed anywhere on any day of their window, safe or not; the same plan for engine and search."""
    parts, chosen = [], {}
    homes = st.integers(0, len(facts.facilities) - 1)
    for number, case in enumerate(facts.cases):
        if case.earliest_day > case.latest_day or data.draw(st.integers(0, 3)) == 0:
            continue
        start = data.draw(st.integers(case.earliest_day, case.latest_day))
        part = put(facts, number, [data.draw(homes) for _ in case.legs], start=start)
        parts.append(part)
        chosen[number] = search.world.option(number, tuple(_told(one, facts) for one in part))
    return plan_of(*parts), chosen


def _told(item: Placed, facts: Facts) -> tuple[int, int, int, tuple[int, ...]]:
    """A stay as the search tells it, with the beds of every unit."""
    beds = {bed.unit: bed.beds for bed in item.beds}
    units = range(len(facts.facilities[item.stay.facility].units))
    return item.stay.facility, item.stay.start_day, item.stay.end_day, tuple(beds.get(unit, 0) for unit in units)


def said_twice(rule: Constraint, facts: Facts, search: Search, plan: Plan, chosen: dict[int, Option]) -> int:
    """What a rule and its second statement say of a plan: the cost, or whether it is broken."""
    found = tuple(rule.violations(plan, facts))
    if rule.level is not Level.HARD:
        amount = sum(violation.amount for violation in found)
        assert (rule.name, amount) == (rule.name, search.world.cost_of(rule.name, chosen))
        return amount
    is_broken = search.world.is_broken(rule.name, chosen)
    assert (rule.name, bool(found)) == (rule.name, is_broken)
    return int(is_broken)


def test_each_rule_says_of_any_plan_what_its_second_statement_says() -> None:
    """And says both often: a scenario in which a rule never speaks proves nothing about it."""
    silent, speaking = Counter[str](), Counter[str]()

    @settings(max_examples=400, deadline=None, suppress_health_check=SLOW, derandomize=True)
    @given(scenarios(), st.data())
    def each(told: tuple[Raw, Land], data: st.DataObject) -> None:
        raw, land = told
        facts, search = facts_of(raw, land), Search(raw, land)
        for _ in range(3):
            plan, chosen = some_plan(data, facts, search)
            for rule in BOOK:
                says = said_twice(rule, facts, search, plan, chosen)
                (speaking if says else silent)[rule.name] += 1

    each()
    assert {name for name in JUDGED if min(silent[name], speaking[name]) < OFTEN} == set()


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios(), st.data())
def test_the_program_charges_a_plan_what_the_second_statement_says(told: tuple[Raw, Land], data: st.DataObject) -> None:
    raw, land = told
    facts, search = facts_of(raw, land), Search(raw, land)
    for rule in BOOK:
        if rule.level is Level.HARD:
            continue
        program = build(facts, generate(facts, [rule], filtered=False), [rule])
        items = program.candidates.items
        numbers, chosen = [], {}
        for number, case in enumerate(facts.cases):
            days = sorted({one.first_day for one in items if one.case == number})
            if not days or data.draw(st.integers(0, 3)) == 0:
                continue
            start = data.draw(st.sampled_from(days))
            legs = [
                data.draw(
                    st.sampled_from(
                        [n for n, one in enumerate(items) if (one.case, one.leg, one.first_day) == (number, leg, start)]
                    )
                )
                for leg in range(len(case.legs))
            ]
            numbers += legs
            stays = tuple((items[n].stay.facility, items[n].stay.start_day, items[n].stay.end_day, ()) for n in legs)
            chosen[number] = search.world.option(number, stays)
        charged = program.value(level_of(rule), program.true_literals(numbers))
        assert (rule.name, charged) == (rule.name, search.world.cost_of(rule.name, chosen))


def test_two_sources_that_tell_alike_count_as_two() -> None:
    # 10 % and 10 %: 1 - 0.9 x 0.9 = 19 %, 1000 x -ln 0.81 = 210.7. Told twice alike it once counted as one.
    sources = [t.relation("red", "blue", id=f"source{n}", probability_percent=10) for n in range(2)]
    raw = t.scenario(
        networks=[t.network("red"), t.network("blue")],
        relations=sources,
        facilities=[t.facility("f", "a", [t.room("u0"), t.room("u1")])],
        cases=[t.case("c0", t.member("one-of-red", "red")), t.case("c1", t.member("one-of-blue", "blue"))],
    )
    land = Land(("a", "home"))
    assert best_levels(raw, land)[4] == 211
    agrees((raw, land))


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(scenarios())
def test_the_engine_finds_the_best_of_all_plans_at_length(told: tuple[Raw, Land]) -> None:
    agrees(told)
