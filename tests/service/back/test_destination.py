"""The police at the destination see a locality and the case's conditions, and say yes or no."""

from __future__ import annotations

import re
from hashlib import md5, sha1, sha256

import pytest

from tests.service.back.scene import ADDRESS, Scene, refused
from tests.service.front.walk import details
from tests.service.harness import Harness
from tests.service.store.rows import TABLES


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def _confirmed(scene: Scene) -> str:
    stay_id = scene.held(scene.opened(triage="red"))  # told after hours
    scene.claim()
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"})
    assert done.status_code == 200, done.text
    return stay_id


def test_before_it_is_asked_nobody_sees_it(scene: Scene) -> None:
    stay_id = scene.held(scene.opened())
    assert scene.receiving().get(f"/v1/stays/{stay_id}/destination").status_code == 404
    assert scene.receiving().post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "yes"}).status_code == 404


def test_another_region_sees_nothing(scene: Scene) -> None:
    stay_id = _confirmed(scene)
    other = scene.receiving("bops-syd")
    assert other.get(f"/v1/stays/{stay_id}/destination").status_code == 404
    assert other.post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "no"}).status_code == 404
    assert scene.stay_state(stay_id) == "confirmed"


def test_it_shows_a_locality_and_conditions_and_nothing_else(scene: Scene) -> None:
    stay_id = _confirmed(scene)
    answer = scene.receiving().get(f"/v1/stays/{stay_id}/destination")
    assert answer.json() == {
        "stay_id": stay_id,
        "locality": "1880-orebro",
        "name": "Örebro",
        "kommun": "1880",
        "start": "2026-12-01",
        "persons": 1,
        "threat_level": "high",
        "protection_level": None,
        "separations": [],
        "networks": [],
    }
    for secret in (scene.facility_id, scene.walk.key, scene.case_id, ADDRESS["street"], "flat-1"):
        assert secret not in answer.text
    assert len(scene.acts("read_destination")) == 2  # stay and assessment


def test_yes_asks_the_person_at_the_round_of_the_case_and_not_before(scene: Scene) -> None:
    stay_id = _confirmed(scene)
    before = scene.walk.requester.get(scene.path()).content
    done = scene.receiving().post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "yes"})
    assert done.json() == {"stay_id": stay_id, "state": "checked"}
    assert scene.open_tasks("answer_needed") == []
    assert scene.walk.requester.get(scene.path()).content == before
    scene.until_told()
    assert scene.state() == "answer_needed"
    assert scene.open_tasks("answer_needed") == [("requester", "bops-syd")]
    assert scene.open_tasks("check_destination") == []
    # with the task goes the sight of the stay
    assert scene.receiving().get(f"/v1/stays/{stay_id}/destination").status_code == 404
    assert scene.receiving().post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "no"}).status_code == 404


def test_nothing_stored_tells_which_police_were_asked(scene: Scene) -> None:
    stay_id = _confirmed(scene)
    scene.receiving().get(f"/v1/stays/{stay_id}/destination")
    done = scene.receiving().post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "yes"})
    assert done.status_code == 200, done.text
    stored = []
    with scene.harness.database.admin() as connection:
        for table in TABLES:
            stored += [str(row[0]) for row in connection.execute(f"SELECT t::text FROM fristad.{table} AS t".encode())]
    for name in ("bops-bergslagen", "b-1"):  # nor is it computed from a list of regions or of the staff
        for made in (name, *(one(name.encode()).hexdigest() for one in (sha256, sha1, md5))):
            assert not any(re.search(rf"(?<![\w-]){made}(?![\w-])", row) for row in stored)
    answered = f"SELECT for_unit FROM fristad.tasks WHERE kind = 'check_destination' AND stay_ref = '{stay_id}'"
    with scene.harness.database.admin() as connection:
        assert connection.execute(answered.encode()).fetchall() == [(None,)]
    acts = scene.acts("read_destination") + scene.acts("check_destination")
    assert len(acts) == 3
    assert all('"case":null' in one and stay_id in one for one in acts)
    assert all(_unkeyed("b-1") not in one for one in acts)


def _unkeyed(subject: str) -> str:
    """What anybody with a list of the staff could compute when pseudonyms had no key."""
    return sha256(b"fristad audit actor\n" + subject.encode()).hexdigest()[:32]


@pytest.mark.parametrize("name", ["r-1", "a-1", "d-1", "c-1"])
def test_who_has_another_duty_on_the_case_checks_no_destination(scene: Scene, name: str) -> None:
    stay_id = _confirmed(scene)
    police = scene.receiving(name=name)
    refused(police.get(f"/v1/stays/{stay_id}/destination"), 409, "another_duty")
    refused(police.post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "yes"}), 409, "another_duty")
    assert scene.stay_state(stay_id) == "confirmed"


def test_who_checked_the_destination_neither_claims_the_case_nor_follows_it_up(scene: Scene) -> None:
    stay_id = _confirmed(scene)
    assert scene.receiving().get(f"/v1/stays/{stay_id}/destination").status_code == 200
    scene.coordinator().post(scene.path("/claim/release"))
    refused(scene.claim("b-1"), 409, "another_duty")
    assert scene.claim().status_code == 200
    scene.put(stay_id, "checked", "accepted", "decided", "placed")
    scene.walk.move("arrived")
    refused(scene.coordinator().post(scene.path("/access"), {"actor": "b-1", "days": 2}), 409, "another_duty")


def test_no_tries_the_next_slot_and_the_requester_sees_no_difference(scene: Scene) -> None:
    stay_id = _confirmed(scene)
    before = scene.walk.requester.get(scene.path()).json()["state"]
    done = scene.receiving().post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "no"})
    assert done.json()["state"] == "released"
    assert scene.nights(stay_id) == 0
    assert scene.jobs("hold_slot") == 1
    assert scene.walk.requester.get(scene.path()).json()["state"] == before
    assert scene.open_tasks("check_destination") == []


def test_a_reason_is_not_asked_for_and_not_kept(scene: Scene) -> None:
    stay_id = _confirmed(scene)
    told = {"outcome": "no", "reason": "a rival lives here"}
    answer = scene.receiving().post(f"/v1/stays/{stay_id}/destination-check", told)
    assert answer.status_code == 422
    assert "rival" not in answer.text


def test_a_stay_released_meanwhile_is_not_checked(scene: Scene) -> None:
    stay_id = _confirmed(scene)
    scene.put(stay_id, "released")
    answer = scene.receiving().post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "yes"})
    refused(answer, 409, "out_of_order")


@pytest.mark.parametrize(
    ("told", "due_at"),
    [
        ({"triage": "red"}, "2026-11-20T14:00:00Z"),  # its class's four hours are over: the round
        ({"triage": "green"}, "2026-12-04T07:00:00Z"),
        ({"triage": "green", "latest": "2026-11-29"}, "2026-11-25T23:00:00Z"),  # three days to move
    ],
)
def test_its_word_is_due_by_the_round_at_which_it_can_be_shown(scene: Scene, told: dict[str, str], due_at: str) -> None:
    key = scene.walk.key
    latest = told.get("latest", "2026-12-20")
    told_details = details(key, window={"earliest": "2026-11-24", "latest": latest})
    stay_id = scene.held(scene.opened(triage=told["triage"], details=told_details))
    scene.claim()
    done = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"})
    assert done.status_code == 200, done.text
    (waits,) = scene.receiving().get("/v1/tasks").json()["tasks"]
    assert waits["due_at"] == due_at
