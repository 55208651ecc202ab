"""Every way to open or name bait in the back raises the alarm, whatever it is answered; a list raises none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import service
from service.crypto.vault import Bait, Vault
from service.http.app import routes_of
from service.http.routes import Route
from service.policies import TABLE, Process
from tests.service.back.scene import FACILITY, PROVIDER, Scene
from tests.service.harness import Harness
from tests.service.honey.planted import bait_of, plant

ROUTES = [(route, name) for route in routes_of(Process.BACK) for name in (route.target, *route.others) if name]
"""Every route of the back with each id in its path."""


def alarms(harness: Harness) -> list[str]:
    with harness.database.admin() as connection:
        return [row[0] for row in connection.execute("SELECT kind FROM fristad.alarms ORDER BY raised_at, kind")]


def test_there_are_routes_to_look_at() -> None:
    assert len(ROUTES) >= 25


def test_whoever_names_bait_in_any_path_is_noticed(module_harness: Harness) -> None:
    """Also who is told that there is nothing, and who sends nonsense: the routes are enumerated, none is forgotten."""
    for route, name in ROUTES:
        assert _alarms_of(module_harness, route, name) == 1, route.path


def _alarms_of(harness: Harness, route: Route, name: str) -> int:
    bait = uuid4()
    Vault(harness.data / "keys").add_honey({bait: Bait("case", since=harness.clock())})
    path = re.sub(r"\{(\w+)\}", lambda found: str(bait if found[1] == name else uuid4()), route.path)
    role = sorted(TABLE[route.action].who)[0]
    who = harness.act(role.value, on=Process.BACK)
    before = len(alarms(harness))
    done = who.post(path, {"nonsense": 1}) if route.is_write else who.get(path)
    assert 400 <= done.status_code < 500, route.path
    return len(alarms(harness)) - before


def test_an_alarm_outlives_the_refusal_of_its_act(harness: Harness) -> None:
    plant(harness)
    (case_id,) = bait_of(harness, "case")
    claimed = harness.act("coordinator", unit="noa").post(f"/v1/cases/{case_id}/claim")
    assert (claimed.status_code, claimed.json()["code"]) == (409, "case_closed")
    broken = harness.act("security_officer", unit="noa", on=Process.BACK)
    assert broken.post("/v1/break-glass", {"case_id": str(case_id), "reason": "court_order"}).status_code == 404
    assert alarms(harness) == ["honey_read", "honey_read"]


@pytest.fixture
def baited(harness: Harness) -> tuple[Harness, str]:
    """A register with bait, and the id of a bait facility."""
    plant(harness)
    harness.clock.move(days=2)
    return harness, str(bait_of(harness, "facility")[0])


def test_the_registrars_ways_to_a_bait_facility(baited: tuple[Harness, str]) -> None:
    harness, bait = baited
    registrar = harness.act("registrar", name="g-2")
    told = {**FACILITY, "version": 2, "provider_id": str(bait_of(harness, "provider")[0])}
    csv = (
        "facility,provider,locality,form,unit,unit_kind,beds,is_shared\n"
        f"{bait},{told['provider_id']},1880-orebro,protected_housing,flat-1,flat,2,false"
    )
    address = {"version": 9, "street": "x", "postal_code": "111 11", "town": "x", "contact": "x"}
    for number, (path, body) in enumerate(
        (
            (f"/v1/facilities/{bait}", None),
            (f"/v1/facilities/{bait}/versions", told),
            (f"/v1/facilities/{bait}/address", {**address, "call_back": "+46000000000"}),
            (f"/v1/providers/{told['provider_id']}/versions", {**PROVIDER, "version": 2}),
            ("/v1/facilities", {**told, "version": 1}),
            ("/v1/catalogue/import", {"csv": csv}),
        ),
        start=1,
    ):
        done = registrar.get(path) if body is None else registrar.post(path, body)
        assert done.status_code in (200, 201, 409, 422), done.text
        assert alarms(harness) == ["honey_read"] * number, path


def test_a_list_is_no_reading_and_break_glass_alarms_twice(baited: tuple[Harness, str]) -> None:
    harness, bait = baited
    listed = harness.act("registrar").get("/v1/facilities").json()["facilities"]
    assert bait in {one["facility_id"] for one in listed}
    for path in ("/v1/worklist", "/v1/zones"):
        assert harness.act("coordinator", unit="noa").get(path).status_code == 200
    assert alarms(harness) == []
    officer = harness.act("security_officer", unit="noa", on=Process.BACK)
    done = officer.post("/v1/break-glass", {"facility_id": bait, "reason": "court_order"})
    assert done.json()["street"].startswith("Canary lane")  # told what anybody would be told
    assert alarms(harness) == ["break_glass_court_order", "honey_read"]


def _sealed_load(scene: Scene, facility_id: str) -> dict[str, Any]:
    from service.crypto.vault import seal_to

    placement = {
        "id": "p-1",
        "facility": facility_id,
        "units": [{"unit": "flat-1", "beds": 1}],
        "state": "placed",
        "start": "2026-10-01",
        "end": "2027-03-01",
        "household": scene.walk.sealed_details()["household"],
        "responsible_municipality": "0180",
    }
    return {"sealed": seal_to(scene.vault.public_key(), {"placements": [placement]})}


def test_what_reaches_a_facility_by_another_id_alarms(harness: Harness) -> None:
    """By stay, by case, by a hold, by a first load: as if bait had come among what is in use."""
    scene = Scene.of(harness)
    stay_id = scene.held(scene.opened())
    scene.claim()
    scene.lay(scene.facility_id)
    coordinator = scene.coordinator()
    hold = {"facility_id": scene.facility_id, "start": "2026-12-01"}
    steps = (
        (coordinator, scene.path("/detail"), None),
        (coordinator, scene.path("/holds"), hold),
        (coordinator, f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"}),
        (coordinator, "/v1/first-loads", _sealed_load(scene, scene.facility_id)),
    )
    for number, (who, path, body) in enumerate(steps, start=1):
        done = who.get(path) if body is None else who.post(path, body)
        assert done.status_code < 500, done.text
        assert alarms(harness) == ["honey_read"] * number, (path, done.text)
    assert len(scene.acts("read_honey")) == len(steps)


def test_nothing_is_opened_but_by_the_transaction() -> None:
    """One way to open a record, and it looks for bait: no other code reaches the sealer."""
    root = Path(service.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"sealer\.open|open_json", path.read_text(encoding="utf-8"))
    }
    assert found == {"crypto/sealing.py", "store/database.py"}


def test_a_stranger_who_guesses_learns_nothing_of_it(harness: Harness) -> None:
    plant(harness)
    harness.clock.move(days=2)
    real = Scene.of(harness)
    told = [real.registrar.get(f"/v1/facilities/{one}") for one in (real.facility_id, *bait_of(harness, "facility"))]
    assert {one.status_code for one in told} == {200}
    assert len({frozenset(one.json()) for one in told}) == 1
    assert len({frozenset(one.headers) for one in told}) == 1
    assert UUID(real.facility_id) not in bait_of(harness, "facility")
