"""Importing the operator's own files: codes stay text, ids keep their meaning, everything or nothing."""

import json
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from shapely.geometry import Point, Polygon

from geodata import outlines
from geodata.errors import GeodataRejected
from geodata.importers import Imported, import_files
from geodata.layers import FOLDER_VARIABLE, Layers, active_folder, embedded_folder
from geodata.network import TravelNetwork
from geodata.recipe import Finder
from tests.geodata.geo_files import (
    SCB_COLUMNS,
    SCB_LAYER,
    TOWNS,
    scenario_using,
    squares,
    write_2023,
    write_areas,
    write_scb,
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """One import of SCB's schema, shared by the tests that only look at it."""
    where = tmp_path_factory.mktemp("scb")
    path = write_scb(where / "Tatorter_2020.gpkg")
    return import_files([path], where / "map", [scenario_using(where / "s.json", "0180-kista", "0380-uppsala")])


def test_the_file_has_scbs_real_schema(tmp_path: Path) -> None:
    path = write_scb(tmp_path / "t.gpkg")
    assert [name for name, _ in pyogrio.list_layers(path)] == [SCB_LAYER]
    assert set(pyogrio.read_info(path, layer=SCB_LAYER)["fields"]) == {*SCB_COLUMNS}


def test_every_kommun_code_is_kept_as_text(imported: Imported) -> None:
    layers = Layers.load(imported.folder)
    for code, _, kommun, *_ in TOWNS:
        assert layers.localities[code].kommun == kommun
        assert layers.localities[code].lan == kommun[:2]
        assert layers.localities[code].kommun.startswith("0") == kommun.startswith("0")
    text = (imported.folder / "localities.csv").read_text(encoding="utf-8")
    assert ",0180," in text
    assert ",180," not in text


def test_ids_in_use_keep_a_meaning(imported: Imported) -> None:
    layers = Layers.load(imported.folder)
    # a town by name and kommun
    assert layers.resolve("0180-stockholm").id == "0180TC101"
    assert layers.resolve("0380-uppsala").name == "Uppsala"
    # a district stays, below the tätort
    assert layers.resolve("0180-kista").id == "0180-kista"
    assert layers.root("0180-kista") == "0180TC101"
    assert "0180-rinkeby" in layers.family("0180-kista")
    # a town of its own kommun inside SCB's Stockholm stays too, as its district
    assert layers.resolve("0184-solna").parent == "0180TC101"
    assert layers.resolve("0184-solna").kommun == "0184"
    # by the nearest tätort of the kommun, whose name is another
    assert layers.resolve("0114-upplands-vasby").id in {"0114TC102", "0114-upplands-vasby"}
    # what the file says nothing about is gone, and listed
    assert "1280-malmo" in imported.dropped
    assert "1280-malmo" not in layers.localities


def test_preliminary_names_and_the_files_own_numbers(imported: Imported) -> None:
    layers = Layers.load(imported.folder)
    assert layers.localities["0305TC110"].name == "Ekeby sommarstad"
    assert layers.localities["0305TC110"].population == 210
    assert (layers.localities["0180TC101"].x_m, layers.localities["0180TC101"].y_m) == (674032, 6580822)
    assert layers.source.startswith("the operator's file")
    assert imported.kommuner_without_place


def test_the_network_is_rebuilt_for_the_new_localities(imported: Imported) -> None:
    layers = Layers.load(imported.folder)
    network = TravelNetwork.load(layers)
    everyone = list(layers.localities)
    road = network.minutes(everyone, everyone, "road")
    safe = network.minutes(everyone, everyone, "safe")
    assert (safe <= road).all()
    assert road.max() < 2_000
    assert 240 < network.minutes(["0180-stockholm"], ["1480-goteborg"], "road")[0, 0] < 330
    assert any(e.mode == "ferry" and "0980TC101" in (e.start, e.end) for e in network.edges)
    assert any(e.mode == "rail" and {e.start, e.end} == {"0180TC101", "0380TC101"} for e in network.edges) or (
        network.minutes(["0180TC101"], ["0380TC101"], "safe")[0, 0]
        < 0.7 * network.minutes(["0180TC101"], ["0380TC101"], "road")[0, 0]
    )


def test_numbers_as_codes_get_their_zeros_back(tmp_path: Path) -> None:
    codes: list[Any] = [int(kommun) for _, _, kommun, *_ in TOWNS]
    path = write_scb(tmp_path / "t.gpkg", KOMMUN=codes, LAN=[c // 100 for c in codes])
    done = import_files([path], tmp_path / "map")
    assert Layers.load(done.folder).localities["0180TC101"].kommun == "0180"


@pytest.mark.parametrize("kind", ["points", "polygons"])
def test_the_schema_of_2023_in_degrees_with_codes_as_numbers(tmp_path: Path, kind: str) -> None:
    path = write_2023(tmp_path / "t.geojson", shapes=squares() if kind == "polygons" else None)
    done = import_files([path], tmp_path / "map", [scenario_using(tmp_path / "s.json", "0980-visby", "0180-rinkeby")])
    layers = Layers.load(done.folder)
    visby = layers.resolve("0980-visby")
    assert (visby.id, visby.kommun, visby.police_region) == ("0980TC101", "0980", "stockholm")
    # no X_koord in this schema: a point inside the shape
    assert abs(visby.x_m - 696725) < 2_000
    assert abs(visby.y_m - 6393512) < 2_000
    assert layers.root("0180-rinkeby") == "0180TC101"


def test_swapped_coordinate_columns_are_recognised(tmp_path: Path) -> None:
    """In Swedish surveying X points north: either order is in use."""
    path = write_scb(tmp_path / "t.gpkg", X_koord=[float(t[6]) for t in TOWNS], Y_koord=[float(t[5]) for t in TOWNS])
    done = import_files([path], tmp_path / "map")
    assert Layers.load(done.folder).localities["0180TC101"].x_m == 674032


def test_the_newest_survey_of_a_file_is_taken(tmp_path: Path) -> None:
    path = write_scb(tmp_path / "t.gpkg")
    write_areas(path, "To1980_SR99TM", {"TATORTSKOD": ["X1"], "TATORT": ["Gammal"]}, [Point(674032, 6580822)])
    done = import_files([path], tmp_path / "map")
    assert "X1" not in Layers.load(done.folder).localities


def test_the_files_own_kommun_is_trusted(tmp_path: Path) -> None:
    """Solna in the middle of Stockholm, said to be in Sundbyberg: the file decides, not the polygon."""
    towns = (*TOWNS, ("0184TC999", "Här", "0183", "Sundbyberg", 10, 674032, 6580822, 1))
    done = import_files([write_scb(tmp_path / "t.gpkg", towns)], tmp_path / "map")
    assert Layers.load(done.folder).localities["0184TC999"].kommun == "0183"


def test_ids_in_use_without_a_successor_are_refused_and_listed(tmp_path: Path) -> None:
    used = scenario_using(tmp_path / "week.json", "1280-malmo", "0180-kista", "2584-kiruna", "1280-rosengard")
    with pytest.raises(GeodataRejected) as caught:
        import_files([write_scb(tmp_path / "t.gpkg")], tmp_path / "map", [used])
    (fault,) = caught.value.faults
    assert fault.path == "week.json"
    for lost in ("1280-malmo", "1280-rosengard", "2584-kiruna"):
        assert lost in fault.wrong
    assert "0180-kista" not in fault.wrong
    assert not (tmp_path / "map").exists()


@pytest.mark.parametrize(("east_m", "kept"), [(4_999, True), (5_001, False)])
def test_nearest_tatort_of_the_kommun_within_5_km(tmp_path: Path, layers: Layers, east_m: int, kept: bool) -> None:
    arvidsjaur = layers.localities["2505-moskosel"]
    towns = (*TOWNS, ("2505TC1", "Annat", "2505", "", 200, arvidsjaur.x_m + east_m, arvidsjaur.y_m, 1))
    used = [scenario_using(tmp_path / "s.json", "2505-moskosel")]
    path = write_scb(tmp_path / "t.gpkg", towns)
    if kept:
        done = import_files([path], tmp_path / "map", used)
        assert Layers.load(done.folder).resolve("2505-moskosel").id == "2505TC1"
    else:
        with pytest.raises(GeodataRejected):
            import_files([path], tmp_path / "map", used)


def test_a_second_import_carries_the_first_ids_on(tmp_path: Path, imported: Imported) -> None:
    target = tmp_path / "map"
    target.mkdir()
    for path in imported.folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    renumbered = tuple((f"{t[0][:4]}TD{t[0][6:]}", *t[1:]) for t in TOWNS)
    used = scenario_using(tmp_path / "s.json", "0380-uppsala", "0380TC101", "0180-kista")
    done = import_files([write_scb(tmp_path / "new.gpkg", renumbered)], target, [used])
    layers = Layers.load(done.folder)
    assert layers.resolve("0380-uppsala").id == layers.resolve("0380TC101").id == "0380TD101"
    assert layers.root("0180-kista") == "0180TD101"


def test_a_failed_import_leaves_the_earlier_one_alone(tmp_path: Path, imported: Imported) -> None:
    before = {path.name: path.read_bytes() for path in imported.folder.iterdir()}
    with pytest.raises(GeodataRejected):
        import_files([write_scb(tmp_path / "bad.gpkg", KOMMUN=["9999"] * len(TOWNS))], imported.folder)
    assert {path.name: path.read_bytes() for path in imported.folder.iterdir()} == before


def test_a_folder_with_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(GeodataRejected, match="something else"):
        import_files([write_scb(tmp_path / "t.gpkg")], tmp_path / "home")
    assert (tmp_path / "home" / "letter.txt").exists()


def test_the_default_target_is_then_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "chosen"))
    done = import_files([write_scb(tmp_path / "t.gpkg")])
    assert done.folder == active_folder() == tmp_path / "chosen"


def test_kommuner_lan_and_police_areas(tmp_path: Path, layers: Layers) -> None:
    kommun, lan = layers.kommun_geometry(), layers.lan_geometry()
    names = {code: "Ny" if code == "0180" else name for code, name in layers.kommuner.items()}
    files = [
        write_areas(
            tmp_path / "k.gpkg", "Kommun", {"KnKod": [int(c) for c in names], "KnNamn": [*names.values()]},
            [kommun[c] for c in names],
        ),
        write_areas(
            tmp_path / "l.gpkg", "Lan", {"LNKOD": [*layers.lan], "LnNamn": [*layers.lan.values()]},
            [lan[c] for c in layers.lan],
        ),
        write_areas(
            tmp_path / "p.gpkg", "omraden",
            {
                "NAMN": ["Stockholm nord", "Gotland", "Kista", "Region Stockholm"],
                "KATEGORI": ["Polisområde", "Polisområde", "Lokalpolisområde", "Polisregion"],
                "REGION": ["Stockholm"] * 4, "LOKALPOLISOMRADE": [""] * 4, "ORT": [""] * 4,
                "AKTUALITET_START": ["2024"] * 4,
            },
            [kommun["0180"], kommun["0980"], kommun["0180"], lan["01"]],
        ),
    ]  # fmt: skip
    done = import_files(files, tmp_path / "map", [scenario_using(tmp_path / "s.json", "1280-malmo")])
    new = Layers.load(done.folder)
    assert new.kommuner["0180"] == "Ny"
    assert new.kommuner["0114"] == "Upplands Väsby"
    assert new.localities == layers.localities
    assert new.zone("0180-kista") == "Stockholm nord"
    assert new.zone("0980-visby") == "Gotland"
    assert new.zone("1280-malmo") == "1280"  # outside every imported area
    assert new.region_of_lan == layers.region_of_lan


def test_kommuner_that_leave_localities_without_one_are_refused(tmp_path: Path, layers: Layers) -> None:
    path = write_areas(
        tmp_path / "k.gpkg", "Kommun", {"KnKod": ["0180"], "KnNamn": ["Stockholm"]}, [layers.kommun_geometry()["0180"]]
    )
    with pytest.raises(GeodataRejected, match="lacks"):
        import_files([path], tmp_path / "map")


def test_lan_must_be_the_twenty_one(tmp_path: Path, layers: Layers) -> None:
    path = write_areas(
        tmp_path / "l.gpkg", "Lan", {"LnKod": ["01"], "LnNamn": ["Stockholms län"]}, [layers.lan_geometry()["01"]]
    )
    with pytest.raises(GeodataRejected, match="21"):
        import_files([path], tmp_path / "map")


def test_an_edge_list_replaces_the_road_and_cuts_nobody_off(tmp_path: Path, layers: Layers) -> None:
    path = tmp_path / "edges.csv"
    path.write_text(
        "from,to,km,minutes\n0180-stockholm,0380-uppsala,71.5,1\n0380-uppsala,0180-stockholm,71.5,50\n",
        encoding="utf-8",
    )
    done = import_files([path], tmp_path / "map")
    new = Layers.load(done.folder)
    network = TravelNetwork.load(new)
    # 1 minute, the shorter of the two rows, and 6 + about 4.4 to get out of and into town
    assert network.minutes(["0180-stockholm"], ["0380-uppsala"], "road")[0, 0] < 12
    everyone = list(new.localities)
    assert network.minutes(["2584-kiruna"], everyone, "road").max() < 2_500
    assert any(e.mode == "rail" for e in network.edges)
    assert f"{len(everyone) - 2} localities" in done.notes[0]
    assert new.localities == layers.localities


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("0180-stockholm,nowhere,1,1,road", "row 2: from or to is not in the map data"),
        ("0180-stockholm,0180-stockholm,1,1,road", "row 2: leads from a locality to itself"),
        ("0180-stockholm,0380-uppsala,nan,1,road", "row 2: km or minutes"),
        ("0180-stockholm,0380-uppsala,1,-1,road", "row 2: km or minutes"),
        ("0180-stockholm,0380-uppsala,1,0,road", "row 2: km or minutes"),
        ("0180-stockholm,0380-uppsala,1,1,tunnel", "row 2: mode is unknown"),
        ("0180-stockholm,0380-uppsala,1", "another number of cells"),
    ],
)
def test_bad_edges_are_refused(tmp_path: Path, row: str, wrong: str) -> None:
    path = tmp_path / "edges.csv"
    path.write_text(f"from,to,km,minutes,mode\n{row}\n", encoding="utf-8")
    with pytest.raises(GeodataRejected) as caught:
        import_files([path], tmp_path / "map")
    assert wrong in str(caught.value)
    assert "nowhere" not in str(caught.value)


def test_the_hand_kept_tables_name_only_real_towns(layers: Layers) -> None:
    with pytest.raises(ValueError, match="unknown town"):
        Finder(layers.localities)("Nowhereköping")


def test_outlines_survive_writing(tmp_path: Path) -> None:
    area = outlines.from_geometry(Polygon([(0, 0), (10, 0), (10, 10)], [[(4, 2), (6, 2), (6, 4)]]))
    (tmp_path / "o.json").write_text(outlines.written({"0180": area}), encoding="utf-8")
    assert outlines.read(tmp_path / "o.json") == {"0180": area}


def test_the_embedded_layer_is_never_touched(imported: Imported) -> None:
    assert imported.folder != embedded_folder()
    assert json.loads((embedded_folder() / "meta.json").read_text(encoding="utf-8"))["source"].startswith("GeoNames")
