"""What must not fall off every list: who is past the end of a stay, and a placement that is decided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from service.engine.reminders import remind
from service.store.repository import tasks
from service.store.tables import cases
from tests.service.back.scene import Scene, refused
from tests.service.front.system import as_system
from tests.service.harness import Harness


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def _still_present(scene: Scene, stay_id: str) -> None:
    told = {"outcome": "still_present", "on": scene.today()}
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/presence", told)
    assert done.status_code == 200, done.text


def _remind(scene: Scene) -> int:
    with as_system(scene.harness) as tx:
        return remind(tx)


def test_the_end_of_a_stay_is_not_ticked_off_while_somebody_lives_there(scene: Scene) -> None:
    scene.placed()
    done = f"/v1/tasks/{scene.task_id('end_of_stay')}/done"
    refused(scene.coordinator().post(done, {"outcome": "done"}), 409, "own_act")


def test_still_present_asks_again_about_a_stay_that_comes_to_its_end(scene: Scene) -> None:
    stay_id = scene.placed()
    scene.harness.clock.move(days=88)
    scene.claim()
    first = scene.task_id("end_of_stay")
    _still_present(scene, stay_id)
    assert scene.task_id("end_of_stay") != first
    with as_system(scene.harness) as tx:
        (waiting,) = (one for one in tasks.open_for(tx, "coordinator", "noa") if one.kind == "end_of_stay")
    assert (waiting.due_at - scene.harness.clock()).days == 14


def test_still_present_long_before_the_end_leaves_the_reminder_of_the_end(scene: Scene) -> None:
    stay_id = scene.placed()
    first = scene.task_id("end_of_stay")
    scene.claim()
    _still_present(scene, stay_id)
    assert scene.task_id("end_of_stay") == first


def test_who_is_past_the_end_without_a_task_gets_one_and_only_one(scene: Scene) -> None:
    stay_id = scene.placed()  # 90 nights
    with as_system(scene.harness) as tx:
        tasks.finish_for(tx, "end_of_stay", stay=UUID(stay_id), outcome="done")
    scene.harness.clock.move(days=89)
    assert (_remind(scene), scene.open_tasks("record_departure")) == (0, [])
    scene.harness.clock.move(days=1)
    assert (_remind(scene), scene.open_tasks("record_departure")) == (1, [("coordinator", None)])
    assert (_remind(scene), len(scene.open_tasks("record_departure"))) == (0, 1)
    scene.claim()
    _still_present(scene, stay_id)
    assert (_remind(scene), len(scene.open_tasks("record_departure"))) == (0, 1)


def test_the_sweep_finds_who_is_past_the_end(scene: Scene) -> None:
    stay_id = scene.placed()
    with as_system(scene.harness) as tx:
        tasks.finish_for(tx, "end_of_stay", stay=UUID(stay_id), outcome="done")
    scene.harness.clock.move(days=91)
    scene.harness.run_jobs()
    assert scene.open_tasks("record_departure") == [("coordinator", None)]


def test_after_the_end_of_a_case_one_task_asks_for_the_departure(scene: Scene) -> None:
    stay_id = scene.placed()
    with as_system(scene.harness) as tx:
        tasks.finish_for(tx, "end_of_stay", stay=UUID(stay_id), outcome="done")
    scene.harness.clock.move(days=91)
    _remind(scene)
    scene.claim()
    _end(scene)
    assert scene.open_tasks("record_departure") == [("coordinator", None)]


def _end(scene: Scene, **more: Any) -> None:
    told = {"outcome": "completed", "reason": "own_home", "from_day": scene.today(), **more}
    done = scene.coordinator().post(scene.path("/ending"), told)
    assert done.status_code == 200, done.text


def test_what_waits_for_a_case_ends_with_it_but_not_what_is_about_persons_still_there(scene: Scene) -> None:
    stay_id = scene.placed()
    scene.claim()
    case = UUID(scene.case_id)
    moot = ("answer_needed", "decide_placement", "sign_assessment", "renew_assessment", "approve_reveal", "facts_due")
    with as_system(scene.harness) as tx:
        for kind in (*moot, "breach_move_now", "review_emergency"):
            tasks.add(tx, kind, "coordinator", tx.now, case=case, stay=UUID(stay_id))
    _end(scene)
    assert [kind for kind in moot if scene.open_tasks(kind)] == []
    for kind in ("breach_move_now", "review_emergency", "record_departure"):
        assert len(scene.open_tasks(kind)) == 1, kind


def test_a_decided_placement_waits_with_the_requester_until_the_persons_are_there(scene: Scene) -> None:
    stay_id = scene.held(scene.opened())
    scene.claim()
    scene.put(stay_id, "confirmed", "checked", "accepted")
    with as_system(scene.harness) as tx:
        of_case = cases.c.id == UUID(scene.case_id)
        tx.connection.execute(update(cases).where(of_case).values(offer_ref=UUID(stay_id), state="answer_needed"))
    assert scene.walk.requester.post(scene.path("/person-answer"), {"outcome": "yes"}).status_code == 201
    decided = scene.walk.decider.post(scene.path("/placement-decision"), {"outcome": "yes"})
    assert decided.status_code == 201, decided.text
    kinds = [one["kind"] for one in scene.walk.requester.get("/v1/tasks").json()["tasks"]]
    assert "request_reveal" in kinds
    scene.put(stay_id, "decided")
    scene.harness.clock.move(days=11)
    scene.claim()
    scene.judge()
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/arrival", {"arrived_on": scene.today()})
    assert done.status_code == 200, done.text
    assert scene.open_tasks("request_reveal") == []
