"""The threat packet opens with the provider's key alone; break-glass alarms at once."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from joserfc import jwe

from tests.service.back.scene import ADDRESS, Scene, refused
from tests.service.harness import Harness


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def test_before_the_decision_there_is_no_packet(scene: Scene) -> None:
    scene.held(scene.opened())
    scene.claim()
    refused(scene.coordinator().post(scene.path("/threat-packet")), 409, "out_of_order")


def test_the_provider_alone_opens_the_packet(scene: Scene) -> None:
    scene.decided()
    answer = scene.coordinator().post(scene.path("/threat-packet"))
    assert answer.status_code == 200, answer.text
    algorithms = ["ECDH-ES+A256KW", "A256GCM"]
    opened = jwe.decrypt_compact(answer.json()["jwe"], scene.provider_key, algorithms=algorithms).plaintext
    assert json.loads(opened or b"") == {
        "kind": "threat_packet",
        "assessment_version": 1,
        "valid_until": "2027-02-20",
        "threat_level": "high",
        "confidence": "high",
        "protection_level": None,
        "actors": [],
        "self_protection": [
            "location_services_off",
            "social_media_quiet",
            "cover_story_agreed",
            "no_photographs",
            "visits_by_agreement_only",
        ],
        "expected_on": "2026-12-01",
        "persons": 1,
        "children": 0,
    }
    assert len(scene.acts("read_packet")) == 2


def test_without_a_key_of_the_provider_there_is_no_packet(scene: Scene) -> None:
    scene.decided()
    told = {**ADDRESS, "version": 2, "provider_key": None}
    assert scene.registrar.post(f"/v1/facilities/{scene.facility_id}/address", told).status_code == 201
    refused(scene.coordinator().post(scene.path("/threat-packet")), 409, "no_provider_key")


def test_an_assessment_that_has_run_out_makes_no_packet(scene: Scene) -> None:
    scene.decided()
    scene.harness.clock.move(days=93)  # valid until 20 February, the 92nd day
    scene.claim()
    refused(scene.coordinator().post(scene.path("/threat-packet")), 409, "out_of_order")


def test_break_glass_opens_one_facility_and_alarms(scene: Scene) -> None:
    told = {"facility_id": scene.facility_id, "reason": "fire_or_disaster"}
    assert scene.officer().post("/v1/break-glass", told).json()["street"] == ADDRESS["street"]
    assert scene.alarms() == ["break_glass_fire_or_disaster"]
    assert scene.open_tasks("review_break_glass") == [("security_officer", None)]
    assert len(scene.acts("break_glass")) == 1


def test_break_glass_finds_where_a_case_is(scene: Scene) -> None:
    scene.placed()
    told = {"case_id": scene.case_id, "reason": "danger_to_life"}
    assert scene.officer().post("/v1/break-glass", told).json()["street"] == ADDRESS["street"]
    assert scene.alarms() == ["break_glass_danger_to_life"]


@pytest.mark.parametrize("told", [{}, {"reason": "danger_to_life"}, {"facility_id": str(uuid4()), "reason": "curious"}])
def test_break_glass_names_one_object_and_a_reason(scene: Scene, told: dict[str, str]) -> None:
    assert scene.officer().post("/v1/break-glass", told).status_code == 422
    both = {"facility_id": scene.facility_id, "case_id": scene.case_id, "reason": "court_order"}
    assert scene.officer().post("/v1/break-glass", both).status_code == 422


def test_break_glass_for_what_does_not_exist_finds_nothing(scene: Scene) -> None:
    for name in ("facility_id", "case_id"):
        told = {name: str(uuid4()), "reason": "court_order"}
        assert scene.officer().post("/v1/break-glass", told).status_code == 404


def test_nobody_else_breaks_glass(scene: Scene) -> None:
    told = {"facility_id": scene.facility_id, "reason": "danger_to_life"}
    for person in (scene.coordinator(), scene.registrar, scene.follow_up(), scene.receiving()):
        assert person.post("/v1/break-glass", told).status_code == 404
    assert scene.alarms() == []


def test_break_glass_on_bait_alarms_twice(scene: Scene) -> None:
    scene.lay(scene.facility_id)
    told = {"facility_id": scene.facility_id, "reason": "court_order"}
    scene.officer().post("/v1/break-glass", told)
    assert sorted(scene.alarms()) == ["break_glass_court_order", "honey_read"]
