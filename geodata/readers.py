"""Opening an operator's file: which layers it has, what they are, and their rows, unjudged."""

import csv
import json
import re
import sqlite3
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from geodata.errors import Fault
from geodata.names import folded

Kind = Literal["tatort", "kommun", "lan", "police", "edges"]

MAX_FILE_BYTES = 1_000_000_000
MAX_TEXT_BYTES = 200_000_000  # GeoJSON and CSV are read into memory as a whole
MAX_ROWS = 200_000
REQUIRED: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "tatort": ("TATORTSKOD", "TATORT", "KOMMUN", "BEF"),
        "kommun": ("KnKod", "KnNamn"),
        "lan": ("LnKod", "LnNamn"),
        "police": ("NAMN", "KATEGORI"),
        "edges": ("from", "to", "km", "minutes"),
    }
)
OPTIONAL = ("AREA_HA", "X_koord", "Y_koord", "mode")
# One of these columns is enough to know what a layer was meant to be.
_TELLTALE: tuple[tuple[str, Kind], ...] = (
    ("tatortskod", "tatort"),
    ("tatort", "tatort"),
    ("knkod", "kommun"),
    ("knnamn", "kommun"),
    ("lnkod", "lan"),
    ("lnnamn", "lan"),
    ("kategori", "police"),
    ("lokalpolisomrade", "police"),
)
_LAYER_ACCEPTED = (
    "a layer with TATORTSKOD, TATORT, KOMMUN, BEF (tätorter), KnKod, KnNamn (kommuner), LnKod, LnNamn (län), "
    "or NAMN, KATEGORI (police areas)"
)


@dataclass(frozen=True)
class Sheet:
    """The rows of one recognised layer.

    Parameters
    ----------
    path : file and layer, for messages
    kind : what the layer holds
    rows : column (as in `REQUIRED`) to value, per row
    shapes : shapely geometry per row in EPSG:3006, None where there is none; empty for an edge list
    """

    path: str
    kind: Kind
    rows: tuple[Mapping[str, Any], ...]
    shapes: tuple[Any, ...]


def read(path: Path) -> tuple[list[Sheet], list[Fault]]:
    """Read every recognised layer of a file.

    Parameters
    ----------
    path : GeoPackage, GeoJSON, or a CSV with edges

    Returns
    -------
    sheets, and every fault found; a file with faults gives no sheet that may be used
    """
    label = path.name
    try:
        size = path.stat().st_size if path.is_file() else -1
    except OSError:
        size = -1
    if size < 0:
        return [], [Fault(label, "cannot be read", "an existing file")]
    if size == 0:
        return [], [Fault(label, "is empty", "a file with rows")]
    suffix = path.suffix.lower()
    most = MAX_FILE_BYTES if suffix == ".gpkg" else MAX_TEXT_BYTES
    if size > most:
        return [], [Fault(label, "is too large", f"at most {most // 1_000_000} MB")]
    if suffix == ".csv":
        return _edge_list(path)
    if suffix == ".gpkg":
        damage = _damaged_geopackage(path)
    elif suffix in (".geojson", ".json"):
        damage = _damaged_geojson(path)
    else:
        damage = Fault(label, "is another kind of file", ".gpkg, .geojson, .json, or .csv for an edge list")
    return ([], [damage]) if damage else _layers(path)


def _damaged_geopackage(path: Path) -> Fault | None:
    try:
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            sound = base.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            base.execute("SELECT table_name FROM gpkg_contents").fetchall()
        finally:
            base.close()
    except sqlite3.Error:
        sound = False
    return None if sound else Fault(path.name, "is truncated or no GeoPackage", "a whole GeoPackage")


def _damaged_geojson(path: Path) -> Fault | None:
    try:
        raw = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Fault(path.name, "is not UTF-8 text", "GeoJSON in UTF-8")
    except (ValueError, RecursionError):
        return Fault(path.name, "is truncated or no JSON", "a whole GeoJSON file")
    if not isinstance(raw, dict) or not isinstance(raw.get("features"), list):
        return Fault(path.name, "holds no features", "a GeoJSON FeatureCollection")
    return None


