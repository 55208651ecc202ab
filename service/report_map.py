"""The map of the report: the whole country small, its south enlarged, marks moved apart where they would overlap.

Sizes are in pixels at full page width and become map units of 100 m by the scale of each sheet. A mark
that had to move keeps a thin line to where it belongs.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from geodata.layers import Layers
from geodata.svg import BaseMap, base_map
from service.report_capacity import FacilityRow
from service.report_plan import PlacedRow

__all__ = ["FREE_CLASSES", "Dot", "Label", "MapView", "Pin", "Sheet", "map_view"]

FREE_CLASSES: Final = ("no bed free", "1 bed free", "2-3 beds free", "4 or more beds free")
_COUNTRY_PX: Final = 380
_SOUTH_PX: Final = 740
_SOUTH_M: Final = (266_000, 6_124_000, 756_000, 6_752_000)  # west, south, east, north: Götaland and Svealand
_PIN_PX: Final = 10.0  # half the diagonal: room for two digits and a letter
_TOWNS: Final = (
    "Stockholm", "Göteborg", "Malmö", "Umeå", "Luleå", "Kiruna", "Östersund", "Sundsvall", "Karlstad", "Örebro",
    "Linköping", "Jönköping", "Visby", "Kalmar", "Gävle", "Skellefteå", "Växjö", "Karlskrona", "Halmstad", "Mora",
)  # fmt: skip
_FONT_PX: Final = 11


@dataclass(frozen=True)
class Dot:
    """A facility: (x, y) where it is drawn, (home_x, home_y) where it is; `people` a live placement is there."""

    x: int
    y: int
    home_x: int
    home_y: int
    r: int
    free_class: int
    people: bool
    title: str

    @property
    def is_moved(self) -> bool:
        """Whether it is drawn so far from its place that it needs a line to it."""
        return math.hypot(self.x - self.home_x, self.y - self.home_y) > self.r


@dataclass(frozen=True)
class Pin:
    """A new placement, numbered as in the plan, with a line to its facility's dot."""

    x: int
    y: int
    home_x: int
    home_y: int
    half: int
    mark: str
    title: str


@dataclass(frozen=True)
class Label:
    """Name of a town, for orientation."""

    x: int
    y: int
    name: str


@dataclass(frozen=True)
class Sheet:
    """One drawing. `unit` is map units a pixel, `frame` the part shown enlarged elsewhere."""

    key: str
    title: str
    view_box: str
    width_px: int
    height_px: int
    unit: float
    font: float
    dots: tuple[Dot, ...]
    pins: tuple[Pin, ...]
    labels: tuple[Label, ...]
    frame: tuple[int, int, int, int] | None


@dataclass(frozen=True)
class MapView:
    """Outlines as (kommun name, path data), and the sheets drawn over them."""

    kommuner: tuple[tuple[str, str], ...]
    sheets: tuple[Sheet, ...]


class _Space:
    """Boxes already taken on a sheet, found through square cells."""

    def __init__(self, unit: float) -> None:
        self.unit = unit
        self.cell = 24 * unit
        self.cells: dict[tuple[int, int], list[tuple[float, float, float, float]]] = defaultdict(list)

    def _cells(self, x: float, y: float, half_w: float, half_h: float) -> Iterator[tuple[int, int]]:
        for column in range(math.floor((x - half_w) / self.cell), math.floor((x + half_w) / self.cell) + 1):
            for row in range(math.floor((y - half_h) / self.cell), math.floor((y + half_h) / self.cell) + 1):
                yield column, row

    def is_free(self, x: float, y: float, half_w: float, half_h: float) -> bool:
        return all(
            abs(x - other_x) >= half_w + other_w or abs(y - other_y) >= half_h + other_h
            for cell in self._cells(x, y, half_w, half_h)
            for other_x, other_y, other_w, other_h in self.cells.get(cell, ())
        )

    def take(self, x: float, y: float, half_w: float, half_h: float) -> None:
        for cell in self._cells(x, y, half_w, half_h):
            self.cells[cell].append((x, y, half_w, half_h))

    def nearest(
        self, x: float, y: float, half_w: float, half_h: float, first_px: float = 0.0, most_px: float = 120.0
    ) -> tuple[int, int] | None:
        """Free spot nearest to a point, at least `first_px` away, taken at once; none within `most_px`."""
        distance = first_px
        while distance <= most_px:
            steps = max(1, round(distance * 1.2))
            for step in range(steps):
                angle = 2 * math.pi * step / steps - math.pi / 2  # from straight above, clockwise
                at_x = round(x + distance * self.unit * math.cos(angle))
                at_y = round(y + distance * self.unit * math.sin(angle))
                if self.is_free(at_x, at_y, half_w, half_h):
                    self.take(at_x, at_y, half_w, half_h)
                    return at_x, at_y
            distance += 1.5
        return None


