"""Domain §4, *Live breaches*: `eligibility_gate`, `forbidden_locality` and `threat_reach` judge live stays from today.

They speak of a placement or hold through its case file. A breach is a finding with its urgency, never a
reason to refuse a plan.
"""

from dataclasses import replace
from typing import Any

import pytest

from matching.constraints.base import PairRule
from matching.constraints.eligibility_gate import EligibilityGate
from matching.constraints.forbidden_locality import ForbiddenLocality
from matching.constraints.threat_reach import ThreatReach
from matching.facts import Base, Case, Facts, Places
from tests import tellings as t
from tests.builders import PASSED, TODAY, actor, area, assessment, case, facility, live, places, world
from tests.verifier import verify

GATE, FORBIDDEN, REACH = EligibilityGate(), ForbiddenLocality(), ThreatReach()
AT, HOME = 1, 0


def given(told: Case, land: Places | None = None, *, has_file: bool = True, nights: int = 10, grade: int = 1) -> Facts:
    """A live stay in town 1 from today, and a waiting case that asks for nothing."""
    here = live(told, 0, nights=nights, has_file=has_file)
    return world(land=land, facilities=[facility(AT, security_grade=grade)], cases=[case()], live=[here])


def finds(rule: PairRule, facts: Facts, *reasons: str, act: str) -> None:
    found = list(rule.live_violations(facts))
    assert [item.reason for item in found] == list(reasons)
    assert all(item.is_live and item.act == act for item in found)
    verify(rule).given(facts).accepts({0: 0})  # planning goes on


# eligibility_gate: a task


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({}, []),
        ({"gate": replace(PASSED, written_consent=False)}, ["no_written_consent"]),
        (
            {"gate": replace(PASSED, written_consent=None, motivated=None)},
            ["not_motivated no_written_consent"],
        ),
        ({"gate": None}, ["gate_not_known"]),
        ({"assessment": None}, ["no_assessment"]),
        ({"gate": None, "assessment": None}, ["gate_not_known no_assessment"]),
        ({"assessment": assessment(is_withdrawn=True)}, ["assessment_withdrawn"]),
        ({"assessment": assessment(valid_until_day=TODAY)}, []),  # its last day is a valid one
        ({"assessment": assessment(valid_until_day=TODAY - 1)}, ["assessment_not_valid_today"]),
        ({"assessment": assessment(valid_from_day=TODAY)}, []),
        ({"assessment": assessment(valid_from_day=TODAY + 1)}, ["assessment_not_valid_today"]),
        ({"assessment": assessment(threat_level="low")}, ["threat_not_high"]),
        (
            {"assessment": assessment(threat_level="low"), "gate": replace(PASSED, relocation_expressly_needed=True)},
            [],
        ),
        # the decision that could follow in an emergency has still to be made
        ({"gate": replace(PASSED, measure_decision=None, is_emergency=True)}, ["no_measure_decision"]),
    ],
)
def test_the_gate_of_a_live_case(change: dict[str, Any], reasons: list[str]) -> None:
    finds(GATE, given(case(**change)), *reasons, act="task")
    finds(GATE, given(case(**change), has_file=False), act="task")  # nothing is known: nothing is said here


def test_an_assessment_that_ends_before_a_hold_begins() -> None:
    for valid_until, reasons in ((TODAY + 5, []), (TODAY + 4, ["assessment_expires_before_start"])):
        told = case(assessment=assessment(valid_until_day=valid_until))
        facts = given(told)
        held = replace(facts.live[0], stay=replace(facts.live[0].stay, start_day=TODAY + 5))
        finds(GATE, replace(facts, live=(held,)), *reasons, act="task")


# forbidden_locality: move now


