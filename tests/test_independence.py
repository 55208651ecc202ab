"""What must not matter: the order of rules, the order a scenario is told in, and running twice.

Also parts of the engine against plainer ones: pools against units, clique covers against edges,
rival clauses against pairs.
"""

from __future__ import annotations

import random
from itertools import combinations, permutations, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.candidates import generate
from matching.constraints import rule_book
from matching.constraints.place_capacity import PlaceCapacity
from matching.constraints.rival_separation import RivalSeparation
from matching.facts import Facts, Stay
from matching.plans import Candidate, Candidates, Plan
from matching.pools import allocations
from matching.solver.cpsat import CpSat, Limits
from matching.solver.nearness import Near
from matching.solver.program import LEVELS, Program, build
from matching.solver.run import NoPlan, Solved, run
from tests.books import ELEVEN
from tests.builders import TODAY, case, closed, facility, in_use, person, place_plan, places, unit, world
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

LIMITS = Limits(time_s=60.0)
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def answer(facts: Facts, rules: Any) -> Solved | NoPlan:
    return run(build(facts, generate(facts, rules), rules), facts, LIMITS)


def in_words(outcome: Solved | NoPlan, facts: Facts) -> tuple[object, ...]:
    """Levels and plan by the scenario's own ids."""
    levels = tuple((level.name, level.value, level.bound) for level in outcome.levels)
    placed = outcome.plan.placed if isinstance(outcome, Solved) else ()
    names = facts.names
    stays = sorted(
        (
            names.cases[item.case],
            item.leg,
            names.facilities[item.stay.facility],
            item.stay.start_day,
            item.stay.end_day,
            sorted((names.units[item.stay.facility][bed.unit], bed.beds) for bed in item.beds),
        )
        for item in placed
    )
    return levels, stays


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios(), st.randoms(use_true_random=False))
def test_rules_in_any_order_and_a_second_run_give_the_same_plan(told: tuple[Raw, Land], dice: random.Random) -> None:
    raw, land = told
    facts = facts_of(raw, land)
    shuffled = list(rule_book())
    dice.shuffle(shuffled)
    first = in_words(answer(facts, rule_book()), facts)
    assert in_words(answer(facts, shuffled), facts) == first
    assert in_words(answer(facts_of(raw, land), rule_book()), facts) == first


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios(), st.randoms(use_true_random=False))
def test_the_order_a_scenario_is_told_in_does_not_matter(told: tuple[Raw, Land], dice: random.Random) -> None:
    raw, land = told
    shuffled = {name: dice.sample(part, len(part)) if isinstance(part, list) else part for name, part in raw.items()}
    one, other = facts_of(raw, land), facts_of(shuffled, land)
    assert in_words(answer(one, rule_book()), one) == in_words(answer(other, rule_book()), other)


def in_parts(program: Program) -> dict[str, Any]:
    """A program to compare: pairs of cases as the candidates they stand for, arrays as lists."""
    told = {name: part for name, part in vars(program).items() if name not in ("auxiliaries", "nearness", "_index")}
    auxiliaries = [one.pairs if isinstance(one, Near) else one for one in program.auxiliaries]
    nearness = [(one.pairs.tolist(), one.amounts.tolist(), one.first, one.level) for one in program.nearness]
    return told | {"auxiliaries": auxiliaries, "nearness": nearness}


def test_every_order_of_the_rules_writes_the_same_program() -> None:
    facts = world(
        land=places(3, gap_m={(0, 1): 1000}),
        facilities=[facility(0, [unit(2, shared=True)]), facility(1)],
        cases=[case(networks=[0], housed_at=1), case(networks=[1], nights=(1, 2)), case(networks=[2, 3])],
        rivals={(0, 1): (0, 10**7)},
        priors_percent=[20, 20, 20, 5, *[0] * 6],
    )
    candidates = generate(facts, rule_book(), filtered=False)
    first = build(facts, candidates, rule_book())
    assert all(first.levels[level] != (0, {}) for level in ("risk", "moves", "soft"))
    assert first.auxiliaries
    dice = random.Random(7)
    for _ in range(10):
        other = build(facts, candidates, dice.sample(rule_book(), len(rule_book())))
        assert in_parts(other) == in_parts(first)


# Pools of interchangeable beds against beds one by one


def houses(facts: Facts, starts: tuple[int, ...]) -> bool:
    """Whether some assignment of units to all cases, at these starts in facility 0, breaks nothing."""
    home = facts.facilities[0]
    ways = [
        [way for way in product(*(range(one.beds + 1) for one in home.units)) if sum(way) == len(told.household)]
        for told in facts.cases
    ]
    for choice in product(*ways):
        plan = Plan(tuple(place_plan(facts, number, 0, starts[number], way) for number, way in enumerate(choice)))
        if not any(PlaceCapacity().violations(plan, facts)):
            return True
    return False


