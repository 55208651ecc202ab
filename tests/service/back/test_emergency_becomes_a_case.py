"""What an emergency leaves behind becomes a case like any other, of the unit that has the person."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.back.scene import Scene, refused
from tests.service.back.test_emergencies import emergency_told
from tests.service.front.walk import details
from tests.service.harness import Harness

TOWN = {"responsible_municipality": "0180", "municipality_unit": "kommun-0180", "unit": "bops-syd"}


@pytest.fixture
def scene(harness: Harness) -> Scene:
    made = Scene.of(harness)
    harness.clock.move(days=1)
    return made


def opened(scene: Scene, **more: Any) -> None:
    """An emergency of the person the walk is about; the walk goes on with its case."""
    member = {**emergency_told()["household"][0], "person_key": scene.walk.key}
    told = emergency_told(household=[member], homes=["0180-kista"], **TOWN, **more)
    asked = scene.coordinator().post("/v1/emergencies", told)
    assert asked.status_code == 202, asked.text
    scene.harness.run_jobs()
    scene.walk.case_id = asked.json()["case_id"]


def kinds(scene: Scene, role: str, unit: str) -> set[str]:
    organisation = unit if role == "decider" else "police"
    told = scene.harness.act(role, unit=unit, organisation=organisation, name=f"{role}-x").get("/v1/tasks").json()
    return {one["kind"] for one in told["tasks"] if one["case_id"] == scene.case_id}


def assigned(scene: Scene) -> None:
    told = {"actor": "r-1", "role": "requester", "kind": "first"}
    done = scene.walk.requester.post(scene.path("/assignments"), told)
    assert done.status_code == 201, done.text


def test_an_emergency_is_the_units_that_has_the_person_and_everybody_has_a_task(scene: Scene) -> None:
    opened(scene)
    assert kinds(scene, "requester", "bops-syd") == {"facts_due"}
    assert kinds(scene, "requester", "bops-nord") == set()
    assert kinds(scene, "assessor", "bops-syd") == {"sign_assessment"}
    assert kinds(scene, "decider", "kommun-0180") == {"sign_case", "decide_measure"}
    assigned(scene)
    assert kinds(scene, "requester", "bops-syd") == set()  # it is r-1's now
    assert scene.walk.requester.get(scene.path()).status_code == 200


def test_the_requester_reads_an_emergency_whose_gate_nobody_has_written(scene: Scene) -> None:
    opened(scene)
    assigned(scene)
    told = scene.walk.requester.get(scene.path())
    assert told.status_code == 200, told.text
    assert told.json()["gate"]["relocation_expressly_needed"] is False


def test_two_organisations_sign_an_emergency_later_and_it_can_be_asked_about(scene: Scene) -> None:
    opened(scene)
    assigned(scene)
    refused(scene.walk.ask(), 409, "not_signed")
    signature = scene.harness.intake_signature("police", scene.case_id, scene.walk.key)
    first = scene.walk.requester.post(scene.path("/signatures"), {"signature": signature})
    assert first.status_code == 201, first.text
    again = scene.walk.requester.post(scene.path("/signatures"), {"signature": signature})
    refused(again, 409, "same_organisation")
    assert scene.walk.sign().status_code == 201
    assert kinds(scene, "decider", "kommun-0180") == {"decide_measure"}
    for step in (scene.walk.record_gate, scene.walk.decide_measure, scene.walk.assess):
        done = step()
        assert done.status_code == 201, (step.__name__, done.text)
    lasting = scene.walk.requester.post(scene.path("/versions"), {"details": details(scene.walk.key)})
    assert lasting.status_code == 201, lasting.text
    assert scene.walk.ask().status_code == 202


def test_an_emergency_is_asked_about_while_the_person_lives_in_its_week(scene: Scene) -> None:
    opened(scene)
    (stay,) = scene.coordinator().get(scene.path("/detail")).json()["stays"]
    path = f"/v1/stays/{stay['stay_id']}"
    assert scene.coordinator().post(f"{path}/confirmation", {"outcome": "confirmed"}).status_code == 200
    scene.harness.run_jobs()
    arrived = scene.coordinator().post(f"{path}/arrival", {"arrived_on": stay["start"]})
    assert arrived.status_code == 200, arrived.text
    scene.harness.run_jobs()
    assigned(scene)
    refused(scene.walk.ask(), 409, "not_signed")  # not out of order: the signatures are what is missing


def test_a_requester_cannot_close_an_emergency_somebody_may_be_in(scene: Scene) -> None:
    opened(scene)
    assigned(scene)
    closed = scene.walk.requester.post(scene.path("/closure"), {"reason_code": "opened_by_mistake"})
    refused(closed, 409, "out_of_order")
