"""The embedded localities: clean, in the right kommun, with districts below their towns."""

from collections import Counter
from pathlib import Path

import pytest

from geodata.errors import GeodataRejected, UnknownLocality
from geodata.layers import FOLDER_VARIABLE, POLICE_REGIONS, Layers, active_folder, embedded_folder, target_folder
from geodata.names import folded

# Places whose kommun is beyond doubt, most of them not their kommun's namesake.
KNOWN_KOMMUN = {
    "Kiruna": "2584", "Malmberget": "2523", "Vuollerim": "2510", "Holmsund": "2480", "Bureå": "2482",
    "Sveg": "2361", "Funäsdalen": "2361", "Brunflo": "2380", "Duved": "2321", "Matfors": "2281", "Söråker": "2262",
    "Bollstabruk": "2282", "Husum": "2284", "Iggesund": "2184", "Edsbyn": "2121", "Skutskär": "0319",
    "Grängesberg": "2085", "Insjön": "2029", "Idre": "2039", "Krylbo": "2084", "Skoghall": "1761",
    "Charlottenberg": "1730", "Åmotfors": "1730", "Deje": "1763", "Kopparberg": "1864", "Frövi": "1885",
    "Pålsboda": "1861", "Skultuna": "1980", "Kolsva": "1983", "Torshälla": "0484", "Mariefred": "0486",
    "Malmköping": "0482", "Skärblacka": "0581", "Ljungsbro": "0580", "Mantorp": "0586", "Huskvarna": "0680",
    "Mariannelund": "0686", "Bodafors": "0682", "Smålandsstenar": "0662", "Rydaholm": "0683", "Moheda": "0764",
    "Färjestaden": "0840", "Målilla": "0860", "Gamleby": "0883", "Hemse": "0980", "Jämjö": "1080",
    "Kallinge": "1081", "Mörrum": "1082", "Hasslö": "1080", "Åhus": "1290", "Vinslöv": "1293", "Södra Sandby": "1281",
    "Löddeköpinge": "1261", "Arlöv": "1231", "Åkarp": "1231", "Höllviken": "1233", "Ödåkra": "1283",
    "Hyllinge": "1277", "Hittarp": "1283", "Oskarström": "1380", "Ullared": "1382", "Onsala": "1384",
    "Torslanda": "1480", "Mölnlycke": "1401", "Landvetter": "1401", "Surte": "1440", "Älvängen": "1440",
    "Skärhamn": "1419", "Hjuvik": "1480", "Kungshamn": "1427", "Fristad": "1490", "Fritsla": "1463", "Skultorp": "1496",
    "Stenstorp": "1499", "Vargön": "1487", "Kista": "0180", "Rinkeby": "0180", "Fittja": "0127", "Handen": "0136",
    "Bollmora": "0138", "Rindö": "0187", "Saltsjöbaden": "0182", "Djursholm": "0162", "Märsta": "0191",
    "Hallstavik": "0188", "Rimbo": "0188", "Storvreta": "0380", "Skebobruk": "0188", "Gimo": "0382",
}  # fmt: skip

KNOWN_DISTRICTS = (
    "0180-sodermalm", "0180-kista", "0180-rinkeby", "0180-tensta", "0180-husby", "0180-farsta", "0180-skarholmen",
    "1480-hisingen", "1480-biskopsgarden", "1480-bergsjon", "1480-hammarkullen", "1480-angered",
    "1280-rosengard", "1280-nydala", "0380-gottsunda", "0580-skaggetorp", "1880-vivalla", "0780-araby",
)  # fmt: skip


def test_every_kommun_has_a_place_and_every_lan_a_region(layers: Layers) -> None:
    assert len(layers.kommuner) == 290
    assert {place.kommun for place in layers.localities.values()} == set(layers.kommuner)
    assert len(layers.lan) == 21
    assert {code[:2] for code in layers.kommuner} == set(layers.lan)
    assert set(layers.police_regions) == set(POLICE_REGIONS) == set(layers.region_of_lan.values())
    assert Counter(layers.region_of_lan.values())["syd"] == 4
    assert layers.region_of_lan["09"] == "stockholm"  # Gotland belongs to region Stockholm


def test_ids_are_sorted_and_made_of_kommun_and_name(layers: Layers) -> None:
    ids = list(layers.localities)
    assert ids == sorted(ids)
    for place in layers.localities.values():
        assert place.id.startswith(f"{place.kommun}-")
        assert place.id.isascii()
        assert place.id == place.id.lower()
        assert place.lan == place.kommun[:2]
        assert place.police_region == layers.region_of_lan[place.lan]


@pytest.mark.parametrize("place_id", ["0180-stockholm", "1480-goteborg", "1280-malmo", *KNOWN_DISTRICTS])
def test_the_big_cities_and_their_districts_have_stable_ids(layers: Layers, place_id: str) -> None:
    assert place_id in layers.localities


