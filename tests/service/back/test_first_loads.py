"""The first load: sealed, examined whole, nobody twice, beds by the same exclusion."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.crypto.vault import Vault, create_vault, seal_to
from tests.service.back.scene import FACILITY, Scene, refused
from tests.service.harness import Harness


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness, units=[*FACILITY["units"], {"id": "room-1", "kind": "room", "beds": 2, "is_shared": True}])


def _member(key: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "person_key": key or uuid4().hex,
        "role": "defector",
        "age_years": 30,
        "gender": "female",
        "knowledge": "unknown",
        **more,
    }


def _placement(scene: Scene, *keys: str, unit: str = "flat-1", **more: Any) -> dict[str, Any]:
    household = [_member(key) for key in keys] or [_member()]
    return {
        "id": uuid4().hex,
        "state": "placed",
        "facility": scene.facility_id,
        "units": [{"unit": unit, "beds": len(household)}],
        "household": household,
        "start": "2026-10-01",
        "end": "2027-03-01",
        "responsible_municipality": "0180",
        **more,
    }


def _residence(*keys: str, **more: Any) -> dict[str, Any]:
    household = [_member(key) for key in keys] or [_member()]
    return {"id": uuid4().hex, "locality": "2180-gavle", "household": household, "start": "2026-01-01", **more}


def _load(scene: Scene, **told: Any) -> httpx.Response:
    return scene.coordinator().post("/v1/first-loads", {"sealed": seal_to(scene.vault.public_key(), told)})


def _paths(answer: httpx.Response) -> list[str]:
    refused(answer, 422, "rejected")
    return [fault["path"] for fault in answer.json()["faults"]]


def _stays(scene: Scene) -> list[tuple[str, str]]:
    with scene.harness.database.admin() as connection:
        rows = connection.execute("SELECT kind, state FROM fristad.stays ORDER BY kind, state").fetchall()
    return [(row[0], row[1]) for row in rows]


def test_only_the_coordinator_loads(scene: Scene) -> None:
    sealed = {"sealed": seal_to(scene.vault.public_key(), {})}
    for person in (scene.registrar, scene.follow_up(), scene.receiving(), scene.officer()):
        assert person.post("/v1/first-loads", sealed).status_code == 404


def test_what_is_not_sealed_to_the_register_is_refused(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    create_vault(other)
    for text in ("x", "a.b.c.d.e", seal_to(Vault(other).public_key(), {"placements": []})):
        assert _paths(scene.coordinator().post("/v1/first-loads", {"sealed": text})) == ["sealed"]


@pytest.mark.parametrize("told", [[], "x", None, {"cases": []}, {"placements": {}}, {"residences": "x"}])
def test_what_is_no_load_is_refused(scene: Scene, told: Any) -> None:
    sealed = seal_to(scene.vault.public_key(), told)
    assert scene.coordinator().post("/v1/first-loads", {"sealed": sealed}).status_code == 422


def test_a_load_is_written_whole_and_sealed(scene: Scene) -> None:
    key = uuid4().hex
    answer = _load(scene, placements=[_placement(scene, key)], residences=[_residence()])
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"placements": 1, "residences": 1, "duplicates": []}
    assert _stays(scene) == [("first_load", "placed"), ("residence", "placed")]
    assert scene.jobs("rejudge") >= 1
    with scene.harness.database.admin() as connection:
        rows = connection.execute("SELECT s::text FROM fristad.stays AS s").fetchall()
        nights = connection.execute("SELECT sum(upper(nights) - lower(nights)) FROM fristad.bed_nights").fetchone()
    assert key.encode().hex() not in str(rows)
    assert nights == (151,)  # 1 October to 1 March
    zones = {one["lan"]: one["persons"] for one in scene.coordinator().get("/v1/zones").json()["zones"]}
    assert (zones["18"], zones["21"], zones["01"], len(zones)) == (1, 1, 0, 21)


def test_every_fault_is_told_by_index_and_nothing_is_written(scene: Scene) -> None:
    answer = _load(
        scene,
        placements=[
            _placement(scene),
            _placement(scene, facility=str(uuid4())),
            _placement(scene, unit="no-unit"),
            _placement(scene, responsible_municipality="9999"),
        ],
        residences=[_residence(locality="nowhere")],
    )
    assert _paths(answer) == [
        "placements[1].facility",
        "placements[2].units[0].unit",
        "placements[3].responsible_municipality",
        "residences[0].locality",
    ]
    assert _stays(scene) == []


def test_faults_of_shape_repeat_no_value(scene: Scene) -> None:
    answer = _load(scene, placements=[_placement(scene, start="canary"), {"canary": 1}])
    assert answer.status_code == 422
    assert "canary" not in answer.text


def test_a_hold_is_no_first_load(scene: Scene) -> None:
    assert _paths(_load(scene, placements=[_placement(scene, state="held")])) == ["placements[0].state"]


def test_the_same_record_again_is_left_out_and_counted_by_index(scene: Scene) -> None:
    first, second = _placement(scene, uuid4().hex), _residence(uuid4().hex)
    assert _load(scene, placements=[first]).status_code == 201
    again = _load(scene, placements=[first], residences=[second, second])
    assert again.json() == {"placements": 0, "residences": 1, "duplicates": ["placements[0]", "residences[1]"]}
    assert len(_stays(scene)) == 2


def test_a_person_in_two_places_is_for_people_to_find_out(scene: Scene) -> None:
    key = uuid4().hex
    assert _load(scene, residences=[_residence(key)]).status_code == 201
    assert _paths(_load(scene, residences=[_residence(), _residence(key, locality="0180-kista")])) == ["residences[1]"]
    assert _paths(_load(scene, placements=[_placement(scene, key, uuid4().hex)])) == ["placements[0]"]
    other = uuid4().hex
    within = _load(scene, placements=[_placement(scene, other)], residences=[_residence(other)])
    assert _paths(within) == ["residences[0]"]
    assert len(_stays(scene)) == 1


def test_somebody_of_a_case_is_known_too(scene: Scene) -> None:
    scene.placed()
    assert _paths(_load(scene, residences=[_residence(scene.walk.key)])) == ["residences[0]"]


def test_a_bed_is_given_once(scene: Scene) -> None:
    two = [_placement(scene, uuid4().hex, uuid4().hex, unit="room-1"), _placement(scene, unit="room-1")]
    assert _paths(_load(scene, placements=two)) == ["placements[1]"]
    assert _stays(scene) == []
    shared = [_placement(scene, unit="room-1"), _placement(scene, unit="room-1")]
    assert _load(scene, placements=shared).json()["placements"] == 2
    alone = [_placement(scene), _placement(scene)]  # two beds, one household
    assert _paths(_load(scene, placements=alone)) == ["placements[1]"]


def test_a_stay_behind_us_keeps_its_presence_and_no_bed(scene: Scene) -> None:
    ended = _placement(scene, end="2026-11-01")
    left = _placement(scene, end="2026-11-01", departed="2026-11-05")
    assert _load(scene, placements=[ended, left]).status_code == 201
    assert _stays(scene) == [("first_load", "departed"), ("first_load", "ended")]
    with scene.harness.database.admin() as connection:
        assert connection.execute("SELECT count(*) FROM fristad.bed_nights").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM fristad.stay_persons").fetchone() == (1,)


def test_an_identity_number_inside_is_refused(scene: Scene) -> None:
    answer = _load(scene, residences=[_residence("19811228-9874")])
    assert answer.status_code == 422
    assert "9874" not in answer.text


def test_who_was_loaded_can_be_recorded_as_gone(scene: Scene) -> None:
    _load(scene, residences=[_residence()])
    with scene.harness.database.admin() as connection:
        row = connection.execute("SELECT id FROM fristad.stays").fetchone()
    assert row is not None
    done = scene.coordinator().post(f"/v1/stays/{row[0]}/presence", {"outcome": "departed", "on": "2026-11-20"})
    assert done.status_code == 200, done.text
    assert json.loads(done.content)["state"] == "departed"
