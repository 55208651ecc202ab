"""The worklist: by deadline, without detail, ticked off by hand only where no act does it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from matching.domain import Policy
from matching.errors import InputRejected
from service.engine.answers import triage_deadline
from service.engine.world import load_policy
from service.flow.localities import places
from service.flow.worklist import BY_REASON, deadline
from service.inference import Reason, first_round
from service.settings import Settings
from service.store.repository import by_hand, tasks
from tests.service.back.scene import Scene, refused
from tests.service.front.system import as_system
from tests.service.front.walk import Walk
from tests.service.harness import NOON, Harness, new_harness

if TYPE_CHECKING:
    from tests.service.conftest import Database as TestDatabase

SILENT = "destination_silent"


def test_what_is_most_overdue_comes_first_and_says_what_to_do(harness: Harness) -> None:
    scene = Scene.of(harness)
    with as_system(harness) as tx:
        for kind, hours in (("facts_due", 5), ("handle_manually", -3), ("decline_follow_up", 48)):
            tasks.add(tx, kind, "coordinator", tx.now + timedelta(hours=hours))
        tasks.add(tx, "check_destination", "receiving_bops", tx.now, for_unit="bops-syd")
    items = scene.coordinator().get("/v1/worklist").json()["items"]
    assert [(one["kind"], one["is_overdue"]) for one in items] == [
        ("handle_manually", True),
        ("facts_due", False),
        ("decline_follow_up", False),
    ]
    assert all(one["what_to_do"].endswith(".") for one in items)


def test_it_tells_who_has_claimed_and_no_detail(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.held(scene.opened())
    first = scene.coordinator().get("/v1/worklist").json()["items"]
    assert [(one["kind"], one["triage"], one["claim"]) for one in first] == [("confirm_with_provider", "green", "none")]
    scene.claim()
    mine = scene.coordinator().get("/v1/worklist")
    assert mine.json()["items"][0]["claim"] == "mine"
    assert scene.coordinator("c-2").get("/v1/worklist").json()["items"][0]["claim"] == "another"
    assert scene.facility_id not in mine.text
    assert "orebro" not in mine.text
    assert scene.walk.key not in mine.text


def test_it_says_that_there_is_more_than_it_shows(tmp_path: Path, database: TestDatabase) -> None:
    settings = Settings(page_limit=2)
    with new_harness(tmp_path, database, settings=settings) as harness:
        scene = Scene.of(harness)
        with as_system(harness) as tx:
            for _ in range(2):
                tasks.add(tx, "handle_manually", "coordinator", tx.now)
        assert scene.coordinator().get("/v1/worklist").json()["more"] is False
        with as_system(harness) as tx:
            tasks.add(tx, "handle_manually", "coordinator", tx.now)
        told = scene.coordinator().get("/v1/worklist").json()
    assert (len(told["items"]), told["more"]) == (2, True)


def test_a_hold_about_to_lapse_is_on_it_without_a_task(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.held(scene.opened())
    harness.clock.move(days=6, hours=1)
    kinds = [(one["kind"], one["task_id"]) for one in scene.coordinator().get("/v1/worklist").json()["items"]]
    assert ("hold_expiring", None) in kinds


def test_a_destination_that_does_not_answer_is_on_it_an_hour_before_its_deadline(harness: Harness) -> None:
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened(triage="red"))  # asked at noon: its round is at two
    scene.claim()
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"})
    assert done.status_code == 200, done.text

    def silent() -> list[tuple[str, str, bool]]:
        items = scene.coordinator("c-2").get("/v1/worklist").json()["items"]
        return [(one["case_id"], one["stay_id"], one["is_overdue"]) for one in items if one["kind"] == SILENT]

    assert silent() == []
    harness.clock.move(minutes=61)
    assert silent() == [(scene.case_id, stay_id, False)]
    harness.clock.move(hours=1)
    assert silent() == [(scene.case_id, stay_id, True)]
    assert "bergslagen" not in scene.coordinator("c-2").get("/v1/worklist").text
    scene.judge()
    told = scene.receiving().post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "yes"})
    assert told.status_code == 200, told.text
    assert silent() == []


def test_a_task_that_ends_by_its_own_act_is_not_ticked_off(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.held(scene.opened())
    done = scene.coordinator().post(f"/v1/tasks/{scene.task_id('confirm_with_provider')}/done", {"outcome": "done"})
    refused(done, 409, "own_act")


def test_a_task_is_ticked_off_once(harness: Harness) -> None:
    scene = Scene.of(harness)
    with as_system(harness) as tx:
        task_id = tasks.add(tx, "facts_due", "coordinator", tx.now)
    path = f"/v1/tasks/{task_id}/done"
    assert scene.coordinator().post(path, {"outcome": "passed_on"}).json() == {"task_id": str(task_id)}
    assert scene.coordinator().post(path, {"outcome": "done"}).status_code == 404
    assert scene.coordinator().get("/v1/worklist").json() == {"by_hand": [], "items": [], "more": False}
    assert len(scene.acts("complete_task")) == 1


def test_a_task_of_another_role_is_not_there(harness: Harness) -> None:
    scene = Scene.of(harness)
    with as_system(harness) as tx:
        task_id = tasks.add(tx, "check_destination", "receiving_bops", tx.now, for_unit="bops-syd")
    assert scene.coordinator().post(f"/v1/tasks/{task_id}/done", {"outcome": "done"}).status_code == 404


def opened(harness: Harness, *triages: str) -> list[UUID]:
    """New cases of these classes."""
    walks = [Walk.of(harness) for _ in triages]
    for walk, triage in zip(walks, triages, strict=True):
        assert walk.open(triage=triage).status_code == 201
    return [UUID(walk.case_id) for walk in walks]


def test_of_what_is_due_at_once_red_goes_first(harness: Harness) -> None:
    scene = Scene.of(harness)
    earlier, *others = opened(harness, "green", "green", "red", "orange")
    with as_system(harness) as tx:
        for case_id in others:
            by_hand.hand_over(tx, case_id, tx.now, Reason.BUDGET)
        by_hand.hand_over(tx, earlier, tx.now - timedelta(minutes=1), Reason.LOST)
        tasks.add(tx, "set_aside", "coordinator", tx.now)
    items = scene.coordinator().get("/v1/worklist").json()["items"]
    assert [(one["triage"], one["reason"]) for one in items] == [
        ("green", "lost"),  # a minute earlier
        ("red", "budget"),
        ("orange", "budget"),
        ("green", "budget"),
        (None, None),
    ]


def test_what_is_placed_by_hand_is_counted_by_reason(tmp_path: Path, database: TestDatabase) -> None:
    with new_harness(tmp_path, database, settings=Settings(page_limit=2)) as harness:
        scene = Scene.of(harness)
        told = ((-2, Reason.NOT_ADMITTED), (3, Reason.NOT_ADMITTED), (4, Reason.BLOCKED))
        cases = opened(harness, "red", "red", "red")
        with as_system(harness) as tx:
            for case_id, (hours, reason) in zip(cases, told, strict=True):
                by_hand.hand_over(tx, case_id, tx.now + timedelta(hours=hours), reason)
            tasks.add(tx, "handle_manually", "coordinator", tx.now)
            tasks.add(tx, "facts_due", "coordinator", tx.now)
        answer = scene.coordinator().get("/v1/worklist").json()
        assert (len(answer["items"]), answer["more"]) == (2, True)
        assert answer["by_hand"] == [
            {"reason": "not_admitted", "count": 2, "overdue": 1},
            {"reason": None, "count": 1, "overdue": 0},
            {"reason": "blocked", "count": 1, "overdue": 0},
        ]


def test_a_case_that_comes_again_stands_once_with_the_newer_reason_and_the_earlier_deadline(harness: Harness) -> None:
    scene = Scene.of(harness)
    (case_id,) = opened(harness, "red")
    with as_system(harness) as tx:
        soon = tx.now + timedelta(hours=1)
        by_hand.hand_over(tx, case_id, soon, Reason.NOT_ADMITTED)
        by_hand.hand_over(tx, case_id, tx.now + timedelta(hours=4), Reason.DECLINED)
    (item,) = scene.coordinator().get("/v1/worklist").json()["items"]
    assert (item["reason"], item["due_at"]) == ("declined", soon.isoformat().replace("+00:00", "Z"))


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_says_what_to_do(reason: Reason) -> None:
    assert "claim the case" in BY_REASON[reason]
    assert list(BY_REASON.values()).count(BY_REASON[reason]) == 1


@pytest.mark.parametrize("triage", ["red", "orange", "green"])
def test_every_process_counts_the_same_deadline(triage: str) -> None:
    late = deadline(triage, NOON)
    assert triage_deadline(Policy(), triage, NOON, NOON) == late
    assert first_round(triage, NOON, NOON, 900) == late  # noon is a tick


@pytest.mark.parametrize("name", ["triage_red_hours", "triage_orange_hours", "triage_green_days"])
def test_a_policy_with_another_deadline_than_people_are_told_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "policy.json").write_text(json.dumps({name: 3}), encoding="utf-8")
    with pytest.raises(InputRejected) as told:
        load_policy(tmp_path, places())
    assert [fault.path for fault in told.value.faults] == [name]


def test_a_policy_with_these_deadlines_is_taken(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(json.dumps({"triage_red_hours": 4, "cool_down_days": 9}), encoding="utf-8")
    assert load_policy(tmp_path, places()).cool_down_days == 9
