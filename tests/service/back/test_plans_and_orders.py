"""What a coordinator asks the solver, and how much of its answer they see."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from service.crypto import Domain
from service.policies import Process
from service.store.repository import plans
from tests.service.back.scene import Scene, refused
from tests.service.front.system import as_system
from tests.service.harness import Harness


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def _finish(scene: Scene, plan_id: str, result: dict[str, Any]) -> None:
    with as_system(scene.harness) as tx:
        assert plans.finish(tx, plans.get(tx, UUID(plan_id)), "proposed", 1, result)


def test_options_are_for_a_claimed_case(scene: Scene) -> None:
    scene.opened()
    assert scene.coordinator().post(scene.path("/options")).status_code == 404
    scene.claim()
    answer = scene.coordinator().post(scene.path("/options"))
    assert answer.status_code == 202
    assert scene.jobs("options") == 1
    path = f"/v1/plans/{answer.json()['plan_id']}"
    assert scene.coordinator().get(path).json()["state"] == "working"
    assert scene.coordinator("c-2").get(path).status_code == 404
    _finish(scene, answer.json()["plan_id"], {"options": [{"facility": scene.facility_id}]})
    found = scene.coordinator().get(path).json()
    assert (found["state"], found["case_id"]) == ("proposed", scene.case_id)
    assert found["result"] == {"options": [{"facility": scene.facility_id}]}
    scene.coordinator().post(scene.path("/claim/release"))
    refused(scene.coordinator().get(path), 409, "not_claimed")


@pytest.mark.parametrize("kind", ["week", "repair"])
def test_a_plan_shows_totals_and_the_lines_of_claimed_cases(scene: Scene, kind: str) -> None:
    scene.opened()
    scene.claim()
    answer = scene.coordinator().post("/v1/plans", {"kind": kind})
    assert answer.status_code == 202
    assert scene.jobs("plan") == 1
    name, other = ("placed", "unplaced") if kind == "week" else ("moves", "no_safe_bed")
    mine, stranger = {"case": scene.case_id, "to": "f"}, str(uuid4())
    result = {name: [mine, {"case": stranger, "to": "canary"}], other: [stranger], "findings": ["canary"], "levels": {}}
    _finish(scene, answer.json()["plan_id"], result)
    path = f"/v1/plans/{answer.json()['plan_id']}"
    seen = scene.coordinator().get(path)
    assert seen.json()["result"] == {
        name: [mine],
        f"{name}_count": 2,
        other: [],
        f"{other}_count": 1,
        "levels": {},
        "cases": sorted([scene.case_id, stranger]),
    }
    assert scene.coordinator("c-2").get(path).json()["result"][name] == []
    assert "canary" not in seen.text
    assert scene.registrar.get(path).status_code == 404


def test_what_a_plan_has_for_a_claimed_case_can_be_ordered(scene: Scene) -> None:
    scene.opened()
    scene.claim()
    plan_id = scene.coordinator().post("/v1/plans", {"kind": "week"}).json()["plan_id"]
    refused(scene.coordinator().post(scene.path("/holds"), {"plan_id": plan_id}), 422, "rejected")
    _finish(scene, plan_id, {"placed": [{"case": str(uuid4())}], "unplaced": [scene.case_id]})
    refused(scene.coordinator().post(scene.path("/holds"), {"plan_id": plan_id}), 422, "rejected")
    second = scene.coordinator().post("/v1/plans", {"kind": "week"}).json()["plan_id"]
    _finish(scene, second, {"placed": [{"case": scene.case_id}]})
    assert scene.coordinator().post(scene.path("/holds"), {"plan_id": second}).status_code == 202
    refused(scene.coordinator().post(scene.path("/holds"), {"plan_id": str(uuid4())}), 422, "rejected")
    refused(scene.coordinator().post(scene.path("/holds"), {"plan_id": second, "start": "2026-12-01"}), 422, "rejected")


def test_there_is_no_other_plan(scene: Scene) -> None:
    assert scene.coordinator().post("/v1/plans", {"kind": "options"}).status_code == 422
    assert scene.coordinator().get(f"/v1/plans/{uuid4()}").status_code == 404


def test_a_hold_is_ordered_for_a_claimed_case_and_a_known_facility(scene: Scene) -> None:
    scene.opened()
    told = {"facility_id": scene.facility_id, "start": "2026-12-01"}
    assert scene.coordinator().post(scene.path("/holds"), told).status_code == 404
    scene.claim()
    unknown = scene.coordinator().post(scene.path("/holds"), {**told, "facility_id": str(uuid4())})
    refused(unknown, 422, "rejected")
    answer = scene.coordinator().post(scene.path("/holds"), told)
    assert answer.status_code == 202
    assert scene.jobs("hold_order") == 1
    ordered = scene.coordinator().get(scene.path("/detail")).json()["holds_ordered"]
    assert [(one["order_id"], one["state"]) for one in ordered] == [(answer.json()["order_id"], "working")]


def test_zones_count_persons_and_name_nobody(scene: Scene) -> None:
    scene.placed()
    answer = scene.coordinator("c-2").get("/v1/zones")
    there = [one for one in answer.json()["zones"] if one["persons"]]
    assert [(one["lan"], one["persons"], one["stays"]) for one in there] == [("18", 1, 1)]
    for secret in (scene.facility_id, scene.case_id, scene.walk.key, "1880"):
        assert secret not in answer.text
    assert scene.registrar.get("/v1/zones").status_code == 404


def test_who_was_deleted_is_counted_no_more(scene: Scene) -> None:
    scene.placed()
    scene.harness.contexts[Process.BACK].subjects.destroy(Domain.PLACE, UUID(scene.case_id))
    zones = scene.coordinator("c-2").get("/v1/zones")
    assert zones.status_code == 200
    assert not any(one["persons"] for one in zones.json()["zones"])
