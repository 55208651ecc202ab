"""Files that cannot be used: every fault is named, no value is repeated, nothing is written."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import LineString, Point

from geodata import importers, readers
from geodata.errors import GeodataRejected
from geodata.importers import import_files
from tests.geodata.geo_files import SCB_LAYER, TOWNS, scenario_using, write_2023, write_areas, write_scb


def many(count: int) -> tuple[Any, ...]:
    """Return enough towns to fill several pages of a file."""
    return tuple((f"0180TC{n:04}", f"Ort {n}", "0180", "Stockholm", n, 600_000 + n, 6_600_000, 1) for n in range(count))


def broken(tmp_path: Path, fault: str) -> Path:
    """Write a tätort file with one thing wrong."""
    path = tmp_path / "bad.gpkg"
    columns: dict[str, list[Any]]
    if fault == "missing file":
        return path
    if fault == "empty file":
        path.touch()
    elif fault == "truncated GeoPackage":
        whole = write_scb(tmp_path / "whole.gpkg").read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif fault == "damaged page":
        pages = bytearray(write_scb(tmp_path / "whole.gpkg", many(600)).read_bytes())
        middle = len(pages) // 4096 // 2 * 4096
        pages[middle : middle + 4096] = bytes(4096)  # the length stays; a page of rows is gone
        path.write_bytes(pages)
    elif fault == "latin-1 GeoPackage":
        write_scb(path)
        base = sqlite3.connect(path)
        for (trigger,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{trigger}"')
        base.execute(f"UPDATE {SCB_LAYER} SET TATORT = CAST(X'47F674' AS TEXT) WHERE KOMMUN = '1480'")
        base.commit()
        base.close()
    elif fault == "no GeoPackage":
        path.write_text("TATORTSKOD", encoding="utf-8")
    elif fault == "other kind of file":
        path = tmp_path / "bad.xlsx"
        path.write_text("x", encoding="utf-8")
    elif fault == "truncated GeoJSON":
        path = tmp_path / "bad.geojson"
        path.write_text(write_2023(tmp_path / "w.geojson").read_text(encoding="utf-8")[:900], encoding="utf-8")
    elif fault == "latin-1 GeoJSON":
        path = tmp_path / "bad.geojson"
        path.write_bytes(write_2023(tmp_path / "w.geojson").read_text(encoding="utf-8").encode("latin-1"))
    elif fault == "GeoJSON without features":
        path = tmp_path / "bad.geojson"
        path.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    elif fault == "no known layer":
        write_areas(path, "roads", {"NR": ["E4"]}, [Point(674032, 6580822)])
    elif fault == "missing columns":
        write_areas(path, SCB_LAYER, {"TATORTSKOD": ["0180TC101"], "TATORT": ["A"]}, [Point(674032, 6580822)])
    elif fault == "no rows":
        write_scb(path, ())
    elif fault == "other coordinate system":
        columns = {"TATORTSKOD": ["a1"], "TATORT": ["A"], "KOMMUN": ["0180"], "BEF": [1]}
        write_areas(path, SCB_LAYER, columns, [Point(1628000, 6580000)], crs=3021)
    elif fault == "no coordinate system":
        columns = {"TATORTSKOD": ["a1"], "TATORT": ["A"], "KOMMUN": ["0180"], "BEF": [1]}
        write_areas(path, SCB_LAYER, columns, [Point(674032, 6580822)], crs=None)
    elif fault == "duplicate tätortskod":
        write_scb(path, (TOWNS[0], TOWNS[0]))
    elif fault == "unknown kommun":
        write_scb(path, KOMMUN=["9999", *(t[2] for t in TOWNS[1:])])
    elif fault == "kommun is no code":
        write_scb(path, KOMMUN=["Stockholm", *(t[2] for t in TOWNS[1:])])
    elif fault == "outside Sweden":
        write_scb(path, X_koord=[0.0, *(float(t[5]) for t in TOWNS[1:])])
    elif fault == "negative population":
        write_scb(path, BEF=[-1, *(t[4] for t in TOWNS[1:])])
    elif fault == "no name":
        write_scb(path, TATORT=["", *(t[1] for t in TOWNS[1:])])
    elif fault == "wrongly decoded name":
        write_scb(path, TATORT=["GÃ¶teborg", *(t[1] for t in TOWNS[1:])])
    elif fault == "lines":
        columns = {"TATORTSKOD": ["a1"], "TATORT": ["A"], "KOMMUN": ["0180"], "BEF": [1]}
        write_areas(path, SCB_LAYER, columns, [LineString([(674032, 6580822), (674132, 6580822)])])
    else:
        raise ValueError(fault)
    return path


BAD = {
    "missing file": "cannot be read",
    "empty file": "is empty",
    "truncated GeoPackage": "truncated",
    "damaged page": "truncated",
    "latin-1 GeoPackage": "UTF-8",
    "no GeoPackage": "no GeoPackage",
    "other kind of file": "another kind of file",
    "truncated GeoJSON": "truncated",
    "latin-1 GeoJSON": "UTF-8",
    "GeoJSON without features": "no layer is recognised",
    "no known layer": "no layer is recognised",
    "missing columns": "lacks KOMMUN, BEF",
    "no rows": "no rows",
    "other coordinate system": "coordinate system",
    "no coordinate system": "coordinate system",
    "duplicate tätortskod": "row 1, 2: TATORTSKOD is used more than once",
    "unknown kommun": "row 1: KOMMUN is unknown",
    "kommun is no code": "row 1: KOMMUN is missing or not a code",
    "outside Sweden": "row 1: has no coordinates in Sweden",
    "negative population": "row 1: BEF",
    "no name": "row 1: TATORT",
    "wrongly decoded name": "row 1: TATORT",
    "lines": "another kind of geometry",
}


@pytest.mark.filterwarnings("ignore")  # writing a file that is wrong makes the writer warn
@pytest.mark.parametrize("fault", BAD)
def test_bad_files_are_refused_and_nothing_is_written(tmp_path: Path, fault: str) -> None:
    path = broken(tmp_path, fault)
    with pytest.raises(GeodataRejected) as caught:
        import_files([path], tmp_path / "map")
    assert any(BAD[fault] in str(one) for one in caught.value.faults), str(caught.value)
    assert all(one.path and one.wrong and one.accepted for one in caught.value.faults)
    for value in ("9999", "GÃ", "-1"):
        assert value not in str(caught.value)
    assert not (tmp_path / "map").exists()
    assert not list(tmp_path.glob(".map*"))


def test_huge_files_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = write_2023(tmp_path / "t.geojson")
    used = scenario_using(tmp_path / "s.json", "0180-kista")
    monkeypatch.setattr(readers, "MAX_TEXT_BYTES", small.stat().st_size - 1)
    with pytest.raises(GeodataRejected, match="too large"):
        import_files([small], tmp_path / "map")
    monkeypatch.setattr(readers, "MAX_TEXT_BYTES", small.stat().st_size)
    monkeypatch.setattr(importers, "MAX_SCENARIO_BYTES", used.stat().st_size - 1)
    with pytest.raises(GeodataRejected, match=r"s\.json"):
        import_files([small], tmp_path / "map", [used])
    monkeypatch.setattr(importers, "MAX_SCENARIO_BYTES", used.stat().st_size)
    import_files([small], tmp_path / "map", [used])


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    bad = write_scb(
        tmp_path / "bad.gpkg",
        TATORT=["", *(t[1] for t in TOWNS[1:])],
        KOMMUN=["9999", "9998", *(t[2] for t in TOWNS[2:])],
        BEF=[-5, *(t[4] for t in TOWNS[1:])],
    )
    (tmp_path / "cut.json").write_text('{"cases": [', encoding="utf-8")
    (tmp_path / "bad.csv").write_text("from,to,km\n", encoding="utf-8")
    with pytest.raises(GeodataRejected) as caught:
        import_files([bad, tmp_path / "bad.csv"], tmp_path / "map", [tmp_path / "cut.json"])
    said = str(caught.value)
    for part in ("TATORT is missing", "row 1, 2: KOMMUN is unknown", "BEF", "cut.json", "lacks minutes"):
        assert part in said
