"""Domain §4, `exposed_place`: not where a network of concern knows the facility or its locality."""

from collections.abc import Sequence
from typing import Any

import pytest

from matching.constraints.exposed_place import ExposedPlace
from matching.errors import InputRejected
from matching.facts import FOREVER, Exposure, Facts, Tie
from matching.knowledge import caveats
from tests import tellings as t
from tests.builders import (
    ALWAYS,
    TODAY,
    actor,
    assessment,
    case,
    facility,
    live,
    person,
    places,
    plan_of,
    present,
    put,
    unit,
    world,
)
from tests.verifier import verify

RULE = ExposedPlace()
RED, BLUE, GREEN, GREY = 0, 1, 2, 3
# facilities 0 and 1 in town 0, 2 in its district 1, 3 in another locality a metre away
HOUSES = [facility(0, [unit(), unit()]), facility(0), facility(1), facility(2)]
LAND = places(3, gap_m={(0, 2): 1, (1, 2): 1}, safe_min={(0, 2): 0, (1, 2): 0}, districts_of={0: [1]})


def exposed(network: int = RED, *, place: int = 0, home: int = 0, end: int = FOREVER) -> Exposure:
    return Exposure(place, home, network, end)


def given(*exposures: Exposure, networks: Sequence[int] = (RED,), case_: Any = None, **told: Any) -> Facts:
    return world(
        land=LAND,
        facilities=HOUSES,
        cases=[case(networks=networks, **(case_ or {}))],
        exposures=exposures,
        **told,
    )


def judge(facts: Facts, blocked: bool, home: int = 0) -> None:
    if blocked:
        verify(RULE).given(facts).blocks({0: home}, amount=1, saying="exposed_place")
    else:
        verify(RULE).given(facts).accepts({0: home})


@pytest.mark.parametrize(("home", "blocked"), [(0, True), (1, True), (2, True), (3, False)])
@pytest.mark.parametrize("told", [exposed(), exposed(home=-1), exposed(place=1, home=2), exposed(place=1, home=-1)])
def test_a_facility_and_its_locality_with_every_district(told: Exposure, home: int, blocked: bool) -> None:
    judge(given(told), blocked, home)


def test_none_one_and_several_exposures() -> None:
    judge(given(), False)
    judge(given(exposed(GREEN)), False)
    judge(given(exposed(GREEN), exposed(RED)), True)
    judge(given(exposed(RED, place=2, home=3), exposed(GREEN)), False)
    facts = given(exposed(RED), exposed(RED, home=1))
    verify(RULE).given(facts).blocks({0: 0}, amount=1)  # known twice is known


RIVALS: dict[str, Any] = {"rivals": {(RED, BLUE): ALWAYS}}


@pytest.mark.parametrize(
    ("networks", "knows", "told", "blocked"),
    [
        ([RED], RED, {}, True),  # the own former network
        ([GREEN, RED], RED, {}, True),
        ([], RED, {}, False),
        ([RED], BLUE, {}, False),  # another network
        ([RED], BLUE, RIVALS, True),
        ([BLUE], RED, RIVALS, True),
        ([RED], BLUE, {"rivals": {(RED, BLUE): (0, TODAY - 90)}}, True),  # a rival at any time
        ([RED], GREEN, RIVALS, False),
        ([RED], GREEN, {"splits": [{RED, GREEN}]}, True),  # a half of the own
        ([RED], GREEN, {**RIVALS, "splits": [{BLUE, GREEN}]}, True),  # a half of a rival
        ([RED], GREEN, {"allied": [(RED, GREEN)]}, True),  # an ally of the own
        ([RED], GREEN, {**RIVALS, "allied": [(GREEN, BLUE)]}, True),  # an ally of a rival
        ([RED], GREY, {"splits": [{RED, GREEN}], "allied": [(GREY, GREEN)]}, True),  # an ally of a half of the own
        ([RED], GREEN, {"allied": [(GREEN, GREY)]}, False),
        ([RED], GREEN, {**RIVALS, "allied": [(GREEN, GREY), (GREY, BLUE)]}, False),  # an ally's ally is none
    ],
)
def test_whom_a_network_concerns(networks: list[int], knows: int, told: dict[str, Any], blocked: bool) -> None:
    judge(given(exposed(knows), networks=networks, **told), blocked)


