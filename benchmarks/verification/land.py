"""What the rules ask of a land, and the land of the map data files, measured here anew.

The files are read as plain tables. Planar metres in SWEREF 99 TM; travel times by shortest ways in the
links of ``edges.csv``, which are given in tenths of a minute and added up as whole tenths.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.verification.told import NO_ROAD_MIN

__all__ = ["Land", "MapLand", "sweref"]

SAFE_SHARE: Final = 0.8
"""Share of the fastest time that is counted for safety."""
BOARDING_TENTHS: Final = {"rail": 20, "air": 150}
"""At each end of a journey by that mode, tenths of a minute."""
LEAST_TENTHS: Final = 1
"""A link no longer than this is one tenth: nobody is there at once."""
ACCESS_MIN: Final = (0.5, 6.0)
"""Out of a village of `ACCESS_PERSONS[0]` and of a city of `ACCESS_PERSONS[1]`; logarithmic between, level beyond."""
ACCESS_PERSONS: Final = (500, 1_000_000)
SAME_MIN: Final = 1e-6
"""Times nearer to a whole minute than this are that minute."""


class Land(Protocol):
    """Places by id, with whole metres and minutes between them and the zones they lie in."""

    @property
    def ids(self) -> Sequence[str]:
        """Every place there is."""

    def metres(self, a: str, b: str) -> int:
        """Planar distance, rounded down: for keeping apart."""

    def metres_up(self, a: str, b: str) -> int:
        """The same rounded up: for reaching."""

    def minutes(self, a: str, b: str) -> int:
        """The fastest way there is x 0.8, rounded down: for keeping apart."""

    def by_road(self, a: str, b: str) -> int:
        """Road and ferry, rounded up: for reaching."""

    def root(self, one: str) -> str:
        """The town a place is a district of, or itself."""

    def people(self, one: str) -> int:
        """Population of a place, its districts included."""

    def kommun_of(self, one: str) -> str:
        """Its kommun code."""

    def lan_of(self, one: str) -> str:
        """Its län code."""

    def region_of(self, one: str) -> str:
        """Its police region."""

    def to_larger_town(self, one: str, population: int) -> int:
        """Road minutes, rounded up, to the nearest town of so many people."""

    def at(self, latitude_deg: float, longitude_deg: float) -> str:
        """Id of a bare point, of which only `metres` and `metres_up` know anything."""


@dataclass(frozen=True)
class Town:
    """A row of ``localities.csv``."""

    kommun: str
    population: int
    x_m: int
    y_m: int
    parent: str


class MapLand:
    """The land of a folder of map data files.

    Parameters
    ----------
    folder : holds ``localities.csv``, ``lan.csv`` and ``edges.csv``, as committed in the repository or imported

    Examples
    --------
    >>> land = MapLand(Path("geodata/data"))
    >>> land.root("0180-kista"), land.kommun_of("0180-kista"), land.region_of("0180-kista")
    ('0180-stockholm', '0180', 'stockholm')
    """

    def __init__(self, folder: Path) -> None:
        self.towns = {
            row["id"]: Town(row["kommun"], int(row["population"]), int(row["x_m"]), int(row["y_m"]), row["parent"])
            for row in _rows(folder / "localities.csv")
        }
        self.regions = {row["code"]: row["police_region"] for row in _rows(folder / "lan.csv")}
        self.aliases = {row["old"]: row["new"] for row in _rows(folder / "aliases.csv", may_lack=True)}
        passed = [row["id"] for row in _rows(folder / "waypoints.csv", may_lack=True)]
        self.number = {one: n for n, one in enumerate([*self.towns, *passed])}
        self.links = [
            (self.number[row["from"]], self.number[row["to"]], row["mode"], round(float(row["minutes"]) * 10))
            for row in _rows(folder / "edges.csv")
        ]
        self.points: dict[str, tuple[int, int]] = {}
        self._ways: dict[tuple[str, str], list[float]] = {}
        self._larger: dict[int, list[str]] = {}

    @property
    def ids(self) -> Sequence[str]:
        """Every locality."""
        return tuple(self.towns)

    def known(self, one: str) -> str:
        """The id in use of a locality, where an import renamed it.

        Raises
        ------
        KeyError : no such locality
        """
        return one if one in self.towns else self.aliases[one]

    # Metres

    def at(self, latitude_deg: float, longitude_deg: float) -> str:
        """Id of a bare point."""
        name = f"@{latitude_deg!r},{longitude_deg!r}"
        if name not in self.points:
            x_m, y_m = sweref(latitude_deg, longitude_deg)
            self.points[name] = round(x_m), round(y_m)
        return name

    def _xy_m(self, one: str) -> tuple[int, int]:
        if one in self.points:
            return self.points[one]
        town = self.towns[self.known(one)]
        return town.x_m, town.y_m

    def _square_m2(self, a: str, b: str) -> int:
        (ax, ay), (bx, by) = self._xy_m(a), self._xy_m(b)
        return (ax - bx) ** 2 + (ay - by) ** 2

    def metres(self, a: str, b: str) -> int:
        """Planar distance, rounded down."""
        return math.isqrt(self._square_m2(a, b))

    def metres_up(self, a: str, b: str) -> int:
        """Planar distance, rounded up."""
        square = self._square_m2(a, b)
        return math.isqrt(square - 1) + 1 if square else 0

    # Minutes

    def minutes(self, a: str, b: str) -> int:
        """The fastest mix of road driven fast, ferry, rail and air x 0.8, rounded down."""
        return _whole(self._time_min("safe", a, b) * SAFE_SHARE, up=False)

    def by_road(self, a: str, b: str) -> int:
        """Road and ferry, rounded up."""
        return _whole(self._time_min("road", a, b), up=True)

    def to_larger_town(self, one: str, population: int) -> int:
        """Road minutes, rounded up, to the nearest town, no district, of so many people."""
        if population not in self._larger:
            self._larger[population] = [
                name for name, town in self.towns.items() if not town.parent and town.population >= population
            ]
        return min((self.by_road(one, other) for other in self._larger[population]), default=NO_ROAD_MIN)

    def _time_min(self, kind: str, a: str, b: str) -> float:
        a, b = self.known(a), self.known(b)
        if a == b:
            return 0.0
        if (kind, a) not in self._ways:
            [found] = dijkstra(self._graphs[kind], directed=False, indices=np.array([self.number[a]]))
            self._ways[kind, a] = [float(tenths) for tenths in found]
        way = self._ways[kind, a][self.number[b]] / 10
        return way + self._access_min(a) + self._access_min(b)

    def _access_min(self, one: str) -> float:
        low, high = (math.log10(persons) for persons in ACCESS_PERSONS)
        share = (math.log10(max(1, self.towns[one].population)) - low) / (high - low)
        return ACCESS_MIN[0] + (ACCESS_MIN[1] - ACCESS_MIN[0]) * min(1.0, max(0.0, share))

    @cached_property
    def _graphs(self) -> dict[str, csr_array]:
        surface = [(a, b, tenths) for a, b, mode, tenths in self.links if mode in ("road", "ferry")]
        mixed = surface + [(a, b, tenths) for a, b, mode, tenths in self.links if mode == "brisk"]
        size = len(self.number)
        for mode, boarding in BOARDING_TENTHS.items():  # who is aboard travels on without boarding again
            platform: dict[int, int] = {}
            for a, b, tenths in ((a, b, tenths) for a, b, its, tenths in self.links if its == mode):
                for end in (a, b):
                    if end not in platform:
                        platform[end] = size
                        mixed.append((end, size, boarding))
                        size += 1
                mixed.append((platform[a], platform[b], tenths))
        return {"road": _graph(len(self.number), surface), "safe": _graph(size, mixed)}

    # Zones

    def root(self, one: str) -> str:
        """The town a place is a district of, or itself; a bare point is a place of its own."""
        if one in self.points:
            return one
        name = self.known(one)
        return self.towns[name].parent or name

    def people(self, one: str) -> int:
        """Population of a place."""
        return self.towns[self.known(one)].population

    def kommun_of(self, one: str) -> str:
        """Its kommun code."""
        return self.towns[self.known(one)].kommun

    def lan_of(self, one: str) -> str:
        """Its län code: the first two digits of the kommun's."""
        return self.kommun_of(one)[:2]

    def region_of(self, one: str) -> str:
        """Its police region, by its län."""
        return self.regions[self.lan_of(one)]


