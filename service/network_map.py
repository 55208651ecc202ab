"""The networks and their relations as one drawing, for the keeper of the networks: SVG, complete in itself.

As in the report, data and page are apart: `network_map` fills frozen values, `render_network_map` writes
them through a template that escapes every one. It holds no place and no person.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from matching.intelligence import Edge, Known, SituationPicture, Tie
from service.network_layout import Box, layout

__all__ = ["BANDS", "Line", "Mark", "NetworkMapView", "Node", "network_map", "render_network_map"]

BANDS: Final = ((0, "fewer than 3, or not told", 7), (3, "3-5", 11), (6, "6-11", 15), (12, "12 or more", 21))
"""(least number of persons told, words, radius in pixels) of each size of a node."""

_WIDTH_PX: Final = 1480
_MARGIN_PX: Final = 30
_HEAD_PX: Final = 200
_FONT_PX: Final = 12
_LETTER_PX: Final = 7.0
_LONGEST_LABEL: Final = 16
_BANDS_AT_PX: Final = (870, 1078, 1158, 1262)
_MARK_PX: Final = 9  # half of it
_MARK_AT: Final = tuple(0.5 + step * 0.02 * side for step in range(21) for side in (-1, 1))  # share of its line
_MARK_ASIDE_PX: Final = (0, 12, -12, 24, -24)  # across the line, where it is too crowded
_BESIDE_PX: Final = 5.0  # between the lines of one pair


@dataclass(frozen=True)
class Node:
    """A network: a circle, the start of its name's baseline, and words on hovering."""

    x: int
    y: int
    r: int
    label: str
    label_y: int
    title: str