@pytest.mark.parametrize(
    ("of", "told", "blocked"),
    [
        (GREEN, {}, True),
        (GREY, {}, False),
        (-1, {}, False),  # an actor of no network
        (GREY, {"allied": [(GREEN, GREY)]}, True),
        (GREY, {"splits": [{GREEN, GREY}]}, True),
    ],
)
def test_the_networks_of_threat_actors(of: int, told: dict[str, Any], blocked: bool) -> None:
    signed = assessment(actors=(actor("areas"), actor("presence", network=of)))
    judge(given(exposed(GREEN), networks=[], case_={"assessment": signed}, **told), blocked)


def test_every_exposure_concerns_a_household_with_an_unknown_member() -> None:
    judge(given(exposed(GREEN), case_={"unknown": True}, networks=[]), True)
    judge(given(exposed(GREEN), case_={"unknown": True}, networks=[]), False, home=3)
    judge(given(exposed(GREEN), case_={"assessment": None}, networks=[]), False)
    judge(given(exposed(GREEN), case_={"assessment": None}, networks=[GREEN]), True)


@pytest.mark.parametrize(
    ("end", "start", "blocked"),
    [(TODAY + 2, TODAY + 1, True), (TODAY + 2, TODAY + 2, False), (TODAY, TODAY, False), (TODAY + 1, TODAY, True)],
)
def test_until_the_exposure_counts_no_more(end: int, start: int, blocked: bool) -> None:
    # of two, the longer counts
    for facts in (given(exposed(end=end)), given(exposed(end=end), exposed(end=TODAY - 5, home=-1))):
        plan = plan_of(put(facts, 0, 0, start=start))
        if blocked:
            verify(RULE).given(facts).blocks(plan, amount=1)
        else:
            verify(RULE).given(facts).accepts(plan)


def test_starts_are_tried_when_an_exposure_ends_there() -> None:
    facts = given(exposed(end=TODAY + 2), exposed(GREEN, end=TODAY + 1), exposed(place=2, home=3, end=TODAY + 3))
    rule = verify(RULE).given(facts)
    assert rule.offers_starts(0, 0) == {TODAY + 2}
    assert rule.offers_starts(0, 2) == {TODAY + 2}
    assert rule.offers_starts(0, 3) == {TODAY + 3}


def test_every_leg_starts_where_nobody_knows_the_place() -> None:
    facts = given(exposed(end=TODAY + 2), case_={"nights": (2, 10)})
    rule = verify(RULE).given(facts)
    rule.accepts(plan_of(put(facts, 0, (3, 0))))
    rule.blocks(plan_of(put(facts, 0, (0, 3))), amount=1)
    rule.blocks(plan_of(put(facts, 0, (0, 3), start=TODAY + 1)), amount=1)
    rule.accepts(plan_of(put(facts, 0, (0, 0), start=TODAY + 2)))


@pytest.mark.parametrize(("end", "found"), [(TODAY, 0), (TODAY + 1, 1)])
@pytest.mark.parametrize("has_file", [True, False])
def test_live_stays_where_the_place_is_known(end: int, found: int, has_file: bool) -> None:
    # without a case file the memberships are known all the same
    told = live(case(person(key=7), networks=[RED], assessment=None), 1, has_file=has_file)
    facts = given(exposed(end=end), networks=[GREEN], live=[told], presences=[present(0, networks=[RED], facility=1)])
    verify(RULE).given(facts).finds(found, "exposed_place")
    verify(RULE).given(facts).accepts({0: 0})
    elsewhere = given(exposed(end=end), live=[live(case(networks=[RED]), 3)])
    verify(RULE).given(elsewhere).finds(0, "exposed_place")


