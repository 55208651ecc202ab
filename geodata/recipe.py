"""How the approximate travel network is made of points, land and hand-kept tables.

The recipe, its numbers and why they lean to the fast side: docs/decisions/0011-travel-network.md.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geodata.layers import Locality
from geodata.names import folded

DETOUR = 1.12  # road length per straight length
LOCAL_KMH = 58.0
BRISK_KMH, BRISK_LEAST_M = 80.0, 3_000  # the same roads driven fast, where they leave the built-up area
TRUNK_KMH = {"M": 102.0, "E": 88.0, "R": 80.0}
RAIL_DETOUR = 1.05
RAIL_KMH = {"F": 170.0, "N": 125.0, "I": 75.0}
AIR_FIXED_MIN, AIR_KMH = 15.0, 750.0
LAND_BUFFER_M = 1_500
MAX_WATER_M = 2_500
ISLAND_KMH, ISLAND_FIXED_MIN = 20.0, 15.0
ROAD_GAP_M = 4_000
MODES = ("road", "ferry", "rail", "air", "brisk")


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A link between two localities, the same in both directions.

    Parameters
    ----------
    start, end : locality ids, start < end
    mode : ``road``, ``ferry``, ``rail`` or ``air``; ``brisk``: a road driven fast, counted for safety alone
    km, minutes : length and travel time without access times
    """

    start: str
    end: str
    mode: str
    km: float
    minutes: float


def edge(start: str, end: str, mode: str, km: float, minutes: float) -> Edge:
    """Return the edge with its ends in order and numbers rounded as they are stored.

    Examples
    --------
    >>> edge("b", "a", "road", 1.26, 2.04)
    Edge(start='a', end='b', mode='road', km=1.3, minutes=2.0)
    """
    first, second = sorted((start, end))
    return Edge(first, second, mode, round(km, 1), round(minutes, 1))


class Finder:
    """From a town's name in a hand-kept table to a locality id.

    Parameters
    ----------
    places : the embedded localities, whose names the tables use
    new_ids : embedded id to the id of the layer in use; empty for the embedded layer itself
    """

    def __init__(self, places: Mapping[str, Locality], new_ids: Mapping[str, str] | None = None) -> None:
        self._by_name: dict[str, Locality] = {}
        for place in sorted(places.values(), key=lambda p: (p.parent is not None, -p.population, p.id)):
            self._by_name.setdefault(folded(place.name), place)
        self._new_ids = new_ids

    def __call__(self, name: str) -> str | None:
        """Return the id, or None where the layer in use has no such place.

        Raises
        ------
        ValueError : the name is in no embedded locality: a spelling error in a table
        """
        place = self._by_name.get(folded(name.replace("_", " ")))
        if place is None:
            raise ValueError(f"a travel table names an unknown town: {name}")
        return place.id if self._new_ids is None else self._new_ids.get(place.id)


