"""Replacing the embedded layers by the operator's own files: everything, or nothing.

What is accepted and how ids are carried over: docs/decisions/0012-importing-map-data.md.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from geodata import judge, outlines, recipe, rewire
from geodata.errors import Fault, GeodataRejected
from geodata.folder import edges_text, localities_text, meta_text, table, write
from geodata.layers import Layers, Locality, target_folder
from geodata.mapping import Mapped, mapped
from geodata.network import TravelNetwork
from geodata.readers import Kind, Sheet, read

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MAX_SCENARIO_BYTES = 200_000_000
MOST_VERTICES = 40_000  # boundaries finer than this are simplified together, so that borders still meet
TOLERANCES_M = (50, 100, 200, 400, 800, 1_600)


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Parameters
    ----------
    folder : where the layers now are
    source : label of the localities
    replaced : the layers that came from the files
    localities : how many there are now
    aliases : earlier ids that now mean a tätort
    districts : earlier localities that stayed, as districts of a tätort
    dropped : earlier ids without a successor; none of them is in use
    kommuner_without_place : codes
    notes : what the operator should know
    """

    folder: Path
    source: str
    replaced: tuple[str, ...]
    localities: int
    aliases: int
    districts: int
    dropped: tuple[str, ...]
    kommuner_without_place: tuple[str, ...]
    notes: tuple[str, ...]


def import_files(files: Sequence[Path], to: Path | None = None, in_use: Sequence[Path] = ()) -> Imported:
    """Read the files, carry over every locality id, and replace the layers of a folder.

    Parameters
    ----------
    files : GeoPackage or GeoJSON with tätorter, kommuner, län or police areas; CSV with edges
    to : target folder; by default ``FRISTAD_GEODATA``, else the user's data folder
    in_use : JSON files whose locality ids must all keep a meaning

    Returns
    -------
    Imported

    Raises
    ------
    GeodataRejected : anything is wrong with any file, or an id in use has no successor; nothing was written

    Source
    ------
    docs/decisions/0012-importing-map-data.md
    """
    folder = target_folder() if to is None else to
    before = _before(folder)
    sheets, faults = _sheets(files)
    names, shapes, area_faults = _areas(sheets, before)
    tatorter: list[judge.Tatort] | None = None
    if "tatort" in sheets:
        tatorter, row_faults = judge.tatorter(sheets["tatort"], names["kommun"])
        faults += row_faults
    police: dict[str, Any] | None = None
    if "police" in sheets:
        police, row_faults = judge.police_areas(sheets["police"])
        faults += row_faults
    used, use_faults = _ids_in_use(in_use, before)
    faults += area_faults + use_faults
    # A fault-free part is judged further even when another has faults, so that all are reported at once.
    if tatorter is None or any(fault.path.startswith(sheets["tatort"].path) for fault in faults):
        change = Mapped(before.localities, before.aliases, (), ())
    else:
        change = mapped(before, tatorter, before.region_of_lan)
        faults += _lost(used, change)
    faults += _orphans(change.localities, names["kommun"]) if "kommun" in sheets else []
    listed: list[recipe.Edge] | None = None
    if "edges" in sheets:
        listed, row_faults = judge.edges(sheets["edges"], rewire.finder(change))
        faults += row_faults
    if faults:
        raise GeodataRejected(faults)
    return _written(folder, before, sheets, change, names, shapes, police, listed)


def _before(folder: Path) -> Layers:
    """Return the layers to replace: those of the target if it holds any, else the embedded ones."""
    if (folder / "localities.csv").is_file():
        return Layers.load(folder)
    taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
    if taken:
        raise GeodataRejected([Fault(str(folder), "is in use for something else", "a new or empty folder")])
    return Layers.load()


def _sheets(files: Sequence[Path]) -> tuple[dict[Kind, Sheet], list[Fault]]:
    found: dict[Kind, Sheet] = {}
    faults: list[Fault] = []
    if not files:
        faults.append(Fault("FILE", "no file was given", "one file or more"))
    for path in files:
        sheets, own = read(path)
        faults += own
        for sheet in sheets:
            if sheet.kind in found:
                faults.append(Fault(sheet.path, "repeats what another file holds", "each kind of layer once"))
            else:
                found[sheet.kind] = sheet
    return found, faults


def _areas(
    sheets: Mapping[Kind, Sheet], before: Layers
) -> tuple[dict[str, Mapping[str, str]], dict[str, dict[str, Any]], list[Fault]]:
    names: dict[str, Mapping[str, str]] = {"kommun": before.kommuner, "lan": before.lan}
    shapes: dict[str, dict[str, Any]] = {}
    faults: list[Fault] = []
    if "lan" in sheets:
        names["lan"], shapes["lan"], own = judge.areas(sheets["lan"], "LnKod", "LnNamn", 2)
        if not own and set(names["lan"]) != set(before.lan):
            own = [Fault(sheets["lan"].path, "does not hold the län of Sweden", "each of the 21 län once")]
        faults += own
    if "kommun" in sheets:
        names["kommun"], shapes["kommun"], own = judge.areas(sheets["kommun"], "KnKod", "KnNamn", 4)
        if not own and any(code[:2] not in before.lan for code in names["kommun"]):
            own = [Fault(sheets["kommun"].path, "holds a kommun of no län", "codes that begin with a län's")]
        faults += own
    return names, shapes, faults


def _ids_in_use(files: Sequence[Path], before: Layers) -> tuple[dict[str, frozenset[str]], list[Fault]]:
    known = set(before.localities) | set(before.aliases)
    used: dict[str, frozenset[str]] = {}
    faults = []
    for path in files:
        try:
            if path.stat().st_size > MAX_SCENARIO_BYTES:
                raise ValueError
            raw = json.loads(path.read_bytes().decode("utf-8-sig"))
        except (OSError, ValueError, RecursionError):
            faults.append(Fault(path.name, "cannot be read", "a whole JSON file in UTF-8"))
            continue
        used[path.name] = frozenset(text for text in judge.strings(raw) if text in known)
    return used, faults


