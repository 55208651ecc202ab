"""Domain §4, `preferred_locality`: a suitable ort is a bonus, so lying in none of them costs once.

Inside is a reach-within question: `<=`, distance and minutes rounded up.
"""

import pytest

from matching.constraints.preferred_locality import PreferredLocality
from matching.facts import NO_PATH_MIN, Area, Facts
from tests.builders import area, assessment, case, facility, places, world
from tests.verifier import verify

LAND = places(
    4,
    reach_m={(0, 1): 10_000, (0, 2): 10_001},
    gap_m={(0, 1): 9_999, (0, 2): 10_000},
    road_min={(0, 1): 30, (0, 2): 31, (0, 3): NO_PATH_MIN},
    safe_min={(0, 1): 20, (0, 2): 20},
    kommun=[1, 1, 2, 3],
    lan=[1, 1, 1, 2],
    police_region=[5, 5, 5, 6],
    districts_of={0: [1]},
)


def preferring(at: int, *areas: Area) -> Facts:
    return world(land=LAND, facilities=[facility(at)], cases=[case(assessment=assessment(preferred=areas))])


@pytest.mark.parametrize(
    ("at", "where", "inside"),
    [
        (1, area("circle", 0, m=10_000), True),  # 10 000 | 10 001 m, rounded up
        (2, area("circle", 0, m=10_000), False),
        (1, area("travel_ring", 0, minutes=30), True),  # 30 | 31 road minutes, not the safe ones
        (2, area("travel_ring", 0, minutes=30), False),
        (3, area("travel_ring", 0, minutes=2000), False),  # no path fails
        (1, area("locality", 0), True),  # a district of it
        (0, area("locality", 1), True),  # its parent
        (2, area("locality", 0), False),
        (1, area("kommun", 1), True),
        (2, area("kommun", 1), False),
        (2, area("lan", 1), True),
        (3, area("lan", 1), False),
        (2, area("police_region", 5), True),
        (3, area("police_region", 5), False),
    ],
)
def test_one_area(at: int, where: Area, inside: bool) -> None:
    verify(PreferredLocality()).given(preferring(at, where)).costs({0: 0}, 0 if inside else 300)


def test_any_of_several_is_enough_and_none_costs_once() -> None:
    here, there = area("locality", 3), area("locality", 2)
    verify(PreferredLocality()).given(preferring(2, here, there)).costs({0: 0}, 0)
    verify(PreferredLocality()).given(preferring(0, here, there)).costs({0: 0}, 300)


def test_no_preference_costs_nothing() -> None:
    verify(PreferredLocality()).given(preferring(2)).costs({0: 0}, 0)
    facts = world(land=LAND, facilities=[facility(2)], cases=[case(assessment=None)])
    verify(PreferredLocality()).given(facts).costs({0: 0}, 0)
