"""Travel times between localities: approximate, fast, and for safety on the low side."""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from geodata.errors import Fault, GeodataRejected, UnknownLocality
from geodata.layers import Layers
from geodata.recipe import MODES, Edge, edge

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Mode = Literal["road", "safe"]

SAFE_FACTOR = 0.8
RAIL_BOARDING_MIN = 2.0  # at each end of a rail journey
AIR_BOARDING_MIN = 15.0  # at each end of a flight
ACCESS_LEAST_MIN, ACCESS_MOST_MIN = 0.5, 6.0
ACCESS_LEAST_PERSONS, ACCESS_MOST_PERSONS = 500, 1_000_000
LEAST_EDGE_MIN = 0.1
_SURFACE = frozenset({"road", "ferry"})


def access_min(population: int) -> float:
    """Return the time within a locality between a home and its way out, by its size.

    Parameters
    ----------
    population : persons

    Returns
    -------
    minutes: 0.5 for a village of 500 or fewer, 6 for a million or more, logarithmic between

    Examples
    --------
    >>> access_min(100), round(access_min(20_000), 1), access_min(1_500_000)
    (0.5, 3.2, 6.0)
    """
    low, high = math.log10(ACCESS_LEAST_PERSONS), math.log10(ACCESS_MOST_PERSONS)
    share = (math.log10(max(population, 1)) - low) / (high - low)
    return ACCESS_LEAST_MIN + (ACCESS_MOST_MIN - ACCESS_LEAST_MIN) * min(max(share, 0.0), 1.0)


@dataclass(frozen=True, eq=False)
class TravelNetwork:
    """The approximate travel network over the localities of one set of layers.

    Parameters
    ----------
    label : where the edges come from; always shown with the numbers
    layers : the localities it connects
    edges : every link, sorted
    waypoints : ids that edges may pass through without being localities: towns an import left out

    Source
    ------
    docs/decisions/0011-travel-network.md
    """

    label: str
    layers: Layers
    edges: tuple[Edge, ...]
    waypoints: tuple[str, ...]
    _index: Mapping[str, int]
    _access_min: NDArray[np.float64]
    _road_min: "csr_array"
    _road_km: "csr_array"
    _safe_min: "csr_array"

    @classmethod
    def load(cls, layers: Layers, folder: Path | None = None) -> "TravelNetwork":
        """Read the network that belongs to the layers.

        Parameters
        ----------
        layers : the localities in use
        folder : where ``edges.csv`` is; by default the folder of the layers

        Raises
        ------
        GeodataRejected : the file is missing or damaged, or names a locality the layers do not hold
        """
        where = layers.folder if folder is None else folder
        path = where / "edges.csv"
        if not path.is_file():
            raise GeodataRejected([Fault(str(path), "is missing", "the file as the import wrote it")])
        try:
            meta = json.loads((where / "meta.json").read_text(encoding="utf-8"))
            return cls.of(layers, _read(path), label=str(meta["network"]), waypoints=waypoint_ids(where))
        except (KeyError, ValueError, TypeError, OSError, csv.Error) as err:
            if isinstance(err, GeodataRejected):
                raise
            raise GeodataRejected(
                [Fault(str(path), "is damaged", "columns from,to,mode,km,minutes as written")]
            ) from err

    @classmethod
    def of(
        cls, layers: Layers, edges: Iterable[Edge], label: str = "approximate", waypoints: Iterable[str] = ()
    ) -> "TravelNetwork":
        """Build the network of some edges.

        Raises
        ------
        GeodataRejected : an edge names a locality the layers do not hold
        """
        kept = tuple(sorted(edges))
        via = tuple(waypoints)
        index = {place: number for number, place in enumerate((*layers.localities, *via))}
        if any(e.start not in index or e.end not in index for e in kept):
            raise GeodataRejected([Fault("edges", "an end is not in the map data", "ids of the localities beside it")])
        surface = [e for e in kept if e.mode in _SURFACE]
        return cls(
            label=label,
            layers=layers,
            edges=kept,
            waypoints=via,
            _index=MappingProxyType({place: index[place] for place in layers.localities}),
            _access_min=np.array([access_min(p.population) for p in layers.localities.values()]),
            _road_min=_matrix(len(index), ((index[e.start], index[e.end], e.minutes) for e in surface)),
            _road_km=_matrix(len(index), ((index[e.start], index[e.end], e.km) for e in surface)),
            _safe_min=_mixed(kept, index),
        )

    def minutes(self, from_ids: Sequence[str], to_ids: Sequence[str], mode: Mode) -> NDArray[np.float64]:
        """Shortest travel time from each locality to each other.

        Parameters
        ----------
        from_ids, to_ids : n and m locality ids, aliases allowed
        mode : ``road`` for the car and ferries, on the slow side: the figure for what must be near; ``safe``
            for the fastest mix of road driven fast, ferry, rail and air, times 0.8: the figure to keep people apart

        Returns
        -------
        (n, m) float array, minutes, with the time to get out of and into town; infinite where no path
        exists; 0 from a locality to itself

        Raises
        ------
        UnknownLocality : an id that is not in the layers
        ValueError : another mode

        Source
        ------
        docs/decisions/0011-travel-network.md

        Examples
        --------
        >>> network = TravelNetwork.load(Layers.load())
        >>> road = network.minutes(["0180-stockholm"], ["0380-uppsala", "0180-stockholm"], "road")
        >>> safe = network.minutes(["0180-stockholm"], ["0380-uppsala", "0180-stockholm"], "safe")
        >>> bool(40 < road[0, 0] < 70), bool(safe[0, 0] < road[0, 0]), float(road[0, 1])
        (True, True, 0.0)
        """
        if mode not in ("road", "safe"):
            raise ValueError("mode is 'road' or 'safe'")
        start, end = self._numbers(from_ids), self._numbers(to_ids)
        between = _shortest(self._road_min if mode == "road" else self._safe_min, start, end)
        total = between + self._access_min[start][:, None] + self._access_min[end][None, :]
        total[start[:, None] == end[None, :]] = 0.0
        return total if mode == "road" else total * SAFE_FACTOR

    def road_km(self, from_ids: Sequence[str], to_ids: Sequence[str]) -> NDArray[np.float64]:
        """Shortest way by road and ferry from each locality to each other.

        Returns
        -------
        (n, m) float array, km; infinite where no path exists

        Raises
        ------
        UnknownLocality : an id that is not in the layers

        Examples
        --------
        >>> km = TravelNetwork.load(Layers.load()).road_km(["1280-malmo"], ["1283-helsingborg"])
        >>> bool(52 < km[0, 0] < 78)
        True
        """
        return _shortest(self._road_km, self._numbers(from_ids), self._numbers(to_ids))

    def _numbers(self, ids: Sequence[str]) -> NDArray[np.int64]:
        aliases = self.layers.aliases
        numbers = [self._index.get(i, self._index.get(aliases.get(i, ""), -1)) for i in ids]
        if -1 in numbers:
            raise UnknownLocality(
                [Fault("locality", "is not in the map data", "an id shown by `fristad geodata show NAME`")]
            )
        return np.array(numbers, dtype=np.int64)