def _lost(used: Mapping[str, frozenset[str]], change: Mapped) -> list[Fault]:
    dropped = set(change.dropped)
    return [
        Fault(
            name,
            f"uses localities without a successor: {', '.join(sorted(ids & dropped))}",
            "localities that are in the imported file, by name and kommun or within 5 km",
        )
        for name, ids in used.items()
        if ids & dropped
    ]


def _orphans(places: Mapping[str, Locality], kommuner: Mapping[str, str]) -> list[Fault]:
    gone = sorted({place.kommun for place in places.values()} - set(kommuner))
    if not gone:
        return []
    return [Fault("kommuner", f"localities lie in kommuner the file lacks: {', '.join(gone)}", "all kommuner")]


def _written(
    folder: Path,
    before: Layers,
    sheets: Mapping[Kind, Sheet],
    change: Mapped,
    names: Mapping[str, Mapping[str, str]],
    shapes: Mapping[str, dict[str, Any]],
    police: dict[str, Any] | None,
    listed: list[recipe.Edge] | None,
) -> Imported:
    notes: list[str] = []
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted(before.folder.iterdir()) if path.is_file()}
    meta = json.loads(files["meta.json"])
    source, network = str(meta["source"]), str(meta["network"])
    places = change.localities
    waypoints = rewire.stored_waypoints(before.folder)
    if "tatort" in sheets:
        source = f"the operator's file {sheets['tatort'].path}, districts kept from the layer before"
        files["localities.csv"] = localities_text(places.values())
        files["aliases.csv"] = table(("old", "new"), change.aliases.items())
        waypoints = rewire.waypoints(change)
        files["waypoints.csv"] = localities_text(waypoints.values())
        network = "approximate: recipe of docs/decisions/0011-travel-network.md, on imported localities"
        if "imported" in str(meta["network"]) and "edge list" in str(meta["network"]) and listed is None:
            notes.append("the edge list imported earlier was replaced by the recipe: import it again")
    for kind, file, key in (("kommun", "kommuner.csv", "kommun_outlines.json"), ("lan", "", "lan_outlines.json")):
        if kind in shapes:
            files[key] = outlines.written({c: outlines.from_geometry(s) for c, s in _coarse(shapes[kind]).items()})
            if file:
                files[file] = table(("code", "name"), sorted(names[kind].items()))
    if "lan" in shapes:
        files["lan.csv"] = table(
            ("code", "name", "police_region"),
            ((code, name, before.region_of_lan[code]) for code, name in sorted(names["lan"].items())),
        )
    areas = police
    if areas is None and "police_outlines.json" in files:
        stored = outlines.read(before.folder / "police_outlines.json")
        areas = {name: outlines.to_geometry(area) for name, area in stored.items()}
    if areas is not None:
        if police is not None:
            files["police_outlines.json"] = outlines.written(
                {name: outlines.from_geometry(shape) for name, shape in _coarse(police).items()}
            )
        files["police_areas.csv"] = table(("locality", "area"), _in_areas(places, areas))
    if "tatort" in sheets or listed is not None:
        base = rewire.rebuilt(change, waypoints) if "tatort" in sheets else TravelNetwork.load(before).edges
        if listed is not None:
            base, kept = rewire.replaced(base, listed, places, waypoints)
            network = f"edge list imported from {sheets['edges'].path}; approximate links for {kept} localities"
            notes += [f"{kept} localities are not in the edge list and kept approximate links"] if kept else []
        files["edges.csv"] = edges_text(base)
    files["meta.json"] = meta_text(source, network)
    _checked(files, folder.name)
    try:
        write(folder, files)
    except OSError as err:
        raise GeodataRejected([Fault(str(folder), "cannot be written", "a folder this user may write")]) from err
    without = sorted(set(names["kommun"]) - {place.kommun for place in places.values()})
    return Imported(
        folder=folder,
        source=source,
        replaced=tuple(sorted(sheets)),
        localities=len(places),
        aliases=len(change.aliases),
        districts=len(change.districts),
        dropped=change.dropped,
        kommuner_without_place=tuple(without),
        notes=tuple(notes),
    )


def _coarse(shapes: Mapping[str, "BaseGeometry"]) -> Mapping[str, "BaseGeometry"]:
    import shapely

    keys = sorted(shapes)
    fine = [shapes[key] for key in keys]
    coarse: Any = fine
    for tolerance_m in TOLERANCES_M:
        if int(shapely.get_num_coordinates(coarse).sum()) <= MOST_VERTICES:
            break
        coarse = shapely.coverage_simplify(fine, tolerance_m)
    return MappingProxyType(dict(zip(keys, coarse, strict=True)))


def _in_areas(places: Mapping[str, Locality], areas: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (locality, police area): the area that holds it, else the nearest within 8 km."""
    import shapely

    names = sorted(areas)
    tree = shapely.STRtree([areas[name] for name in names])
    found = []
    for place in places.values():
        near = tree.query_nearest(shapely.Point(place.x_m, place.y_m), max_distance=8_000, all_matches=True)
        if len(near):
            found.append((place.id, names[int(min(near))]))
    return found


def _checked(files: Mapping[str, str], label: str) -> None:
    """Load what is about to be written, from a folder of its own: a damaged layer never replaces a sound one."""
    trial = Path(tempfile.mkdtemp(prefix="fristad-geodata-"))
    try:
        write(trial / label, files)
        TravelNetwork.load(Layers.load(trial / label))
    finally:
        shutil.rmtree(trial, ignore_errors=True)
