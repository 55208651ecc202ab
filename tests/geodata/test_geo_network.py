"""Travel times and distances: plausible, symmetric, and never longer for safety than by road."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.distance import metres
from geodata.errors import GeodataRejected, UnknownLocality
from geodata.layers import Layers, Locality, curated_folder
from geodata.network import SAFE_FACTOR, TravelNetwork, access_min
from geodata.recipe import Edge, Finder, edge, joined, rebuilt

KNOWN_KM = (
    ("Stockholm", "Göteborg", 470), ("Stockholm", "Malmö", 615), ("Göteborg", "Malmö", 275),
    ("Stockholm", "Sundsvall", 375), ("Umeå", "Luleå", 265), ("Kiruna", "Luleå", 345), ("Karlstad", "Örebro", 110),
    ("Jönköping", "Göteborg", 150), ("Sundsvall", "Umeå", 268), ("Sundsvall", "Östersund", 187),
    ("Malmö", "Kalmar", 287), ("Göteborg", "Karlstad", 248), ("Gävle", "Sundsvall", 212),
    ("Malmö", "Helsingborg", 65), ("Skövde", "Motala", 135),
)  # fmt: skip


# Driving minutes between smaller towns, general knowledge, where the first recipe was too slow or is most at risk.
KNOWN_MIN = (
    ("Visby", "Hemse", 45), ("Visby", "Fårösund", 52), ("Visby", "Burgsvik", 72), ("Mora", "Idre", 115),
    ("Karlstad", "Hagfors", 65), ("Vimmerby", "Oskarshamn", 58), ("Gislaved", "Jönköping", 62),
    ("Sveg", "Funäsdalen", 105), ("Malung", "Idre", 130), ("Pajala", "Gällivare", 110), ("Arvidsjaur", "Sorsele", 62),
    ("Växjö", "Oskarshamn", 90), ("Linköping", "Västervik", 88), ("Eskilstuna", "Nyköping", 65),
    ("Strömstad", "Årjäng", 80), ("Östersund", "Sollefteå", 125), ("Kiruna", "Pajala", 140),
    ("Lycksele", "Skellefteå", 105), ("Vetlanda", "Växjö", 60), ("Norrtälje", "Uppsala", 60),
    ("Uppsala", "Östhammar", 58), ("Norrtälje", "Östhammar", 65), ("Ystad", "Simrishamn", 38),
    ("Kristianstad", "Simrishamn", 50), ("Sundsvall", "Ljusdal", 82), ("Umeå", "Åsele", 125),
    ("Karlskrona", "Emmaboda", 47), ("Kista", "Södertälje", 40), ("Hammarkullen", "Mölndal", 20),
    ("Rosengård", "Lund", 20), ("Rinkeby", "Södermalm", 20), ("Tranås", "Vadstena", 50), ("Ludvika", "Hagfors", 105),
)  # fmt: skip


def town(layers: Layers, name: str) -> str:
    return next(place.id for place in layers.find(name) if place.parent is None)


def test_fifteen_known_road_distances(layers: Layers, network: TravelNetwork) -> None:
    assert len(KNOWN_KM) == 15
    errors = []
    for start, end, km in KNOWN_KM:
        found = network.road_km([town(layers, start)], [town(layers, end)])[0, 0]
        errors.append(abs(found - km) / km)
        assert errors[-1] <= 0.20, (start, end, found)
    assert np.mean(errors) <= 0.06


@pytest.mark.parametrize(("start", "end", "known_min"), KNOWN_MIN)
def test_safe_minutes_are_below_what_the_drive_takes(
    layers: Layers, network: TravelNetwork, start: str, end: str, known_min: float
) -> None:
    """Too many minutes would call two places far apart that are not: the unsafe side."""
    ends = [layers.find(start)[0].id], [layers.find(end)[0].id]
    assert network.minutes(*ends, "safe")[0, 0] < known_min


def test_road_minutes_are_near_what_the_drive_takes(layers: Layers, network: TravelNetwork) -> None:
    found = [
        network.minutes([layers.find(start)[0].id], [layers.find(end)[0].id], "road")[0, 0] / known_min
        for start, end, known_min in KNOWN_MIN
    ]
    assert 0.95 <= np.mean(found) <= 1.15
    assert min(found) >= 0.75
    assert max(found) <= 1.40


@pytest.mark.parametrize(
    ("start", "end", "least", "most"),
    [
        ("Stockholm", "Göteborg", 240, 330),
        ("Malmö", "Lund", 12, 35),
        ("Stockholm", "Uppsala", 40, 70),
        ("Kiruna", "Luleå", 200, 290),
        # 225 minutes of ferry from Nynäshamn, and the road there
        ("Stockholm", "Visby", 250, 320),
        # the bridge, not a boat
        ("Kalmar", "Borgholm", 20, 55),
        # around Vänern, not across it (85 km in a straight line)
        ("Lidköping", "Karlstad", 85, 170),
    ],
)
def test_road_minutes_are_plausible(
    layers: Layers, network: TravelNetwork, start: str, end: str, least: float, most: float
) -> None:
    minutes = network.minutes([town(layers, start)], [town(layers, end)], "road")[0, 0]
    assert least <= minutes <= most


def test_safe_minutes_use_trains_and_flights(layers: Layers, network: TravelNetwork) -> None:
    stockholm = [town(layers, "Stockholm")]
    for other in ("Göteborg", "Malmö", "Kiruna", "Visby", "Umeå"):
        road = network.minutes(stockholm, [town(layers, other)], "road")[0, 0]
        safe = network.minutes(stockholm, [town(layers, other)], "safe")[0, 0]
        assert safe < road * SAFE_FACTOR * 0.8, other
    # A flight is never instant: boarding at both ends and the flight itself.
    assert network.minutes(stockholm, [town(layers, "Kiruna")], "safe")[0, 0] > 60


def test_everyone_can_be_reached(layers: Layers, network: TravelNetwork) -> None:
    everyone = list(layers.localities)
    for mode in ("road", "safe"):
        assert np.isfinite(network.minutes(["0180-stockholm"], everyone, mode)).all()


def test_matrix_is_symmetric_and_zero_at_home(layers: Layers, network: TravelNetwork) -> None:
    some = list(layers.localities)[::37]
    for mode in ("road", "safe"):
        minutes = network.minutes(some, some, mode)
        assert np.allclose(minutes, minutes.T)
        assert (np.diag(minutes) == 0).all()
        away = minutes[~np.eye(len(some), dtype=bool)]
        assert (away > 0).all()


def test_shape_follows_the_arguments(layers: Layers, network: TravelNetwork) -> None:
    two, three = list(layers.localities)[:2], list(layers.localities)[5:8]
    wide, tall = network.minutes(two, three, "road"), network.minutes(three, two, "road")
    assert wide.shape == (2, 3)
    assert np.allclose(wide, tall.T)
    assert network.minutes([], three, "road").shape == (0, 3)
    twice = network.minutes([two[0], two[0]], three, "safe")
    assert (twice[0] == twice[1]).all()


ALL_IDS = sorted(Layers.load().localities)
NETWORK = TravelNetwork.load(Layers.load())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(ALL_IDS), min_size=3, max_size=3, unique=True))
def test_safe_is_never_longer_than_road_and_a_detour_never_shorter(ids: list[str]) -> None:
    road, safe = NETWORK.minutes(ids, ids, "road"), NETWORK.minutes(ids, ids, "safe")
    assert (safe <= road * SAFE_FACTOR + 1e-9).all()
    km = NETWORK.road_km(ids, ids)
    assert km[0, 2] <= km[0, 1] + km[1, 2] + 1e-6
    # Minutes pay access at every stop, so a stop on the way only adds.
    for minutes in (road, safe):
        assert minutes[0, 2] <= minutes[0, 1] + minutes[1, 2] + 1e-6


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(ALL_IDS), min_size=2, max_size=2, unique=True))
def test_road_is_not_shorter_than_the_straight_line(ids: list[str]) -> None:
    places = [NETWORK.layers.localities[i] for i in ids]
    straight_km = metres([(places[0].x_m, places[0].y_m)], [(places[1].x_m, places[1].y_m)])[0, 0] / 1000
    assert NETWORK.road_km(ids[:1], ids[1:])[0, 0] >= straight_km * 0.99 - 0.5


def test_unknown_ids_and_modes_are_refused(network: TravelNetwork) -> None:
    with pytest.raises(UnknownLocality):
        network.minutes(["0180-stockholm"], ["0180-hemlig"], "road")
    with pytest.raises(ValueError, match="road"):
        network.minutes(["0180-stockholm"], ["0180-stockholm"], "walk")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("population", "minutes"), [(0, 0.5), (499, 0.5), (500, 0.5), (1_000_000, 6.0), (5_000_000, 6.0)]
)
def test_access_time_by_hand(population: int, minutes: float) -> None:
    assert access_min(population) == pytest.approx(minutes)


def test_access_time_grows_with_the_town() -> None:
    # half way between 500 and 1 000 000 on the logarithmic scale: sqrt(500 * 1e6) = 22 361 persons
    assert access_min(22_361) == pytest.approx(3.25, abs=0.001)
    assert access_min(501) > 0.5


def place(place_id: str, x_m: int, y_m: int, population: int = 500) -> Locality:
    return Locality(place_id, place_id, "0180", "01", "stockholm", population, x_m, y_m, None)


def small(layers: Layers, *edges: Edge) -> TravelNetwork:
    places = {p.id: p for p in (place("a", 0, 0), place("b", 1, 0), place("c", 2, 0), place("d", 3, 0))}
    tiny = Layers(
        "test", places, layers.kommuner, layers.lan, layers.police_regions, layers.region_of_lan, {"old": "b"}, {},
        layers.folder,
    )  # fmt: skip
    return TravelNetwork.of(tiny, edges)


def test_minutes_by_hand(layers: Layers) -> None:
    network = small(
        layers,
        Edge("a", "b", "road", 10.0, 20.0),
        Edge("b", "c", "road", 10.0, 30.0),
        Edge("a", "c", "rail", 25.0, 10.0),
    )
    # road: 20 + 30, and half a minute at either end
    assert network.minutes(["a"], ["c"], "road")[0, 0] == pytest.approx(51.0)
    # rail: 2 to board, 10, 2 to leave, half a minute at either end; times 0.8
    assert network.minutes(["a"], ["c"], "safe")[0, 0] == pytest.approx((2 + 10 + 2 + 1) * 0.8)
    # the mix: train a-c, then the road c-b; or the road a-b: 20 + 1, shorter
    assert network.minutes(["a"], ["b"], "safe")[0, 0] == pytest.approx(21 * 0.8)
    assert network.road_km(["a"], ["c"])[0, 0] == pytest.approx(20.0)
    assert network.minutes(["a"], ["d"], "safe")[0, 0] == math.inf
    assert network.minutes(["d"], ["d"], "safe")[0, 0] == 0.0
    # an id that an import replaced
    assert network.minutes(["a"], ["old"], "road")[0, 0] == pytest.approx(21.0)


def test_parallel_links_do_not_add_up(layers: Layers) -> None:
    network = small(layers, Edge("a", "b", "road", 10.0, 20.0), Edge("a", "b", "ferry", 12.0, 25.0))
    assert network.minutes(["a"], ["b"], "road")[0, 0] == pytest.approx(21.0)
    assert network.road_km(["a"], ["b"])[0, 0] == pytest.approx(10.0)


def test_an_edge_to_nowhere_is_refused(layers: Layers) -> None:
    with pytest.raises(GeodataRejected):
        small(layers, Edge("a", "x", "road", 1.0, 1.0))


def test_islands_get_a_boat_and_short_gaps_a_road() -> None:
    places = {p.id: p for p in (place("a", 0, 0), place("b", 4_000, 0), place("c", 8_001, 0))}
    links = {(e.start, e.end): e for e in joined(places, [])}
    # 4.0 km counts as road: 4 km x 1.12 at 58 km/h; 4.001 km is a boat: 15 min + 4.481 km at 20 km/h
    assert links["a", "b"] == Edge("a", "b", "road", 4.5, 4.6)
    assert links["b", "c"] == Edge("b", "c", "ferry", 4.5, 28.4)


def test_water_is_a_barrier(layers: Layers) -> None:
    """Two towns on either shore of Vänern are not neighbours by road, though nothing lies between them."""
    towns = {i: layers.localities[i] for i in ("1494-lidkoping", "1785-saffle")}
    embedded = Finder(layers.localities, {})  # the tables' towns are not among the two
    edges = rebuilt(towns, layers.kommun_geometry(), curated_folder(), embedded)
    assert [e.mode for e in edges] == ["ferry"]


def test_edges_are_stored_in_order() -> None:
    assert edge("b", "a", "road", 1, 2) == edge("a", "b", "road", 1, 2)


def test_distances_by_hand() -> None:
    assert metres([(0, 0), (10, 0)], [(3, 4)]).tolist() == [[5.0], [pytest.approx(8.0622577)]]
    assert metres([], [(3, 4)]).shape == (0, 1)
    with pytest.raises(ValueError, match="x_m"):
        metres([1, 2, 3], [(0, 0)])