# The whole way from a scenario

TOWN = t.Land(("a", "b", "home", "south"), parents={"south": "a"})


def told(exposure: t.Raw, *networks: str, relations: Sequence[t.Raw] = (), **more: Any) -> Facts:
    raw = t.scenario(
        networks=[t.network(one) for one in ("blue", "green", "red")],
        relations=list(relations),
        facilities=[t.facility("f", "a"), t.facility("g", "south"), t.facility("h", "b")],
        cases=[t.case("c", t.member("one", *networks), **more)],
        exposures=[{"id": "x", "network": "red", "kind": "leak", "exposed_on": t.on(-5), **exposure}],
    )
    return t.facts_of(raw, TOWN)


def clearing(*who: str, on: int | None = -1) -> t.Raw:
    return {"facility": "f", "cleared_by": list(who), "cleared_on": None if on is None else t.on(on)}


@pytest.mark.parametrize("where", [{"facility": "f"}, {"locality": "a"}, {"facility": "g"}, {"locality": "south"}])
def test_facilities_and_localities_from_a_scenario(where: t.Raw) -> None:
    for home, blocked in ((0, True), (1, True), (2, False)):
        judge(told(where, "red"), blocked, home)
        judge(told(where, "green"), False, home)


@pytest.mark.parametrize(
    ("cleared", "blocked"),
    [
        (clearing(), True),
        (clearing("ann"), True),  # one person clears nothing
        (clearing("ann", "bo"), False),
        (clearing("ann", "bo", on=0), False),
        (clearing("ann", "bo", on=1), True),  # has not happened yet
        (clearing("ann", "bo", on=None), True),  # signed, but from no day
    ],
)
def test_two_persons_clear_a_place(cleared: t.Raw, blocked: bool) -> None:
    judge(told(cleared, "red"), blocked)


@pytest.mark.parametrize("again", ["ann-1", "Ann-1", "ANN-1"])
def test_nobody_clears_a_place_twice(again: str) -> None:
    """However the name is written."""
    judge(told(clearing("ann-1", "ann-2"), "red"), blocked=False)
    with pytest.raises(InputRejected) as caught:
        told(clearing("ann-1", again), "red")
    (fault,) = caught.value.faults
    assert (fault.path, fault.wrong) == ("exposures[0]", "cleared twice by the same person")


@pytest.mark.parametrize(
    ("cleared", "awaits"),
    [
        (clearing(), False),
        (clearing("ann"), True),
        (clearing("ann", on=None), True),
        (clearing("ann", "bo"), False),
        (clearing("ann", "bo", on=1), False),  # both have signed, for tomorrow
        ({**clearing("ann"), "exposed_on": "2024-11-20"}, False),  # over by itself
    ],
)
def test_the_coordinator_reads_which_clearances_await_a_second_signature(cleared: t.Raw, awaits: bool) -> None:
    said = caveats(told(cleared, "red"))
    assert [one.split(":")[0] for one in said] == (
        ["1 clearance of an exposed place awaits a second signature"] if awaits else []
    )


@pytest.mark.parametrize(
    ("exposed_on", "start", "blocked"),
    [
        # today is 2026-11-20; 24 months later is the first free day
        ("2024-11-20", 0, False),
        ("2024-11-21", 0, True),
        ("2024-11-21", 1, False),
        ("2024-11-23", 2, True),
        ("2024-11-23", 3, False),
    ],
)
def test_for_so_many_months(exposed_on: str, start: int, blocked: bool) -> None:
    facts = told({"facility": "f", "exposed_on": exposed_on}, "red")
    plan = plan_of(put(facts, 0, 0, start=t.TODAY + start))
    if blocked:
        verify(RULE).given(facts).blocks(plan, amount=1)
    else:
        verify(RULE).given(facts).accepts(plan)