@dataclass(frozen=True)
class Line:
    """A tie of a pair. `style`: its kind, then `uncertain` or `ended`, as classes of the drawing."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str
    title: str


@dataclass(frozen=True)
class Mark:
    """A disagreement about a pair, in the middle of its line."""

    x: float
    y: float
    title: str


@dataclass(frozen=True)
class NetworkMapView:
    """All that is drawn, and the numbers of its caption."""

    day: date
    width_px: int
    height_px: int
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    certain_from_percent: int
    derived: int

    @property
    def description(self) -> str:
        """The drawing in a sentence, for those who do not see it."""
        return (
            f"{len(self.nodes)} networks, {len(self.lines)} relations after merging, "
            f"{len(self.marks)} pairs about which sources disagree."
        )


def network_map(picture: SituationPicture) -> NetworkMapView:
    """The drawing of a situation picture; the same one for the same picture.

    Parameters
    ----------
    picture : its networks become nodes, its merged ties lines; what is derived is counted, not drawn
    """
    told = [edge for edge in picture.edges if edge.ties]
    radius = {known.network.id: _radius(known) for known in picture.networks}
    boxes = {name: _box(name, r) for name, r in radius.items()}
    drawn = layout(boxes, [(edge.a, edge.b) for edge in told], _WIDTH_PX - 2 * _MARGIN_PX)
    at = {
        name: (x + _MARGIN_PX, y + _HEAD_PX - round(_FONT_PX * 0.6)) for name, (x, y) in drawn.at.items()
    }  # a circle stands above the middle of its box, its name fills the rest
    about: dict[tuple[str, str], list[str]] = {}
    for one in picture.disagreements:
        about.setdefault((one.a, one.b), []).append(f"{one.about}: {one.counts}")
    return NetworkMapView(
        day=date.fromordinal(picture.today),
        width_px=_WIDTH_PX,
        height_px=_HEAD_PX + drawn.height_px + _MARGIN_PX,
        nodes=tuple(_node(known, at[known.network.id], radius[known.network.id]) for known in picture.networks),
        lines=tuple(line for edge in told for line in _lines(edge, at[edge.a], at[edge.b], picture)),
        marks=tuple(
            Mark(
                *_on_line(at[a], at[b], at, boxes),
                f"{a} and {b}: sources disagree. What counts, by what they disagree about: {'; '.join(words)}",
            )
            for (a, b), words in sorted(about.items())
        ),
        certain_from_percent=picture.policy.certain_from_percent,
        derived=sum(
            1 for edge in picture.edges if not edge.ties and edge.state(picture.today) in ("kept_apart", "in_risk")
        ),
    )


def _radius(known: Known) -> int:
    return max(r for least, _, r in BANDS if known.persons.at_least >= least)


def _label(name: str) -> str:
    """The name, its end left out when it is long.

    Examples
    --------
    >>> _label("net-01"), _label("a-network-with-a-long-name")
    ('net-01', 'a-network-with-…')
    """
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"


def _box(name: str, r: int) -> Box:
    return Box(max(r, len(_label(name)) * _LETTER_PX / 2), r + _FONT_PX * 0.6)


def _node(known: Known, at: tuple[int, int], r: int) -> Node:
    name = known.network.id
    words = next(words for least, words, _ in reversed(BANDS) if known.persons.at_least >= least)
    title = f"{name}: {known.network.kind.replace('_', ' ')}; persons told: {words}"
    return Node(at[0], at[1], r, _label(name), at[1] + r + _FONT_PX, title)


def _on_line(
    a: tuple[int, int], b: tuple[int, int], at: Mapping[str, tuple[int, int]], boxes: Mapping[str, Box]
) -> tuple[float, float]:
    """The spot nearest to the middle of a line, or else beside it, that covers no network and no name."""
    length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    across = (a[1] - b[1]) / length, (b[0] - a[0]) / length
    spots = [
        (a[0] + (b[0] - a[0]) * part + across[0] * aside, a[1] + (b[1] - a[1]) * part + across[1] * aside)
        for aside in _MARK_ASIDE_PX
        for part in _MARK_AT
    ]

    def is_clear(x: float, y: float) -> bool:
        return all(
            abs(x - there[0]) > boxes[name].half_w + _MARK_PX
            or abs(y - there[1] - _FONT_PX * 0.6) > boxes[name].half_h + _MARK_PX
            for name, there in at.items()
        )

    x, y = next((spot for spot in spots if is_clear(*spot)), spots[0])
    return round(x, 1), round(y, 1)


def _lines(edge: Edge, a: tuple[int, int], b: tuple[int, int], picture: SituationPicture) -> list[Line]:
    """One line a kind, side by side."""
    length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    across = (a[1] - b[1]) / length, (b[0] - a[0]) / length
    found = []
    for number, tie in enumerate(edge.ties):
        aside = (number - (len(edge.ties) - 1) / 2) * _BESIDE_PX
        dx, dy = across[0] * aside, across[1] * aside
        style, words = _style(tie, picture)
        sources = ", ".join(sorted({told.provenance.source.replace("_", " ") for told in tie.statements}))
        title = f"{edge.a} and {edge.b}: {tie.kind}, {tie.percent_from(picture.today)} %{words}; {sources}"
        x1, y1, x2, y2 = (round(value, 1) for value in (a[0] + dx, a[1] + dy, b[0] + dx, b[1] + dy))
        found.append(Line(x1, y1, x2, y2, style, title))
    return found


def _style(tie: Tie, picture: SituationPicture) -> tuple[str, str]:
    if tie.has_ended(picture.today):
        return f"{tie.kind} ended", ", ended"
    if tie.percent_from(picture.today) < picture.policy.certain_from_percent:
        return f"{tie.kind} uncertain", ", uncertain"
    return tie.kind, ""


@cache
def _template() -> Template:
    page = Environment(
        loader=PackageLoader("service", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return page.get_template("network_map.svg.j2")


def render_network_map(view: NetworkMapView) -> str:
    """The drawing, the same text for the same view.

    Parameters
    ----------
    view : what it shows

    Returns
    -------
    SVG, complete in itself: no script, no address, no other file
    """
    return _template().render(view=view, bands_at=tuple(zip(_BANDS_AT_PX, BANDS, strict=True)))
