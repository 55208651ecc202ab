"""An emergency at three in the morning: what went wrong when nobody did the expected thing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from service.engine.world import World
from service.jobs.work import Work, Worlds, sweep
from tests.service.back.scene import ADDRESS, FACILITY, Scene, refused
from tests.service.back.test_emergencies import emergency_told
from tests.service.harness import Harness

NIGHT = {"outcome": "confirmed"}


@pytest.fixture
def scene(harness: Harness) -> Scene:
    made = Scene.of(harness)
    harness.clock.move(days=1)  # the facility is in force
    return made


def asked(scene: Scene, **more: Any) -> dict[str, Any]:
    """An emergency that the solver has worked on: its answer."""
    told = scene.coordinator().post("/v1/emergencies", emergency_told(homes=["0180-kista"], **more))
    assert told.status_code == 202, told.text
    scene.harness.run_jobs()
    return answer(scene, told.json()["emergency_id"])


def answer(scene: Scene, emergency_id: str, name: str = "c-1") -> dict[str, Any]:
    found = scene.coordinator(name).get(f"/v1/emergencies/{emergency_id}")
    assert found.status_code == 200, found.text
    told: dict[str, Any] = found.json()
    return told


def confirmed(scene: Scene, stay_id: str, **told: Any) -> None:
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", told or NIGHT)
    assert done.status_code == 200, done.text
    scene.harness.run_jobs()


def second_facility(scene: Scene) -> str:
    """Another one, elsewhere in the same town."""
    made = scene.registrar.post("/v1/facilities", {**FACILITY, "provider_id": scene.provider_id})
    assert made.status_code == 201, made.text
    facility_id = str(made.json()["id"])
    assert scene.registrar.post(f"/v1/facilities/{facility_id}/address", ADDRESS).status_code == 201
    scene.harness.clock.move(days=1)
    return facility_id


def test_a_forgotten_arrival_in_an_emergency_erases_nobody(scene: Scene) -> None:
    found = asked(scene)
    confirmed(scene, found["stay_id"])
    assert scene.open_tasks("missing_arrival") == [("coordinator", None)]
    for _ in range(12):
        scene.harness.clock.move(days=1)
        sweep(Work(scene.harness.solver, Worlds(World), scene.harness.settings))
        scene.harness.run_jobs()
    assert scene.stay_state(found["stay_id"]) == "confirmed"
    assert scene.open_tasks("missing_arrival") == [("coordinator", None)]
    scene.coordinator().post(f"/v1/cases/{found['case_id']}/claim")
    arrived = scene.coordinator().post(f"/v1/stays/{found['stay_id']}/arrival", {"arrived_on": found["start"]})
    assert arrived.status_code == 200, arrived.text
    assert scene.stay_state(found["stay_id"]) == "placed"
    assert scene.open_tasks("missing_arrival") == []


def test_an_emergency_that_ends_before_its_arrival_was_recorded_leaves_somebody_present(scene: Scene) -> None:
    found = asked(scene)
    confirmed(scene, found["stay_id"])
    told = {"outcome": "interrupted", "reason": "own_choice", "from_day": found["start"]}
    ended = scene.coordinator().post(f"/v1/cases/{found['case_id']}/ending", told)
    assert (ended.status_code, ended.json().get("present_stays")) == (200, 1), ended.text
    assert scene.stay_state(found["stay_id"]) == "ended"
    assert scene.open_tasks("record_departure") == [("coordinator", None)]


def test_after_a_decline_the_next_bed_is_tried_and_the_answer_says_so(scene: Scene) -> None:
    other = second_facility(scene)
    first = asked(scene)
    confirmed(scene, first["stay_id"], outcome="declined", code="no_capacity")
    again = answer(scene, first["emergency_id"])
    assert again["state"] == "held"
    assert {first["facility_id"], again["facility_id"]} == {scene.facility_id, other}
    confirmed(scene, again["stay_id"], outcome="no_answer")
    nothing = answer(scene, first["emergency_id"])
    assert (nothing["state"], nothing["stay_id"]) == ("refused", None)
    assert scene.open_tasks("handle_manually") == [("coordinator", None)]


def test_an_emergency_is_asked_again_with_more_hours(scene: Scene) -> None:
    far = asked(scene, position={"locality": "2584-kiruna"}, drivable_hours=1)
    assert far["state"] == "refused"
    told = {"position": {"locality": "1880-orebro"}, "drivable_hours": 3}
    once_more = scene.coordinator().post(f"/v1/emergencies/{far['emergency_id']}/again", told)
    assert once_more.status_code == 202, once_more.text
    assert once_more.json()["case_id"] == far["case_id"]
    scene.harness.run_jobs()
    found = answer(scene, once_more.json()["emergency_id"])
    assert (found["state"], found["facility_id"]) == ("held", scene.facility_id)
    assert scene.open_tasks("handle_manually") == []
    path = f"/v1/emergencies/{far['emergency_id']}/again"
    refused(scene.coordinator().post(path, told), 409, "bed_held")
    assert scene.coordinator("c-2").post(path, told).status_code == 404


def test_an_order_for_an_emergency_asks_the_rules_of_an_emergency(scene: Scene) -> None:
    far = asked(scene, position={"locality": "2584-kiruna"}, drivable_hours=1)
    told = {"facility_id": scene.facility_id, "start": scene.today()}
    ordered = scene.coordinator().post(f"/v1/cases/{far['case_id']}/holds", told)
    assert ordered.status_code == 202, ordered.text
    scene.harness.run_jobs()
    detail = scene.coordinator().get(f"/v1/cases/{far['case_id']}/detail").json()
    assert [one["state"] for one in detail["holds_ordered"]] == ["held"]
    (stay,) = detail["stays"]
    assert stay["kind"] == "emergency"
    confirmed(scene, stay["stay_id"])
    arrived = scene.coordinator().post(f"/v1/stays/{stay['stay_id']}/arrival", {"arrived_on": scene.today()})
    assert arrived.status_code == 200, arrived.text


def test_a_bed_that_was_given_back_is_not_told_as_held(scene: Scene) -> None:
    found = asked(scene)
    done = scene.coordinator().post(f"/v1/stays/{found['stay_id']}/release", {"code": "mistake"})
    assert done.status_code == 200, done.text
    told = answer(scene, found["emergency_id"])
    assert told["state"] != "held"
    assert (told["stay_id"], told["facility_id"], told["locality"]) == (None, None, None)


def test_the_number_to_call_stays_until_somebody_has_arrived(scene: Scene) -> None:
    found = asked(scene)
    confirmed(scene, found["stay_id"])
    path = f"/v1/cases/{found['case_id']}/detail"
    assert scene.coordinator().get(path).json()["stays"][0]["call_back"] == ADDRESS["call_back"]
    scene.coordinator().post(f"/v1/stays/{found['stay_id']}/arrival", {"arrived_on": found["start"]})
    assert scene.coordinator().get(path).json()["stays"][0]["call_back"] is None


def test_the_address_of_a_confirmed_emergency_is_read_with_an_alarm_and_a_review(scene: Scene) -> None:
    found = asked(scene)
    path = f"/v1/emergencies/{found['emergency_id']}/address"
    refused(scene.coordinator().post(path), 409, "out_of_order")  # the provider has not said yes
    confirmed(scene, found["stay_id"])
    assert scene.coordinator("c-2").post(path).status_code == 404
    told = scene.coordinator().post(path)
    assert told.status_code == 200, told.text
    assert told.json()["street"] == ADDRESS["street"]
    assert scene.alarms() == ["emergency_address_read"]
    assert scene.open_tasks("review_emergency_address") == [("security_officer", None)]
    assert ADDRESS["street"] not in "".join(scene.acts("read_emergency_address"))
    scene.coordinator().post(f"/v1/stays/{found['stay_id']}/arrival", {"arrived_on": found["start"]})
    refused(scene.coordinator().post(path), 409, "out_of_order")


def test_a_network_nobody_knows_is_hostile_to_everyone_and_is_named_in_the_answer(scene: Scene) -> None:
    member = emergency_told()["household"][0]
    unknown = {"network": str(uuid4()), "degree": "core", "start": "2025-01-01"}
    stranger = {**member, "knowledge": "established", "memberships": [unknown]}
    found = asked(scene, household=[stranger])
    assert found["reasons"] == ["network_unknown"]
    assert (found["state"], found["facility_id"]) == ("held", scene.facility_id)


def test_who_reviews_an_emergency_sees_its_answer_without_the_place(scene: Scene) -> None:
    found = asked(scene)
    told = answer(scene, found["emergency_id"], "c-2")
    assert told["state"] == "held"
    assert (told["stay_id"], told["facility_id"], told["locality"]) == (None, None, None)
    path = f"/v1/emergencies/{found['emergency_id']}/review"
    assert scene.coordinator("c-2").post(path, {"outcome": "justified"}).status_code == 200
    assert scene.coordinator("c-2").get(f"/v1/emergencies/{found['emergency_id']}").status_code == 404
