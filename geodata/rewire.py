"""The travel network after an import: rebuilt over the new localities, or with the operator's edge list in it."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from geodata import recipe
from geodata.layers import Layers, Locality, curated_folder
from geodata.mapping import Mapped
from geodata.recipe import Edge

_SURFACE = frozenset({"road", "ferry", "brisk"})


def finder(change: Mapped) -> Callable[[str], str | None]:
    """Return the function from an id as someone wrote it to the id in use, or None."""

    def known(written: str) -> str | None:
        return written if written in change.localities else change.aliases.get(written)

    return known


def waypoints(change: Mapped) -> dict[str, Locality]:
    """Return the embedded towns without a successor: roads and rails still pass through them.

    Without them a file of a few towns would leave those without the roads between, far apart: the unsafe side.
    """
    lost = (place for place in Layers.load().localities.values() if finder(change)(place.id) is None)
    return {f"via:{place.id}": replace(place, id=f"via:{place.id}", parent=None) for place in lost}


def stored_waypoints(folder: Path) -> dict[str, Locality]:
    """Return the waypoints that an earlier import left in its folder; the embedded data have none."""
    path = folder / "waypoints.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, strict=True))
    return {
        row["id"]: Locality(
            id=row["id"],
            name=row["name"],
            kommun=row["kommun"],
            lan=row["kommun"][:2],
            police_region="",
            population=int(row["population"]),
            x_m=int(row["x_m"]),
            y_m=int(row["y_m"]),
            parent=None,
        )
        for row in rows
    }


def rebuilt(change: Mapped, via: Mapping[str, Locality]) -> tuple[Edge, ...]:
    """Build the network anew. The land is always the embedded one: other files may count the sea as kommun."""
    embedded, known = Layers.load(), finder(change)
    find = recipe.Finder(embedded.localities, {i: known(i) or f"via:{i}" for i in embedded.localities})
    return recipe.rebuilt({**change.localities, **via}, embedded.kommun_geometry(), curated_folder(), find)


def replaced(
    base: Sequence[Edge], listed: Sequence[Edge], places: Mapping[str, Locality], via: Mapping[str, Locality]
) -> tuple[tuple[Edge, ...], int]:
    """Put an edge list in place of the modes it holds.

    Localities it leaves out keep their links, so none is cut off: a place without any way would count as infinitely
    far from everyone, which is the unsafe side.

    Parameters
    ----------
    base : the network so far
    listed : the operator's edges
    places, via : localities and waypoints, by id

    Returns
    -------
    sorted edges, and how many localities the list leaves out
    """
    covered = {end for e in listed if e.mode in _SURFACE for end in (e.start, e.end)}
    modes = {e.mode for e in listed} | (_SURFACE if covered else set())
    missing = set(places) - covered
    kept = [
        e for e in base if e.mode not in modes or (e.mode in _SURFACE and missing and not {e.start, e.end} <= covered)
    ]
    best: dict[tuple[str, str, str], Edge] = {}
    for new in sorted((*kept, *listed), key=lambda e: (e.start, e.end, e.mode, -e.minutes)):
        best[new.start, new.end, new.mode] = new
    ends = {end for e in best.values() for end in (e.start, e.end)}
    nodes = {**places, **{i: place for i, place in via.items() if i in ends}}
    return recipe.joined(nodes, best.values()), len(missing) if covered else 0
