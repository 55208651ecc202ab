"""Domain §4, `forbidden_locality`: in no forbidden area, beyond the home radius, in no known place.

Keep-apart limits: strictly beyond, values rounded down; a district stands for its parent and all
districts of that parent.
"""

from typing import Any

import pytest

from matching.constraints.forbidden_locality import ForbiddenLocality
from matching.facts import NO_PATH_MIN, Area, Facts, Places
from tests import tellings
from tests.builders import area, assessment, case, facility, places, world
from tests.verifier import Verifier, verify

HOME, HERE, DISTRICT, SIBLING, AWAY = range(5)
LAND = places(
    5,
    # a circle of 30 km around HOME: 30 000 | 30 001 m; a ring of 40 minutes: 40 | 41
    gap_m={(HOME, HERE): 30_000, (HOME, AWAY): 30_001, (HOME, DISTRICT): 90_000, (HOME, SIBLING): 90_000},
    reach_m={(HOME, HERE): 30_001, (HOME, AWAY): 30_002},
    safe_min={(HOME, HERE): 40, (HOME, AWAY): 41, (HOME, DISTRICT): NO_PATH_MIN},
    road_min={(HOME, HERE): 50, (HOME, AWAY): 51},
    districts_of={HOME: [DISTRICT, SIBLING]},
    kommun=[1, 2, 1, 3, 4],
    lan=[1, 1, 1, 2, 2],
    police_region=[1, 1, 1, 1, 2],
)


def judged(at: int, land: Places = LAND, **told: Any) -> Verifier:
    policy = told.pop("policy", {})
    facts = world(land=land, facilities=[facility(at)], cases=[case(**told)], **policy)
    return verify(ForbiddenLocality()).given(facts)


@pytest.mark.parametrize(
    ("at", "where", "inside"),
    [
        (HERE, area("locality", HERE), True),
        (AWAY, area("locality", HERE), False),
        (DISTRICT, area("locality", HOME), True),  # the parent is forbidden, so is its district
        (HOME, area("locality", DISTRICT), True),  # a district is forbidden, so is its parent
        (SIBLING, area("locality", DISTRICT), True),  # and so are its sister districts
        (HERE, area("circle", HOME, m=30_000), True),  # the limit itself is inside
        (AWAY, area("circle", HOME, m=30_000), False),
        (SIBLING, area("circle", HOME, m=30_000), True),  # 90 km away, but the same locality
        (HERE, area("travel_ring", HOME, minutes=40), True),  # safe minutes, not the 50 by road
        (AWAY, area("travel_ring", HOME, minutes=40), False),
        (DISTRICT, area("travel_ring", HOME, minutes=40), True),  # no path, but the same locality
        (HERE, area("kommun", 2), True),
        (AWAY, area("kommun", 2), False),
        (HERE, area("lan", 1), True),
        (AWAY, area("lan", 1), False),
        (HERE, area("police_region", 1), True),
        (AWAY, area("police_region", 1), False),
    ],
)
def test_forbidden_area(at: int, where: Area, inside: bool) -> None:
    verifier = judged(at, assessment=assessment(forbidden=(where,)))
    if inside:
        verifier.blocks({0: 0}, amount=1, saying="forbidden_area")
    else:
        verifier.accepts({0: 0})


def test_a_ring_no_path_leads_into_forbids_nothing_else() -> None:
    apart = places(2, gap_m={(0, 1): 10}, safe_min={(0, 1): NO_PATH_MIN})
    judged(1, apart, assessment=assessment(forbidden=(area("travel_ring", 0, minutes=2000),))).accepts({0: 0})


def test_none_some_and_all_of_several_areas() -> None:
    here, there, nowhere = area("locality", HERE), area("lan", 1), area("kommun", 9)
    judged(HERE).accepts({0: 0})
    judged(HERE, assessment=assessment(forbidden=(nowhere,))).accepts({0: 0})
    for areas in [(nowhere, here), (here, nowhere), (here, there)]:
        judged(HERE, assessment=assessment(forbidden=areas)).blocks({0: 0}, amount=1)


@pytest.mark.parametrize(("gap_m", "blocked"), [(0, True), (49_999, True), (50_000, True), (50_001, False)])
def test_home_radius_of_fifty_kilometres(gap_m: int, blocked: bool) -> None:
    # `gap_m` is rounded down: 50 000.9 m is 50 000 m, inside.
    verifier = judged(1, places(2, gap_m={(0, 1): gap_m}), homes=(0,))
    if blocked:
        verifier.blocks({0: 0}, amount=1, saying="home_radius")
    else:
        verifier.accepts({0: 0})


def test_a_district_of_the_home_town_is_home_however_far() -> None:
    judged(DISTRICT, homes=(HOME,)).blocks({0: 0}, saying="home_radius")
    judged(SIBLING, homes=(DISTRICT,)).blocks({0: 0}, saying="home_radius")
    judged(HOME, homes=(DISTRICT,)).blocks({0: 0}, saying="home_radius")


def test_every_home_counts() -> None:
    land = places(4, gap_m={(0, 2): 50_000, (1, 2): 50_001})
    judged(2, land, homes=(1,)).accepts({0: 0})
    judged(2, land, homes=(1, 3)).accepts({0: 0})
    judged(2, land, homes=(1, 0, 3)).blocks({0: 0}, amount=1, saying="home_radius")


