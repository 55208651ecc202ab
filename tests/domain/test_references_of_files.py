"""Repeated versions and ids are refused in the case file of a placement as in a waiting case, and in incidents."""

from __future__ import annotations

import json

import pytest

from matching.domain import parse
from matching.errors import InputRejected
from tests import tellings as t

LAND = t.Land(("a", "home"))


def faults(**collections: object) -> list[str]:
    raw = t.scenario(facilities=[t.facility("f0", "a")], **collections)
    with pytest.raises(InputRejected) as refused:
        parse(json.dumps(raw).encode(), LAND.index())
    return [fault.path for fault in refused.value.faults]


def test_two_assessments_of_one_version_in_a_case_file() -> None:
    file = {"assessments": [t.assessment(), t.assessment(version=2), t.assessment()]}
    path = "placements[0].case_file.assessments[2].version"
    assert faults(placements=[t.placement("p", "f0", case_file=file)]) == [path]


def test_two_actors_of_one_id_in_a_case_file() -> None:
    actor = {"id": "same", "reach": {"kind": "national"}, "persistence": {"kind": "lasting"}}
    file = {"assessments": [t.assessment(actors=[actor, actor])]}
    path = "placements[0].case_file.assessments[0].actors[1].id"
    assert faults(placements=[t.placement("p", "f0", case_file=file)]) == [path]


def test_two_incidents_of_one_id() -> None:
    incident = {"id": "same", "occurred_on": t.on(-3), "is_disqualifying": True}
    assert faults(providers=[t.provider(incidents=[incident, incident])]) == ["providers[0].incidents[1].id"]
