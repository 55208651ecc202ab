"""From the rows of an operator's file to localities, areas and edges; every fault of every row is named."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geodata import fields
from geodata.crs import inside_sweden
from geodata.errors import Fault
from geodata.names import folded
from geodata.readers import Sheet
from geodata.recipe import Edge, edge

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SHOWN_ROWS = 10
LISTED_MODES = ("road", "ferry", "rail", "air")


@dataclass(frozen=True)
class Tatort:
    """One locality of the operator's file."""

    code: str
    name: str
    kommun: str
    population: int
    x_m: int
    y_m: int
    area_ha: float
    shape: "BaseGeometry | None"


class _Faults:
    """Collects the rows of each kind of fault, so that a thousand bad rows are one line."""

    def __init__(self, path: str, first_row: int = 1) -> None:
        self._path = path
        self._first = first_row
        self._rows: dict[tuple[str, str], list[int]] = {}

    def add(self, row: int, wrong: str, accepted: str) -> None:
        self._rows.setdefault((wrong, accepted), []).append(row + self._first)

    def listed(self) -> list[Fault]:
        found = []
        for (wrong, accepted), rows in self._rows.items():
            shown = ", ".join(map(str, rows[:SHOWN_ROWS]))
            more = f" and {len(rows) - SHOWN_ROWS} more" if len(rows) > SHOWN_ROWS else ""
            found.append(Fault(f"{self._path}: row {shown}{more}", wrong, accepted))
        return found


def tatorter(sheet: Sheet, known_kommuner: Collection[str]) -> tuple[list[Tatort], list[Fault]]:
    """Read tätorter; the file's own kommun is trusted.

    Parameters
    ----------
    sheet : rows with TATORTSKOD, TATORT, KOMMUN, BEF
    known_kommuner : the codes that exist
    """
    faults = _Faults(sheet.path)
    found: list[Tatort] = []
    codes = [fields.tatortskod(row["TATORTSKOD"]) for row in sheet.rows]
    times = Counter(code for code in codes if code is not None)
    for n, (row, shape, code) in enumerate(zip(sheet.rows, sheet.shapes, codes, strict=True)):
        name, kommun, people = fields.name(row["TATORT"]), fields.code(row["KOMMUN"], 4), fields.whole(row["BEF"])
        point = _point(row, shape)
        if code is None:
            faults.add(n, "TATORTSKOD is missing or not a code", "letters and digits")
        elif times[code] > 1:
            faults.add(n, "TATORTSKOD is used more than once", "one row per tätort")
        if name is None:
            faults.add(n, "TATORT is missing or wrongly encoded", "a name in UTF-8, at most 100 letters")
        if kommun is None:
            faults.add(n, "KOMMUN is missing or not a code", "four digits")
        elif kommun not in known_kommuner:
            faults.add(n, "KOMMUN is unknown", "the code of one of Sweden's kommuner")
        if people is None:
            faults.add(n, "BEF is missing or not a number of persons", "a whole number of 0 or more")
        if point is None:
            faults.add(n, "has no coordinates in Sweden", "X_koord and Y_koord, or geometry, inside Sweden")
        if shape is not None and shape.geom_type not in ("Point", "Polygon", "MultiPolygon"):
            faults.add(n, "has another kind of geometry", "Point, Polygon or MultiPolygon")
        if code is None or name is None or kommun is None or people is None or point is None:
            continue
        area = fields.whole(round(float(row["AREA_HA"]))) if _is_number(row.get("AREA_HA")) else None
        outline = shape if shape is not None and shape.geom_type != "Point" else None
        found.append(Tatort(code, name, kommun, people, *point, float(area or 0), outline))
    return found, faults.listed()


def _is_number(value: object) -> bool:
    try:
        return value is not None and abs(float(str(value))) < 1e9
    except ValueError:
        return False


def _point(row: Mapping[str, Any], shape: Any) -> tuple[int, int] | None:
    """Prefer the file's own coordinates; else a point that is certainly inside the shape."""
    own = row.get("X_koord"), row.get("Y_koord")
    if not any(fields.is_missing(value) for value in own):
        return fields.grid_point(*own)
    if shape is None:
        return None
    inside = shape.representative_point()
    return (round(inside.x), round(inside.y)) if inside_sweden(inside.x, inside.y) else None


