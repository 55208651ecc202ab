"""Marginal system cost of options, against planning the queue once for each pin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matching.candidates import generate
from matching.constraints import rule_book
from matching.facts import Facts
from matching.plans import Candidates
from matching.solver.cpsat import Limits
from matching.solver.program import build
from matching.solver.rank import rank
from matching.solver.run import search
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
    for case in range(len(facts.cases)):
        ranking = rank(facts, program, rule_book(), case, LIMITS, most=100)
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
    for case in range(len(facts.cases)):
        last = len(facts.cases[case].legs) - 1
        there = {
            candidates.items[n].stay.facility
            for n in week.chosen
            if candidates.items[n].case == case and candidates.items[n].leg == last
        }
        ranking = rank(facts, program, rule_book(), case, LIMITS, most=1)
        assert ranking.planned is not None
        assert there <= ranking.planned
        if there:
            assert {option.facility for option in ranking.options} == there
            assert ranking.options[0].values == program.values(week.chosen)


def test_each_option_is_the_best_queue_around_it(facts: Facts) -> None:
    """By another way than pinning: the case's other candidates are taken away, and the queue is planned."""
    candidates = generate(facts, rule_book())
    compared = 0
    for case in [n for n, told in enumerate(facts.cases) if len(told.legs) == 1][:6]:
        urgent = first_in_line(facts, case)
        ranking = rank(urgent, build(urgent, candidates, rule_book()), rule_book(), case, LIMITS, most=100)
        for option in ranking.options:
            assert values_around(urgent, candidates, case, option.facility) == option.values
            compared += 1
    assert compared > 10
