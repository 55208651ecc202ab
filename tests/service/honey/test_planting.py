"""Planting: once, resumed where it stopped, by the acts that write real records, and nothing in force is touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matching.errors import InputRejected
from service.crypto.vault import Vault
from service.flow.honey import compare
from service.policies import Process
from tests.service.back.scene import Scene
from tests.service.harness import Harness
from tests.service.honey.planted import PLACE, TOLD, bait_of, bait_told, plant, planting_of


def count(harness: Harness, table: str) -> int:
    with harness.database.admin() as connection:
        row = connection.execute(f"SELECT count(*) FROM fristad.{table}").fetchone()
    assert row is not None
    return int(row[0])


def test_what_was_planted_is_there_once_and_planting_raises_no_alarm(harness: Harness) -> None:
    done = plant(harness)
    assert (done.facilities, done.cases, done.known) == (2, 1, 0)
    assert len(done.ids) == 5  # two providers, two facilities, a case
    again = plant(harness)
    assert (again.facilities, again.cases, again.known) == (0, 0, 3)
    assert again.ids == done.ids
    tables = ("provider_versions", "facility_versions", "addresses", "cases", "case_versions")
    assert [count(harness, table) for table in tables] == [2, 2, 2, 1, 1]
    assert compare(harness.contexts[Process.BACK].database, Vault(harness.data / "keys")) == 0
    assert count(harness, "alarms") == 0


def test_interrupted_planting_goes_on_where_it_was(harness: Harness) -> None:
    """Eight acts: stopped in one of the pauses between them, each time with other bait."""
    vault = Vault(harness.data / "keys")
    with planting_of(harness.data / "keys", harness.database.url, harness.clock) as planting:
        for number, after in enumerate((1, 3, 6), start=1):
            left = iter(range(after - 1))
            told = bait_told(_elsewhere(number))

            def stop(_: float, left: Iterator[int] = left) -> None:
                if next(left, None) is None:
                    raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                planting.plant(told, 60.0, stop)
            first = set(vault.honey())
            assert any(bait.since is None for bait in vault.honey().values())
            planting.plant(told, 0.0, lambda _: None)
            assert set(vault.honey()) == first
            assert all(bait.since is not None for bait in vault.honey().values())
            tables = ("provider_versions", "facility_versions", "addresses", "cases")
            assert [count(harness, table) for table in tables] == [2 * number, 2 * number, 2 * number, number]
        waits: list[float] = []
        planting.plant(bait_told(_elsewhere(9)), 3600.0, waits.append)
    assert len(waits) == 7  # between eight acts
    assert sum(waits) == pytest.approx(3600.0)
    assert min(waits) > 60


def _elsewhere(number: int) -> dict[str, Any]:
    places = [{**place, "street": f"{place['street']} {number}"} for place in TOLD["places"]]
    cases = [{**case, "municipality": f"188{number % 5}"} for case in TOLD["cases"]]
    return {**TOLD, "places": places, "cases": cases}


def test_a_bait_facility_is_closed_for_good_and_its_case_closed(harness: Harness) -> None:
    plant(harness)
    harness.clock.move(days=2)
    registrar = harness.act("registrar")
    for one in bait_of(harness, "facility"):
        told = registrar.get(f"/v1/facilities/{one}").json()
        assert [(closure["end"], closure["units"]) for closure in told["closures"]] == [("2199-12-31", None)]
    with harness.database.admin() as connection:
        assert connection.execute("SELECT state FROM fristad.cases").fetchall() == [("closed",)]
        assert connection.execute("SELECT count(*) FROM fristad.tasks WHERE done_at IS NULL").fetchone() == (0,)


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({}, "the document"),
        ({"places": [PLACE]}, "the document"),
        ({**TOLD, "places": [{**PLACE, "locality": "0000-nowhere"}]}, "places[0].locality"),
        ({**TOLD, "places": [{**PLACE, "call_back": "112"}]}, "places[0].call_back"),
        ({**TOLD, "cases": [{**TOLD["cases"][0], "municipality": "9999"}]}, "cases[0]"),
        ({**TOLD, "cases": [{**TOLD["cases"][0], "home": "0000-nowhere"}]}, "cases[0]"),
        ({**TOLD, "more": 1}, "<unknown field>"),
    ],
)
def test_what_could_be_no_record_is_refused(told: dict[str, Any], path: str) -> None:
    with pytest.raises(InputRejected) as refused:
        bait_told(told)
    assert path in {fault.path for fault in refused.value.faults}
    assert "nowhere" not in str([vars(fault) for fault in refused.value.faults])


def test_a_real_case_and_facility_stay_as_they_are(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.held(scene.opened())
    harness.run_jobs()
    before = (scene.state(), count(harness, "stays"), count(harness, "bed_nights"))
    plant(harness)
    harness.run_jobs()
    assert (scene.state(), count(harness, "stays"), count(harness, "bed_nights")) == before
    assert scene.alarms() == []


def test_the_example_of_the_operations_page_can_be_planted() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    _, _, section = page.partition("\n## Bait\n")
    example = json.loads(section.partition("```json\n")[2].partition("```")[0])
    told = bait_told(example)
    assert (len(told.places), len(told.cases)) == (1, 1)
