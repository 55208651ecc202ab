"""Writing map files as the authorities publish them, for the importer's tests."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry import MultiPolygon, Point, box

SCB_LAYER = "To2020_SR99TM"
SCB_COLUMNS = [
    *("OBJECTID", "UUID", "TATORTSKOD", "TATORT", "KOMMUN", "KOMMUNNAMN", "LAN", "LANNAMN"),
    *("AREA_HA", "BEF", "AR", "X_koord", "Y_koord", "ValidFrom", "ValidTo"),
]

# (tätortskod, name, kommun, kommunnamn, population, easting, northing, hectares)
TOWNS: tuple[tuple[str, str, str, str, int, int, int, int], ...] = (
    ("0180TC101", "Stockholm", "0180", "Stockholm", 1617407, 674032, 6580822, 38168),
    ("0114TC102", "Upplands Väsby och Sollentuna", "0114", "Upplands Väsby", 144826, 665800, 6597500, 4000),
    ("0380TC101", "Uppsala", "0380", "Uppsala", 168000, 648000, 6638500, 5100),
    ("0480TC101", "Nyköping", "0480", "Nyköping", 33500, 616500, 6515300, 1500),
    ("0305TC110", "Ekeby sommarstad (preliminär)", "0305", "Håbo", 210, 641000, 6607000, 60),
    ("1480TC101", "Göteborg", "1480", "Göteborg", 599011, 319300, 6399500, 21500),
    ("0980TC101", "Visby", "0980", "Gotland", 25000, 696725, 6393512, 1200),
)


def scb_rows(towns: Sequence[tuple[Any, ...]] = TOWNS) -> dict[str, list[Any]]:
    """Return columns exactly as SCB's 2020 layer has them."""
    rows: dict[str, list[Any]] = {column: [] for column in SCB_COLUMNS}
    for number, (code, name, kommun, label, people, x_m, y_m, area_ha) in enumerate(towns, start=1):
        values = [
            *(number, f"{number:032x}", code, name, kommun, label, str(kommun)[:2], ""),
            *(float(area_ha), people, 2020, float(x_m), float(y_m), pd.Timestamp("2020-12-31"), None),
        ]
        for column, value in zip(SCB_COLUMNS, values, strict=True):
            rows[column].append(value)
    return rows


def squares(towns: Sequence[tuple[Any, ...]] = TOWNS) -> list[Any]:
    """Return a square of the right area around each town, as MultiPolygon like SCB's."""
    half = [(area_ha * 10_000) ** 0.5 / 2 for *_, area_ha in towns]
    return [MultiPolygon([box(x - h, y - h, x + h, y + h)]) for (*_, x, y, _), h in zip(towns, half, strict=True)]


def write_scb(path: Path, towns: Sequence[tuple[Any, ...]] = TOWNS, **columns: list[Any]) -> Path:
    """Write a GeoPackage with SCB's layer; `columns` replace those of the same name."""
    frame = gpd.GeoDataFrame({**scb_rows(towns), **columns}, geometry=squares(towns), crs=3006)
    frame.to_file(path, layer=SCB_LAYER, driver="GPKG", engine="pyogrio")
    return path


def write_2023(path: Path, towns: Sequence[tuple[Any, ...]] = TOWNS, shapes: list[Any] | None = None) -> Path:
    """Write GeoJSON in degrees with the lower-case schema of 2023 and codes kept as numbers."""
    frame = gpd.GeoDataFrame(
        {
            "tatortskod": [t[0] for t in towns],
            "tatort": [t[1] for t in towns],
            "bef": [t[4] for t in towns],
            "area_ha": [t[7] for t in towns],
            "kommun": [int(t[2]) for t in towns],
            "lan": [int(t[2][:2]) for t in towns],
        },
        geometry=shapes or [Point(t[5], t[6]) for t in towns],
        crs=3006,
    ).to_crs(4326)
    frame.to_file(path, driver="GeoJSON", engine="pyogrio")
    return path


def write_areas(
    path: Path, layer: str, columns: Mapping[str, Sequence[object]], shapes: Sequence[Any], crs: int | None = 3006
) -> Path:
    """Write kommuner, län or police areas as a GeoPackage."""
    gpd.GeoDataFrame(dict(columns), geometry=list(shapes), crs=crs).to_file(
        path, layer=layer, driver="GPKG", engine="pyogrio"
    )
    return path


def scenario_using(path: Path, *ids: str) -> Path:
    """Write a JSON file in which some locality ids occur, deep down and as a key."""
    path.write_text(json.dumps({"cases": [{"home": {"locality": i, i: 1}} for i in ids], "n": 3}), encoding="utf-8")
    return path
