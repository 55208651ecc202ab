"""An emergency from the question to the arrival, with the solver."""

from __future__ import annotations

from tests.service.back.scene import ADDRESS, Scene
from tests.service.back.test_emergencies import emergency_told
from tests.service.harness import Harness


def test_the_coordinator_has_a_bed_and_a_number_to_call_tonight(harness: Harness) -> None:
    scene = Scene.of(harness)
    harness.clock.move(days=1)  # the facility is in force
    coordinator = scene.coordinator()
    told = coordinator.post("/v1/emergencies", emergency_told(homes=["0180-kista"])).json()
    harness.run_jobs()
    answer = coordinator.get(f"/v1/emergencies/{told['emergency_id']}").json()
    assert (answer["state"], answer["facility_id"], answer["locality"]) == ("held", scene.facility_id, "1880-orebro")
    assert (answer["start"], answer["end"], answer["road_min"]) == ("2026-11-21", "2026-11-28", 0)
    detail = coordinator.get(f"/v1/cases/{told['case_id']}/detail").json()
    assert detail["stays"][0]["call_back"] == ADDRESS["call_back"]
    stay = f"/v1/stays/{answer['stay_id']}"
    confirmed = coordinator.post(f"{stay}/confirmation", {"outcome": "confirmed"})
    assert confirmed.json()["state"] == "confirmed"
    assert scene.open_tasks("check_destination") == []  # nobody waits for it at night
    arrived = coordinator.post(f"{stay}/arrival", {"arrived_on": "2026-11-21"})
    assert arrived.json()["state"] == "placed", arrived.text
    assert scene.nights(answer["stay_id"]) == 7


def test_nothing_within_reach_is_an_answer_too(harness: Harness) -> None:
    scene = Scene.of(harness)
    harness.clock.move(days=1)
    told = emergency_told(position={"locality": "2584-kiruna"}, drivable_hours=1)
    asked = scene.coordinator().post("/v1/emergencies", told).json()
    harness.run_jobs()
    answer = scene.coordinator().get(f"/v1/emergencies/{asked['emergency_id']}").json()
    assert (answer["state"], answer["stay_id"]) == ("refused", None)
    assert answer["reasons"]
    assert scene.open_tasks("handle_manually") == [("coordinator", None)]
