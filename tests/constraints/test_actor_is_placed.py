"""Domain §4, `actor_is_placed`: a present person who is a named threat actor is apart, in either direction.

Policy as delivered: more than 30 km and more than 30 minutes apart; closer than 20 km or 25 minutes is
neighbouring; 20 % more where an assessment has low confidence. All values rounded down.
"""

from typing import Any

import pytest

from matching.constraints.actor_is_placed import ActorIsPlaced
from matching.facts import FOREVER, NO_PATH_MIN, Facts, Places
from tests import tellings as t
from tests.builders import TODAY, case, facility, person, places, plan_of, present, put, world
from tests.verifier import verify

RULE = ActorIsPlaced()
ACTOR, OTHER = person(key=7), person(key=8)
LASTING = [(7, FOREVER)]
HOUSES = [facility(0), facility(1)]

LIMITS = [
    (30_000, 900, True),  # 30 km itself is too near
    (30_001, 900, False),
    (900_000, 30, True),  # so are 30 minutes
    (900_000, 31, False),
    (30_001, 31, False),  # beyond both
    (30_000, 31, True),  # beyond one is not enough
    (30_001, 30, True),
    (30_001, NO_PATH_MIN, False),  # no path is infinite
]


def two_towns(gap_m: int = 900_000, minutes: int = 900, **told: Any) -> Places:
    return places(2, gap_m={(0, 1): gap_m}, safe_min={(0, 1): minutes}, **told)


def worlds(land: Places, *, threats: Any = None, **policy: Any) -> list[Facts]:
    """The threatened household would live in town 1, the actor in town 0: both waiting, or one of them present."""
    named = LASTING if threats is None else threats
    threatened, actor = case(named_actors=named), case(person(), ACTOR)
    beds = [facility(n, [*HOUSES[0].units, *HOUSES[0].units]) for n in (0, 1)]
    here, there = present(0, person(), ACTOR), present(0, named_actors=named)
    return [
        world(land=land, facilities=beds, cases=[threatened, actor], **policy),
        world(land=land, facilities=beds, cases=[threatened], presences=[here], **policy),
        world(land=land, facilities=beds, cases=[actor], presences=[there], **policy),
    ]


def hold(facts: list[Facts], blocked: bool, home: int = 1) -> None:
    for told in facts:
        plan = {0: home, 1: 0} if len(told.cases) == 2 else {0: home}
        if blocked:
            verify(RULE).given(told).blocks(plan, amount=1, saying="named_actor_present")
        else:
            verify(RULE).given(told).accepts(plan)


@pytest.mark.parametrize(("gap_m", "minutes", "blocked"), LIMITS)
def test_an_actor_waiting_or_present_in_either_direction(gap_m: int, minutes: int, blocked: bool) -> None:
    hold(worlds(two_towns(gap_m, minutes)), blocked)
    hold(worlds(two_towns(gap_m, minutes)), True, home=0)  # one facility, one locality


def test_who_is_not_named_is_no_matter_of_this_rule() -> None:
    hold(worlds(two_towns(5, 1), threats=[]), False)
    hold(worlds(two_towns(5, 1), threats=[(8, FOREVER)]), False)  # a person who is nowhere
    hold(worlds(two_towns(5, 1), threats=[(8, FOREVER), (7, FOREVER)]), True)


@pytest.mark.parametrize(
    ("gap_m", "minutes", "blocked"),
    [(19_999, 900, True), (20_000, 900, False), (900_000, 24, True), (20_000, 25, False)],
)
def test_never_in_a_neighbouring_locality(gap_m: int, minutes: int, blocked: bool) -> None:
    # the separation is less than what counts as neighbouring
    hold(worlds(two_towns(gap_m, minutes), separation_km=10, separation_min=10), blocked)


def test_districts_of_one_parent_are_the_same_locality_however_far() -> None:
    hold(worlds(places(3, safe_min={(0, 1): NO_PATH_MIN}, districts_of={2: [0, 1]})), True)


