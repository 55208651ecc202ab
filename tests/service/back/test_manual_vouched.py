"""Somebody outside vouches for a case before placing it by hand would answer a question that nothing has counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from service.engine.by_hand_volume import ALARM, watch_volume
from service.flow.verification import UNVOUCHED
from service.inference import Reason
from service.settings import Settings
from service.store.repository import by_hand, plans
from tests.service.back.scene import Scene, refused
from tests.service.front.system import as_system
from tests.service.front.walk import Walk, details
from tests.service.harness import Harness, new_harness

if TYPE_CHECKING:
    from tests.service.conftest import Database

FREELY = sorted(set(Reason) - UNVOUCHED)


@pytest.fixture
def scene(harness: Harness) -> Scene:
    """A claimed case with a question, a minute after its facts were written."""
    made = Scene.of(harness)
    made.opened()
    harness.clock.move(minutes=1)
    made.claim()
    return made


def come(scene: Scene, reason: Reason) -> None:
    """The case comes by hand, and a minute goes by."""
    with as_system(scene.harness) as tx:
        by_hand.hand_over(tx, UUID(scene.case_id), tx.now + timedelta(hours=4), reason)
    scene.harness.clock.move(minutes=1)


def vouch(scene: Scene, how: str = "in_person", unit: str = "noa") -> Any:
    return scene.coordinator().post(scene.path("/verification"), {"how": how, "unit": unit})


def order(scene: Scene) -> Any:
    return scene.coordinator().post(scene.path("/holds"), {"facility_id": scene.facility_id, "start": "2026-12-01"})


def verification(scene: Scene) -> Any:
    return scene.coordinator().get(scene.path("/manual")).json()["verification"]


@pytest.mark.parametrize("reason", sorted(UNVOUCHED))
def test_nothing_is_ordered_before_somebody_vouches(scene: Scene, reason: Reason) -> None:
    come(scene, reason)
    assert verification(scene) == {"is_needed": True, "how": None, "unit": None, "at": None}
    refused(order(scene), 409, "not_verified")
    assert scene.jobs("hold_order") == 0
    assert vouch(scene, "second_organisation", "bops-vast").status_code == 201
    told = verification(scene)
    assert (told["is_needed"], told["how"], told["unit"]) == (True, "second_organisation", "bops-vast")
    assert order(scene).status_code == 202


@pytest.mark.parametrize("reason", FREELY)
def test_an_admitted_case_is_placed_as_before(scene: Scene, reason: Reason) -> None:
    come(scene, reason)
    assert verification(scene)["is_needed"] is False
    assert order(scene).status_code == 202


def test_a_case_that_never_came_by_hand_is_placed_as_before(scene: Scene) -> None:
    assert order(scene).status_code == 202


def test_neither_an_option_nor_a_plan_goes_round_it_but_a_repair_does(scene: Scene) -> None:
    come(scene, Reason.BUDGET)
    case_id = UUID(scene.case_id)
    with as_system(scene.harness) as tx:
        made = {kind: plans.new(tx, kind, {}) for kind in ("week", "repair")}
        made["options"] = plans.new(tx, "options", {"case": scene.case_id}, of_case=case_id)
        results: dict[str, dict[str, Any]] = {
            "week": {"placed": [{"case": scene.case_id}]},
            "repair": {"moves": [{"case": scene.case_id}]},
            "options": {"options": [{"rank": 1}]},
        }
        for kind, plan_id in made.items():
            assert plans.finish(tx, plans.get(tx, plan_id), "proposed", 1, results[kind])
    coordinator, path = scene.coordinator(), scene.path("/holds")
    refused(coordinator.post(path, {"plan_id": str(made["week"])}), 409, "not_verified")
    refused(coordinator.post(path, {"plan_id": str(made["options"]), "option": 1}), 409, "not_verified")
    assert coordinator.post(path, {"plan_id": str(made["repair"])}).status_code == 202


def test_who_asks_or_assesses_cannot_vouch(scene: Scene) -> None:
    come(scene, Reason.NOT_ADMITTED)
    refused(vouch(scene, unit="bops-syd"), 409, "not_outside")
    refused(order(scene), 409, "not_verified")


def test_a_coordinator_of_the_asking_unit_cannot_vouch_with_another_units_word(scene: Scene) -> None:
    come(scene, Reason.NOT_ADMITTED)
    scene.coordinator().post(scene.path("/claim/release"))
    own = scene.harness.act("coordinator", unit="bops-syd", name="c-3")
    assert own.post(scene.path("/claim")).status_code == 200
    refused(own.post(scene.path("/verification"), {"how": "in_person", "unit": "noa"}), 409, "not_outside")


@pytest.mark.parametrize("body", [{"how": "by_letter", "unit": "noa"}, {"how": "in_person"}, {"unit": "noa"}])
def test_words_outside_the_vocabulary_are_refused(scene: Scene, body: dict[str, str]) -> None:
    refused(scene.coordinator().post(scene.path("/verification"), body), 422, "rejected")


@pytest.mark.parametrize("change", ["assessment", "details"])
def test_it_holds_for_the_facts_it_was_given_for(scene: Scene, change: str) -> None:
    come(scene, Reason.NOT_ADMITTED)
    assert vouch(scene).status_code == 201
    if change == "assessment":
        done = scene.walk.assess(version=2)
    else:
        told = {"details": details(scene.walk.key, homes=["1280-malmo"])}
        done = scene.walk.requester.post(scene.path("/versions"), told)
    assert done.status_code == 201, done.text
    assert verification(scene)["how"] is None
    refused(order(scene), 409, "not_verified")


def test_another_no_takes_another_word(scene: Scene) -> None:
    come(scene, Reason.NOT_ADMITTED)
    assert vouch(scene).status_code == 201
    scene.harness.clock.move(minutes=1)
    come(scene, Reason.LOST)  # nobody in front has spoken: the word stands
    assert order(scene).status_code == 202
    come(scene, Reason.DECLINED)
    refused(order(scene), 409, "not_verified")
    assert vouch(scene).status_code == 201
    assert order(scene).status_code == 202


def test_a_newer_version_that_was_admitted_is_placed_as_before(scene: Scene) -> None:
    come(scene, Reason.NOT_ADMITTED)
    assert scene.walk.assess(version=2).status_code == 201
    come(scene, Reason.LOST)
    refused(order(scene), 409, "not_verified")  # that says nothing of admission
    come(scene, Reason.NO_SAFE_BED)
    assert verification(scene)["is_needed"] is False
    assert order(scene).status_code == 202


def test_it_is_the_claiming_coordinators_and_stands_in_the_trail(scene: Scene) -> None:
    come(scene, Reason.NOT_ADMITTED)
    told = {"how": "in_person", "unit": "noa"}
    for person in (scene.coordinator("c-2"), scene.registrar, scene.walk.requester):
        assert person.post(scene.path("/verification"), told).status_code == 404
    made = vouch(scene).json()["verification_id"]
    (entry,) = scene.acts("verify_by_hand")
    assert made in entry
    assert "noa" not in entry


def test_many_cases_of_a_unit_by_hand_raise_an_alarm_and_stop_nobody(tmp_path: Path, database: Database) -> None:
    settings = Settings(unit_by_hand=2)
    with new_harness(tmp_path, database, settings=settings) as harness:
        scene = Scene.of(harness)
        for number, reason in enumerate((Reason.BUDGET, Reason.NO_SAFE_BED, Reason.NOT_ADMITTED, Reason.BUDGET)):
            walk = Walk.of(harness)
            assert walk.open().status_code == 201
            with as_system(harness) as tx:
                by_hand.hand_over(tx, UUID(walk.case_id), tx.now, reason)
                watch_volume(tx, settings, UUID(walk.case_id), reason)
            assert scene.alarms().count(ALARM) == (number == 3)
        harness.clock.move(days=740)
        with as_system(harness) as tx:  # the first have been forgotten
            by_hand.hand_over(tx, UUID(walk.case_id), tx.now, Reason.BUDGET)
            watch_volume(tx, settings, UUID(walk.case_id), Reason.BUDGET)
        assert scene.alarms().count(ALARM) == 1