@pytest.mark.parametrize("place_id", KNOWN_DISTRICTS)
def test_a_district_lies_below_its_town(layers: Layers, place_id: str) -> None:
    place = layers.localities[place_id]
    assert place.parent == layers.root(place_id) != place_id
    assert place_id in layers.family(place.parent)
    assert layers.family(place_id) == layers.family(place.parent)


def test_parents_are_towns_of_the_same_kommun_and_near(layers: Layers) -> None:
    for place in layers.localities.values():
        if place.parent is not None:
            town = layers.localities[place.parent]
            assert town.parent is None
            assert town.kommun == place.kommun
            assert abs(town.x_m - place.x_m) < 16_000
            assert abs(town.y_m - place.y_m) < 16_000


def test_cleaning(layers: Layers) -> None:
    names = Counter(place.name for place in layers.localities.values())
    assert "Gothenburg" not in names
    assert names["Göteborg"] == 1
    for once in ("Skruv", "Hestra", "Burseryd", "Nolvik", "Södra Sandby", "Tollarp"):
        assert names[once] == 1, once
    assert not any(name[-1].isdigit() for name in names)
    assert all(place.population > 0 for place in layers.localities.values())
    per_kommun = Counter((place.kommun, folded(place.name)) for place in layers.localities.values())
    assert max(per_kommun.values()) == 1


def test_known_places_lie_in_their_kommun(layers: Layers) -> None:
    named = {folded(name): code for name, code in KNOWN_KOMMUN.items()}
    found: dict[str, set[str]] = {}
    for place in layers.localities.values():
        found.setdefault(folded(place.name), set()).add(place.kommun)
    compared = {name: code for name, code in named.items() if name in found}
    assert len(compared) > 80
    wrong = {name: found[name] for name, code in compared.items() if code not in found[name]}
    assert not wrong


def test_places_lie_inside_or_close_to_the_outline_of_their_kommun(layers: Layers) -> None:
    from shapely import Point

    geometry = layers.kommun_geometry()
    gaps = {p.id: geometry[p.kommun].distance(Point(p.x_m, p.y_m)) for p in layers.localities.values()}
    # SCB's outlines are drawn for small maps: harbours and islets fall outside them.
    assert sum(gap == 0 for gap in gaps.values()) > 0.90 * len(gaps)
    assert sum(gap < 2_500 for gap in gaps.values()) > 0.99 * len(gaps)
    assert max(gaps.values()) < 8_000


def test_coordinates_are_where_the_place_is(layers: Layers) -> None:
    kiruna, malmo = layers.localities["2584-kiruna"], layers.localities["1280-malmo"]
    assert abs(kiruna.x_m - 719_500) < 3_000
    assert abs(kiruna.y_m - 7_536_500) < 6_000  # the town has moved
    assert abs(malmo.x_m - 374_000) < 3_000
    assert abs(malmo.y_m - 6_164_000) < 3_000


def test_names_are_found_without_case_or_accents(layers: Layers) -> None:
    assert [p.id for p in layers.find("  GOTEBORG ")] == ["1480-goteborg"]
    assert [p.id for p in layers.find("1480-goteborg")] == ["1480-goteborg"]
    assert layers.find("no such place") == ()
    several = layers.find("oxhagen")
    assert len(several) == 2
    assert several[0].population >= several[1].population


def test_an_unknown_id_is_refused_without_repeating_it(layers: Layers) -> None:
    with pytest.raises(UnknownLocality) as caught:
        layers.resolve("0180-hemlig")
    assert "hemlig" not in str(caught.value)


def test_outlines_cover_the_country(layers: Layers) -> None:
    kommuner, lan = layers.kommun_geometry(), layers.lan_geometry()
    assert set(kommuner) == set(layers.kommuner)
    assert set(lan) == set(layers.lan)
    total_km2 = sum(area.area for area in kommuner.values()) / 1e6
    assert 400_000 < total_km2 < 460_000
    assert all(area.is_valid for area in kommuner.values())
    assert sum(area.area for area in lan.values()) / 1e6 == pytest.approx(total_km2, rel=0.02)


def test_which_folder_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert active_folder() is None
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "none"))
    # Named but absent: refused, never the embedded map in silence.
    assert active_folder() == target_folder() == tmp_path / "none"
    with pytest.raises(GeodataRejected):
        Layers.load(active_folder())
    monkeypatch.setenv(FOLDER_VARIABLE, str(embedded_folder()))
    assert Layers.load(active_folder()) == Layers.load()


@pytest.mark.parametrize(
    "damage", ["", "id,name\nx,y\n", "id,name,kommun,population,x_m,y_m,parent\na,b,9901,1,2,3,\n"]
)
def test_a_damaged_folder_is_refused(tmp_path: Path, damage: str) -> None:
    for path in embedded_folder().iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "localities.csv").write_text(damage, encoding="utf-8")
    with pytest.raises(GeodataRejected):
        Layers.load(tmp_path)
