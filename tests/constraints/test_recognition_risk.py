"""Domain §4, `recognition_risk`: the weight for each halving of the town below 20 000 people, at most six."""

import pytest

from matching.constraints.recognition_risk import RecognitionRisk
from tests import tellings as t
from tests.builders import case, facility, places, plan_of, put, world
from tests.verifier import verify

RULE = RecognitionRisk()


@pytest.mark.parametrize(
    ("population", "cost"),
    [
        (1_000_000, 0),
        (20_000, 0),  # the limit itself goes unnoticed
        (19_999, 60),  # one doubling is enough: 39 998
        (10_000, 60),  # 10 000 x 2 = 20 000, the limit itself
        (9_999, 120),  # 19 998 is not: two doublings
        (5_000, 120),
        (4_999, 180),
        (2_500, 180),
        (2_499, 240),
        (1_250, 240),
        (1_249, 300),
        (625, 300),  # 625 x 32 = 20 000
        (624, 360),  # 19 968: six
        (313, 360),  # 313 x 64 = 20 032
        (312, 360),  # 19 968 after six: never more than six
        (1, 360),
        (0, 360),  # nobody is known to live there
    ],
)
def test_each_halving_of_the_town_costs(population: int, cost: int) -> None:
    facts = world(land=places(2, population=[50_000, population]), facilities=[facility(1)], cases=[case()])
    verify(RULE).given(facts).costs({0: 0}, cost)


@pytest.mark.parametrize(("enough", "weight", "cost"), [(100, 7, 0), (101, 7, 7), (201, 7, 14), (201, 0, 0)])
def test_the_policy_sets_weight_and_population(enough: int, weight: int, cost: int) -> None:
    facts = world(
        land=places(2, population=[50_000, 100]),
        facilities=[facility(1)],
        cases=[case()],
        recognition_population=enough,
        weights={"recognition_risk": weight},
    )
    verify(RULE).given(facts).costs({0: 0}, cost)


@pytest.mark.parametrize(("most", "population", "cost"), [(2, 5_000, 120), (2, 4_999, 120), (7, 312, 420), (7, 0, 420)])
def test_the_policy_says_how_many_halvings_count(most: int, population: int, cost: int) -> None:
    land = places(2, population=[50_000, population])
    facts = world(land=land, facilities=[facility(1)], cases=[case()], recognition_most_steps=most)
    verify(RULE).given(facts).costs({0: 0}, cost)


def test_each_leg_is_charged_once_a_household() -> None:
    facts = world(
        land=places(3, population=[50_000, 10_000, 5_000]),
        facilities=[facility(1), facility(2)],
        cases=[case(nights=(3, 10))],
    )
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, (0, 1))), 60 + 120)


@pytest.mark.parametrize(("people", "cost"), [(20_000, 0), (19_999, 60)])
def test_from_a_raw_scenario_a_district_is_as_large_as_its_town(people: int, cost: int) -> None:
    raw = t.scenario(facilities=[t.facility("f", "part")], cases=[t.case("c")])
    land = t.Land(("home", "part", "town"), parents={"part": "town"}, population={"town": people, "part": 300})
    verify(RULE).given(t.facts_of(raw, land)).costs({0: 0}, cost)
