"""Domain §4, `unlisted_locality`: a place the assessment does not list costs once and needs a manual check.

Inside a listed area is a reach-within question: `<=`, distance and minutes rounded up.
"""

import re
from typing import Any

import pytest

from matching.constraints.base import Audience
from matching.constraints.preferred_locality import PreferredLocality
from matching.constraints.unlisted_locality import UnlistedLocality
from matching.facts import NO_PATH_MIN, Area, Facts
from tests import tellings as t
from tests.builders import area, assessment, case, facility, places, plan_of, put, world
from tests.verifier import verify

RULE = UnlistedLocality()
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


def listing(at: int, *areas: Area, **policy: Any) -> Facts:
    signed = assessment(preferred=areas)
    return world(land=LAND, facilities=[facility(at)], cases=[case(assessment=signed)], **policy)


@pytest.mark.parametrize(
    ("at", "where", "listed"),
    [
        (1, area("circle", 0, m=10_000), True),  # 10 000 | 10 001 m, rounded up
        (2, area("circle", 0, m=10_000), False),
        (1, area("travel_ring", 0, minutes=30), True),  # 30 | 31 road minutes
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
def test_one_listed_area(at: int, where: Area, listed: bool) -> None:
    verify(RULE).given(listing(at, where)).costs({0: 0}, 0 if listed else 100)


@pytest.mark.parametrize(
    ("areas", "cost"),
    [
        ((area("locality", 2), area("kommun", 2)), 0),  # in all of them
        ((area("locality", 3), area("locality", 2)), 0),  # in one
        ((area("locality", 3), area("locality", 0)), 100),  # in none: once, not once an area
        ((), 100),  # an assessment that lists none
    ],
)
def test_in_all_some_or_none_of_several(areas: tuple[Area, ...], cost: int) -> None:
    verify(RULE).given(listing(2, *areas)).costs({0: 0}, cost)


def test_without_an_assessment_no_place_is_listed() -> None:
    facts = world(land=LAND, facilities=[facility(2)], cases=[case(assessment=None)])
    verify(RULE).given(facts).costs({0: 0}, 100)


def test_where_none_is_listed_it_costs_although_nothing_is_preferred() -> None:
    verify(RULE).given(listing(2)).costs({0: 0}, 100)
    verify(PreferredLocality()).given(listing(2)).costs({0: 0}, 0)


@pytest.mark.parametrize("weight", [0, 1, 250])
def test_the_policy_sets_the_weight(weight: int) -> None:
    verify(RULE).given(listing(2, weights={"unlisted_locality": weight})).costs({0: 0}, weight)


def test_each_leg_is_charged() -> None:
    signed = assessment(preferred=(area("locality", 2),))
    facts = world(
        land=LAND, facilities=[facility(2), facility(3)], cases=[case(nights=(3, 10), assessment=signed), case()]
    )
    # listed, then not; of the other case nothing is listed
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, (0, 1)), put(facts, 1, 0)), 0 + 100 + 100)


def test_it_asks_for_a_manual_check_and_never_calls_a_place_safe() -> None:
    for audience in (Audience.ASSESSOR, Audience.COORDINATOR):
        assert "needs a manual check" in (RULE.sentence(audience) or "")
    assert not RULE.speaks_to(Audience.REQUESTER)
    said = " ".join([*RULE.messages.values(), RULE.summary]).lower()
    assert not re.search(r"\b(un)?safe|danger|secure", said)


@pytest.mark.parametrize(("preferred", "cost"), [([{"kind": "locality", "locality": "a"}], 0), ([], 100)])
def test_from_a_raw_scenario(preferred: list[t.Raw], cost: int) -> None:
    raw = t.scenario(
        facilities=[t.facility("f", "a")],
        cases=[t.case("c", assessments=[t.assessment(preferred=preferred)])],
    )
    verify(RULE).given(t.facts_of(raw, t.Land(("a", "home")))).costs({0: 0}, cost)


def test_only_the_version_that_counts_lists_places() -> None:
    listed = t.assessment(version=1, preferred=[{"kind": "locality", "locality": "a"}])
    raw = t.scenario(
        facilities=[t.facility("f", "a")], cases=[t.case("c", assessments=[listed, t.assessment(version=2)])]
    )
    verify(RULE).given(t.facts_of(raw, t.Land(("a", "home")))).costs({0: 0}, 100)