@pytest.mark.parametrize(("gap_m", "reasons"), [(50_000, ["home_radius"]), (50_001, [])])
@pytest.mark.parametrize("signed", [assessment(), None])
def test_near_home(gap_m: int, reasons: list[str], signed: Any) -> None:
    told = case(homes=(HOME,), assessment=signed)  # the policy's 50 km, with or without an assessment
    finds(FORBIDDEN, given(told, places(gap_m={(HOME, AT): gap_m})), *reasons, act="move_now")


@pytest.mark.parametrize(
    ("told", "reasons"),
    [
        (case(), []),
        (case(assessment=assessment(forbidden=(area("locality", AT),))), ["forbidden_area"]),
        (case(assessment=assessment(forbidden=(area("locality", 2),))), []),
        (case(assessment=assessment(forbidden=(area("locality", AT),), is_withdrawn=True)), ["forbidden_area"]),
        (case(known_places=(AT,)), ["known_place"]),
        (case(known_places=(2,)), []),
        (case(known_places=(AT,), homes=(AT,)), ["home_radius"]),
    ],
)
def test_forbidden_areas_and_known_places(told: Case, reasons: list[str]) -> None:
    finds(FORBIDDEN, given(told), *reasons, act="move_now")


# threat_reach: move now


@pytest.mark.parametrize(("gap_m", "reasons"), [(10_000, ["within_radius"]), (10_001, [])])
def test_reach_has_faded_to_what_is_left_today(gap_m: int, reasons: list[str]) -> None:
    # 50 km, full until four days ago, gone tomorrow: a fifth is left today
    fading = actor("radius", HOME, limit_m=50_000, full_until_day=TODAY - 4, gone_day=TODAY + 1)
    told = case(assessment=assessment(actors=(fading,)))
    finds(REACH, given(told, places(gap_m={(HOME, AT): gap_m})), *reasons, act="move_now")


@pytest.mark.parametrize(
    ("told", "nights", "reasons"),
    [
        (actor("radius", HOME, limit_m=5000, full_until_day=TODAY, gone_day=TODAY), 10, []),  # over today
        (actor("radius", HOME, limit_m=5000, full_until_day=TODAY + 1, gone_day=TODAY + 1), 10, ["within_radius"]),
        (actor("presence", Base(HOME, TODAY - 9, TODAY), limit_m=5000), 10, []),  # left yesterday
        (actor("presence", Base(HOME, TODAY + 9, TODAY + 90), limit_m=5000), 10, ["within_presence"]),
        (actor("presence", Base(HOME, TODAY + 10, TODAY + 90), limit_m=5000), 10, []),  # comes after the last night
        (actor("minutes", HOME, limit_min=30), 10, ["within_minutes"]),
        (actor("minutes", HOME, limit_min=29), 10, []),
        (actor("areas", areas=(area("locality", AT),)), 10, ["within_areas"]),
    ],
)
def test_actors_live_on_a_night_that_is_left(told: Any, nights: int, reasons: list[str]) -> None:
    near = places(gap_m={(HOME, AT): 5000}, safe_min={(HOME, AT): 30})
    finds(REACH, given(case(assessment=assessment(actors=(told,))), near, nights=nights), *reasons, act="move_now")


@pytest.mark.parametrize(
    ("level", "grade", "reasons"), [(None, 4, ["within_national"]), (3, 2, ["within_national"]), (3, 3, [])]
)
def test_national_reach_is_lived_with_at_the_protection_level_alone(
    level: int | None, grade: int, reasons: list[str]
) -> None:
    told = case(assessment=assessment(actors=(actor("national"),), protection_level=level))
    finds(REACH, given(told, grade=grade), *reasons, act="move_now")


def test_nobody_is_named_without_an_assessment() -> None:
    finds(REACH, given(case(assessment=None)), act="move_now")


# The whole way from a scenario

LAND = t.Land(("a", "b", "home"), gap_m={("a", "b"): 5000, ("a", "home"): 50_000}, safe_min={("a", "b"): 10})
ACTOR = {
    "id": "x",
    "reach": {"kind": "radius", "bases": ["b"], "radius_km": 5},
    "persistence": {"kind": "until", "until": t.on(1)},
}