@pytest.mark.parametrize(
    ("separation", "gap_m", "blocked"),
    [
        ((-1, 100_000, 0), 100_000, True),
        ((-1, 100_000, 0), 100_001, False),
        ((-1, 1000, 0), 30_000, True),  # never less than the policy's
        ((3, 100_000, 0), 100_000, True),  # from persons of the actor's network
        ((4, 100_000, 0), 30_001, False),  # from another network
    ],
)
@pytest.mark.parametrize("asked_by", ["threatened", "actor"])
def test_the_largest_separation_of_both_sides_counts(
    separation: tuple[int, int, int], gap_m: int, blocked: bool, asked_by: str
) -> None:
    threatened = case(networks=[3], named_actors=LASTING, separations=[separation] if asked_by == "threatened" else [])
    actor = present(0, ACTOR, networks=[3], separations=[separation] if asked_by == "actor" else [])
    facts = world(land=two_towns(gap_m), facilities=HOUSES, cases=[threatened], presences=[actor])
    hold([facts], blocked)


@pytest.mark.parametrize(
    ("gap_m", "minutes", "blocked"), [(36_000, 900, True), (36_001, 37, False), (36_001, 36, True)]
)
@pytest.mark.parametrize("who", ["threatened", "actor"])
def test_poor_knowledge_widens_the_separation(gap_m: int, minutes: int, blocked: bool, who: str) -> None:
    threatened = case(named_actors=LASTING, poorly_known=who == "threatened")
    actor = present(0, ACTOR, poorly_known=who == "actor")
    hold([world(land=two_towns(gap_m, minutes), facilities=HOUSES, cases=[threatened], presences=[actor])], blocked)


@pytest.mark.parametrize(
    ("over", "start", "blocked"),
    [
        (TODAY + 2, TODAY + 1, True),  # one common day before it is over
        (TODAY + 2, TODAY + 2, False),  # signed to be over from this day
        (TODAY, TODAY, False),
        (TODAY + 1, TODAY, True),
        (FOREVER, TODAY + 3, True),
    ],
)
def test_the_duty_ends_with_the_threat(over: int, start: int, blocked: bool) -> None:
    for facts in worlds(two_towns(1000), threats=[(7, over)]):
        parts = [put(facts, 0, 1, start=start)]
        if len(facts.cases) == 2:
            parts.append(put(facts, 1, 0, start=TODAY))
        if blocked:
            verify(RULE).given(facts).blocks(plan_of(*parts), amount=1)
        else:
            verify(RULE).given(facts).accepts(plan_of(*parts))


def test_of_two_actors_in_one_household_the_longer_threat_counts() -> None:
    facts = world(
        land=two_towns(1000),
        facilities=HOUSES,
        cases=[case(named_actors=[(7, TODAY), (8, TODAY + 1)])],
        presences=[present(0, ACTOR, OTHER)],
    )
    hold([facts], True)


@pytest.mark.parametrize(
    ("days", "blocked"), [((0, TODAY), False), ((0, TODAY + 1), True), ((TODAY + 90, FOREVER), True)]
)
def test_days_of_presence(days: tuple[int, int], blocked: bool) -> None:
    here = present(0, ACTOR, days=days)
    hold([world(land=two_towns(9), facilities=HOUSES, cases=[case(named_actors=LASTING)], presences=[here])], blocked)


def test_starts_are_tried_when_the_actor_has_gone_and_when_the_threat_is_over() -> None:
    gone = present(0, ACTOR, days=(0, TODAY + 2))
    facts = world(land=two_towns(9), facilities=HOUSES, cases=[case(named_actors=LASTING)], presences=[gone])
    assert verify(RULE).given(facts).offers_starts(0, 1) == {TODAY + 2}
    for told in worlds(two_towns(9), threats=[(7, TODAY + 1)]):
        assert TODAY + 1 in verify(RULE).given(told).offers_starts(0, 1)


