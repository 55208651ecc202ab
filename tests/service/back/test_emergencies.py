"""Emergencies: asked at once, outside budgets, reviewed by somebody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.settings import Settings
from service.store.repository import emergencies
from tests.service import conftest
from tests.service.back.scene import Scene, refused
from tests.service.front.system import as_system
from tests.service.harness import Harness, new_harness


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def emergency_told(**more: Any) -> dict[str, Any]:
    return {
        "position": {"locality": "1880-orebro"},
        "drivable_hours": 3,
        "household": [
            {
                "person_key": uuid4().hex,
                "role": "defector",
                "age_years": 22,
                "gender": "male",
                "knowledge": "unknown",
            }
        ],
        "needs": [],
        "responsible_municipality": "1880",
        "municipality_unit": "kommun-1880",
        "oral_consent": True,
        **more,
    }


def test_nobody_but_the_coordinator_asks(scene: Scene) -> None:
    for person in (scene.registrar, scene.follow_up(), scene.receiving(), scene.officer()):
        assert person.post("/v1/emergencies", emergency_told()).status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"oral_consent": False},
        {"position": {}},
        {"position": {"locality": "1880-orebro", "point": {"latitude_deg": 59.3, "longitude_deg": 15.2}}},
        {"position": {"locality": "nowhere"}},
        {"drivable_hours": 0},
        {"nights": 8},
        {"household": []},
        {"needs": ["a canary"]},
        {"responsible_municipality": "9999"},
        {"homes": ["nowhere"]},
    ],
)
def test_what_cannot_be_interpreted_is_refused(scene: Scene, more: dict[str, Any]) -> None:
    answer = scene.coordinator().post("/v1/emergencies", emergency_told(**more))
    assert answer.status_code == 422, answer.text
    assert "canary" not in answer.text
    assert "nowhere" not in answer.text


def test_two_defectors_are_refused(scene: Scene) -> None:
    member = emergency_told()["household"][0]
    household = [member, {**member, "person_key": uuid4().hex}]
    assert scene.coordinator().post("/v1/emergencies", emergency_told(household=household)).status_code == 422


@pytest.mark.parametrize(
    "position", [{"locality": "1880-orebro"}, {"point": {"latitude_deg": 59.27, "longitude_deg": 15.21}}]
)
def test_an_emergency_makes_a_claimed_case_a_job_and_two_tasks(scene: Scene, position: dict[str, Any]) -> None:
    answer = scene.coordinator().post("/v1/emergencies", emergency_told(position=position))
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert told["state"] == "working"
    detail = scene.coordinator().get(f"/v1/cases/{told['case_id']}/detail").json()
    assert (detail["is_emergency"], detail["triage"], detail["unit"]) == (True, "red", "noa")
    assert detail["household"]["homes"] == ["1880-orebro"]
    assert detail["household"]["stays"] == [{"kind": "emergency", "nights": 7}]
    assert detail["gate"]["is_emergency"] is True
    assert detail["gate"]["written_consent"] is None  # said, not written: due with the facts
    waiting = scene.coordinator().get(f"/v1/emergencies/{told['emergency_id']}").json()
    assert (waiting["state"], waiting["facility_id"]) == ("working", None)
    assert waiting["facts_due_at"] == "2026-11-23T12:00:00Z"
    assert waiting["review_due_at"] == "2026-11-21T09:00:00+01:00" or waiting["review_due_at"] == "2026-11-21T08:00:00Z"
    assert sorted(scene.open_tasks("facts_due")) == [("coordinator", None), ("requester", "noa")]
    assert scene.open_tasks("review_emergency") == [("coordinator", None)]
    assert scene.jobs("emergency") == 1
    with scene.harness.database.admin() as connection:
        asked = "SELECT priority FROM fristad.procrastinate_jobs WHERE task_name = 'emergency'"
        assert connection.execute(asked).fetchone() == (10,)


def test_another_coordinator_sees_no_answer(scene: Scene) -> None:
    told = scene.coordinator().post("/v1/emergencies", emergency_told()).json()
    assert scene.coordinator("c-2").get(f"/v1/emergencies/{told['emergency_id']}").status_code == 404


def test_a_person_with_an_open_case_has_no_second_one(scene: Scene) -> None:
    scene.opened()
    household = [{**emergency_told()["household"][0], "person_key": scene.walk.key}]
    refused(scene.coordinator().post("/v1/emergencies", emergency_told(household=household)), 409, "open_case")
    assert scene.jobs("emergency") == 0


def test_many_emergencies_alarm_and_are_not_blocked(tmp_path: Path, database: conftest.Database) -> None:
    with new_harness(tmp_path, database, settings=Settings(emergency_cap=1)) as harness:
        scene = Scene.of(harness)
        assert scene.coordinator().post("/v1/emergencies", emergency_told()).status_code == 202
        assert scene.alarms() == []
        assert scene.coordinator().post("/v1/emergencies", emergency_told()).status_code == 202
        assert scene.alarms() == ["emergency_volume"]


def test_the_review_is_somebody_elses_and_comes_after_the_answer(scene: Scene) -> None:
    told = scene.coordinator().post("/v1/emergencies", emergency_told()).json()
    path = f"/v1/emergencies/{told['emergency_id']}/review"
    refused(scene.coordinator().post(path, {"outcome": "justified"}), 409, "own_act")
    refused(scene.coordinator("c-2").post(path, {"outcome": "justified"}), 409, "out_of_order")
    _answered(scene, told["emergency_id"])
    assert scene.coordinator("c-2").post(path, {"outcome": "not_justified"}).json()["state"] == "reviewed"
    assert scene.open_tasks("review_emergency") == []
    assert scene.alarms() == ["emergency_not_justified"]
    refused(scene.coordinator("c-3").post(path, {"outcome": "justified"}), 409, "out_of_order")


def _answered(scene: Scene, emergency_id: str) -> None:
    from service.store.repository import emergency_answers

    with as_system(scene.harness) as tx:
        nothing = dict.fromkeys(("stay", "facility", "locality", "start", "end", "road_min"))
        asked = emergencies.get(tx, UUID(emergency_id))
        emergency_answers.store(
            tx, asked, "refused", {"outcome": "refused", **nothing, "reasons": ["no_safe_place_tonight"]}
        )


def test_the_answer_says_why_there_is_none(scene: Scene) -> None:
    told = scene.coordinator().post("/v1/emergencies", emergency_told()).json()
    _answered(scene, told["emergency_id"])
    answer = scene.coordinator().get(f"/v1/emergencies/{told['emergency_id']}").json()
    assert (answer["state"], answer["reasons"]) == ("refused", ["no_safe_place_tonight"])