def areas(
    sheet: Sheet, code_column: str, name_column: str, width: int
) -> tuple[dict[str, str], dict[str, Any], list[Fault]]:
    """Read kommuner or län: code to name, code to shape, faults."""
    faults = _Faults(sheet.path)
    names: dict[str, str] = {}
    shapes: dict[str, Any] = {}
    for n, (row, shape) in enumerate(zip(sheet.rows, sheet.shapes, strict=True)):
        code, name = fields.code(row[code_column], width), fields.name(row[name_column])
        if code is None:
            faults.add(n, f"{code_column} is missing or not a code", f"{width} digits")
        elif code in names:
            faults.add(n, f"{code_column} is used more than once", "one row per area")
        if name is None:
            faults.add(n, f"{name_column} is missing or wrongly encoded", "a name in UTF-8")
        if not _is_area(shape):
            faults.add(n, "has no area in Sweden", "a Polygon or MultiPolygon inside Sweden")
        if code is not None and name is not None:
            names[code], shapes[code] = name, shape
    return names, shapes, faults.listed()


def _is_area(shape: Any) -> bool:
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon"):
        return False
    west, south, east, north = shape.bounds
    return inside_sweden(west, south) and inside_sweden(east, north)


def police_areas(sheet: Sheet) -> tuple[dict[str, Any], list[Fault]]:
    """Read the police's areas: the polisområden, or the lokalpolisområden where there are no others."""
    faults = _Faults(sheet.path)
    of_kind: dict[str, dict[str, Any]] = {"polisomrade": {}, "lokalpolisomrade": {}}
    for n, (row, shape) in enumerate(zip(sheet.rows, sheet.shapes, strict=True)):
        kind, name = folded(str(row["KATEGORI"])), fields.name(row["NAMN"])
        chosen = "lokalpolisomrade" if "lokalpolisomrade" in kind else "polisomrade" if "polisomrade" in kind else ""
        if not chosen:
            continue  # regions follow the län; stations and the like are not areas
        if name is None:
            faults.add(n, "NAMN is missing or wrongly encoded", "a name in UTF-8")
        elif name in of_kind[chosen]:
            faults.add(n, "NAMN is used more than once", "one row per police area")
        elif not _is_area(shape):
            faults.add(n, "has no area in Sweden", "a Polygon or MultiPolygon inside Sweden")
        else:
            of_kind[chosen][name] = shape
    found = of_kind["polisomrade"] or of_kind["lokalpolisomrade"]
    listed = faults.listed()
    if not found and not listed:
        listed = [Fault(sheet.path, "holds no police areas", "KATEGORI polisområde or lokalpolisområde")]
    return found, listed


def edges(sheet: Sheet, known: Callable[[str], str | None]) -> tuple[list[Edge], list[Fault]]:
    """Read an edge list.

    Parameters
    ----------
    sheet : rows of text: from, to, km, minutes and perhaps mode
    known : an id as written to the locality id in use, or None
    """
    faults = _Faults(sheet.path, first_row=2)
    found: list[Edge] = []
    for n, row in enumerate(sheet.rows):
        start, end = known(row["from"].strip()), known(row["to"].strip())
        mode = row.get("mode", "").strip().lower() or "road"
        km, minutes = _measure(row["km"]), _measure(row["minutes"])
        if start is None or end is None:
            faults.add(n, "from or to is not in the map data", "locality ids")
        elif start == end:
            faults.add(n, "leads from a locality to itself", "two localities")
        if mode not in LISTED_MODES:
            faults.add(n, "mode is unknown", ", ".join(LISTED_MODES))
        if km is None or minutes is None:
            faults.add(n, "km or minutes is missing or no length", "numbers above 0, below 10 000")
        elif start is not None and end is not None and start != end and mode in LISTED_MODES:
            found.append(edge(start, end, mode, km, minutes))
    return found, faults.listed()


def _measure(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < 10_000 else None


def strings(value: object) -> Iterable[str]:
    """Yield every string inside parsed JSON, keys too.

    Examples
    --------
    >>> sorted(strings({"a": ["b", {"c": 1}]}))
    ['a', 'b', 'c']
    """
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
