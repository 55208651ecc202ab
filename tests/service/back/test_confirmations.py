"""What the provider said, and what follows when a hold comes to nothing."""

from __future__ import annotations

from uuid import UUID

import pytest

from service.store.repository import tasks
from tests.service.back.scene import Scene, refused
from tests.service.front.system import as_system
from tests.service.harness import Harness


def test_without_the_claim_a_stay_does_not_exist(harness: Harness) -> None:
    scene = Scene.of(harness)
    path = f"/v1/stays/{scene.held(scene.opened())}/confirmation"
    assert scene.coordinator().post(path, {"outcome": "confirmed"}).status_code == 404
    scene.claim("c-2")
    assert scene.coordinator().post(path, {"outcome": "confirmed"}).status_code == 404


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"outcome": "perhaps"},
        {"outcome": "declined"},
        {"outcome": "confirmed", "code": "other"},
        {"outcome": "declined", "code": "the rent is too low"},
        {"outcome": "no_answer", "note": "x"},
    ],
)
def test_words_outside_the_vocabulary_are_refused(harness: Harness, told: dict[str, str]) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    scene.claim()
    answer = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", told)
    assert answer.status_code == 422
    assert "rent" not in answer.text
    assert scene.stay_state(stay_id) == "held"


def test_a_confirmed_stay_asks_the_police_of_its_region(harness: Harness) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    scene.claim()
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"})
    assert done.json() == {"stay_id": stay_id, "state": "confirmed"}
    assert scene.open_tasks("confirm_with_provider") == []
    assert [one["stay_id"] for one in scene.receiving().get("/v1/tasks").json()["tasks"]] == [stay_id]  # Örebro
    assert scene.receiving("bops-syd").get("/v1/tasks").json()["tasks"] == []
    assert "bops-bergslagen" not in str(scene.open_tasks("check_destination"))  # whom it asks would tell the region
    assert scene.nights(stay_id) == 90
    assert '"outcome":"confirmed"' in scene.acts("confirm_stay")[0]
    again = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"})
    refused(again, 409, "out_of_order")


@pytest.mark.parametrize(
    ("told", "follow_ups"), [({"outcome": "declined", "code": "no_capacity"}, 1), ({"outcome": "no_answer"}, 0)]
)
def test_a_refusal_frees_the_beds_and_tries_the_next_slot(
    harness: Harness, told: dict[str, str], follow_ups: int
) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    before = scene.state()
    scene.claim()
    assert scene.jobs("hold_slot") == 0
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", told)
    assert done.json()["state"] == "released"
    assert scene.nights(stay_id) == 0
    assert scene.jobs("hold_slot") == 1
    assert len(scene.open_tasks("decline_follow_up")) == follow_ups
    assert scene.open_tasks("confirm_with_provider") == []
    assert scene.state() == before  # the requester sees no difference


def test_a_hold_without_a_query_goes_back_to_the_coordinator(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.opened()
    stay_id = scene.held()
    scene.claim()
    scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "no_answer"})
    assert scene.jobs("hold_slot") == 0
    assert scene.open_tasks("handle_manually") == [("coordinator", None)]
    second = scene.held()
    scene.coordinator().post(f"/v1/stays/{second}/release", {"code": "mistake"})
    assert scene.open_tasks("handle_manually") == [("coordinator", None)]  # said once
    third = scene.held()
    scene.coordinator().post(f"/v1/stays/{third}/confirmation", {"outcome": "confirmed"})
    assert scene.open_tasks("handle_manually") == []


def test_a_hold_that_has_lapsed_is_not_confirmed(harness: Harness) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    harness.clock.move(days=7)
    scene.claim()
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"})
    refused(done, 409, "hold_expired")


def test_a_release_takes_the_offer_back(harness: Harness) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    scene.claim()
    scene.put(stay_id, "confirmed", "checked")
    scene.walk.move("decision_needed")
    with as_system(harness) as tx:
        tasks.add(tx, "decide_placement", "decider", tx.now, case=UUID(scene.case_id), for_unit="kommun-0180")
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/release", {"code": "better_place"})
    assert done.json() == {"stay_id": stay_id, "state": "released"}
    assert scene.state() == "in_progress"
    assert scene.nights(stay_id) == 0
    assert scene.open_tasks("decide_placement") == []


def test_a_stay_somebody_lives_in_is_not_released(harness: Harness) -> None:
    scene = Scene.of(harness)
    stay_id = scene.placed()
    scene.claim()
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/release", {"code": "mistake"})
    refused(done, 409, "out_of_order")
    assert scene.nights(stay_id) == 90
