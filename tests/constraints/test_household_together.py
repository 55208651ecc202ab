"""Domain §4, `household_together`: linked persons in the same facility, within, or more than so far apart."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from matching.constraints.household_together import HouseholdTogether
from matching.facts import FOREVER, NO_PATH_MIN, Facts, Link, Places, Presence
from tests import tellings as t
from tests.builders import TODAY, case, facility, person, places, plan_of, present, put, unit, world
from tests.verifier import verify

RULE = HouseholdTogether()
ONE, TWO = person(key=7), person(key=8)
TWO_ROOMS = [unit(), unit()]
HOUSES = [facility(0, TWO_ROOMS), facility(0), facility(1)]
SAME = Link(8, "same")


def mirrored(link: Link) -> Link:
    return Link(7 if link.key == 8 else link.key, link.kind, link.limit_m, link.limit_min)


def land(
    gap_m: int = 900_000, minutes: int = 900, *, reach_m: int | None = None, road_min: int | None = None
) -> Places:
    """Two towns; the reach-within values are the keep-apart ones unless told."""
    far, near = {(0, 1): gap_m}, {(0, 1): minutes}
    return places(
        2,
        gap_m=far,
        safe_min=near,
        reach_m=far if reach_m is None else {(0, 1): reach_m},
        road_min=near if road_min is None else {(0, 1): road_min},
    )


def worlds(links: Sequence[Link], towns: Places | None = None) -> Iterator[Facts]:
    """One waits and two waits or is present in town 0, in facility 0; either assessment says it."""
    turned = [mirrored(link) for link in links]
    told: dict[str, Any] = {"land": towns or land(), "facilities": HOUSES}
    for own, others in ((links, []), ([], turned)):
        waiting, other = case(ONE, links=own), case(TWO, links=others)
        yield world(**told, cases=[waiting, other])
        here = present(0, TWO, links=others, facility=0)
        yield world(**told, cases=[waiting], presences=[here])


def judge(links: Sequence[Link], home: int, why: str, towns: Places | None = None) -> None:
    for facts in worlds(links, towns):
        plan = {0: home, 1: 0} if len(facts.cases) == 2 else {0: home}
        if why:
            verify(RULE).given(facts).blocks(plan, amount=1, saying=f"linked_{why}")
        else:
            verify(RULE).given(facts).accepts(plan)


@pytest.mark.parametrize(("home", "why"), [(0, ""), (1, "not_together"), (2, "not_together")])
def test_the_same_facility(home: int, why: str) -> None:
    judge([SAME], home, why)  # another facility of the same locality is another facility
    judge([], home, "")
    judge([Link(9, "same")], home, "")  # linked to somebody who is nowhere


@pytest.mark.parametrize(
    ("limit_m", "limit_min", "reach_m", "road_min", "broken"),
    [
        (50_000, -1, 50_000, 900, False),  # the limit itself is within
        (50_000, -1, 50_001, 10, True),
        (-1, 60, 800_000, 60, False),
        (-1, 60, 10, 61, True),
        (-1, 60, 10, NO_PATH_MIN, True),  # no path fails
        (50_000, -1, 50_000, NO_PATH_MIN - 1, False),  # minutes are not asked for
        (50_000, -1, 50_000, NO_PATH_MIN, True),  # but no path fails all the same
        (50_000, 60, 50_000, 60, False),
        (50_000, 60, 50_001, 60, True),  # both limits hold
        (50_000, 60, 50_000, 61, True),
        (0, -1, 1, 1, True),  # a limit of nothing is a limit
    ],
)
def test_within(limit_m: int, limit_min: int, reach_m: int, road_min: int, broken: bool) -> None:
    # keep-apart values, rounded down and by the fastest way, play no part
    towns = land(5, 5, reach_m=reach_m, road_min=road_min)
    judge([Link(8, "within", limit_m, limit_min)], 2, "too_far" if broken else "", towns)
    judge([Link(8, "within", limit_m, limit_min)], 1, "")  # the same locality


@pytest.mark.parametrize(
    ("limit_m", "limit_min", "gap_m", "safe_min", "broken"),
    [
        (50_000, -1, 50_000, 900, True),  # the limit itself is not more
        (50_000, -1, 50_001, 0, False),
        (-1, 60, 800_000, 60, True),
        (-1, 60, 10, 61, False),
        (-1, 60, 10, NO_PATH_MIN, False),  # no path is infinite
        (50_000, 60, 50_001, 61, False),
        (50_000, 60, 50_000, 61, True),  # both limits hold
        (50_000, 60, 50_001, 60, True),
    ],
)
def test_more_than(limit_m: int, limit_min: int, gap_m: int, safe_min: int, broken: bool) -> None:
    # reach-within values play no part
    towns = land(gap_m, safe_min, reach_m=gap_m + 1, road_min=5)
    judge([Link(8, "more_than", limit_m, limit_min)], 2, "too_near" if broken else "", towns)
    judge([Link(8, "more_than", limit_m, limit_min)], 1, "too_near")


def test_of_several_links_every_one_holds() -> None:
    ring = [Link(8, "within", 60_000), Link(8, "more_than", 30_000)]
    judge(ring, 2, "", land(45_000, 900))
    judge(ring, 2, "too_far", land(60_001, 900))
    judge(ring, 2, "too_near", land(30_000, 900))
    judge([*ring, SAME], 2, "not_together", land(45_000, 900))


def test_both_assessments_count() -> None:
    told: dict[str, Any] = {"land": land(45_000), "facilities": HOUSES}
    away, near = Link(7, "more_than", 50_000), Link(8, "within", 50_000)
    facts = world(**told, cases=[case(ONE, links=[near]), case(TWO, links=[away])])
    verify(RULE).given(facts).blocks({0: 2, 1: 0}, amount=1, saying="linked_too_near")


def test_three_linked_households_make_three_pairs() -> None:
    links = [SAME, Link(9, "same")]
    cases = [case(ONE, links=links), case(TWO, links=[Link(9, "same")]), case(person(key=9))]
    beds = [facility(0, [unit(), unit(), unit()]), facility(1, [unit(), unit(), unit()])]
    rule = verify(RULE).given(world(facilities=beds, cases=cases))
    rule.accepts({0: 0, 1: 0, 2: 0})
    rule.accepts({0: 0, 1: 0})
    rule.blocks({0: 0, 1: 0, 2: 1}, amount=2)
    rule.accepts({0: 1})  # who is not placed is nowhere yet


def test_a_household_is_in_one_facility_by_construction_and_its_own_present_stay_is_no_other() -> None:
    pair = case(ONE, TWO, links=[SAME])
    here = present(1, TWO, facility=2)
    verify(RULE).given(world(facilities=[facility(0, TWO_ROOMS)], cases=[pair], presences=[here])).accepts({0: 0})


# Nights and days


@pytest.mark.parametrize(
    ("days", "bed_end", "start", "near", "apart"),
    [
        # one for two nights: blocked for being apart, blocked for being too near
        ((0, FOREVER), TODAY + 1, TODAY, True, True),
        ((0, FOREVER), TODAY, TODAY, False, True),  # the bed is free again, the person still there
        ((0, TODAY), TODAY - 9, TODAY, False, False),  # left and cooled down
        ((0, TODAY + 1), TODAY - 9, TODAY, False, True),
        ((0, FOREVER), TODAY + 2, TODAY + 2, False, True),
        ((0, FOREVER), TODAY + 2, TODAY + 1, True, True),
        ((TODAY + 2, FOREVER), FOREVER, TODAY, False, True),  # a bed held from the day the other's is free
        ((TODAY + 1, FOREVER), FOREVER, TODAY, True, True),
    ],
)
def test_nights_together_and_days_apart(
    days: tuple[int, int], bed_end: int, start: int, near: bool, apart: bool
) -> None:
    there = present(0, TWO, days=days, facility=0, bed_end_day=bed_end)
    asked = (([SAME], near), ([Link(8, "within", 1000)], near), ([Link(8, "more_than", 1_000_000)], apart))
    for links, blocked in asked:
        facts = world(land=land(), facilities=HOUSES, cases=[case(ONE, links=links, nights=2)], presences=[there])
        plan = plan_of(put(facts, 0, 2, start=start))
        if blocked:
            verify(RULE).given(facts).blocks(plan, amount=1)
        else:
            verify(RULE).given(facts).accepts(plan)


@pytest.mark.parametrize(("start", "shares"), [(TODAY + 1, True), (TODAY + 2, False)])
def test_two_waiting_stays_share_nights_until_one_planned_end(start: int, shares: bool) -> None:
    for link, blocked in ((SAME, shares), (Link(8, "within", 5), shares), (Link(8, "more_than", FOREVER), True)):
        facts = world(land=land(), facilities=HOUSES, cases=[case(ONE, links=[link], nights=2), case(TWO)])
        plan = plan_of(put(facts, 0, 0), put(facts, 1, 2, start=start))
        if blocked:
            verify(RULE).given(facts).blocks(plan, amount=1)
        else:
            verify(RULE).given(facts).accepts(plan)


def test_linked_stays_are_together_night_by_night() -> None:
    facts = world(
        land=land(), facilities=HOUSES, cases=[case(ONE, links=[SAME], nights=(2, 5)), case(TWO, nights=(2, 5))]
    )
    rule = verify(RULE).given(facts)
    rule.accepts(plan_of(put(facts, 0, (0, 2)), put(facts, 1, (0, 2))))
    rule.blocks(plan_of(put(facts, 0, (0, 2)), put(facts, 1, (2, 0))), amount=2)
    rule.blocks(plan_of(put(facts, 0, (0, 0)), put(facts, 1, (0, 2))), amount=1)
    # a day later: the second night of each leg is shared with the other's next leg too
    rule.blocks(plan_of(put(facts, 0, (0, 2)), put(facts, 1, (0, 2), start=TODAY + 1)), amount=1)


def test_starts_are_tried_when_the_bed_is_free_or_the_person_gone() -> None:
    there = present(0, TWO, days=(0, TODAY + 3), facility=0, bed_end_day=TODAY + 1)

    def starts(link: Link, home: int) -> set[int]:
        facts = world(land=land(), facilities=HOUSES, cases=[case(ONE, links=[link])], presences=[there])
        return verify(RULE).given(facts).offers_starts(0, home)

    assert starts(SAME, 2) == {TODAY + 1}
    assert starts(SAME, 0) == {TODAY}
    assert starts(Link(8, "within", 5), 2) == {TODAY + 1}
    assert starts(Link(8, "more_than", FOREVER), 2) == {TODAY + 3}


def test_a_start_is_tried_when_the_other_waiting_stay_ends() -> None:
    facts = world(land=land(), facilities=HOUSES, cases=[case(ONE, links=[SAME]), case(TWO, nights=2)])
    assert TODAY + 2 in verify(RULE).given(facts).offers_starts(0, 2)


@pytest.mark.parametrize(
    ("link", "place", "home", "bed_end", "why"),
    [
        (SAME, 0, 0, FOREVER, ""),
        (SAME, 0, 1, FOREVER, "not_together"),
        (SAME, 0, 1, TODAY + 1, "not_together"),
        (SAME, 0, 1, TODAY, ""),
        (Link(8, "within", 45_000), 1, 2, FOREVER, ""),
        (Link(8, "within", 44_999), 1, 2, FOREVER, "too_far"),
        (Link(8, "more_than", 44_999), 1, 2, FOREVER, ""),
        (Link(8, "more_than", 45_000), 1, 2, TODAY, "too_near"),
    ],
)
def test_live_stays_are_a_finding_and_planning_goes_on(
    link: Link, place: int, home: int, bed_end: int, why: str
) -> None:
    pair = [present(0, ONE, links=[link], facility=0), present(place, TWO, facility=home, bed_end_day=bed_end)]
    facts = world(land=land(45_000, 900), facilities=HOUSES, cases=[case()], presences=pair)
    verify(RULE).given(facts).finds(1 if why else 0, f"linked_{why}")
    verify(RULE).given(facts).accepts({0: 0})


def residence(link: Link, **told: Any) -> Facts:
    here: list[Presence] = [present(0, TWO, **told)]
    return world(land=land(), facilities=HOUSES, cases=[case(ONE, links=[link])], presences=here)


def test_a_residence_is_no_facility_but_a_place() -> None:
    verify(RULE).given(residence(SAME)).blocks({0: 0}, amount=1, saying="linked_not_together")
    verify(RULE).given(residence(Link(8, "within", 5))).accepts({0: 0})
    verify(RULE).given(residence(Link(8, "more_than", 5))).accepts({0: 2})
    two = [present(0, ONE, links=[SAME]), present(0, TWO)]  # neither is in any facility
    verify(RULE).given(world(land=land(), presences=two)).finds(1, "linked_not_together")


# The whole way from a scenario

LAND = t.Land(("a", "b", "home"), gap_m={("a", "b"): 40_000}, safe_min={("a", "b"): 40}, road_min={("a", "b"): 50})


def told(link: t.Raw, **collections: Any) -> Facts:
    signed = [t.assessment(links=[{"person_key": "person-two", **link}])]
    rooms = [t.room("u0"), t.room("u1")]
    homes = [t.facility("f", "a", rooms), t.facility("g", "b", rooms)]
    cases = [t.case("c", t.member("one"), assessments=signed), *collections.pop("cases", [])]
    return t.facts_of(t.scenario(facilities=homes, cases=cases, **collections), LAND)


@pytest.mark.parametrize(
    ("link", "why_in_a", "why_in_b"),
    [
        ({"kind": "same"}, "", "not_together"),
        ({"kind": "within", "km": 40}, "", ""),
        ({"kind": "within", "km": 39}, "", "too_far"),
        ({"kind": "within", "minutes": 50}, "", ""),
        ({"kind": "within", "minutes": 49}, "", "too_far"),
        ({"kind": "more_than", "km": 39, "minutes": 39}, "too_near", ""),
        ({"kind": "more_than", "km": 40}, "too_near", "too_near"),
        ({"kind": "more_than", "minutes": 40}, "too_near", "too_near"),
    ],
)
def test_from_a_scenario(link: t.Raw, why_in_a: str, why_in_b: str) -> None:
    # the other person lives in facility f in town a, or would
    placed = told(link, placements=[t.placement("p", "f", t.member("two"))])
    waiting = told(link, cases=[t.case("d", t.member("two"))])
    for home, why in ((0, why_in_a), (1, why_in_b)):
        for facts, plan in ((placed, {0: home}), (waiting, {0: home, 1: 0})):
            if why:
                verify(RULE).given(facts).blocks(plan, amount=1, saying=f"linked_{why}")
            else:
                verify(RULE).given(facts).accepts(plan)


@pytest.mark.parametrize(
    ("departed", "free"),
    [
        (None, False),
        (0, True),  # left today: nobody shares a night with them any more
        (-60, True),
        (1, False),  # has not happened yet
    ],
)
@pytest.mark.parametrize("what", ["residence", "placement"])
def test_nobody_is_to_live_with_a_person_who_has_left(departed: int | None, free: bool, what: str) -> None:
    gone: dict[str, Any] = {"departed": None if departed is None else t.on(departed)}
    if what == "residence":
        facts = told({"kind": "same"}, residences=[t.residence("r", "b", t.member("two"), start=-90, **gone)])
    else:
        facts = told({"kind": "same"}, placements=[t.placement("p", "g", t.member("two"), days=(-90, 90), **gone)])
    if free:
        verify(RULE).given(facts).accepts({0: 0})
    else:
        verify(RULE).given(facts).blocks({0: 0}, amount=1, saying="linked_not_together")


def test_a_live_case_says_it_too() -> None:
    file = {"assessments": [t.assessment(links=[{"person_key": "person-one", "kind": "same"}])]}
    raw = t.scenario(
        facilities=[t.facility("f", "a"), t.facility("g", "b")],
        cases=[t.case("c", t.member("one"))],
        placements=[t.placement("p", "g", t.member("two"), case_file=file)],
    )
    verify(RULE).given(t.facts_of(raw, LAND)).blocks({0: 0}, amount=1, saying="linked_not_together")
    verify(RULE).given(t.facts_of(raw, LAND)).accepts({0: 1})
