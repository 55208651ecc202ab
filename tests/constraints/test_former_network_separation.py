"""Domain §4, `former_network_separation`: one network never in one facility, nor on policy in one locality."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from matching.constraints.former_network_separation import FormerNetworkSeparation
from matching.facts import FOREVER, Belonging, Case, Facts, Link, Party, Places, Presence
from tests import tellings as t
from tests.builders import TODAY, case, facility, person, places, plan_of, present, put, unit, world
from tests.verifier import verify

RULE = FormerNetworkSeparation()
RED, BLUE, GREEN = 0, 1, 2
TWO_ROOMS = [unit(), unit()]
# facilities 0 and 1 in town 0, facility 2 in a district of it, facility 3 in a neighbouring town a metre away
HOUSES = [facility(0, TWO_ROOMS), facility(0), facility(1), facility(2)]
LAND = places(3, gap_m={(0, 2): 1, (1, 2): 1}, safe_min={(0, 2): 0, (1, 2): 0}, districts_of={0: [1]})


def given(
    *cases: Case, presences: Sequence[Presence] = (), land: Places = LAND, apart: str = "locality", **told: Any
) -> Facts:
    return world(land=land, facilities=HOUSES, cases=cases, presences=presences, same_network_apart=apart, **told)


def judge(facts: Facts, plan: dict[int, int], why: str) -> None:
    if why:
        verify(RULE).given(facts).blocks(plan, amount=1, saying=f"same_network_same_{why}")
    else:
        verify(RULE).given(facts).accepts(plan)


WHERE = [
    ("locality", 0, "facility"),
    ("locality", 1, "locality"),
    ("locality", 2, "locality"),  # the town and its district
    ("locality", 3, ""),  # another locality, however near
    ("facility", 0, "facility"),
    ("facility", 1, ""),
    ("facility", 2, ""),
    ("facility", 3, ""),
]


@pytest.mark.parametrize(("apart", "home", "why"), WHERE)
def test_facility_and_locality(apart: str, home: int, why: str) -> None:
    pair = [case(networks=[RED]), case(networks=[RED])]
    judge(given(*pair, apart=apart), {0: 0, 1: home}, why)
    judge(given(*pair, apart=apart), {0: home, 1: 0}, why)
    here = [present(0, networks=[RED], facility=0)]
    judge(given(pair[0], presences=here, apart=apart), {0: home}, why)


@pytest.mark.parametrize(("apart", "why"), [("locality", "locality"), ("facility", "")])
def test_a_residence_is_in_no_facility(apart: str, why: str) -> None:
    here = [present(0, networks=[RED])]
    judge(given(case(networks=[RED]), presences=here, apart=apart), {0: 0}, why)
    two = [present(0, networks=[RED]), present(0, networks=[RED])]
    facts = given(presences=two, apart=apart)
    verify(RULE).given(facts).finds(1 if why else 0, "same_network_same_locality")


@pytest.mark.parametrize(
    ("own", "others", "blocked"),
    [
        ([RED], [RED], True),
        ([RED], [BLUE], False),
        ([RED], [], False),
        ([], [], False),
        ([RED, BLUE], [GREEN], False),
        ([RED, BLUE], [BLUE, GREEN], True),
        ([RED, BLUE], [RED, BLUE], True),
    ],
)
def test_no_some_and_all_networks_shared(own: list[int], others: list[int], blocked: bool) -> None:
    judge(given(case(networks=own), case(networks=others)), {0: 0, 1: 0}, "facility" if blocked else "")


@pytest.mark.parametrize(
    ("splits", "own", "other", "blocked"),
    [
        ([], RED, BLUE, False),
        ([{RED, BLUE}], RED, BLUE, True),
        ([{RED, BLUE}], BLUE, RED, True),
        ([{RED, BLUE}], RED, GREEN, False),
        ([{RED, BLUE, GREEN}], BLUE, GREEN, True),  # both broke off from red
    ],
)
def test_halves_of_a_split_are_one_network(splits: list[set[int]], own: int, other: int, blocked: bool) -> None:
    facts = given(case(networks=[own]), case(networks=[other]), splits=splits)
    judge(facts, {0: 0, 1: 1}, "locality" if blocked else "")


def test_an_ally_is_another_network_and_a_person_not_known_is_judged_elsewhere() -> None:
    judge(given(case(networks=[RED]), case(networks=[BLUE]), allied=[(RED, BLUE)]), {0: 0, 1: 0}, "")
    judge(given(case(networks=[RED]), case(unknown=True)), {0: 0, 1: 0}, "")


def test_members_of_one_household_live_together() -> None:
    pair = case(person(key=7), person(key=8), networks=[RED])
    judge(given(pair), {0: 0}, "")
    judge(given(pair, presences=[present(0, person(key=7), networks=[RED], facility=0)]), {0: 0}, "")


# 7 waits, 8 waits or is present; who links whom; what is refused in the same facility, and in the same locality
@pytest.mark.parametrize(
    ("links", "in_house", "in_town"),
    [
        ([], "facility", "locality"),
        ([Link(8, "same")], "", ""),
        ([Link(8, "within", 10_000)], "facility", ""),  # near is not together
        ([Link(8, "within", -1, 30)], "facility", ""),
        ([Link(8, "more_than", 10_000)], "facility", "locality"),  # to be apart is no link that lets them be near
        ([Link(9, "same")], "facility", "locality"),  # to somebody else
        ([Link(8, "more_than", 10_000), Link(8, "within", 50_000)], "facility", ""),
        ([Link(8, "same", is_signed=False)], "facility", "locality"),  # withdrawn, or not valid today
        ([Link(8, "within", 10_000, is_signed=False)], "facility", "locality"),
    ],
)
@pytest.mark.parametrize("side", ["waiting", "other"])
def test_unless_an_assessment_links_them(links: list[Link], in_house: str, in_town: str, side: str) -> None:
    swapped = [replace(one, key=7) if one.key == 8 else one for one in links]
    own = case(person(key=7), networks=[RED], links=links if side == "waiting" else [])
    others = swapped if side == "other" else []
    for home, why in ((0, in_house), (1, in_town)):
        judge(given(own, case(person(key=8), networks=[RED], links=others)), {0: 0, 1: home}, why)
        there = present(0, person(key=8), networks=[RED], links=others, facility=0)
        judge(given(own, presences=[there]), {0: home}, why)


def test_a_link_lifts_the_rule_for_the_linked_person_alone() -> None:
    """8, the sister, belongs to no network; her brother 9, of the same network, is not linked."""
    own = case(person(key=7), networks=[RED], links=[Link(8, "same")])
    brother, sister = Belonging(9, frozenset({RED}), is_unknown=False), Belonging(8, frozenset(), is_unknown=False)
    there = Presence(0, TODAY - 100, FOREVER, Party((brother, sister)), 0)
    judge(given(own, presences=[there]), {0: 0}, "facility")
    both = case(person(key=7), networks=[RED], links=[Link(8, "same"), Link(9, "same")])
    judge(given(both, presences=[there]), {0: 0}, "")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"valid_until": t.on(0)}, ""),  # its last day
        ({"valid_until": t.on(-1)}, "same_network_same_locality"),
        ({"valid_from": t.on(1)}, "same_network_same_locality"),
        ({"withdrawn": True}, "same_network_same_locality"),
    ],
)
def test_only_a_valid_assessment_lifts(changed: dict[str, Any], why: str) -> None:
    link = {"person_key": "person-c", "kind": "within", "km": 10}
    file = {"assessments": [t.assessment(links=[link], **changed)]}
    raw = t.scenario(
        networks=[t.network("red")],
        facilities=[t.facility("f0", "a"), t.facility("f1", "a")],
        cases=[t.case("c", t.member("c", "red"))],
        placements=[t.placement("p", "f0", t.member("p", "red"), case_file=file)],
    )
    facts = t.facts_of(raw, t.Land(("a", "home")))
    found = [one.reason for one in RULE.violations(plan_of(put(facts, 0, 1)), facts)]
    assert found == ([why] if why else [])


@pytest.mark.parametrize(
    ("days", "start", "blocked"),
    [
        ((0, TODAY + 2), TODAY + 1, True),
        ((0, TODAY + 2), TODAY + 2, False),  # cooled down the day the stay starts
        ((TODAY + 50, FOREVER), TODAY, True),  # after the planned end, present all the same
    ],
)
def test_days_of_presence(days: tuple[int, int], start: int, blocked: bool) -> None:
    facts = given(case(networks=[RED]), presences=[present(0, networks=[RED], days=days, facility=0)])
    plan = plan_of(put(facts, 0, 0, start=start))
    if blocked:
        verify(RULE).given(facts).blocks(plan, amount=1)
    else:
        verify(RULE).given(facts).accepts(plan)


def test_a_planned_end_of_a_waiting_stay_frees_nothing() -> None:
    facts = given(case(networks=[RED], nights=1), case(networks=[RED]))
    verify(RULE).given(facts).blocks(plan_of(put(facts, 0, 0), put(facts, 1, 1, start=TODAY + 3)), amount=1)


def test_every_leg_counts() -> None:
    facts = given(case(networks=[RED], nights=(2, 9)), case(networks=[RED], nights=(2, 9)))
    rule = verify(RULE).given(facts)
    rule.accepts(plan_of(put(facts, 0, (0, 1)), put(facts, 1, (3, 3))))
    rule.blocks(plan_of(put(facts, 0, (0, 3)), put(facts, 1, (3, 1))), amount=2)
    rule.blocks(plan_of(put(facts, 0, (0, 1)), put(facts, 1, (1, 0))), amount=4)


def test_a_start_is_tried_when_who_is_there_has_gone() -> None:
    gone = present(0, networks=[RED], days=(0, TODAY + 2), facility=0)
    facts = given(case(networks=[RED]), presences=[gone])
    assert verify(RULE).given(facts).offers_starts(0, 1) == {TODAY + 2}
    assert verify(RULE).given(facts).offers_starts(0, 3) == {TODAY}


def test_three_of_a_network_make_three_pairs() -> None:
    facts = given(*(case(networks=[RED]) for _ in range(3)))
    verify(RULE).given(facts).blocks({0: 0, 1: 1, 2: 2}, amount=3)
    verify(RULE).given(facts).blocks({0: 0, 1: 1, 2: 3}, amount=1)


@pytest.mark.parametrize(
    ("place", "home", "days", "why"),
    [
        (0, 0, (TODAY - 9, FOREVER), "facility"),
        (0, 1, (TODAY - 9, FOREVER), "locality"),
        (2, 3, (TODAY - 9, FOREVER), ""),
        (0, 0, (TODAY - 9, TODAY + 1), "facility"),
        (0, 0, (TODAY - 9, TODAY), ""),
    ],
)
def test_live_stays_are_a_finding_and_planning_goes_on(place: int, home: int, days: tuple[int, int], why: str) -> None:
    pair = [present(0, networks=[RED], facility=0), present(place, networks=[RED], facility=home, days=days)]
    facts = given(case(networks=[GREEN]), presences=pair)
    verify(RULE).given(facts).finds(1 if why else 0, f"same_network_same_{why}")
    verify(RULE).given(facts).accepts({0: 0})


# The whole way from a scenario

TOWN = t.Land(("a", "home", "south"), parents={"south": "a"})


def told(*, own: t.Raw, other: t.Raw, home: str = "g", relations: Sequence[t.Raw] = (), **more: Any) -> Facts:
    """One person waits, the other is placed; facilities f in town a, g in its district."""
    signed = more.pop("assessments", [t.assessment()])
    raw = t.scenario(
        networks=[t.network(one) for one in ("red", "red-two")],
        relations=list(relations),
        facilities=[t.facility("f", "a", [t.room("u0"), t.room("u1")]), t.facility("g", "south")],
        cases=[t.case("c", own, assessments=signed)],
        placements=[t.placement("p", home, other, **more)],
    )
    return t.facts_of(raw, TOWN)


LEFT = {"network": "red", "degree": "peripheral", "start": t.on(-900), "end": t.on(-700)}
SPLIT = t.relation("red", "red-two", "split", end=t.on(-10), end_confirmed=True)


def test_ended_memberships_and_ended_splits_keep_counting() -> None:
    red = t.member("one", "red")
    judge(told(own=red, other=t.member("two", "red")), {0: 0}, "locality")
    judge(told(own=red, other=t.member("two", LEFT), home="f"), {0: 0}, "facility")
    judge(told(own=red, other=t.member("two", "red-two")), {0: 0}, "")
    judge(told(own=red, other=t.member("two", "red-two"), relations=[SPLIT]), {0: 0}, "locality")
    judge(told(own=red, other=t.member("two", "red"), departed=t.on(-30)), {0: 0}, "")
    judge(told(own=red, other=t.member("two", "red"), departed=t.on(-29)), {0: 0}, "locality")


@pytest.mark.parametrize("kind", ["same", "within"])
def test_a_link_in_a_waiting_or_in_a_live_assessment(kind: str) -> None:
    limits = {} if kind == "same" else {"minutes": 5}
    one, two = t.member("one", "red"), t.member("two", "red")
    own_link = [t.assessment(links=[{"person_key": "person-two", "kind": kind, **limits}])]
    live_link = {"assessments": [t.assessment(links=[{"person_key": "person-one", "kind": kind, **limits}])]}
    judge(told(own=one, other=two, assessments=own_link), {0: 0}, "")
    judge(told(own=one, other=two, case_file=live_link), {0: 0}, "")
    judge(told(own=one, other=two, case_file={"assessments": [t.assessment()]}), {0: 0}, "locality")
