"""Marginal system cost of options, against planning the queue once for each pin."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

import matching.solver.rank as ranking
from matching.candidates import generate
from matching.constraints import rule_book
from matching.errors import SolverFault
from matching.facts import FOREVER, Facts
from matching.plans import Candidates, Plan
from matching.pools import assign_beds
from matching.solver.check import judge
from matching.solver.cpsat import Limits
from matching.solver.program import build
from matching.solver.rank import rank
from matching.solver.run import search
from tests.builders import TODAY, case, facility, person, places, present, unit, world
from tests.cli.weeks import facts_of, week

LIMITS = Limits(time_s=60.0)


@pytest.fixture(scope="module")
def facts() -> Facts:
    return facts_of(week("small", 2))


def first_in_line(facts: Facts, case: int) -> Facts:
    """The case alone in the red class: then the best queue places it wherever it may go at all."""
    return replace(
        facts,
        cases=tuple(
            replace(told, triage=0 if number == case else max(1, told.triage))
            for number, told in enumerate(facts.cases)
        ),
    )


def values_around(facts: Facts, candidates: Candidates, case: int, facility: int) -> tuple[int, ...]:
    """Levels of the best queue when the case has no other way left than this facility."""
    kept = [item for item in candidates.items if item.case != case or item.stay.facility == facility]
    program = build(facts, Candidates(tuple(kept), candidates.filtered_by), rule_book())
    found = search(program, LIMITS)
    assert any(kept[number].case == case for number in found.chosen)
    return program.values(found.chosen)


def test_options_are_in_order_and_exact(facts: Facts) -> None:
    candidates = generate(facts, rule_book())
    program = build(facts, candidates, rule_book())
    evaluated = 0
    for number in range(len(facts.cases)):
        ranking = rank(facts, program, rule_book(), number, LIMITS, most=100)
        values = [option.values for option in ranking.options]
        assert values == sorted(values)
        assert all(option.is_exact for option in ranking.options)
        for option in ranking.options:
            # Delta is the difference to the best option, level by level.
            assert option.delta == tuple((a - b, a - b) for a, b in zip(option.values, values[0], strict=True))
            evaluated += 1
    assert evaluated > 20


def test_the_planned_place_is_the_week_s_and_costs_nothing(facts: Facts) -> None:
    candidates = generate(facts, rule_book())
    program = build(facts, candidates, rule_book())
    week = search(program, LIMITS)
    for number in range(len(facts.cases)):
        last = len(facts.cases[number].legs) - 1
        there = {
            candidates.items[n].stay.facility
            for n in week.chosen
            if candidates.items[n].case == number and candidates.items[n].leg == last
        }
        ranking = rank(facts, program, rule_book(), number, LIMITS, most=1)
        assert ranking.planned is not None
        assert there <= ranking.planned
        if there:
            assert {option.facility for option in ranking.options} == there
            assert ranking.options[0].values == program.values(week.chosen)


def test_each_option_is_the_best_queue_around_it(facts: Facts) -> None:
    """By another way than pinning: the case's other candidates are taken away, and the queue is planned."""
    candidates = generate(facts, rule_book())
    compared = 0
    for number in [n for n, told in enumerate(facts.cases) if len(told.legs) == 1][:6]:
        urgent = first_in_line(facts, number)
        ranking = rank(urgent, build(urgent, candidates, rule_book()), rule_book(), number, LIMITS, most=100)
        for option in ranking.options:
            assert values_around(urgent, candidates, number, option.facility) == option.values
            compared += 1
    assert compared > 10


# Against every queue one by one, with the whole rule book


def quarrelling() -> Facts:
    """Rivals for near rooms, networks nobody has examined, somebody who lives there already, waits of some weeks."""
    return world(
        land=places(4, gap_m={(1, 2): 10_000}, population=[50_000, 50_000, 300, 50_000]),
        facilities=[
            facility(1, day_rate_sek=100),
            facility(2, [unit(2)], day_rate_sek=200, support_intensity=3),
            facility(3, [unit(), unit()], day_rate_sek=3000),
        ],
        cases=[
            case(networks=[0], received_day=TODAY - 20, window=(TODAY, TODAY)),
            case(person(), person(), networks=[1], housed_at=2, window=(TODAY, TODAY)),
            case(networks=[2], triage=1, window=(TODAY, TODAY + 1), deadline_day=TODAY),
        ],
        presences=[present(3, networks=[3])],
        rivals={(0, 1): (0, FOREVER)},
        priors_percent=[20, 10, 30, 5, *[0] * 6],
    )