@st.composite
def crowded(draw: st.DrawFn) -> Facts:
    """One facility of up to three units, some in use or closed for a while; up to three households."""
    units = [
        unit(draw(st.sampled_from([1, 1, 2, 3])), shared=draw(st.booleans())) for _ in range(draw(st.integers(1, 3)))
    ]
    uses = []
    for number, one in enumerate(units):
        if draw(st.booleans()):
            begin = draw(st.integers(-3, 5))
            days = (TODAY + begin, TODAY + begin + draw(st.integers(1, 4)))
            uses.append(in_use(0, (number, draw(st.integers(1, one.beds))), days=days))
    closures = []
    if draw(st.booleans()):
        begin = draw(st.integers(-2, 5))
        length = draw(st.integers(1, 3))
        closures = [closed(TODAY + begin, TODAY + begin + length, draw(st.integers(0, len(units) - 1)))]
    cases = [
        case(
            *(person() for _ in range(draw(st.integers(1, 3)))),
            nights=draw(st.integers(1, 5)),
            window=(TODAY, TODAY + 3),
        )
        for _ in range(draw(st.integers(1, 3)))
    ]
    return world(facilities=[facility(1, units, closures=tuple(closures))], cases=cases, bed_uses=uses)


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(crowded(), st.data())
def test_counting_pieces_of_pools_is_counting_beds(facts: Facts, data: st.DataObject) -> None:
    starts = tuple(data.draw(st.integers(TODAY, TODAY + 3)) for _ in facts.cases)
    rule = PlaceCapacity()
    items = candidates_at(facts, starts)
    program = build(facts, items, [rule])
    model = CpSat(program)
    placed = model.minimise(len(facts.cases), dict.fromkeys(range(len(items.items)), -1), LIMITS, 60.0)
    assert (placed.value == 0) == houses(facts, starts)


def candidates_at(facts: Facts, starts: tuple[int, ...]) -> Candidates:
    """Every way to house each case at its start: nothing filtered."""
    items = [
        Candidate(number, 0, starts[number], Stay(0, starts[number], starts[number] + told.nights), uses)
        for number, told in enumerate(facts.cases)
        for uses in allocations(facts, 0, len(told.household))
    ]
    return Candidates(tuple(sorted(items)))


# Rival clauses against pairs


@st.composite
def quarrelling(draw: st.DrawFn) -> Facts:
    """Up to four cases of three networks at four places, feuds that may end."""
    gaps = {
        pair: draw(st.sampled_from([5000, 25_000, 30_000, 30_001, 60_000, 900_000]))
        for pair in combinations(range(4), 2)
    }
    windows = st.sampled_from([(0, 10**7), (0, TODAY + 1), (TODAY + 50, 10**7)])
    cases = [
        case(
            networks=draw(st.sets(st.integers(0, 2), max_size=2)),
            unknown=draw(st.integers(0, 7)) == 1,
            separations=draw(st.sampled_from([(), (), ((-1, 60_000, 0),)])),
        )
        for _ in range(draw(st.integers(2, 4)))
    ]
    return world(
        land=places(4, gap_m=gaps),
        facilities=[facility(n) for n in range(4)],
        cases=cases,
        rivals={pair: draw(windows) for pair in draw(st.sets(st.sampled_from([(0, 1), (1, 2), (0, 2)])))},
    )


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(quarrelling(), st.data())
def test_rival_clauses_say_what_pairs_say(facts: Facts, data: st.DataObject) -> None:
    rule = RivalSeparation()
    program = build(facts, generate(facts, [rule], filtered=False), [rule])
    items = program.candidates.items
    for _ in range(8):
        chosen = {
            number: data.draw(st.sampled_from([n for n, one in enumerate(items) if one.case == number]))
            for number in range(len(facts.cases))
        }
        plan = Plan(tuple(place_plan(facts, n, items[c].stay.facility, items[c].first_day) for n, c in chosen.items()))
        model = CpSat(program)
        for number, variable in enumerate(model.x):
            model.model.add(variable == (number in chosen.values()))
        allowed = not model.minimise(0, {}, LIMITS, 60.0).is_infeasible
        assert allowed == (not any(rule.violations(plan, facts)))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_levels_do_not_depend_on_which_case_comes_first(order: tuple[int, ...]) -> None:
    # Two beds for a red, an orange and a green case: green waits, whatever its place in the list.
    cases = [case(triage=0), case(triage=1), case(triage=2)]
    facts = world(facilities=[facility(1, [unit(), unit()])], cases=[cases[n] for n in order])
    outcome = answer(facts, ELEVEN)
    assert [level.name for level in outcome.levels] == list(LEVELS)
    assert [level.value for level in outcome.levels] == [0, 0, 1, 0, 0, 0, 200]
    with_all = answer(facts, rule_book())
    assert [level.value for level in with_all.levels][:4] == [0, 0, 1, 0]
