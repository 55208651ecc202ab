"""Outlines of areas as compact JSON: integer metres, every vertex after the first as a step."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Ring = tuple[tuple[int, int], ...]
# An area is a tuple of polygons; a polygon is its outer ring, then its holes. Rings are not closed.
Outline = tuple[tuple[Ring, ...], ...]


def encoded(ring: Ring) -> list[int]:
    """Return the ring as first vertex, then steps.

    Examples
    --------
    >>> encoded(((100, 200), (110, 190)))
    [100, 200, 10, -10]
    """
    numbers: list[int] = []
    before = (0, 0)
    for x, y in ring:
        numbers += [x - before[0], y - before[1]]
        before = (x, y)
    return numbers


def decoded(numbers: list[int]) -> Ring:
    """Undo `encoded`.

    Examples
    --------
    >>> decoded([100, 200, 10, -10])
    ((100, 200), (110, 190))
    """
    ring: list[tuple[int, int]] = []
    x = y = 0
    for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + dx, y + dy
        ring.append((x, y))
    return tuple(ring)


def from_geometry(geometry: "BaseGeometry") -> Outline:
    """Round a Polygon or MultiPolygon to whole metres."""
    from shapely.geometry import MultiPolygon, Polygon

    if isinstance(geometry, Polygon):
        parts = [geometry]
    elif isinstance(geometry, MultiPolygon):
        parts = list(geometry.geoms)
    else:
        raise TypeError("an area is a Polygon or a MultiPolygon")
    return tuple(
        tuple(tuple((round(x), round(y)) for x, y, *_ in ring.coords[:-1]) for ring in (part.exterior, *part.interiors))
        for part in parts
    )


def to_geometry(outline: Outline) -> "BaseGeometry":
    """Build a valid shapely geometry of an outline.

    Examples
    --------
    >>> to_geometry(((((0, 0), (10, 0), (10, 10), (0, 10)),),)).area
    100.0
    """
    from shapely import make_valid
    from shapely.geometry import MultiPolygon, Polygon

    area = MultiPolygon([Polygon(outer, holes) for outer, *holes in outline])
    return area if area.is_valid else make_valid(area)


def written(outlines: Mapping[str, Outline]) -> str:
    """Return the text of an outline file, one area per line, sorted by code."""
    lines = []
    for code in sorted(outlines):
        area = [[encoded(ring) for ring in polygon] for polygon in outlines[code]]
        lines.append(f"{json.dumps(code)}:{json.dumps(area, separators=(',', ':'))}")
    return "{" + ",\n".join(lines) + "}\n"


def read(path: Path) -> dict[str, Outline]:
    """Read an outline file: code to area."""
    raw: dict[str, list[list[list[int]]]] = json.loads(path.read_text(encoding="utf-8"))
    return {code: tuple(tuple(decoded(r) for r in polygon) for polygon in area) for code, area in raw.items()}