def too_few() -> Facts:
    """Two rooms in one town for three cases, one of them a stranger to everybody."""
    return world(
        land=places(3, gap_m={(1, 2): 40_000}),
        facilities=[facility(1), facility(2), facility(2, day_rate_sek=10)],
        cases=[
            case(unknown=True, window=(TODAY, TODAY)),
            case(networks=[0], received_day=TODAY - 40, window=(TODAY, TODAY)),
            case(networks=[0, 1], triage=0, window=(TODAY, TODAY)),
        ],
        priors_percent=[20] * 10,
        unseen_persons_milli=0,
    )


def every_queue(facts: Facts, candidates: Candidates) -> list[tuple[tuple[int, ...], dict[int, int]]]:
    """Levels, and where each case is, of every plan without a breach that the candidates allow; single stays."""
    own: list[list[int | None]] = [[None] for _ in facts.cases]
    for number, item in enumerate(candidates.items):
        own[item.case].append(number)
    found = []
    for told in product(*own):
        chosen = [candidates.items[number] for number in told if number is not None]
        try:
            plan = Plan(assign_beds(chosen, facts))
        except SolverFault:  # two in one bed
            continue
        judgement = judge(plan, facts, rule_book(), with_findings=False)
        if not judgement.breaches:
            found.append((judgement.levels, {item.case: item.stay.facility for item in chosen}))
    return found


@pytest.mark.parametrize("facts", [quarrelling(), too_few()], ids=["quarrelling", "too_few"])
def test_values_are_those_of_every_queue_one_by_one(facts: Facts) -> None:
    candidates = generate(facts, rule_book())
    program = build(facts, candidates, rule_book())
    queues = every_queue(facts, candidates)
    assert len(queues) > 10
    assert program.values(search(program, LIMITS).chosen) == min(levels for levels, _ in queues)
    for number in range(len(facts.cases)):
        ranking = rank(facts, program, rule_book(), number, LIMITS, most=100)
        best = {
            home: min(levels for levels, where in queues if where.get(number) == home)
            for home in range(len(facts.facilities))
            if any(where.get(number) == home for _, where in queues)
        }
        assert {option.facility: option.values for option in ranking.options} == best
        assert all(option.is_exact for option in ranking.options)


def test_what_others_cost_is_no_cost_of_the_option() -> None:
    """The case that waits on is fairness's business, not a cost of the case that is placed."""
    facts = world(facilities=[facility(1)], cases=[case(), case(received_day=TODAY - 20)])
    rules = rule_book()
    found = rank(facts, build(facts, generate(facts, rules), rules), rules, 0, LIMITS)
    (option,) = found.options
    assert dict(option.costs)["municipality_fairness"] == 0
    assert dict(option.costs)["day_rate"] == 100


@pytest.mark.parametrize("by", [-1, 1])
def test_an_option_better_than_the_week_is_a_fault(monkeypatch: pytest.MonkeyPatch, facts: Facts, by: int) -> None:
    # the plan of the week was proven best: a pin that does better, or worse where the week itself is, is a lie
    program = build(facts, generate(facts, rule_book()), rule_book())
    week = search(program, LIMITS)
    number = program.candidates.items[week.chosen[0]].case
    true = ranking._pin

    def lying(*told: Any) -> Any:
        found = true(*told)
        return (
            replace(found, values=(*found.values[:-1], week.levels[-1].value + by), least=found.least)
            if found
            else found
        )

    assert rank(facts, program, rule_book(), number, LIMITS).options
    if by > 0:
        monkeypatch.setattr(ranking, "_pin", lambda *told: raised(true(*told)))
    else:
        monkeypatch.setattr(ranking, "_pin", lying)
    with pytest.raises(SolverFault, match="contradict"):
        rank(facts, program, rule_book(), number, LIMITS)


def raised(found: Any) -> Any:
    """The same, with a proven bound above what the week has."""
    return replace(found, least=(*found.least[:-1], found.least[-1] + 1)) if found else found