def chains(path: Path) -> list[list[str]]:
    """Read a table of lines: each a class or a first town, then towns; ``#`` starts a comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def rebuilt(
    places: Mapping[str, Locality], kommuner: Mapping[str, object], curated: Path, find: Finder
) -> tuple[Edge, ...]:
    """Build every edge of the network.

    Parameters
    ----------
    places : the localities to connect, by id
    kommuner : shapely geometry per kommun, EPSG:3006 metres; their union is the land
    curated : folder of the hand-kept tables
    find : names of the tables to ids in `places`

    Returns
    -------
    sorted edges; every locality is connected by road or ferry

    Source
    ------
    docs/decisions/0011-travel-network.md
    """
    ids = sorted(places)
    points = np.array([(places[i].x_m, places[i].y_m) for i in ids], dtype=float).reshape(-1, 2)
    at = dict(zip(ids, points, strict=True))

    def straight_km(a: str, b: str) -> float:
        return float(np.hypot(*(at[a] - at[b]))) / 1000

    edges: dict[tuple[str, str, str], Edge] = {}

    def add(a: str, b: str, mode: str, km: float, minutes: float) -> None:
        if a == b:
            return
        new = edge(a, b, mode, km, minutes)
        key = (new.start, new.end, mode)
        if key not in edges or new.minutes < edges[key].minutes:
            edges[key] = new

    local = _over_land(points, _gabriel(points), kommuner)
    for i, j in local:
        km = straight_km(ids[i], ids[j]) * DETOUR
        add(ids[i], ids[j], "road", km, km / LOCAL_KMH * 60)
    for table, mode, detour, speeds in (
        ("trunk_chains.txt", "road", DETOUR, TRUNK_KMH),
        ("trunk_chains_more.txt", "road", DETOUR, TRUNK_KMH),
        ("rail_chains.txt", "rail", RAIL_DETOUR, RAIL_KMH),
    ):
        for grade, *towns in chains(curated / table):
            stops = [stop for town in towns if (stop := find(town)) is not None and stop in at]
            for a, b in pairwise(stops):
                km = straight_km(a, b) * detour
                add(a, b, mode, km, km / speeds[grade] * 60)
    for hub, *others in chains(curated / "air_links.txt"):
        for other in others:
            ends = [place for town in (hub, other) if (place := find(town)) is not None and place in at]
            if len(ends) == 2:
                km = straight_km(*ends)
                add(ends[0], ends[1], "air", km, AIR_FIXED_MIN + km / AIR_KMH * 60)
    with (curated / "ferries.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            ports = [place for end in ("from", "to") if (place := find(row[end])) is not None and place in at]
            if len(ports) == 2:
                add(ports[0], ports[1], "ferry", float(row["km"]), float(row["minutes"]))
    for i, j in local:
        gap_km = straight_km(ids[i], ids[j])
        minutes = gap_km * DETOUR / BRISK_KMH * 60
        if gap_km * 1000 >= BRISK_LEAST_M and minutes < edges[ids[i], ids[j], "road"].minutes:
            add(ids[i], ids[j], "brisk", gap_km * DETOUR, minutes)
    return joined(places, edges.values())


def joined(places: Mapping[str, Locality], edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Add what links every place to the others: a short road, or a boat to the nearest neighbour.

    Parameters
    ----------
    places : every locality, by id
    edges : what there is

    Returns
    -------
    sorted edges
    """
    ids = sorted(places)
    points = np.array([(places[i].x_m, places[i].y_m) for i in ids], dtype=float).reshape(-1, 2)
    number = {place: i for i, place in enumerate(ids)}
    have = list(edges)
    surface = [(number[e.start], number[e.end]) for e in have if e.mode in ("road", "ferry")]
    for i, j in _bridges(points, surface):
        gap_m = float(np.hypot(*(points[i] - points[j])))
        km = gap_m / 1000 * DETOUR
        if gap_m <= ROAD_GAP_M:
            have.append(edge(ids[i], ids[j], "road", km, km / LOCAL_KMH * 60))
        else:
            have.append(edge(ids[i], ids[j], "ferry", km, ISLAND_FIXED_MIN + km / ISLAND_KMH * 60))
    return tuple(sorted(have))


def _gabriel(points: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Delaunay edges whose diametral circle holds no other point (its two opposite corners suffice)."""
    from scipy.spatial import Delaunay, QhullError, cKDTree

    if len(points) < 2:
        return []
    try:
        triangles = Delaunay(points).simplices
    except QhullError:  # fewer than three points, or all on one line
        order = np.lexsort((points[:, 1], points[:, 0]))
        return [(int(a), int(b)) for a, b in pairwise(order)]
    pairs = np.unique(
        np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1),
        axis=0,
    )
    middle = (points[pairs[:, 0]] + points[pairs[:, 1]]) / 2
    radius = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T) / 2
    nearest = np.asarray(cKDTree(points).query(middle)[0])
    return [(int(a), int(b)) for a, b in pairs[nearest >= radius - 1e-6]]


def _over_land(
    points: NDArray[np.float64], pairs: Sequence[tuple[int, int]], kommuner: Mapping[str, object]
) -> list[tuple[int, int]]:
    """Drop the pairs whose straight line has more than `MAX_WATER_M` outside the buffered land."""
    import shapely

    if not pairs or not kommuner:
        return list(pairs)
    # The union must come first: one hole cut by a kommun border would otherwise close when buffered.
    land = shapely.union_all(list(kommuner.values())).buffer(LAND_BUFFER_M, quad_segs=2)  # type: ignore[arg-type]
    lines = np.asarray(shapely.linestrings([points[list(pair)] for pair in pairs]))
    parts = list(getattr(land, "geoms", [land]))
    tree = shapely.STRtree(parts)
    on_land = np.zeros(len(pairs))
    for line, part in tree.query(lines).T:
        on_land[line] += shapely.length(shapely.intersection(lines[line], parts[part]))
    water_m = shapely.length(lines) - on_land
    return [pair for pair, wet in zip(pairs, water_m, strict=True) if wet <= MAX_WATER_M]


def _bridges(points: NDArray[np.float64], linked: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the shortest links that join what `linked` leaves apart: islands to their nearest neighbour."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    n = len(points)
    links = list(linked)
    added: list[tuple[int, int]] = []
    while n:
        ends = np.array(links, dtype=int).reshape(-1, 2)
        graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(n, n))
        count, label = connected_components(graph, directed=False)
        if count == 1:
            break
        smallest = min(range(count), key=lambda c: (int((label == c).sum()), c))
        inside, outside = np.flatnonzero(label == smallest), np.flatnonzero(label != smallest)
        gap, near = (np.asarray(part) for part in cKDTree(points[outside]).query(points[inside]))
        k = int(np.argmin(gap))
        added.append((int(inside[k]), int(outside[near[k]])))
        links.append(added[-1])
    return added