def map_view(layers: Layers, facilities: Sequence[FacilityRow], placed: Sequence[PlacedRow]) -> MapView:
    """The country and its enlarged south, with facilities and new placements.

    Parameters
    ----------
    layers : kommuner to draw, towns to name
    facilities : one dot each, in order of number
    placed : one pin a stay
    """
    base = base_map(layers, width_px=_COUNTRY_PX)
    west, south, east, north = _SOUTH_M
    left, bottom = base.point(west, south)
    right, top = base.point(east, north)
    frame = (round(left), round(top), round(right - left), round(bottom - top))
    x, y, width, height = base.view_box
    pad = round(_PIN_PX * width / _COUNTRY_PX)  # so that marks at the border are whole
    box = (x - pad, y - pad, width + 2 * pad, height + 2 * pad)
    whole = _sheet("country", "Sweden", base, box, _COUNTRY_PX, frame, layers, facilities, placed)
    enlarged = _sheet(
        "south", "Götaland and Svealand, enlarged", base, frame, _SOUTH_PX, None, layers, facilities, placed
    )
    names = tuple((layers.kommuner[code], path) for code, path in base.kommuner)
    return MapView(names, (whole, enlarged))


def _is_inside(x: float, y: float, box: tuple[int, int, int, int] | None) -> bool:
    return box is not None and box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def _free_class(free: int) -> int:
    return 0 if free == 0 else 1 if free == 1 else 2 if free < 4 else 3


def _beds(number: int) -> str:
    return f"{number} bed{'' if number == 1 else 's'}"


def _dot_title(row: FacilityRow) -> str:
    people = f"{row.present} household{'' if row.present == 1 else 's'} present"
    return f"{row.facility}, {row.locality}: {_beds(row.count.beds)}, {row.count.free} free tonight, {people}"


def _sheet(
    key: str,
    title: str,
    base: BaseMap,
    box: tuple[int, int, int, int],
    width_px: int,
    frame: tuple[int, int, int, int] | None,
    layers: Layers,
    facilities: Sequence[FacilityRow],
    placed: Sequence[PlacedRow],
) -> Sheet:
    """One sheet; inside a frame marks are small and stay where they are, the enlarged sheet has the rest."""
    unit = box[2] / width_px
    space = _Space(unit)
    dots: dict[int, Dot] = {}
    for row in sorted(facilities, key=lambda row: (-row.count.beds, row.number)):
        x, y = base.point(row.x_m, row.y_m)
        if not _is_inside(x, y, box):
            continue
        is_small = _is_inside(x, y, frame)
        r = max(1, round(unit * (1.6 if is_small else 2.2 + 1.5 * math.sqrt(row.count.beds))))
        gap = 0.8 * unit
        spot = None if is_small else space.nearest(x, y, r + gap, r + gap)
        at_x, at_y = (round(x), round(y)) if spot is None else spot
        dots[row.number] = Dot(
            at_x, at_y, round(x), round(y), r, _free_class(row.count.free), row.present > 0, _dot_title(row)
        )
    pins = []
    for case in placed:
        for stay in case.stays:
            dot = dots.get(stay.number)
            if dot is None:
                continue
            is_small = _is_inside(dot.home_x, dot.home_y, frame)
            half = round(unit * (3.2 if is_small else _PIN_PX))
            spot = None if is_small else space.nearest(dot.x, dot.y, half, half, first_px=dot.r / unit + _PIN_PX)
            at_x, at_y = (dot.x, dot.y) if spot is None else spot
            text = f"{stay.mark}: case {case.case} to {stay.facility}, {stay.locality}, from {stay.start.isoformat()}"
            pins.append(Pin(at_x, at_y, dot.x, dot.y, half, "" if is_small else stay.mark, text))
    return Sheet(
        key=key,
        title=title,
        view_box=" ".join(map(str, box)),
        width_px=width_px,
        height_px=round(width_px * box[3] / box[2]),
        unit=round(unit, 3),
        font=round(_FONT_PX * unit, 1),
        dots=tuple(dots.values()),
        pins=tuple(pins),
        labels=tuple(_labels(base, layers, space, box, frame)),
        frame=frame,
    )


def _labels(
    base: BaseMap,
    layers: Layers,
    space: _Space,
    box: tuple[int, int, int, int],
    frame: tuple[int, int, int, int] | None,
) -> Iterator[Label]:
    """Names of large towns where there is room for them; a town without room, or not in the layers, has none."""
    for name in _TOWNS:
        found = layers.find(name)
        if not found:
            continue
        x, y = base.point(found[0].x_m, found[0].y_m)
        if not _is_inside(x, y, box) or _is_inside(x, y, frame):
            continue
        half_w, half_h = len(name) * 3.3 * space.unit, 6.5 * space.unit
        spot = space.nearest(x, y, half_w, half_h, first_px=10, most_px=60)
        if spot is not None and all(_is_inside(spot[0] + side, spot[1], box) for side in (-half_w, half_w)):
            yield Label(spot[0], spot[1], name)
