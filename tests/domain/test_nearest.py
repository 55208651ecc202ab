"""What an unknown field is perhaps meant to be: names of the formats only, and nothing of the key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from matching.domain import Policy, Scenario
from matching.domain.nearest import fields_at, perhaps
from matching.domain.parse import policy_faults, shape_faults
from matching.domain.scenario import COLLECTIONS
from tests import tellings as t

KNOWN = ("cool_down_days", "separation_km", "separation_min")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("seperation_km", "; perhaps separation_km or separation_min?"),
        ("cooldown_days", "; perhaps cool_down_days?"),
        ("Cool_Down_Days", "; perhaps cool_down_days?"),
        ("anna", ""),
        ("", ""),
        ("separation_km" * 9, ""),  # longer than any name
        (3, ""),
    ],
)
def test_the_names_most_alike(key: object, hint: str) -> None:
    assert perhaps(key, KNOWN) == hint


@pytest.mark.parametrize(
    ("told", "accepted"),
    [
        ({"expiry_warning_day": 3}, "a setting that `fristad policy show` lists; perhaps expiry_warning_days?"),
        ({"isolation": 3}, "a setting that `fristad policy show` lists; perhaps weights.isolation?"),
        ({"weights": {"isolaton": 3}}, "a weight that `fristad policy show` lists; perhaps weights.isolation?"),
        ({"zqx": 3}, "a setting that `fristad policy show` lists"),
        ({"weights": {"zqx": 3}}, "a weight that `fristad policy show` lists"),
    ],
)
def test_an_unknown_setting(told: dict[str, Any], accepted: str) -> None:
    (fault,) = policy_faults(told, ("policy",))
    assert fault.accepted == accepted
    assert "<unknown field>" in fault.path


def test_an_unknown_field_of_a_case_is_told_by_its_own_object() -> None:
    raw = t.case("c", home="a", needs=[{"tag": "interpreter", "timing": "day_one", "timming": "zqx"}])
    raw["houshold"] = raw["household"]
    faults = {fault.path: fault.accepted for fault in shape_faults(COLLECTIONS["cases"], raw, ("cases", 0))}
    assert faults == {
        "cases[0].<unknown field>": "a field `fristad schema` lists; perhaps household?",
        "cases[0].needs[0].<unknown field>": "a field `fristad schema` lists; perhaps timing?",
    }
    assert "timming" not in json.dumps(faults)


def test_fields_of_several_kinds_and_positions_in_lists() -> None:
    assert fields_at(Scenario, ()) == frozenset(Scenario.model_fields)
    areas = fields_at(COLLECTIONS["cases"], ("assessments", 0, "forbidden", 0, "locality"))
    assert {"kind", "lan", "locality"} <= areas
    assert fields_at(Policy, ("nowhere",)) == frozenset(Policy.model_fields)
