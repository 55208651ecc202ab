"""Domain §4, `day_rate`: soft, after safety and time; the weight per 10 SEK of the household's rate."""

import pytest

from matching.constraints.day_rate import DayRate
from tests.builders import case, facility, person, plan_of, put, world
from tests.verifier import verify


@pytest.mark.parametrize(
    ("rate_sek", "members", "weight", "cost"),
    [
        (0, 1, 1, 0),
        (9, 1, 1, 0),  # below ten: nothing
        (10, 1, 1, 1),
        (3500, 1, 1, 350),
        (3500, 3, 1, 1050),  # 10,500 SEK for three
        (5, 2, 1, 1),  # the household's rate is 10 SEK, not twice 0
        (3500, 1, 7, 2450),
        (3500, 1, 0, 0),
    ],
)
def test_cost(rate_sek: int, members: int, weight: int, cost: int) -> None:
    facts = world(
        facilities=[facility(day_rate_sek=rate_sek, units=[])],
        cases=[case(*(person() for _ in range(members)))],
        weights={"day_rate": weight},
    )
    verify(DayRate()).given(facts).costs({0: 0}, cost)


def test_costs_of_several_cases_add_up() -> None:
    houses = [facility(1, day_rate_sek=1000), facility(2, day_rate_sek=2500)]
    facts = world(facilities=houses, cases=[case(), case()])
    # 100 + 250
    verify(DayRate()).given(facts).costs({0: 0, 1: 1}, 350)


def test_each_leg_of_a_case_is_charged() -> None:
    houses = [facility(1, day_rate_sek=1000), facility(2, day_rate_sek=2500)]
    facts = world(facilities=houses, cases=[case(nights=(3, 10))])
    verify(DayRate()).given(facts).costs(plan_of(put(facts, 0, (0, 1))), 350)
