"""The registrar's catalogue: versions, days, beds; never who lives there."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from service.store.repository import catalogue
from tests.service.back.scene import ADDRESS, FACILITY, PROVIDER, Scene, refused
from tests.service.front.system import as_system
from tests.service.harness import Harness

TODAY, TOMORROW = "2026-11-20", "2026-11-21"


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def _change(scene: Scene, version: int, **more: Any) -> Any:
    told = {**FACILITY, "provider_id": scene.provider_id, "version": version, **more}
    return scene.registrar.post(f"/v1/facilities/{scene.facility_id}/versions", told)


def _beds(scene: Scene) -> dict[str, list[int]]:
    with as_system(scene.harness) as tx:
        found = catalogue.facility(tx, UUID(scene.facility_id))
        assert found is not None
        return dict(found.beds)


def test_nobody_else_writes_or_reads_the_catalogue(scene: Scene) -> None:
    for person in (scene.coordinator(), scene.follow_up(), scene.receiving(), scene.officer()):
        assert person.post("/v1/providers", PROVIDER).status_code == 404
        assert person.get("/v1/facilities").status_code == 404
        assert person.get(f"/v1/facilities/{scene.facility_id}").status_code == 404
        assert person.post("/v1/catalogue/import", {"csv": "x"}).status_code == 404


def test_what_does_not_exist_is_not_found(scene: Scene) -> None:
    assert scene.registrar.get(f"/v1/facilities/{uuid4()}").status_code == 404
    assert scene.registrar.post(f"/v1/providers/{uuid4()}/versions", PROVIDER).status_code == 404
    assert scene.registrar.post(f"/v1/facilities/{uuid4()}/address", ADDRESS).status_code == 404


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"locality": "0180-nowhere"}, "locality"),
        ({"provider_id": str(uuid4())}, "provider"),
        ({"closures": [{"start": "2027-01-01", "end": "2027-01-02", "units": ["no-unit"]}]}, "closures[0].units[0]"),
        ({"units": [FACILITY["units"][0], FACILITY["units"][0]]}, "units[1].id"),
        (
            {"contracts": [{"start": "2026-01-01", "end": "2027-01-01", "municipality": "9999"}]},
            "contracts[0].municipality",
        ),
        ({"offers": ["women_only"]}, "the document"),
    ],
)
def test_what_cannot_be_interpreted_is_refused_by_path(scene: Scene, more: dict[str, Any], path: str) -> None:
    answer = scene.registrar.post("/v1/facilities", {**FACILITY, "provider_id": scene.provider_id, **more})
    refused(answer, 422, "rejected")
    assert path in [fault["path"] for fault in answer.json()["faults"]], answer.text


def test_an_edit_counts_from_the_next_day_and_needs_the_next_number(scene: Scene) -> None:
    done = _change(scene, 2, day_rate_sek=4300)
    assert done.json() == {"id": scene.facility_id, "version": 2, "effective_on": TOMORROW}
    refused(_change(scene, 2), 409, "stale_version")
    refused(_change(scene, 4), 409, "stale_version")
    told = scene.registrar.get(f"/v1/facilities/{scene.facility_id}").json()
    assert (told["version"], told["day_rate_sek"], told["provider"]["vetting"]) == (2, 4300, "vetted")
    assert told["address_version"] == 1


def test_the_day_is_the_registers_own(scene: Scene) -> None:
    scene.harness.clock.move(hours=11, minutes=30)  # 23.30 UTC is half past midnight in Sweden
    assert _change(scene, 2).json()["effective_on"] == "2026-11-22"


def test_a_closure_for_safety_counts_at_once(scene: Scene) -> None:
    scene.harness.clock.move(days=1)  # version 1 is in force
    closure = {"start": TOMORROW, "end": "2026-12-01", "units": None}
    done = _change(scene, 2, closures=[closure], is_safety_closure=True)
    assert done.json()["effective_on"] == TOMORROW
    # and takes along what waits for its day
    _change(scene, 3, closures=[closure], day_rate_sek=4400)
    second = {"start": "2026-12-24", "end": "2026-12-26", "units": ["flat-1"]}
    done = _change(scene, 4, closures=[closure, second], day_rate_sek=4400, is_safety_closure=True)
    assert done.json() == {"id": scene.facility_id, "version": 5, "effective_on": "2026-11-22"}
    with as_system(scene.harness) as tx:
        now = catalogue.facility(tx, UUID(scene.facility_id), scene.harness.clock().date())
        assert now is not None
        assert (now.version, now.facility["day_rate_sek"], len(now.facility["closures"])) == (4, 4200, 2)
        later = catalogue.facility(tx, UUID(scene.facility_id))
        assert later is not None
        assert (later.facility["day_rate_sek"], len(later.facility["closures"])) == (4400, 2)


@pytest.mark.parametrize("more", [{"day_rate_sek": 1}, {"closures": []}, {"security_grade": 4}])
def test_nothing_else_hides_behind_a_closure_for_safety(scene: Scene, more: dict[str, Any]) -> None:
    closure = {"start": "2026-12-01", "end": "2026-12-02", "units": None}
    _change(scene, 2, closures=[closure])
    told = {"closures": [closure, {"start": "2026-12-05", "end": "2026-12-06", "units": None}], **more}
    refused(_change(scene, 3, **told, is_safety_closure=True), 422, "rejected")


def test_a_bed_keeps_its_number_and_never_gets_that_of_another(scene: Scene) -> None:
    first = _beds(scene)["flat-1"]
    assert len(set(first)) == 2
    assert all(0 < number < 2**40 for number in first)
    unit = FACILITY["units"][0]
    _change(scene, 2, units=[{**unit, "beds": 1}])
    assert _beds(scene) == {"flat-1": first[:1]}
    _change(scene, 3, units=[{**unit, "id": "flat-2"}])
    other = _beds(scene)["flat-2"]
    assert not set(other) & set(first)
    _change(scene, 4, units=[{**unit, "beds": 3}, {**unit, "id": "flat-2"}])
    assert _beds(scene)["flat-1"][:2] == first
    assert _beds(scene)["flat-2"] == other


def test_a_provider_nobody_may_be_sent_to_counts_at_once(scene: Scene) -> None:
    path = f"/v1/providers/{scene.provider_id}/versions"
    done = scene.registrar.post(path, {**PROVIDER, "version": 2, "vetting": "failed"})
    assert done.json()["effective_on"] == TODAY
    back = scene.registrar.post(path, {**PROVIDER, "version": 3})
    assert back.json()["effective_on"] == TOMORROW
    incident = {"id": "i-1", "occurred_on": "2026-11-19", "is_disqualifying": True}
    barred = scene.registrar.post(path, {**PROVIDER, "version": 4, "incidents": [incident]})
    assert barred.json()["effective_on"] == TODAY


def test_the_list_says_nothing_of_where(scene: Scene) -> None:
    answer = scene.registrar.get("/v1/facilities")
    assert [one["facility_id"] for one in answer.json()["facilities"]] == [scene.facility_id]
    assert "orebro" not in answer.text
    after = scene.registrar.get("/v1/facilities", {"after": scene.facility_id})
    assert after.json() == {"facilities": []}


def test_the_registrar_reads_no_street_no_bed_and_no_person(scene: Scene) -> None:
    scene.placed()
    answer = scene.registrar.get(f"/v1/facilities/{scene.facility_id}")
    told = [str(number) for numbers in _beds(scene).values() for number in numbers]
    for secret in (ADDRESS["street"], ADDRESS["call_back"], scene.walk.key, scene.case_id, *told):
        assert str(secret) not in answer.text


@pytest.mark.parametrize(
    "more",
    [
        {"call_back": "046-12 34 56"},
        {"postal_code": "7000"},
        {"street": ""},
        {"provider_key": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}},
        {"provider_key": {"kty": "OKP", "crv": "X25519", "x": "A" * 43, "d": "A" * 43}},
    ],
)
def test_an_address_in_another_form_is_refused(scene: Scene, more: dict[str, Any]) -> None:
    told = {**ADDRESS, "version": 2, **more}
    assert scene.registrar.post(f"/v1/facilities/{scene.facility_id}/address", told).status_code == 422


def test_bait_alarms_when_its_page_is_read_and_not_in_the_list(scene: Scene) -> None:
    scene.lay(scene.facility_id)
    scene.registrar.get("/v1/facilities")
    assert scene.alarms() == []
    assert scene.registrar.get(f"/v1/facilities/{scene.facility_id}").status_code == 200
    assert scene.alarms() == ["honey_read"]
