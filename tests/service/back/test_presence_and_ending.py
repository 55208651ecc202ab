"""Arrival, presence, the end of an exit: a planned end frees the bed, never the separation."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.service.back.scene import Scene, refused
from tests.service.harness import Harness


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def _arrive(scene: Scene, stay_id: str, day: str) -> tuple[int, str | None]:
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/arrival", {"arrived_on": day})
    return done.status_code, done.json().get("code")


def test_nobody_arrives_before_the_decision(scene: Scene) -> None:
    stay_id = scene.held(scene.opened())
    assert _arrive(scene, stay_id, scene.today())[0] == 404  # not claimed
    scene.claim()
    for state in ("held", "confirmed", "checked", "accepted"):
        if state != "held":
            scene.put(stay_id, state)
        assert _arrive(scene, stay_id, scene.today()) == (409, "out_of_order")


def test_an_arrival_lies_between_the_first_day_and_today(scene: Scene) -> None:
    stay_id = scene.decided()  # from 1 December
    scene.harness.clock.move(days=12)  # 2 December
    scene.claim()
    assert _arrive(scene, stay_id, "2026-11-30") == (409, "day_before_start")
    assert _arrive(scene, stay_id, "2026-12-03") == (409, "day_in_future")
    assert _arrive(scene, stay_id, "2026-12-02") == (200, None)
    assert scene.state() == "arrived"
    assert scene.stay_state(stay_id) == "placed"
    assert scene.open_tasks("end_of_stay") == [("coordinator", None)]
    assert _arrive(scene, stay_id, "2026-12-02") == (409, "out_of_order")


def test_the_end_frees_the_beds_and_keeps_the_presence(scene: Scene) -> None:
    stay_id = scene.placed()  # 1 December, 90 nights
    scene.harness.clock.move(days=10)
    scene.claim()
    told = {"outcome": "interrupted", "reason": "own_choice", "from_day": "2026-12-11"}
    done = scene.coordinator().post(scene.path("/ending"), told)
    assert done.json() == {"case_id": scene.case_id, "state": "interrupted", "present_stays": 1}
    assert scene.nights(stay_id) == 10
    assert scene.content(stay_id)["placement"]["end"] == "2026-12-11"
    assert scene.content(stay_id)["placement"]["departed"] is None
    assert scene.stay_state(stay_id) == "ended"
    assert scene.state() == "interrupted"
    assert scene.open_tasks("record_departure") == [("coordinator", None)]
    assert scene.open_tasks("end_of_stay") == []


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({"outcome": "completed", "reason": "drugs", "from_day": "2026-12-01"}, 422, "rejected"),
        ({"outcome": "interrupted", "reason": "own_home", "from_day": "2026-12-01"}, 422, "rejected"),
        ({"outcome": "interrupted", "from_day": "2026-12-01"}, 422, "rejected"),
        ({"outcome": "interrupted", "reason": "drugs", "from_day": "2026-12-02"}, 409, "day_in_future"),
    ],
)
def test_an_end_says_why_and_has_happened(scene: Scene, told: dict[str, str], status: int, code: str) -> None:
    stay_id = scene.placed()
    scene.claim()
    refused(scene.coordinator().post(scene.path("/ending"), told), status, code)
    assert scene.stay_state(stay_id) == "placed"


def test_a_reason_that_does_not_fit_is_answered_with_those_that_do(scene: Scene) -> None:
    scene.placed()
    scene.claim()
    told = {"outcome": "completed", "reason": "drugs", "from_day": scene.today()}
    answer = scene.coordinator().post(scene.path("/ending"), told).text
    assert "own_home, own_income, no_protection_need, moved_to_other_support when completed" in answer


def test_an_end_before_the_arrival_gives_the_hold_back(scene: Scene) -> None:
    stay_id = scene.decided()
    told = {"outcome": "interrupted", "reason": "lost_motivation", "from_day": scene.today()}
    done = scene.coordinator().post(scene.path("/ending"), told)
    assert done.json()["present_stays"] == 0
    assert scene.stay_state(stay_id) == "released"
    assert scene.nights(stay_id) == 0


def test_somebody_who_lives_there_has_not_left_before_the_end_is_recorded(scene: Scene) -> None:
    stay_id = scene.placed()
    scene.claim()
    path = f"/v1/stays/{stay_id}/presence"
    refused(scene.coordinator().post(path, {"outcome": "departed", "on": scene.today()}), 409, "end_first")
    assert scene.coordinator().post(path, {"outcome": "still_present", "on": scene.today()}).json() == {
        "stay_id": stay_id,
        "state": "placed",
    }


def test_still_present_asks_again_and_departed_ends_it(scene: Scene) -> None:
    stay_id = scene.placed()
    scene.claim()
    ending = {"outcome": "completed", "reason": "own_home", "from_day": scene.today()}
    assert scene.coordinator().post(scene.path("/ending"), ending).status_code == 200
    path = f"/v1/stays/{stay_id}/presence"
    still = scene.coordinator().post(path, {"outcome": "still_present", "on": scene.today()})
    assert still.json()["state"] == "ended"
    assert len(scene.open_tasks("record_departure")) == 1
    tomorrow = (date.fromisoformat(scene.today()) + timedelta(days=1)).isoformat()
    refused(scene.coordinator().post(path, {"outcome": "departed", "on": tomorrow}), 409, "day_in_future")
    refused(scene.coordinator().post(path, {"outcome": "departed", "on": "2026-11-30"}), 409, "day_before_start")
    gone = scene.coordinator().post(path, {"outcome": "departed", "on": scene.today()})
    assert gone.json()["state"] == "departed"
    assert scene.content(stay_id)["placement"]["departed"] == scene.today()
    assert scene.open_tasks("record_departure") == []
    refused(scene.coordinator().post(path, {"outcome": "still_present", "on": scene.today()}), 409, "out_of_order")


def test_a_case_that_has_ended_can_still_be_claimed_for_the_departure(scene: Scene) -> None:
    scene.placed()
    scene.claim()
    ending = {"outcome": "completed", "reason": "own_home", "from_day": scene.today()}
    scene.coordinator().post(scene.path("/ending"), ending)
    scene.coordinator().post(scene.path("/claim/release"))
    assert scene.claim().status_code == 200


def test_who_arrives_elsewhere_has_left_the_emergencys_place(scene: Scene) -> None:
    scene.opened()
    scene.claim()
    first = scene.held(start=date(2026, 11, 20), nights=7, kind="emergency")
    scene.put(first, "confirmed")
    assert _arrive(scene, first, "2026-11-20") == (200, None)
    second = scene.held(start=date(2026, 11, 27), nights=60)
    scene.put(second, "confirmed", "checked", "accepted", "decided")
    scene.walk.move("decided")
    scene.harness.clock.move(days=7)
    scene.claim()
    assert _arrive(scene, second, "2026-11-27") == (200, None)
    assert scene.stay_state(first) == "departed"
    assert scene.content(first)["placement"]["departed"] == "2026-11-27"
    assert scene.stay_state(second) == "placed"
    assert scene.state() == "arrived"


def test_an_offer_elsewhere_that_comes_to_nothing_leaves_them_arrived(scene: Scene) -> None:
    first = scene.placed()
    scene.claim()
    second = scene.held(start=date(2027, 3, 1), nights=30)
    scene.put(second, "confirmed", "checked")
    scene.walk.move("answer_needed")
    done = scene.coordinator().post(f"/v1/stays/{second}/release", {"code": "facts_changed"})
    assert done.status_code == 200, done.text
    assert (scene.state(), scene.stay_state(first)) == ("arrived", "placed")


def test_an_exit_ends_while_a_move_is_being_decided(scene: Scene) -> None:
    scene.placed()
    scene.claim()
    scene.walk.move("decision_needed")
    ending = {"outcome": "interrupted", "reason": "safety", "from_day": scene.today()}
    assert scene.coordinator().post(scene.path("/ending"), ending).json()["present_stays"] == 1
