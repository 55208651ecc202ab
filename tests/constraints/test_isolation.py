"""Domain §4, `isolation`: road minutes to the nearest larger town beyond the tolerated cost."""

import pytest

from matching.constraints.isolation import Isolation
from matching.facts import NO_PATH_MIN
from tests.builders import case, facility, places, world
from tests.verifier import verify


@pytest.mark.parametrize(
    ("minutes", "cost"),
    [
        (0, 0),
        (20, 0),  # the limit itself is tolerated
        (21, 4),  # 1 minute x 4
        (50, 120),  # 30 x 4
        (600, 2320),  # 580 x 4
        (601, 2320),  # more than ten hours counts as ten
        (NO_PATH_MIN, 2320),
    ],
)
def test_cost(minutes: int, cost: int) -> None:
    facts = world(land=places(2, larger_town_min=[0, minutes]), facilities=[facility(1)], cases=[case()])
    verify(Isolation()).given(facts).costs({0: 0}, cost)


@pytest.mark.parametrize(("minutes", "cost"), [(99, 316), (100, 320), (101, 320), (NO_PATH_MIN, 320)])
def test_the_policy_says_how_long_a_way_counts(minutes: int, cost: int) -> None:
    land = places(2, larger_town_min=[0, minutes])
    facts = world(land=land, facilities=[facility(1)], cases=[case()], most_counted_min=100)
    verify(Isolation()).given(facts).costs({0: 0}, cost)


def test_the_policy_sets_weight_and_toleration() -> None:
    facts = world(
        land=places(2, larger_town_min=[0, 50]),
        facilities=[facility(1)],
        cases=[case()],
        isolation_tolerated_min=48,
        weights={"isolation": 10},
    )
    verify(Isolation()).given(facts).costs({0: 0}, 20)