def _rows(path: Path, *, may_lack: bool = False) -> Iterator[dict[str, str]]:
    if may_lack and not path.is_file():
        return
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, strict=True)


def _graph(size: int, links: Sequence[tuple[int, int, int]]) -> csr_array:
    shortest: dict[tuple[int, int], int] = {}
    for a, b, tenths in links:
        ends = min(a, b), max(a, b)
        shortest[ends] = min(shortest.get(ends, 10**9), max(LEAST_TENTHS, tenths))
    ends_at = np.array(list(shortest), dtype=np.int32).reshape(-1, 2)
    weights = np.array(list(shortest.values()), dtype=np.float64)
    return csr_array((weights, (ends_at[:, 0], ends_at[:, 1])), shape=(size, size))


def _whole(minutes: float, *, up: bool) -> int:
    if math.isinf(minutes):
        return NO_ROAD_MIN
    nearest = round(minutes)
    if abs(minutes - nearest) < SAME_MIN:
        return nearest
    return math.ceil(minutes) if up else math.floor(minutes)


def sweref(latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
    """Easting and northing in SWEREF 99 TM of a point on GRS 80.

    Parameters
    ----------
    latitude_deg, longitude_deg : degrees

    Returns
    -------
    metres east (x) and metres north (y)

    Source
    ------
    Lantmäteriet, *Gauss Conformal Projection (Transverse Mercator), Krüger's formulas*: good to a millimetre in Sweden

    Examples
    --------
    >>> [round(metres) for metres in sweref(66.0, 24.0)], [round(metres) for metres in sweref(0.0, 15.0)]
    ([907352, 7349218], [500000, 0])
    """
    a_m, f = 6378137.0, 1 / 298.257222101
    scale, meridian_deg, east_m = 0.9996, 15.0, 500_000.0
    e2 = f * (2 - f)
    n = f / (2 - f)
    a_hat_m = a_m / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    phi, away = math.radians(latitude_deg), math.radians(longitude_deg - meridian_deg)
    sin2 = math.sin(phi) ** 2
    conformal = phi - math.sin(phi) * math.cos(phi) * (
        e2 + (5 * e2**2 - e2**3) / 6 * sin2 + (104 * e2**3 - 45 * e2**4) / 120 * sin2**2 + 1237 * e2**4 / 1260 * sin2**3
    )
    xi = math.atan2(math.tan(conformal), math.cos(away))
    eta = math.atanh(math.cos(conformal) * math.sin(away))
    betas = (
        n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16 + 41 * n**4 / 180,
        13 * n**2 / 48 - 3 * n**3 / 5 + 557 * n**4 / 1440,
        61 * n**3 / 240 - 103 * n**4 / 140,
        49561 * n**4 / 161280,
    )
    north = xi + sum(b * math.sin(2 * k * xi) * math.cosh(2 * k * eta) for k, b in enumerate(betas, 1))
    east = eta + sum(b * math.cos(2 * k * xi) * math.sinh(2 * k * eta) for k, b in enumerate(betas, 1))
    return scale * a_hat_m * east + east_m, scale * a_hat_m * north
