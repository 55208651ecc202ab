"""Domain §4, `threat_reach`: outside the reach of every actor that is live on any night of the stay."""

from typing import Any

import pytest

from matching.constraints.threat_reach import ThreatReach
from matching.facts import FOREVER, NO_PATH_MIN, Actor, Base, Places
from tests.builders import TODAY, actor, area, assessment, case, facility, places, plan_of, put, world
from tests.verifier import Verifier, verify

BASE, AT = 0, 1


def judged(*actors: Actor, land: Places | None = None, protection: int | None = None, **told: Any) -> Verifier:
    signed = assessment(actors=actors, protection_level=protection)
    house = facility(AT, security_grade=told.pop("grade", 1))
    facts = world(land=land, facilities=[house], cases=[case(assessment=signed, **told)])
    return verify(ThreatReach()).given(facts)


def holds(verifier: Verifier, blocked: bool, kind: str, start: int = TODAY) -> None:
    plan = plan_of(put(verifier.facts, 0, 0, start=start))
    if blocked:
        verifier.blocks(plan, amount=1, saying=f"within_{kind}")
    else:
        verifier.accepts(plan)


@pytest.mark.parametrize(("gap_m", "blocked"), [(79_999, True), (80_000, True), (80_001, False)])
@pytest.mark.parametrize("kind", ["radius", "presence"])
def test_radius(kind: str, gap_m: int, blocked: bool) -> None:
    land = places(gap_m={(BASE, AT): gap_m})
    holds(judged(actor(kind, BASE, limit_m=80_000), land=land), blocked, kind)


@pytest.mark.parametrize(("minutes", "blocked"), [(89, True), (90, True), (91, False), (NO_PATH_MIN, False)])
def test_minutes(minutes: int, blocked: bool) -> None:
    # the fastest of road, rail and air, rounded down; metres play no part
    land = places(gap_m={(BASE, AT): 5}, safe_min={(BASE, AT): minutes}, road_min={(BASE, AT): 10})
    holds(judged(actor("minutes", BASE, limit_min=90), land=land), blocked, "minutes")


def test_any_of_several_bases_and_actors() -> None:
    land = places(gap_m={(BASE, AT): 50_000, (2, AT): 500_000, (3, AT): 600_000})
    far, near = actor("radius", 2, 3, limit_m=50_000), actor("radius", 2, BASE, limit_m=50_000)
    holds(judged(land=land), False, "radius")
    holds(judged(far, land=land), False, "radius")
    holds(judged(near, land=land), True, "radius")
    holds(judged(far, near, land=land), True, "radius")


@pytest.mark.parametrize("kind", ["radius", "minutes", "presence"])
def test_the_same_locality_is_always_within_reach(kind: str) -> None:
    # a district far from its parent, no path between them, and a reach of nothing
    land = places(safe_min={(BASE, AT): NO_PATH_MIN}, districts_of={BASE: [AT]})
    holds(judged(actor(kind, BASE), land=land), True, kind)


@pytest.mark.parametrize(("near", "blocked"), [(90, True), (91, False)])
def test_reach_is_measured_to_every_part_of_the_town(near: int, blocked: bool) -> None:
    # The district itself is far away; place 2 is the town it belongs to.
    land = places(3, gap_m={(BASE, 2): near}, safe_min={(BASE, 2): near}, districts_of={2: [AT]})
    holds(judged(actor("radius", BASE, limit_m=90), land=land), blocked, "radius")
    holds(judged(actor("minutes", BASE, limit_min=90), land=land), blocked, "minutes")


@pytest.mark.parametrize(("kommun", "blocked"), [(7, True), (8, False)])
def test_listed_areas(kommun: int, blocked: bool) -> None:
    land = places(2, kommun=[7, kommun])
    holds(judged(actor("areas", areas=(area("kommun", 7),)), land=land), blocked, "areas")
    ring = area("circle", BASE, m=10_000)
    land = places(2, gap_m={(BASE, AT): 10_000 if blocked else 10_001})
    holds(judged(actor("areas", areas=(area("kommun", 99), ring)), land=land), blocked, "areas")


@pytest.mark.parametrize(
    ("protection", "grade", "blocked"),
    [(None, 4, True), (3, 2, True), (3, 3, False), (3, 4, False), (1, 1, False)],
)
def test_national_reach_is_solved_by_the_protection_level_alone(
    protection: int | None, grade: int, blocked: bool
) -> None:
    # hundreds of kilometres away from everything, no path: distance never solves it
    holds(judged(actor("national"), protection=protection, grade=grade), blocked, "national")


@pytest.mark.parametrize("grade", [1, 4])
def test_a_protection_level_shortens_no_other_reach(grade: int) -> None:
    land = places(gap_m={(BASE, AT): 1000})
    holds(judged(actor("radius", BASE, limit_m=1000), land=land, protection=1, grade=grade), True, "radius")


@pytest.mark.parametrize("kind", ["radius", "minutes", "presence", "areas", "national"])
@pytest.mark.parametrize(
    ("gone_day", "blocked"), [(TODAY + 1, True), (TODAY, False), (TODAY - 1, False), (FOREVER, True)]
)
def test_over_from_a_day(kind: str, gone_day: int, blocked: bool) -> None:
    # The stay is [TODAY, ...): over from TODAY means gone on its first night; from TODAY + 1, live on one night.
    land = places(gap_m={(BASE, AT): 10}, safe_min={(BASE, AT): 1})
    areas = (area("circle", BASE, m=10),) if kind == "areas" else ()
    told = actor(kind, BASE, areas=areas, limit_m=10, limit_min=1, full_until_day=gone_day, gone_day=gone_day)
    holds(judged(told, land=land), blocked, kind)


