"""Domain §4, RISK: over near pairs, the probability that an uncertain relation is hostile.

By hand, in thousandths of -ln(1 - p), rounded up: 5 % 52 · 10 % 106 · 19 % 211 · 20 % 224 · 50 % 694 · 99 % 4606.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from matching.constraints.base import Level
from matching.constraints.uncertain_hostility import UncertainHostility
from matching.facts import FOREVER, Facts, Places, Tie
from matching.risk import milli_nats
from tests import tellings as t
from tests.builders import ALWAYS, TODAY, case, facility, person, places, plan_of, present, put, world
from tests.verifier import verify

RULE = UncertainHostility()
PRIORS = (20, 10, 0, 50, 0, 0, 0, 0, 0, 0)


def near(gap_m: int = 30_000, minutes: int = 31) -> Places:
    """Facilities at places 1 and 2, so far from each other."""
    return places(4, gap_m={(1, 2): gap_m}, safe_min={(1, 2): minutes})


def two(a: dict[str, Any], b: dict[str, Any], land: Places | None = None, **told: Any) -> Facts:
    told.setdefault("priors_percent", PRIORS)
    return world(
        land=land if land is not None else near(),
        facilities=[facility(1), facility(2), facility(3)],
        cases=[case(**a), case(**b)],
        **told,
    )


def costs(facts: Facts, amount: int, at: tuple[int, int] = (0, 1)) -> None:
    verify(RULE).given(facts).costs(dict(enumerate(at)), amount)


def test_its_level_comes_before_moves_and_soft() -> None:
    assert RULE.level is Level.RISK


@pytest.mark.parametrize(
    ("percent", "amount"),
    [(0, 0), (1, 11), (5, 52), (10, 106), (19, 211), (20, 224), (50, 694), (99, 4606), (100, 4606)],
)
def test_the_scale(percent: int, amount: int) -> None:
    assert milli_nats(percent) == amount


@pytest.mark.parametrize(
    ("a", "b", "amount"),
    [
        ((), (), 0),  # cleared: no network, nothing uncertain
        ((0,), (), 0),
        ((2,), (4,), 0),  # examined: priors of 0
        ((0,), (1,), 224),  # the larger of 20 and 10 percent
        ((1,), (2,), 106),  # 10 and 0
        ((0,), (0,), 0),  # one network: the business of former_network_separation
        ((0, 1), (2,), 330),  # 20 and 10 percent: 224 + 106
        ((0, 1), (2, 4), 660),  # all four pairs
        ((0, 2), (0, 2), 448),  # 0 with 2 and 2 with 0; the same network counts nothing
    ],
)
def test_priors_of_each_pair_of_networks(a: tuple[int, ...], b: tuple[int, ...], amount: int) -> None:
    costs(two({"networks": a}, {"networks": b}), amount)


@pytest.mark.parametrize(
    ("gap_m", "minutes", "is_near"),
    [
        (30_000, 31, True),  # in km not beyond 30
        (30_001, 31, False),
        (30_001, 30, True),  # in minutes not beyond 30
        (30_000, 30, True),
        (900_000, 700, False),
        (0, 0, True),
    ],
)
def test_near_means_not_apart_as_rivals_are(gap_m: int, minutes: int, is_near: bool) -> None:
    costs(two({"networks": (0,)}, {"networks": (1,)}, near(gap_m, minutes)), 224 * is_near)


@pytest.mark.parametrize(("gap_m", "is_near"), [(36_000, True), (36_001, False)])
def test_near_grows_where_knowledge_is_poor(gap_m: int, is_near: bool) -> None:
    """30 km and a fifth more: 36 km."""
    costs(two({"networks": (0,), "poorly_known": True}, {"networks": (1,)}, near(gap_m, 100)), 224 * is_near)


@pytest.mark.parametrize(("gap_m", "is_near"), [(60_000, True), (60_001, False)])
def test_near_is_the_largest_separation_of_both(gap_m: int, is_near: bool) -> None:
    wanted = [(-1, 60_000, 0)]
    costs(two({"networks": (0,)}, {"networks": (1,), "separations": wanted}, near(gap_m, 100)), 224 * is_near)


@pytest.mark.parametrize(
    ("ties", "amount"),
    [
        ([], 224),  # the prior of 20 percent
        ([Tie("rival", *ALWAYS, 10)], 106),  # recorded, so no prior
        ([Tie("rival", *ALWAYS, 19)], 211),
        ([Tie("rival", *ALWAYS, 10), Tie("rival", *ALWAYS, 10)], 211),  # 1 - 0.9 * 0.9 = 19 percent
        ([Tie("rival", *ALWAYS, 5), Tie("rival", *ALWAYS, 5)], 106),  # 9.75, rounded up to 10 percent
        ([Tie("allied", *ALWAYS, 50)], 106),  # 20 * (100 - 50) / 100 = 10 percent
        ([Tie("allied", *ALWAYS, 50), Tie("allied", *ALWAYS, 75)], 52),  # the surer alliance: 5 percent
        ([Tie("allied", *ALWAYS, 99)], 11),  # 0.2, rounded up to 1 percent
        ([Tie("allied", *ALWAYS, 100)], 0),
        ([Tie("allied", *ALWAYS, 100), Tie("rival", *ALWAYS, 10)], 106),  # the dangerous statement counts
        ([Tie("rival", 0, TODAY, 10)], 224),  # over before anybody comes: not examined since
        ([Tie("rival", 0, TODAY + 1, 10)], 106),
    ],
)
def test_what_is_recorded(ties: list[Tie], amount: int) -> None:
    facts = two({"networks": (0,)}, {"networks": (1,)})
    facts.ties.update({(0, 1): tuple(ties), (1, 0): tuple(ties)})
    costs(facts, amount)


@pytest.mark.parametrize(
    ("a", "b", "amount"),
    [((), (), 224), ((0,), (), 106), ((0,), (1,), 52)],  # 20, then a half: 10, then a half: 5 percent
)
def test_peripheral_members_meet_a_part_of_it(a: tuple[int, ...], b: tuple[int, ...], amount: int) -> None:
    costs(two({"networks": (0,), "peripheral": a}, {"networks": (1,), "peripheral": b}), amount)


def test_halves_of_a_split_are_one_network_here() -> None:
    costs(two({"networks": (0,)}, {"networks": (1,)}, splits=[(0, 1)]), 0)


def test_three_households_are_three_pairs() -> None:
    facts = world(
        land=near(),
        facilities=[facility(1), facility(1), facility(2)],
        cases=[case(networks=(0,)), case(networks=(1,)), case(networks=(2,))],
        priors_percent=PRIORS,
    )
    costs_all = 224 + 224 + 106  # 0 with 1, 0 with 2, 1 with 2
    verify(RULE).given(facts).costs({0: 0, 1: 1, 2: 2}, costs_all)


@pytest.mark.parametrize(
    ("days", "amount"),
    [
        ((TODAY - 100, FOREVER), 224),
        ((TODAY - 100, TODAY + 1), 224),  # gone the day after the start
        ((TODAY - 100, TODAY), 0),  # gone, and cooled down, on the day of the start
        ((TODAY + 5, FOREVER), 224),  # a hold: they come later, we are still there
    ],
)
def test_somebody_present(days: tuple[int, int], amount: int) -> None:
    facts = world(
        land=near(),
        facilities=[facility(1)],
        cases=[case(networks=(0,), window=(TODAY, TODAY))],
        presences=[present(2, networks=(1,), days=days)],
        priors_percent=PRIORS,
    )
    verify(RULE).given(facts).costs({0: 0}, amount)


def test_several_present_add_up_and_the_own_stay_counts_nothing() -> None:
    mover = person(key=7)
    facts = world(
        land=near(),
        facilities=[facility(1)],
        cases=[case(mover, networks=(0,))],
        presences=[
            present(2, networks=(1,)),
            present(1, networks=(2,)),
            present(3, networks=(1,)),  # far
            present(1, mover, networks=(3,)),  # the own stay of today
        ],
        priors_percent=PRIORS,
    )
    verify(RULE).given(facts).costs({0: 0}, 224 + 224)


def test_linked_stays_near_the_same_people_cost_once() -> None:
    facts = world(
        land=places(4, gap_m={(1, 2): 1000, (1, 3): 1000, (2, 3): 1000}),
        facilities=[facility(1), facility(2), facility(0)],
        cases=[case(networks=(0,), nights=(3, 10)), case(networks=(1,))],
        presences=[present(3, networks=(1,))],
        priors_percent=PRIORS,
    )
    both = plan_of(put(facts, 0, (0, 1)), put(facts, 1, 1, beds=[(0, 1)]))
    verify(RULE).given(facts).costs(both, 224 + 224)
    once = plan_of(put(facts, 0, (0, 2)), put(facts, 1, 1))
    verify(RULE).given(facts).costs(once, 224 + 224)
    away = plan_of(put(facts, 0, (2, 2)), put(facts, 1, 1))
    verify(RULE).given(facts).costs(away, 0)


def test_the_exponent_of_the_sum_is_the_chance_that_all_goes_well() -> None:
    total = sum(milli_nats(percent) for percent in (20, 10, 5))
    assert math.exp(-total / 1000) == pytest.approx(0.8 * 0.9 * 0.95, abs=0.003)


@pytest.mark.parametrize(
    ("percent", "amount", "is_hard"),
    [(19, 211, False), (20, 0, True)],  # from 20 percent on a rivalry is certain
)
def test_from_a_scenario(percent: int, amount: int, is_hard: bool) -> None:
    told = t.scenario(
        networks=[t.network("blue", hostility_prior_percent=0), t.network("red", hostility_prior_percent=30)],
        relations=[t.relation("red", "blue", probability_percent=percent)],
        facilities=[t.facility("f0", "a"), t.facility("f1", "b")],
        cases=[t.case("c0", t.member("c0", "red")), t.case("c1", t.member("c1", "blue"))],
    )
    facts = t.facts_of(told, t.Land(("a", "b", "home"), gap_m={("a", "b"): 1000}))
    assert bool(facts.network_feuds) is is_hard
    if not is_hard:
        verify(RULE).given(facts).costs({0: 0, 1: 1}, amount)


def test_starting_after_somebody_has_left_costs_nothing_and_is_found() -> None:
    facts = world(
        land=near(),
        facilities=[facility(1)],
        cases=[case(networks=(0,), window=(TODAY, TODAY + 5))],
        presences=[present(2, networks=(1,), days=(TODAY - 100, TODAY + 2))],
        priors_percent=PRIORS,
    )
    assert verify(RULE).given(facts).offers_starts(0, 0) == {TODAY, TODAY + 2}
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, 0, start=TODAY + 1)), 224)
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, 0, start=TODAY + 2)), 0)
