"""Domain §4, `municipality_fairness`: waiting time, leximin inside a class."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from matching.constraints.municipality_fairness import MunicipalityFairness
from matching.domain import Weights
from matching.facts import Facts
from matching.plans import Plan
from tests import tellings as t
from tests.builders import TODAY, case, facility, plan_of, put, world
from tests.verifier import verify

RULE = MunicipalityFairness()


def waiting(*days: int, triage: int = 2, **policy: Any) -> Facts:
    """One case a number of days of waiting, and a facility with a room for each."""
    return world(
        facilities=[facility(1), facility(2), facility(3), facility(0)],
        cases=[case(received_day=TODAY - one, triage=triage) for one in days],
        **policy,
    )


def cost(facts: Facts, *unplaced: int) -> int:
    plan = plan_of(*(put(facts, number, number) for number in range(len(facts.cases)) if number not in unplaced))
    found = sum(violation.amount for violation in RULE.violations(plan, facts))
    verify(RULE).given(facts).costs(plan, found)
    return found


@pytest.mark.parametrize(
    ("days", "points"),
    [
        (0, 1),
        (6, 1),  # not yet a week, alone in the class: its points are 1 whatever it waited
        (7, 1),
    ],
)
def test_alone(days: int, points: int) -> None:
    assert cost(waiting(days), 0) == points
    assert cost(waiting(days)) == 0


@pytest.mark.parametrize(
    ("days", "longest"),
    [
        ((0, 6), 1),  # both in week 0
        ((0, 7), 2),  # 1 + 1 case of week 0
        ((0, 0, 7), 3),  # 1 + 2 cases of week 0
        ((0, 7, 14), 4),  # 1 + 1 + 2
        ((0, 0, 7, 14), 6),  # 1 + 2 + 3
        ((0, 41), 2),
        ((0, 35, 42), 4),  # weeks 5 and 6
        ((0, 42, 49), 2),  # from six weeks on all waiting counts alike
    ],
)
def test_points_of_the_longest_wait(days: tuple[int, ...], longest: int) -> None:
    assert cost(waiting(*days), len(days) - 1) == longest


def test_one_week_more_outweighs_all_who_waited_less() -> None:
    facts = waiting(0, 3, 7, 15)
    assert cost(facts, 3) > cost(facts, 0, 1, 2)
    assert cost(facts, 2) > cost(facts, 0, 1)
    assert cost(facts, 0) == cost(facts, 1)


def test_it_is_leximin() -> None:
    """Over every two sets of cases left waiting: the dearer one has the worse sorted weeks."""
    days = (0, 7, 7, 21)
    facts = waiting(*days)
    sets = [tuple(n for n, left in enumerate(one) if left) for one in product((False, True), repeat=4)]

    def weeks(left: tuple[int, ...]) -> list[int]:
        # one more left waiting is worse than none: shorter lists are filled up from below
        found = sorted((days[n] // 7 for n in left), reverse=True)
        return found + [-1] * (4 - len(found))

    for one, other in product(sets, repeat=2):
        assert (cost(facts, *one) < cost(facts, *other)) == (weeks(one) < weeks(other))


def test_classes_are_apart() -> None:
    facts = world(
        facilities=[facility(1), facility(2)],
        cases=[case(received_day=TODAY, triage=1), case(received_day=TODAY - 50, triage=2)],
    )
    assert cost(facts, 0) == cost(facts, 1) == 1


def test_a_case_received_after_today_has_waited_nothing() -> None:
    assert cost(waiting(-3, 0), 0) == 1


@pytest.mark.parametrize("weight", [0, 5])
def test_the_weight_and_nobody_placed(weight: int) -> None:
    facts = waiting(0, 7, weights=Weights(municipality_fairness=weight))
    assert cost(facts, 0, 1) == weight * 3


def test_no_case() -> None:
    facts = world(facilities=[facility(1)])
    assert not tuple(RULE.violations(Plan(), facts))


def test_from_a_scenario_whoever_is_responsible() -> None:
    told = t.scenario(
        facilities=[t.facility("f0", "a")],
        cases=[
            t.case("c0", responsible_municipality="0180", received_at="2026-11-19T08:00:00+01:00"),
            t.case("c1", responsible_municipality="1480", received_at="2026-11-12T08:00:00+01:00"),
        ],
    )
    facts = t.facts_of(told, t.Land(("a", "home")))
    assert [facts.today - one.received_day for one in facts.cases] == [1, 8]
    assert cost_of(facts, placed=1) == 1  # the longest wait is served, the other costs its one point
    assert cost_of(facts, placed=0) == 2


def cost_of(facts: Facts, placed: int) -> int:
    plan = plan_of(put(facts, placed, 0))
    return sum(violation.amount for violation in RULE.violations(plan, facts))