def test_an_assessment_widens_the_home_radius() -> None:
    land = places(2, gap_m={(0, 1): 60_000})
    judged(1, land, homes=(0,), assessment=assessment(home_radius_m=60_000)).blocks({0: 0}, saying="home_radius")
    judged(1, land, homes=(0,), assessment=assessment(home_radius_m=59_999)).accepts({0: 0})


def test_without_an_assessment_the_policy_holds() -> None:
    land = places(2, gap_m={(0, 1): 50_000})
    judged(1, land, homes=(0,), assessment=None).blocks({0: 0}, saying="home_radius")
    judged(1, land, homes=(0,), assessment=None, policy={"home_radius_km": 49}).accepts({0: 0})


def test_known_places_and_their_districts() -> None:
    judged(HERE, known_places=(HERE,)).blocks({0: 0}, amount=1, saying="known_place")
    judged(SIBLING, known_places=(DISTRICT,)).blocks({0: 0}, saying="known_place")
    judged(HOME, known_places=(DISTRICT,)).blocks({0: 0}, saying="known_place")
    judged(DISTRICT, known_places=(HOME,)).blocks({0: 0}, saying="known_place")
    # near a known place, yet another locality: allowed
    judged(AWAY, known_places=(HERE, HOME)).accepts({0: 0})


def told_facts(gap_m: int, **told: Any) -> Facts:
    land = tellings.Land(("a", "home", "crime"), gap_m={("a", "crime"): gap_m, ("a", "home"): 400_000})
    raw = tellings.scenario(facilities=[tellings.facility("f", "a")], cases=[tellings.case("c", **told)])
    return tellings.facts_of(raw, land)


def test_crime_localities_count_as_homes() -> None:
    rule = verify(ForbiddenLocality())
    rule.given(told_facts(50_000, crime_localities=["crime"])).blocks({0: 0}, saying="home_radius")
    rule.given(told_facts(50_001, crime_localities=["crime"])).accepts({0: 0})
    rule.given(told_facts(50_000)).accepts({0: 0})


@pytest.mark.parametrize(
    ("wanted_km", "gap_m", "blocked"),
    [
        (60, 60_000, True),  # tightened
        (60, 60_001, False),
        (10, 50_000, True),  # an assessment may tighten, never loosen: 50 km stays
        (10, 50_001, False),
        (0, 50_000, True),
    ],
)
def test_an_assessment_tightens_never_loosens(wanted_km: int, gap_m: int, blocked: bool) -> None:
    signed = tellings.assessment(home_radius_km=wanted_km)
    verifier = verify(ForbiddenLocality()).given(told_facts(gap_m, crime_localities=["crime"], assessments=[signed]))
    if blocked:
        verifier.blocks({0: 0}, saying="home_radius")
    else:
        verifier.accepts({0: 0})


@pytest.mark.parametrize("kind", ["registered", "earlier_placement", "relatives", "school", "prison"])
def test_every_kind_of_known_place_is_forbidden(kind: str) -> None:
    facts = told_facts(900_000, known_places=[{"locality": "a", "kind": kind}])
    verify(ForbiddenLocality()).given(facts).blocks({0: 0}, saying="known_place")


def test_only_the_highest_version_of_the_assessment_counts() -> None:
    first = tellings.assessment(version=1, forbidden=[{"kind": "locality", "locality": "a"}])
    later = tellings.assessment(version=2)
    verify(ForbiddenLocality()).given(told_facts(900_000, assessments=[later, first])).accepts({0: 0})
    later["forbidden"], first["forbidden"] = first["forbidden"], []
    verify(ForbiddenLocality()).given(told_facts(900_000, assessments=[later, first])).blocks({0: 0})


@pytest.mark.parametrize("where", [area("circle", 0, m=5000), area("travel_ring", 0, minutes=10)])
def test_an_area_that_holds_a_town_holds_all_its_districts(where: Area) -> None:
    # The area is drawn around place 0; town 1 lies in it, its district 2 just outside.
    # Domain §4: forbidden areas include the parent and all its districts.
    land = places(3, gap_m={(0, 1): 5000, (0, 2): 5001}, safe_min={(0, 1): 10, (0, 2): 11}, districts_of={1: [2]})
    judged(1, land, assessment=assessment(forbidden=(where,))).blocks({0: 0}, saying="forbidden_area")
    judged(2, land, assessment=assessment(forbidden=(where,))).blocks({0: 0}, saying="forbidden_area")


@pytest.mark.parametrize(("gap_m", "blocked"), [(50_000, True), (50_001, False)])
def test_the_home_radius_is_measured_from_every_part_of_the_town(gap_m: int, blocked: bool) -> None:
    # The facility's district lies 60 km from home; another district of its town may lie nearer.
    land = places(3, gap_m={(0, 1): 60_000, (0, 2): gap_m}, districts_of={2: [1]})
    if blocked:
        judged(1, land, homes=(0,)).blocks({0: 0}, amount=1, saying="home_radius")
    else:
        judged(1, land, homes=(0,)).accepts({0: 0})
