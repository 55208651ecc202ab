"""What a scenario asks for beyond its own policy: an emergency stay longer than the policy allows."""

from typing import Any

import pytest

from matching.domain import Policy, parse
from matching.domain.limits import limit_faults
from matching.errors import InputRejected
from matching.intake import read
from tests import tellings as t
from tests.domain.refusing import LAND, only_fault, refused, written


def week(nights: int, *, policy: Any = None, kind: str = "emergency") -> t.Raw:
    stays = [{"kind": kind, "nights": nights}, {"kind": "stable", "nights": 30}]
    told = {} if policy is None else {"policy": policy}
    return t.scenario(cases=[t.case("c", home="a"), t.case("d", home="a", stays=stays)], **told)


@pytest.mark.parametrize(("most", "nights"), [(7, 7), (6, 6), (3, 2), (1, 1), (None, 7)])
def test_as_many_nights_as_the_policy_says(most: int | None, nights: int) -> None:
    policy = None if most is None else {"emergency_most_nights": most}
    assert len(parse(written(week(nights, policy=policy)), LAND.index()).cases) == 2


@pytest.mark.parametrize(("most", "nights"), [(6, 7), (3, 4), (1, 7)])
def test_one_night_more_is_refused_and_named(most: int, nights: int) -> None:
    fault = only_fault(written(week(nights, policy={"emergency_most_nights": most})), "cases[1].stays[0]")
    assert "policy" in fault.wrong
    assert "policy.emergency_most_nights" in fault.accepted


def test_every_stay_too_long_is_told_and_no_other() -> None:
    raw = week(5, policy={"emergency_most_nights": 4})
    raw["cases"][0]["stays"] = [{"kind": "emergency", "nights": 6}]
    assert [fault.path for fault in refused(written(raw))] == ["cases[0].stays[0]", "cases[1].stays[0]"]


def test_a_stay_that_no_policy_allows_is_told_once() -> None:
    fault = only_fault(written(week(8, policy={"emergency_most_nights": 3})), "cases[1].stays[0]")
    assert "at most 7" in fault.accepted


@pytest.mark.parametrize("most", [0, 8, -1, "3", 3.5, None, True])
def test_a_policy_out_of_bounds_is_a_fault_of_its_own(most: Any) -> None:
    found = refused(written(week(7, policy={"emergency_most_nights": most})))
    assert [fault.path for fault in found] == ["policy.emergency_most_nights"]


def test_a_stable_stay_has_no_such_limit() -> None:
    raw = t.scenario(policy={"emergency_most_nights": 2}, cases=[t.case("c", home="a")])  # ten nights
    assert parse(written(raw), LAND.index()).cases


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"policy": 3, "cases": 3},
        {"policy": {"emergency_most_nights": 2}, "cases": [3, {"stays": 3}, {"stays": [3, {"kind": "emergency"}]}]},
        {"policy": {"emergency_most_nights": 2}, "cases": [{"stays": [{"kind": "emergency", "nights": "5"}]}]},
    ],
)
def test_what_has_no_shape_is_left_to_others(tree: Any) -> None:
    assert limit_faults(tree) == []


@pytest.mark.parametrize(("most", "is_refused"), [(4, True), (5, False), (7, False)])
def test_a_policy_in_the_place_of_the_scenarios_asks_again(most: int, is_refused: bool) -> None:
    content = written(week(5, policy={"emergency_most_nights": 6}))
    policy = Policy(emergency_most_nights=most)

    def on_land(scenario: Any) -> Any:
        return t.facts_of_parsed(scenario, LAND)

    if is_refused:
        with pytest.raises(InputRejected) as caught:
            read(content, LAND.index(), on_land, policy)
        assert [fault.path for fault in caught.value.faults] == ["cases[1].stays[0]"]
    else:
        assert read(content, LAND.index(), on_land, policy)[0].policy.emergency_most_nights == most