def told(file: t.Raw | None, *networks: str, **more: Any) -> Facts:
    """One person placed in town a; network red is present in town b, five kilometres away."""
    raw = t.scenario(
        networks=[t.network("red", "b"), t.network("blue")],
        facilities=[t.facility("f", "a")],
        placements=[t.placement("p", "f", t.member("one", *networks), case_file=file, **more)],
    )
    return t.facts_of(raw, LAND)


def reasons(rule: PairRule, facts: Facts) -> list[str]:
    return [item.reason for item in rule.live_violations(facts)]


FILE: t.Raw = {"gate": t.PASSED, "assessments": [t.assessment()]}


def test_nothing_is_said_of_a_stay_without_a_case_file() -> None:
    assert [reasons(rule, told(None, "red")) for rule in (GATE, FORBIDDEN, REACH)] == [[], [], []]


def test_an_empty_case_file_lacks_all() -> None:
    assert reasons(GATE, told({})) == ["gate_not_known no_assessment"]
    assert reasons(FORBIDDEN, told({})) == []
    assert reasons(REACH, told({})) == []


def test_a_case_file_in_order_has_no_breach() -> None:
    assert [reasons(rule, told(FILE, "blue")) for rule in (GATE, FORBIDDEN, REACH)] == [[], [], []]


@pytest.mark.parametrize(("valid_until", "found"), [(0, []), (-1, ["assessment_not_valid_today"])])
def test_an_assessment_that_has_run_out_is_a_task(valid_until: int, found: list[str]) -> None:
    file = {**FILE, "assessments": [t.assessment(valid_until=t.on(valid_until))]}
    assert reasons(GATE, told(file)) == found


@pytest.mark.parametrize("field", ["homes", "crime_localities"])
def test_homes_and_crime_localities_of_a_live_case(field: str) -> None:
    assert reasons(FORBIDDEN, told({**FILE, field: ["home"]})) == ["home_radius"]
    tighter = [t.assessment(home_radius_km=5)]  # never less than the policy's 50 km
    assert reasons(FORBIDDEN, told({**FILE, field: ["home"], "assessments": tighter})) == ["home_radius"]
    assert reasons(FORBIDDEN, told({**FILE, "known_places": [{"locality": "a", "kind": "relatives"}]})) == [
        "known_place"
    ]


def test_the_former_network_and_listed_actors_of_a_live_case() -> None:
    assert reasons(REACH, told(FILE, "red")) == ["within_presence"]
    waived = {**FILE, "assessments": [t.assessment(presence_waived=["red"])]}
    assert reasons(REACH, told(waived, "red")) == []
    assert reasons(REACH, told({**FILE, "assessments": [t.assessment(actors=[ACTOR])]})) == ["within_radius"]
    over = {**ACTOR, "persistence": {"kind": "until", "until": t.on(0)}}
    assert reasons(REACH, told({**FILE, "assessments": [t.assessment(actors=[over])]})) == []


@pytest.mark.parametrize(
    ("days", "more", "found"),
    [
        ((-50, -1), {}, ["within_radius"]),  # the bed is free again, the person still there
        ((-50, 50), {"departed": t.on(-3)}, []),  # has left; the cool-down is no stay
        ((-50, 50), {"departed": t.on(1)}, ["within_radius"]),  # has not left yet
        ((0, 50), {"state": "held"}, ["within_radius"]),  # a hold counts as a placement
        ((1, 50), {"state": "held"}, []),  # it begins when the threat is over
    ],
)
def test_a_person_is_judged_while_present(days: tuple[int, int], more: dict[str, Any], found: list[str]) -> None:
    file = {**FILE, "assessments": [t.assessment(actors=[ACTOR])]}
    assert reasons(REACH, told(file, days=days, **more)) == found
