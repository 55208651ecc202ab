"""Facilities from a table: every fault by line and column, nothing half written."""

from __future__ import annotations

from pathlib import Path

import pytest

import service
from service.flow.catalogue_csv import COLUMNS, MOST_ROWS, parse_table
from tests.service.back.scene import Scene, refused
from tests.service.harness import Harness

DOCS = Path(service.__file__).parent.parent / "docs"
HEADER = "facility,provider,locality,form,security_grade,day_rate_sek,unit,unit_kind,beds,is_shared,max_household"


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def _row(scene: Scene, **cells: str) -> str:
    told = {
        "facility": "house-a",
        "provider": scene.provider_id,
        "locality": "0380-uppsala",
        "form": "protected_housing",
        "security_grade": "3",
        "day_rate_sek": "4200",
        "unit": "flat-1",
        "unit_kind": "flat",
        "beds": "2",
        "is_shared": "false",
        "max_household": "2",
        **cells,
    }
    return ",".join(told[name] for name in HEADER.split(","))


def _faults(scene: Scene, *rows: str) -> list[tuple[str, str]]:
    answer = scene.registrar.post("/v1/catalogue/import", {"csv": "\n".join([HEADER, *rows])})
    refused(answer, 422, "table_rejected")
    return [(fault["path"], fault["wrong"]) for fault in answer.json()["faults"]]


def _count(scene: Scene) -> int:
    return len(scene.registrar.get("/v1/facilities").json()["facilities"])


def test_the_example_in_the_documentation_is_read(scene: Scene) -> None:
    text = (DOCS / "catalogue-example.csv").read_text(encoding="utf-8")
    known = text.replace("00000000-0000-4000-8000-000000000001", scene.provider_id)
    answer = scene.registrar.post("/v1/catalogue/import", {"csv": known})
    assert answer.status_code == 201, answer.text
    assert [one["line"] for one in answer.json()["facilities"]] == [2, 4]
    assert answer.json()["effective_on"] == "2026-11-21"
    first = answer.json()["facilities"][0]["facility_id"]
    told = scene.registrar.get(f"/v1/facilities/{first}").json()
    assert [unit["id"] for unit in told["units"]] == ["flat-1", "flat-2"]
    assert told["contracts"][0]["quota_beds"] == 4
    assert told["offers"] == ["round_the_clock_staff", "interpreter"]


def test_every_column_is_documented() -> None:
    text = (DOCS / "catalogue-csv.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in text] == []


def test_every_fault_is_told_at_once_and_nothing_is_written(scene: Scene) -> None:
    before = _count(scene)
    faults = _faults(
        scene,
        _row(scene),
        _row(scene, facility="house-b", beds="two", is_shared="perhaps", locality="0380-nowhere"),
        _row(scene, facility="house-b", unit="flat-2", security_grade="4", locality=""),
        _row(scene, facility="house-c", provider="nobody", day_rate_sek="60000", unit_kind="tent"),
    )
    assert [path for path, _ in faults] == [
        "line 3, beds",
        "line 3, is_shared",
        "line 3, locality",
        "line 4, security_grade",
        "line 5, day_rate_sek",
        "line 5, provider",
        "line 5, unit_kind",
    ]
    assert _count(scene) == before


def test_a_fault_repeats_no_cell(scene: Scene) -> None:
    answer = scene.registrar.post(
        "/v1/catalogue/import", {"csv": f"{HEADER}\n" + _row(scene, locality="secret-place", beds="secret-beds")}
    )
    assert "secret" not in answer.text


def test_a_known_facility_gets_its_next_version_and_keeps_closures_and_beds(scene: Scene) -> None:
    answer = scene.registrar.post(
        "/v1/catalogue/import", {"csv": f"{HEADER}\n" + _row(scene, facility=scene.facility_id)}
    )
    assert answer.json()["facilities"] == [{"line": 2, "facility_id": scene.facility_id, "version": 2}]
    assert _count(scene) == 1


def test_an_unknown_id_is_no_label(scene: Scene) -> None:
    unknown = scene.facility_id.replace(scene.facility_id[0], "0" if scene.facility_id[0] != "0" else "1", 1)
    assert ("line 2, facility", "names a facility that does not exist") in _faults(scene, _row(scene, facility=unknown))


def test_an_id_in_another_form_is_refused(scene: Scene) -> None:
    rows = (
        _row(scene, facility=scene.facility_id.replace("-", "")),
        _row(scene, provider=scene.provider_id.replace("-", "")),
    )
    assert [path for path, _ in _faults(scene, *rows)] == ["line 2, facility", "line 3, provider"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "the table"),
        (" ", "the table"),
        (HEADER, "the table"),
        (HEADER.replace("unit,", ""), "line 1, unit"),
        (HEADER.replace(",", ";"), "line 1"),
        (HEADER + ",colour", "line 1"),
        (HEADER + ",beds", "line 1"),
        (f"{HEADER}\na,b", "line 2"),
        (f'{HEADER}\n"never closed', "line 2"),
        (f"{HEADER}\n" + "," * HEADER.count(","), "the table"),
        (f"{HEADER}\n" + "a b" + "," * HEADER.count(","), "line 2, facility"),
    ],
)
def test_what_is_no_table_is_a_stated_fault(text: str, path: str) -> None:
    assert path in [fault.path for fault in parse_table(text).faults]


def test_a_table_of_semicolons_is_one_fault_that_says_so() -> None:
    (fault,) = parse_table(HEADER.replace(",", ";") + "\na;b;c").faults
    assert "commas" in fault.accepted


def test_a_table_has_an_end() -> None:
    row = "a" + "," * HEADER.count(",")
    faults = parse_table("\n".join([HEADER, *[row] * (MOST_ROWS + 1)])).faults
    assert "the table" in [fault.path for fault in faults]


def test_a_byte_order_mark_and_other_line_ends_are_read() -> None:
    table = parse_table("\ufeff" + HEADER + "\r\n" + "a" + "," * HEADER.count(",") + "\r\n")
    assert [group.label for group in table.groups] == ["a"]
