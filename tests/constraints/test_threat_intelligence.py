"""Domain §4, `threat_reach`: the actors nobody listed, and reach by presence, from the scenario as told.

A red case could live in town `a`; network blue, its rival, is present in town `b`. The presence
radius of the policy is 5 km.
"""

from typing import Any

import pytest

from matching.constraints.threat_reach import ThreatReach
from matching.facts import Facts
from tests import tellings as t
from tests.builders import plan_of, put
from tests.verifier import verify

IDS = ("a", "b", "home", "x")


def land(gap_m: int = 5000, minutes: int = 10) -> t.Land:
    return t.Land(IDS, gap_m={("a", "b"): gap_m}, safe_min={("a", "b"): minutes})


def present_in_b(name: str, **dated: Any) -> list[t.Raw]:
    others = [t.network(one) for one in ("blue", "green", "red") if one != name]
    here = t.network(name, "b")
    here["presence"][0].update(dated)
    return [here, *others]


def told(
    networks: list[t.Raw], relations: list[t.Raw] | None = None, *, gap_m: int = 5000, case: Any = None, **signed: Any
) -> Facts:
    raw = t.scenario(
        networks=networks,
        relations=[t.relation("red", "blue")] if relations is None else relations,
        facilities=[t.facility("f", "a")],
        cases=[t.case("c", t.member("red", "red"), assessments=[t.assessment(**signed)], **(case or {}))],
    )
    return t.facts_of(raw, land(gap_m))


def holds(facts: Facts, blocked: bool, day: int = 0) -> None:
    plan = plan_of(put(facts, 0, 0, start=t.TODAY + day))
    if blocked:
        verify(ThreatReach()).given(facts).blocks(plan, amount=1, saying="within_presence")
    else:
        verify(ThreatReach()).given(facts).accepts(plan)


@pytest.mark.parametrize(("gap_m", "blocked"), [(4999, True), (5000, True), (5001, False)])
def test_the_own_former_network_and_its_rivals_are_actors_by_presence(gap_m: int, blocked: bool) -> None:
    holds(told(present_in_b("red"), [], gap_m=gap_m), blocked)
    holds(told(present_in_b("blue"), gap_m=gap_m), blocked)
    holds(told(present_in_b("blue"), [t.relation("blue", "red")], gap_m=gap_m), blocked)
    holds(told(present_in_b("green"), gap_m=gap_m), False)


def test_unless_the_assessor_signs_otherwise() -> None:
    holds(told(present_in_b("blue"), presence_waived=["blue"]), False)
    holds(told(present_in_b("blue"), presence_waived=["red", "green"]), True)
    holds(told(present_in_b("red"), presence_waived=["red"]), False)


@pytest.mark.parametrize(("wanted_km", "gap_m", "blocked"), [(9, 9000, True), (9, 9001, False), (1, 5000, True)])
def test_an_assessment_widens_the_presence_radius_never_narrows_it(wanted_km: int, gap_m: int, blocked: bool) -> None:
    holds(told(present_in_b("red"), gap_m=gap_m, presence_radius_km=wanted_km), blocked)


def test_where_allies_are_counts_too() -> None:
    allied = t.relation("blue", "green", "allied")
    holds(told(present_in_b("green"), [t.relation("red", "blue"), allied]), True)
    holds(told(present_in_b("green"), [t.relation("red", "green", "allied")]), True)  # an ally of the own network
    ended = t.relation("blue", "green", "allied", end=t.on(-1), end_confirmed=True)
    holds(told(present_in_b("green"), [t.relation("red", "blue"), ended]), False)


@pytest.mark.parametrize(
    ("dated", "day", "blocked"),
    [
        ({"end": t.on(0)}, 0, True),  # an end nobody confirmed ends nothing
        ({"end": t.on(0), "end_confirmed": True}, 0, False),
        ({"end": t.on(1), "end_confirmed": True}, 0, True),
        ({"end": t.on(1), "end_confirmed": True}, 1, True),  # nobody has confirmed a day to come
        ({"start": t.on(9)}, 0, True),  # comes on the last of ten nights
        ({"start": t.on(10)}, 0, False),
    ],
)
def test_presence_is_dated(dated: dict[str, Any], day: int, blocked: bool) -> None:
    holds(told(present_in_b("red", **dated)), blocked, day)
    holds(told(present_in_b("blue", **dated)), blocked, day)


@pytest.mark.parametrize(
    ("dated", "day", "blocked"),
    [
        ({"end": t.on(1)}, 3, True),
        ({"end": t.on(0), "end_confirmed": True}, 0, False),
        ({"end": t.on(1), "end_confirmed": True}, 1, True),
    ],
)
def test_a_rival_is_an_actor_while_the_rivalry_is_live(dated: dict[str, Any], day: int, blocked: bool) -> None:
    holds(told(present_in_b("blue"), [t.relation("red", "blue", **dated)]), blocked, day)


def test_a_listed_actor_reaches_where_its_network_is() -> None:
    listed = {"id": "x", "network": "green", "reach": {"kind": "presence"}, "persistence": {"kind": "lasting"}}
    holds(told(present_in_b("green"), actors=[listed]), True)
    holds(told(present_in_b("green"), gap_m=5001, actors=[listed]), False)
    over = {**listed, "persistence": {"kind": "until", "until": t.on(0)}}
    holds(told(present_in_b("green"), actors=[over]), False)


@pytest.mark.parametrize("relative", ["sibling", "partner"])
def test_the_networks_of_everybody_who_moves_count(relative: str) -> None:
    raw = t.scenario(
        networks=present_in_b("green"),
        facilities=[t.facility("f", "a", [t.room(beds=2)])],
        cases=[t.case("c", t.member("red", "red"), t.member("other", "green", role=relative))],
    )
    holds(t.facts_of(raw, land()), True)


def test_every_half_of_a_split_is_the_former_network() -> None:
    split = t.relation("red", "green", "split", end=t.on(-10), end_confirmed=True)
    holds(told(present_in_b("green"), [split]), True)
    holds(told(present_in_b("blue"), [split]), False)