def test_relations_from_a_scenario() -> None:
    where = {"facility": "f"}
    judge(told(where, "blue"), False)
    judge(told(where, "blue", relations=[t.relation("blue", "red")]), True)
    over: t.Raw = {"end": t.on(-9), "end_confirmed": True}
    for kind in ("rival", "allied", "split"):
        judge(told(where, "blue", relations=[t.relation("blue", "red", kind, **over)]), True)
    enemy_of_ally = [t.relation("blue", "green"), t.relation("green", "red", "allied", **over)]
    judge(told(where, "blue", relations=enemy_of_ally), True)
    # an implied actor: the rival of the former network; a listed one: whoever the assessment names
    listed = {"id": "x", "network": "red", "reach": {"kind": "national"}, "persistence": {"kind": "lasting"}}
    judge(told(where, "green", assessments=[t.assessment(actors=[listed])]), True)
    judge(told(where, "green", assessments=[t.assessment(version=2), t.assessment(actors=[listed])]), False)


def test_a_live_stay_from_a_scenario() -> None:
    raw = t.scenario(
        networks=[t.network("red")],
        facilities=[t.facility("f", "a", [t.room("u0"), t.room("u1")])],
        placements=[
            t.placement("p", "f", t.member("one", "red")),
            t.placement("q", "f", t.member("two"), beds=["u1"]),
            t.placement("r", "f", t.member("six", "red"), days=(-90, -40), departed=t.on(-40)),
        ],
        exposures=[
            {"id": "x", "network": "red", "kind": "visitor", "facility": "f", "exposed_on": t.on(-5)},
        ],
    )
    facts = t.facts_of(raw, TOWN)
    found = list(RULE.live_violations(facts))
    assert [(item.parties, item.act) for item in found] == [((("presence", 0), ("facility", 0)), "move_now")]


@pytest.mark.parametrize(
    ("kind", "blocked"),
    [("rival", True), ("allied", False)],  # who is only an ally knows, but is no enemy
)
def test_an_improbable_rival_knows_the_place_too(kind: str, blocked: bool) -> None:
    judge(given(exposed(BLUE), ties={(RED, BLUE): Tie(kind, *ALWAYS, 5)}), blocked)


def test_whom_the_assessment_names_otherwise() -> None:
    judge(given(exposed(GREY), case_={"assessment": assessment(wary_of=frozenset({GREY}))}), True)
    judge(given(exposed(GREEN), case_={"assessment": assessment(wary_of=frozenset({GREY}))}), False)


@pytest.mark.parametrize(
    ("signed", "blocked"),
    [
        ({}, False),
        ({"separations": [{"network": "grey", "km": 40}]}, True),
        ({"separations": [{"km": 40}]}, False),
        ({"actors": [{"id": "x", "person_key": "person-r", "reach": {"kind": "radius", "bases": ["home"],
          "radius_km": 1}, "persistence": {"kind": "lasting"}}]}, True),  # his network knows the house
    ],
)  # fmt: skip
def test_from_a_scenario_a_named_persons_network_and_a_wanted_separation(signed: dict[str, Any], blocked: bool) -> None:
    raw = t.scenario(
        networks=[t.network("grey"), t.network("red")],
        facilities=[t.facility("f0", "a")],
        cases=[t.case("c", t.member("c", "red"), assessments=[t.assessment(**signed)])],
        residences=[t.residence("r", "b", t.member("r", "grey"))],
        exposures=[{"id": "e", "network": "grey", "facility": "f0", "kind": "leak", "exposed_on": t.on(-10)}],
    )
    facts = t.facts_of(raw, t.Land(("a", "b", "home")))
    assert bool(tuple(RULE.violations(plan_of(put(facts, 0, 0)), facts))) is blocked
