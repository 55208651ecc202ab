"""A claim opens one case to one coordinator; each opening stands in the trail."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from service.settings import Settings
from tests.service import conftest
from tests.service.back.scene import ADDRESS, Scene, refused
from tests.service.harness import Harness, new_harness


def test_detail_without_a_claim_does_not_exist(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.opened()
    nothing = scene.coordinator().get(f"/v1/cases/{uuid4()}/detail")
    assert nothing.status_code == 404
    assert scene.coordinator().get(scene.path("/detail")).content == nothing.content
    scene.claim("c-2")
    assert scene.coordinator().get(scene.path("/detail")).content == nothing.content


def test_a_case_that_does_not_exist_cannot_be_claimed(harness: Harness) -> None:
    assert Scene.of(harness).coordinator().post(f"/v1/cases/{uuid4()}/claim").status_code == 404


def test_one_coordinator_at_a_time(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.opened()
    assert scene.claim().status_code == 200
    refused(scene.claim(), 409, "already_claimed")
    refused(scene.claim("c-2"), 409, "claimed_by_another")
    assert scene.coordinator("c-2").post(scene.path("/claim/release")).status_code == 404
    assert scene.coordinator().post(scene.path("/claim/release")).status_code == 200
    assert scene.coordinator().get(scene.path("/detail")).status_code == 404
    assert scene.claim("c-2").status_code == 200


def test_a_claim_of_a_shift_ago_can_be_taken_over(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.opened()
    scene.claim()
    harness.clock.move(hours=12, seconds=-1)
    refused(scene.claim("c-2"), 409, "claimed_by_another")
    harness.clock.move(seconds=1)
    assert scene.claim("c-2").status_code == 200
    assert scene.coordinator().get(scene.path("/detail")).status_code == 404


def test_a_claim_lapses_for_the_one_who_made_it(harness: Harness) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    lapses_at = scene.claim().json()["lapses_at"]
    assert datetime.fromisoformat(lapses_at) == harness.clock() + timedelta(hours=12)
    harness.clock.move(hours=12, seconds=-1)
    assert scene.coordinator().get(scene.path("/detail")).status_code == 200
    refused(scene.claim(), 409, "already_claimed")
    harness.clock.move(seconds=1)
    assert scene.coordinator().get(scene.path("/detail")).status_code == 404
    late = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"})
    assert late.status_code == 404
    assert {one["claim"] for one in scene.coordinator().get("/v1/worklist").json()["items"]} == {"none"}
    assert scene.claim().status_code == 200  # again: an act of its own, in the trail
    assert len(scene.acts("claim")) == 2
    assert scene.coordinator().get(scene.path("/detail")).status_code == 200


@pytest.mark.parametrize("name", ["r-1", "a-1", "d-1"])
def test_who_asked_assessed_or_decides_does_not_claim_the_case(harness: Harness, name: str) -> None:
    scene = Scene.of(harness)
    scene.opened()
    refused(scene.claim(name), 409, "another_duty")
    assert scene.coordinator(name).get(scene.path("/detail")).status_code == 404
    assert scene.claim("c-1").status_code == 200
    scene.coordinator("c-1").post(scene.path("/claim/release"))
    assert scene.claim("c-2").status_code == 200  # one after the other, several coordinate


def test_the_case_of_a_coordinator_who_is_away_is_taken_over_with_an_alarm(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.opened()
    scene.claim()
    taken = scene.coordinator("c-2").post(scene.path("/claim/take-over"))
    assert taken.status_code == 200, taken.text
    assert scene.alarms() == ["claim_taken_over"]
    assert len(scene.acts("claim")) == 2
    assert scene.coordinator("c-2").get(scene.path("/detail")).status_code == 200
    assert scene.coordinator("c-1").get(scene.path("/detail")).status_code == 404
    refused(scene.coordinator("c-2").post(scene.path("/claim/take-over")), 409, "already_claimed")


def test_taking_over_what_nobody_has_is_a_claim(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.opened()
    assert scene.coordinator("c-2").post(scene.path("/claim/take-over")).status_code == 200
    assert scene.alarms() == []
    refused(scene.coordinator("r-1").post(scene.path("/claim/take-over")), 409, "another_duty")


def test_a_closed_case_is_not_claimed(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.opened()
    scene.walk.move("closed")
    refused(scene.claim(), 409, "case_closed")


def test_a_claim_opens_case_gate_assessment_and_stay_but_no_person(harness: Harness) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    scene.claim()
    answer = scene.coordinator().get(scene.path("/detail"))
    told = answer.json()
    assert told["household"]["homes"] == ["0180-kista"]
    assert told["household"]["household"][0]["age_years"] == 24
    assert told["gate"]["written_consent"] is True
    assert told["assessment"]["forbidden"] == [{"kind": "lan", "lan": "01"}]
    assert [(one["stay_id"], one["locality"], one["call_back"]) for one in told["stays"]] == [
        (stay_id, "1880-orebro", ADDRESS["call_back"])
    ]
    assert scene.walk.key not in answer.text
    assert ADDRESS["street"] not in answer.text
    # case, gate, assessment, stay and the call-back number: five ciphertexts, five entries
    entries = scene.acts("read_detail")
    assert len(entries) == 5
    assert all('"sealed":"' in one for one in entries)


def test_the_call_back_number_is_gone_once_the_provider_has_answered(harness: Harness) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    scene.claim()
    scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"})
    assert scene.coordinator().get(scene.path("/detail")).json()["stays"][0]["call_back"] is None


def test_many_claims_alarm_and_are_not_blocked(tmp_path: Path, database: conftest.Database) -> None:
    with new_harness(tmp_path, database, settings=Settings(claim_cap=2)) as harness:
        scene = Scene.of(harness)
        scene.opened()
        for _ in range(2):
            assert scene.claim().status_code == 200
            scene.coordinator().post(scene.path("/claim/release"))
        assert scene.alarms() == []
        assert scene.claim().status_code == 200  # the third of the day
        assert scene.alarms() == ["claim_volume"]
        scene.coordinator().post(scene.path("/claim/release"))
        harness.clock.move(days=1)  # another day counts anew
        assert scene.claim().status_code == 200
        assert scene.alarms() == ["claim_volume"]


def test_bait_alarms_and_looks_like_anything_else(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.held(scene.opened())
    scene.lay(scene.facility_id)
    scene.claim()
    assert scene.alarms() == []
    assert scene.coordinator().get(scene.path("/detail")).status_code == 200
    assert scene.alarms() == ["honey_read"]
    assert len(scene.acts("read_honey")) == 1