def test_a_threat_inside_the_household_is_no_matter_of_this_rule() -> None:
    own = case(ACTOR, OTHER, named_actors=[(8, FOREVER)])
    beds = [facility(0, [*HOUSES[0].units, *HOUSES[0].units])]
    verify(RULE).given(world(facilities=beds, cases=[own])).accepts({0: 0})
    # nor with the part of it that is present already; but whoever shares that stay is
    here = present(0, OTHER)
    verify(RULE).given(world(facilities=beds, cases=[own], presences=[here])).accepts({0: 0})
    shared = present(0, OTHER, person(key=9))
    named = case(ACTOR, OTHER, named_actors=[(8, FOREVER), (9, FOREVER)])
    verify(RULE).given(world(facilities=beds, cases=[named], presences=[shared])).blocks({0: 0}, amount=1)


@pytest.mark.parametrize(("gap_m", "found"), [(30_000, 1), (30_001, 0)])
@pytest.mark.parametrize("over", [TODAY, TODAY + 1])
def test_live_stays(gap_m: int, found: int, over: int) -> None:
    for pair in [(0, 1), (1, 0)]:
        here = [present(pair[0], named_actors=[(7, over)], facility=0), present(pair[1], ACTOR, facility=1)]
        facts = world(land=two_towns(gap_m), facilities=HOUSES, cases=[case()], presences=here)
        verify(RULE).given(facts).finds(found if over > TODAY else 0, "named_actor_present")
        verify(RULE).given(facts).accepts({0: 0})


# The whole way from a scenario

LAND = t.Land(("a", "b", "home"), gap_m={("a", "b"): 30_000}, safe_min={("a", "b"): 31})


def named(key: str, **persistence: Any) -> t.Raw:
    return {
        "id": "x",
        "person_key": f"person-{key}",
        "reach": {"kind": "areas", "areas": [{"kind": "locality", "locality": "home"}]},
        "persistence": persistence or {"kind": "lasting"},
    }


def told(who: str, actor: t.Raw, **more: Any) -> Facts:
    """Who lives in town b: the actor, or a household that names the person of the waiting case."""
    signed = [t.assessment(actors=[actor])]
    if who == "actor":
        cases = [t.case("c", assessments=signed)]
        collections: dict[str, Any] = {"residences": [t.residence("r", "b", t.member("villain"), **more)]}
    else:
        cases = [t.case("c", t.member("villain"))]
        collections = {"placements": [t.placement("p", "g", case_file={"assessments": signed}, **more)]}
    homes = [t.facility("f", "a"), t.facility("g", "b")]
    return t.facts_of(t.scenario(facilities=homes, cases=cases, **collections), LAND)


@pytest.mark.parametrize("who", ["actor", "threatened"])
@pytest.mark.parametrize(
    ("persistence", "blocked"),
    [
        ({}, True),
        ({"kind": "until", "until": t.on(0)}, False),
        ({"kind": "until", "until": t.on(1)}, True),
        ({"kind": "fading", "full_until": t.on(-30), "gone_by": t.on(1)}, True),  # a person does not shrink
        ({"kind": "fading", "full_until": t.on(-30), "gone_by": t.on(0)}, False),
    ],
)
def test_from_a_scenario(who: str, persistence: dict[str, Any], blocked: bool) -> None:
    hold([told(who, named("villain", **persistence))], blocked, home=0)
    hold([told(who, named("nobody", **persistence))], False, home=0)


@pytest.mark.parametrize("who", ["actor", "threatened"])
@pytest.mark.parametrize(("departed", "blocked"), [(-29, True), (-30, False)])
def test_a_departure_and_the_cool_down(who: str, departed: int, blocked: bool) -> None:
    hold([told(who, named("villain"), departed=t.on(departed))], blocked, home=0)


def test_the_highest_version_of_a_live_case_counts_and_a_breach_is_found() -> None:
    versions = [t.assessment(version=2), t.assessment(version=1, actors=[named("villain")])]
    for newest, found in ((versions, 0), ([{**versions[1], "version": 3}, versions[0]], 1)):
        raw = t.scenario(
            facilities=[t.facility("f", "a"), t.facility("g", "b")],
            placements=[
                t.placement("p", "f", case_file={"assessments": newest}),
                t.placement("q", "g", t.member("villain")),
            ],
        )
        verify(RULE).given(t.facts_of(raw, LAND)).finds(found, "named_actor_present")
