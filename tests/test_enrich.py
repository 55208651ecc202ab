"""Where coordinates end: whole metres and minutes, rounded to the safe side, on the real map."""

import json
from math import isqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.enrich import enrich, place_index, whole_metres, whole_minutes
from geodata.layers import FOLDER_VARIABLE, Layers
from geodata.network import TravelNetwork
from matching.domain import parse
from matching.facts import NO_PATH_MIN, Facts
from tests import tellings as t

grid = st.integers(0, 2_000_000)


@pytest.mark.parametrize(
    ("x_m", "y_m", "down", "up"),
    [
        (30_000, 40_000, 50_000, 50_000),  # exactly 50 km
        (30_000, 40_001, 50_000, 50_001),  # 50 000.8
        (0, 50_001, 50_001, 50_001),
        (1, 1, 1, 2),  # 1.41
        (0, 0, 0, 0),
    ],
)
def test_metres_round_down_to_keep_apart_and_up_to_reach(x_m: int, y_m: int, down: int, up: int) -> None:
    rounded = whole_metres(np.array([0, x_m]), np.array([0, y_m]))
    assert (rounded[0][0, 1], rounded[1][0, 1]) == (down, up)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(grid, grid, grid, grid)
def test_metres_are_exact_over_the_whole_country(x_m: int, y_m: int, other_x_m: int, other_y_m: int) -> None:
    square = (x_m - other_x_m) ** 2 + (y_m - other_y_m) ** 2
    down, up = whole_metres(np.array([x_m, other_x_m]), np.array([y_m, other_y_m]))
    assert down[0, 1] == down[1, 0] == isqrt(square)
    assert up[0, 1] == up[1, 0] == isqrt(square - 1) + 1 if square else up[0, 1] == 0


@pytest.mark.parametrize(
    ("minutes", "down", "up"),
    [
        (24.99, 24, 25),
        (25.0, 25, 25),
        (25.000_000_1, 25, 25),  # a sum of floats that means 25
        (24.999_999_9, 25, 25),
        (25.01, 25, 26),
        (np.inf, NO_PATH_MIN, NO_PATH_MIN),
        (0.0, 0, 0),
    ],
)
def test_minutes_round_down_to_keep_apart_and_up_to_reach(minutes: float, down: int, up: int) -> None:
    told = np.array([[minutes]])
    assert whole_minutes(told, up=False).item() == down
    assert whole_minutes(told, up=True).item() == up


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Facts:
    """Jakobsberg with two of its districts, Kiruna far away, and a bare point in Jakobsberg."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    layers = Layers.load()
    point = {"latitude_deg": 59.42, "longitude_deg": 17.83}
    signed = t.assessment(
        forbidden=[{"kind": "circle", "point": point, "radius_km": 9}, {"kind": "kommun", "kommun": "0180"}]
    )
    raw = t.scenario(
        facilities=[t.facility("f", "0123-kallhall", schools=["0123-jakobsberg"])],
        cases=[t.case("c", home="0123-viksjo", crime_localities=["0184-solna"], assessments=[signed])],
    )
    scenario = parse(json.dumps(raw).encode(), place_index(layers))
    return enrich(scenario, layers, TravelNetwork.load(layers))


def test_districts_and_their_parent_are_one_locality(facts: Facts) -> None:
    names, places = facts.names.places, facts.places
    district, parent, sibling, other = (
        names.index(one) for one in ("0123-kallhall", "0123-jakobsberg", "0123-viksjo", "0184-solna")
    )
    assert places.same_locality(district, parent)
    assert places.same_locality(district, sibling)
    assert not places.same_locality(district, other)
    assert facts.cases[0].homes == tuple(sorted((sibling, other)))


def test_a_bare_point_has_distances_and_nothing_else(facts: Facts) -> None:
    places = facts.places
    point = facts.cases[0].assessment.forbidden[0].number if facts.cases[0].assessment else -1
    assert point == len(facts.names.places)
    near = facts.names.places.index("0123-jakobsberg")
    assert 0 < places.gap_m[point, near] < 5000
    assert places.safe_min[point, near] == places.road_min[near, point] == NO_PATH_MIN
    assert (places.kommun[point], places.lan[point], places.police_region[point]) == (-1, -1, -1)
    assert not any(places.same_locality(point, other) for other in range(point))


def test_matrices_are_symmetric_and_safe_minutes_are_never_longer_than_by_road(facts: Facts) -> None:
    places = facts.places
    for table in (places.gap_m, places.reach_m, places.safe_min, places.road_min):
        assert (table == table.T).all()
        assert not table.diagonal().any()
    assert (places.gap_m <= places.reach_m).all()
    assert (places.safe_min <= places.road_min).all()
    assert places.kommun[facts.names.places.index("0123-kallhall")] == 123


def test_keep_apart_reads_the_safe_minutes_and_reach_within_the_plain_ones(facts: Facts) -> None:
    layers = Layers.load()
    network = TravelNetwork.load(layers)
    ids = [place for place in facts.names.places if place in layers.localities]
    numbers = [facts.names.places.index(place) for place in ids]
    safe, road = (network.minutes(ids, ids, mode) for mode in ("safe", "road"))
    assert (facts.places.safe_min[np.ix_(numbers, numbers)] == whole_minutes(safe, up=False)).all()
    assert (facts.places.road_min[np.ix_(numbers, numbers)] == whole_minutes(road, up=True)).all()
    assert (np.floor(safe) < np.floor(road)).any()