@pytest.mark.parametrize(
    ("start", "gap_m", "blocked"),
    [
        # 100 km, full until TODAY, gone 10 days later: 10 km less a day.
        (TODAY, 100_000, True),
        (TODAY, 100_001, False),
        (TODAY + 3, 70_000, True),
        (TODAY + 3, 70_001, False),
        (TODAY + 9, 10_000, True),
        (TODAY + 9, 10_001, False),
        (TODAY + 10, 10_000, False),  # gone
        (TODAY - 5, 100_000, True),  # full before it begins to fade
        (TODAY - 5, 100_001, False),
    ],
)
def test_a_fading_radius_is_judged_on_the_strictest_night(start: int, gap_m: int, blocked: bool) -> None:
    told = actor("radius", BASE, limit_m=100_000, full_until_day=TODAY, gone_day=TODAY + 10)
    holds(judged(told, land=places(gap_m={(BASE, AT): gap_m})), blocked, "radius", start)


@pytest.mark.parametrize(
    ("start", "minutes", "blocked"),
    [
        # 10 minutes over 3 days: 10, 6.67, 3.33, gone. What is left is never counted smaller than it is.
        (TODAY + 1, 6, True),
        (TODAY + 1, 7, True),
        (TODAY + 1, 8, False),
        (TODAY + 2, 3, True),
        (TODAY + 2, 4, True),
        (TODAY + 2, 5, False),
        (TODAY + 3, 1, False),
    ],
)
def test_fading_minutes_round_up(start: int, minutes: int, blocked: bool) -> None:
    told = actor("minutes", BASE, limit_min=10, full_until_day=TODAY, gone_day=TODAY + 3)
    holds(judged(told, land=places(safe_min={(BASE, AT): minutes})), blocked, "minutes", start)


@pytest.mark.parametrize(
    ("kind", "gone_day", "blocked"),
    [
        ("areas", TODAY + 1, True),
        ("areas", TODAY, False),
        ("national", TODAY + 1, True),
        ("national", TODAY, False),
        ("presence", TODAY + 1, True),
        ("presence", TODAY, False),
    ],
)
def test_only_radius_and_minutes_shrink(kind: str, gone_day: int, blocked: bool) -> None:
    # On the last of ten days only a tenth of a radius of 5 km would be left; the place is 5 km away.
    areas = (area("circle", BASE, m=5000),) if kind == "areas" else ()
    told = actor(kind, BASE, areas=areas, limit_m=5000, full_until_day=gone_day - 10, gone_day=gone_day)
    holds(judged(told, land=places(gap_m={(BASE, AT): 5000})), blocked, kind)


@pytest.mark.parametrize(
    ("live", "blocked"),
    [
        ((TODAY - 50, TODAY), False),  # left the base the day the stay starts
        ((TODAY - 50, TODAY + 1), True),  # there on the first night
        ((TODAY + 9, FOREVER), True),  # comes for the last of ten nights [TODAY, TODAY + 10)
        ((TODAY + 10, FOREVER), False),  # comes the day the stay ends
    ],
)
def test_a_base_counts_on_the_nights_it_is_held(live: tuple[int, int], blocked: bool) -> None:
    land = places(gap_m={(BASE, AT): 5000})
    holds(judged(actor("presence", Base(BASE, *live), limit_m=5000), land=land), blocked, "presence")


def test_no_assessment_names_no_actor() -> None:
    facts = world(facilities=[facility(BASE)], cases=[case(assessment=None)])
    verify(ThreatReach()).given(facts).accepts({0: 0})


@pytest.mark.parametrize(
    ("told", "free_from"),
    [
        (actor("radius", BASE, limit_m=1000, full_until_day=TODAY + 2, gone_day=TODAY + 2), TODAY + 2),
        (actor("presence", Base(BASE, 0, TODAY + 3), limit_m=1000), TODAY + 3),
        # 1000 m left on TODAY + 4 (of 10 km fading a tenth a day from TODAY - 5): first free on TODAY + 5
        (actor("radius", BASE, limit_m=10_000, full_until_day=TODAY - 5, gone_day=TODAY + 5), TODAY + 5),
        # 20 km: 2 km less a day; 2000 m left on TODAY + 4, 1000 m are still reached; free on TODAY + 5
        (actor("radius", BASE, limit_m=20_000, full_until_day=TODAY - 5, gone_day=TODAY + 5), TODAY + 5),
        # 8 km over 8 days: 1000 m left on TODAY + 3, 0 on TODAY + 4
        (actor("radius", BASE, limit_m=8000, full_until_day=TODAY - 4, gone_day=TODAY + 4), TODAY + 4),
        # 8 km over 16 days from TODAY - 12: 500 m a day; 1000 m on TODAY + 2, 500 on TODAY + 3
        (actor("radius", BASE, limit_m=8000, full_until_day=TODAY - 12, gone_day=TODAY + 4), TODAY + 3),
    ],
)
def test_the_first_free_day_is_a_candidate_start(told: Actor, free_from: int) -> None:
    verifier = judged(told, land=places(gap_m={(BASE, AT): 1000}), window=(TODAY, TODAY + 6))
    assert min(verifier.offers_starts(0, 0)) == free_from