def _shortest(graph: "csr_array", start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    from scipy.sparse.csgraph import dijkstra

    if not len(start) or not len(end):
        return np.zeros((len(start), len(end)))
    # The graph is symmetric: search from the fewer side, and from each place once.
    turned = len(end) < len(start)
    sources, places = (end, start) if turned else (start, end)
    once, back = np.unique(sources, return_inverse=True)
    found = np.asarray(dijkstra(graph, directed=True, indices=once))[back][:, places]
    return found.T.copy() if turned else found


def _mixed(edges: Sequence[Edge], index: Mapping[str, int]) -> "csr_array":
    """Join road with a platform per station and airport: boarding takes time, travelling on does not."""
    links = [(index[e.start], index[e.end], e.minutes) for e in edges if e.mode in _SURFACE or e.mode == "brisk"]
    size = len(index)
    for mode, boarding_min in (("rail", RAIL_BOARDING_MIN), ("air", AIR_BOARDING_MIN)):
        of_mode = [e for e in edges if e.mode == mode]
        stations = sorted({end for e in of_mode for end in (e.start, e.end)})
        platform = {place: size + number for number, place in enumerate(stations)}
        size += len(stations)
        links += [(index[place], number, boarding_min) for place, number in platform.items()]
        links += [(platform[e.start], platform[e.end], e.minutes) for e in of_mode]
    return _matrix(size, links)


def _matrix(size: int, links: Iterable[tuple[int, int, float]]) -> "csr_array":
    """Return the symmetric matrix of the shortest link of each pair."""
    from scipy.sparse import csr_array

    best: dict[tuple[int, int], float] = {}
    for a, b, weight in links:
        key = (a, b) if a < b else (b, a)
        # A zero would mean "no link" to the sparse matrix.
        best[key] = min(best.get(key, math.inf), max(weight, LEAST_EDGE_MIN))
    ends = np.array(list(best), dtype=np.int32).reshape(-1, 2)
    weights = np.array(list(best.values()), dtype=float)
    rows, columns = np.concatenate([ends[:, 0], ends[:, 1]]), np.concatenate([ends[:, 1], ends[:, 0]])
    return csr_array((np.concatenate([weights, weights]), (rows, columns)), shape=(size, size))


def waypoint_ids(folder: Path) -> tuple[str, ...]:
    """Return the ids of the towns a network passes through that are no localities of its layers; mostly none."""
    path = folder / "waypoints.csv"
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(row["id"] for row in csv.DictReader(lines, strict=True))


def _read(path: Path) -> Iterator[Edge]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, strict=True):
            km, minutes = float(row["km"]), float(row["minutes"])
            if row["mode"] not in MODES or not (0 <= km < math.inf and 0 <= minutes < math.inf):
                raise ValueError("an edge is not as written")
            yield edge(row["from"], row["to"], row["mode"], km, minutes)