def _layers(path: Path) -> tuple[list[Sheet], list[Fault]]:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    meant: dict[Kind, list[tuple[str, dict[str, str]]]] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for layer in (str(entry[0]) for entry in pyogrio.list_layers(path)):
                columns = {folded(str(c)): str(c) for c in pyogrio.read_info(path, layer=layer)["fields"]}
                kind = next((kind for sign, kind in _TELLTALE if sign in columns), None)
                if kind is not None:
                    meant.setdefault(kind, []).append((layer, columns))
    except (DataSourceError, DataLayerError, UnicodeDecodeError):
        return [], [Fault(path.name, "cannot be opened as map data", "a whole GeoPackage or GeoJSON file")]
    if not meant:
        return [], [Fault(path.name, "no layer is recognised by its columns", _LAYER_ACCEPTED)]
    sheets: list[Sheet] = []
    faults: list[Fault] = []
    for kind, layers in sorted(meant.items()):
        layer, columns = max(layers, key=lambda entry: (_year(entry[0]), entry[0]))
        where = f"{path.name}: {layer}"
        lacking = [column for column in REQUIRED[kind] if folded(column) not in columns]
        if lacking:
            faults.append(Fault(where, f"lacks {', '.join(lacking)}", f"all of {', '.join(REQUIRED[kind])}"))
            continue
        sheet, fault = _sheet(path, layer, kind, columns, where)
        sheets += [sheet] if sheet else []
        faults += [fault] if fault else []
    return sheets, faults


def _year(layer: str) -> int:
    """Return the year in a layer's name: SCB delivers every survey since 1980 in one file."""
    return max((int(year) for year in re.findall(r"(?:19|20)\d\d", layer)), default=0)


def _sheet(
    path: Path, layer: str, kind: Kind, columns: Mapping[str, str], where: str
) -> tuple[Sheet | None, Fault | None]:
    import geopandas
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame: Any = geopandas.read_file(path, layer=layer, engine="pyogrio")
    except UnicodeDecodeError:
        return None, Fault(where, "holds text that is not UTF-8", "text in UTF-8")
    except (DataSourceError, DataLayerError, ValueError):
        return None, Fault(where, "cannot be read to its end", "a whole file")
    if not len(frame):
        return None, Fault(where, "holds no rows", "at least one row")
    if len(frame) > MAX_ROWS:
        return None, Fault(where, "holds too many rows", f"at most {MAX_ROWS}")
    if not isinstance(frame, geopandas.GeoDataFrame):
        shapes: tuple[Any, ...] = (None,) * len(frame)
    else:
        grid = _on_grid(frame)
        if grid is None:
            return None, Fault(where, "is in another coordinate system", "EPSG:3006 or EPSG:4326")
        shapes = tuple(None if shape is None or shape.is_empty else shape for shape in grid)
    wanted = {c: columns[folded(c)] for c in (*REQUIRED[kind], *OPTIONAL) if folded(c) in columns}
    values = {c: frame[own].tolist() for c, own in wanted.items()}
    rows = tuple(MappingProxyType({c: values[c][n] for c in values}) for n in range(len(frame)))
    return Sheet(where, kind, rows, shapes), None


def _on_grid(frame: Any) -> Any:
    """Return the geometry in EPSG:3006, or None when the file is in neither accepted system."""
    if frame.crs is None:
        return None
    known = frame.crs.to_epsg()
    if known is None and frame.crs.to_authority() == ("OGC", "CRS84"):
        known = 4326
    if known == 3006:
        return frame.geometry
    return frame.geometry.to_crs(3006) if known == 4326 else None


def _edge_list(path: Path) -> tuple[list[Sheet], list[Fault]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], [Fault(path.name, "is not UTF-8 text", "CSV in UTF-8")]
    try:
        lines = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error:
        return [], [Fault(path.name, "is truncated or no CSV", "rows of from,to,km,minutes[,mode]")]
    columns = {folded(column): number for number, column in enumerate(lines[0])} if lines else {}
    lacking = [column for column in REQUIRED["edges"] if column not in columns]
    if lacking:
        return [], [Fault(path.name, f"lacks {', '.join(lacking)}", "columns from,to,km,minutes[,mode]")]
    body = [line for line in lines[1:] if line]
    if not body:
        return [], [Fault(path.name, "holds no rows", "at least one row")]
    uneven = [n for n, line in enumerate(body, start=2) if len(line) != len(lines[0])]
    if uneven:
        return [], [Fault(path.name, f"{len(uneven)} rows have another number of cells", "one cell per column")]
    wanted = {c: columns[c] for c in (*REQUIRED["edges"], "mode") if c in columns}
    rows = tuple(MappingProxyType({c: line[n] for c, n in wanted.items()}) for line in body)
    return [Sheet(path.name, "edges", rows, ())], []
