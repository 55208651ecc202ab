"""Where each network of the drawing goes: related ones near each other, no two names over one another.

Each connected part is laid out by networkx from a fixed seed and stretched to its frame, the parts
are set in rows, and boxes that overlap are pushed apart. The same graph gives the same positions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import networkx as nx

__all__ = ["Box", "Layout", "layout"]

SEED: Final = 20
_NODE_AREA_PX: Final = 19_000  # of drawing for each network of a part: names and lines need it
_GAP_PX: Final = 10
_LINE_GAP_PX: Final = 34  # between two with a line between them
_MOST_CROSSINGS: Final = 40_000  # networks times lines up to which names are moved off lines
_MOST_EXACT: Final = 120  # networks of a part up to which stress is minimised; beyond it takes too long
_ROUNDS: Final = 400  # of pushing, fewer where many networks make each of them long
_MOST_COMPARED: Final = 12_000_000

Point = tuple[float, float]
Pairs = frozenset[tuple[str, str]]
Moved = dict[str, list[float]]


@dataclass(frozen=True)
class Box:
    """Half the width and half the height of what is drawn for a network, pixels."""

    half_w: float
    half_h: float


@dataclass(frozen=True)
class Layout:
    """Centres in whole pixels from the upper left, and the height all of it takes."""

    at: Mapping[str, tuple[int, int]]
    height_px: int


def layout(boxes: Mapping[str, Box], pairs: Iterable[tuple[str, str]], width_px: int) -> Layout:
    """Positions for networks and their relations.

    Parameters
    ----------
    boxes : size of each network by id
    pairs : networks with a line between them
    width_px : of the drawing

    Examples
    --------
    >>> found = layout({"blue": Box(20, 20), "red": Box(20, 20)}, [("blue", "red")], width_px=400)
    >>> abs(found.at["blue"][0] - found.at["red"][0]) >= 40 or abs(found.at["blue"][1] - found.at["red"][1]) >= 40
    True
    """
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(sorted(boxes))
    graph.add_edges_from(sorted(pairs))
    parts = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part))
    at: dict[str, tuple[int, int]] = {}
    left = top = row_height = 0.0
    for number, part in enumerate(parts):
        placed, width, height = _part(graph, part, boxes, width_px)
        is_first_alone = (
            len(part) == 1 and len(parts[number - 1]) > 1
        )  # those without a relation have rows of their own
        if left and (left + width > width_px or is_first_alone):
            left, top, row_height = 0.0, top + row_height + _GAP_PX, 0.0
        for node, (x, y) in placed.items():
            at[node] = round(left + x), round(top + y)
        left, row_height = left + width + _GAP_PX, max(row_height, height)
    return Layout(at, math.ceil(top + row_height))


def _part(
    graph: nx.Graph[str], part: list[str], boxes: Mapping[str, Box], most_width_px: float
) -> tuple[dict[str, Point], float, float]:
    """Centres of one connected part in a frame of its own, with the frame's width and height."""
    if len(part) == 1:
        box = boxes[part[0]]
        return {part[0]: (box.half_w, box.half_h)}, 2 * box.half_w, 2 * box.half_h
    whole: nx.Graph[str] = nx.Graph()  # in order of the ids: a subgraph's own order is that of a set
    whole.add_nodes_from(part)
    whole.add_edges_from(sorted((min(pair), max(pair)) for pair in graph.subgraph(part).edges))
    start = nx.spring_layout(whole, seed=SEED)
    drawn = nx.kamada_kawai_layout(whole, pos=start) if len(part) <= _MOST_EXACT else start
    area = len(part) * _NODE_AREA_PX
    inset = max(boxes[node].half_w for node in part)
    width = min(most_width_px, math.sqrt(area * 1.5)) - 2 * inset
    height = area / (width + 2 * inset)
    xs, ys = [float(drawn[node][0]) for node in part], [float(drawn[node][1]) for node in part]
    at = {node: (width * _share(x, xs), height * _share(y, ys)) for node, x, y in zip(part, xs, ys, strict=True)}
    at = _apart(at, boxes, frozenset(whole.edges), (-inset, most_width_px - inset))
    left = min(x - boxes[node].half_w for node, (x, _) in at.items())
    top = min(y - boxes[node].half_h for node, (_, y) in at.items())
    at = {node: (x - left, y - top) for node, (x, y) in at.items()}
    return (
        at,
        max(x + boxes[node].half_w for node, (x, _) in at.items()),
        max(y + boxes[node].half_h for node, (_, y) in at.items()),
    )


def _share(value: float, among: list[float]) -> float:
    low, high = min(among), max(among)
    return (value - low) / (high - low) if high - low > 1e-9 else 0.5


def _apart(at: dict[str, Point], boxes: Mapping[str, Box], pairs: Pairs, between: Point) -> dict[str, Point]:
    """Boxes pushed apart, off the lines of others and into the width, until nothing overlaps or the rounds are over.

    Later rounds leave the lines alone: a name over a name is worse than a line near a circle.
    """
    moved = {node: [x, y] for node, (x, y) in at.items()}
    nodes = sorted(moved)
    is_small = len(nodes) * len(pairs) <= _MOST_CROSSINGS
    rounds = min(_ROUNDS, max(1, _MOST_COMPARED // len(nodes) ** 2))
    for number in range(rounds):
        mends_lines = is_small and number < rounds // 5
        is_calm = not (mends_lines and _push_off_lines(moved, nodes, boxes, pairs))
        is_calm &= not _push_off_boxes(moved, nodes, boxes, pairs)
        for node in nodes:
            low, high = between[0] + boxes[node].half_w, between[1] - boxes[node].half_w
            moved[node][0] = min(max(moved[node][0], low), high)
        if is_calm:
            break
    return {node: (x, y) for node, (x, y) in moved.items()}


def _push_off_boxes(moved: Moved, nodes: list[str], boxes: Mapping[str, Box], pairs: Pairs) -> bool:
    """Push overlapping boxes apart along the shorter way; whether any was moved. A line needs room to be seen."""
    has_moved = False
    for number, one in enumerate(nodes):
        for other in nodes[number + 1 :]:
            gap = _LINE_GAP_PX if (one, other) in pairs else _GAP_PX
            dx, dy = moved[other][0] - moved[one][0], moved[other][1] - moved[one][1]
            over_x = boxes[one].half_w + boxes[other].half_w + gap - abs(dx)
            over_y = boxes[one].half_h + boxes[other].half_h + gap - abs(dy)
            if over_x <= 0 or over_y <= 0:
                continue
            has_moved = True
            axis, over, way = (0, over_x, dx) if over_x < over_y else (1, over_y, dy)
            push = (over / 2 + 0.5) * (1 if way >= 0 else -1)
            moved[one][axis] -= push
            moved[other][axis] += push
    return has_moved


def _push_off_lines(moved: Moved, nodes: list[str], boxes: Mapping[str, Box], pairs: Pairs) -> bool:
    """Push every network off the lines of others, a part of the way; whether any was moved."""
    has_moved = False
    for a, b in sorted(pairs):
        (x1, y1), (x2, y2) = moved[a], moved[b]
        square = (x2 - x1) ** 2 + (y2 - y1) ** 2
        if not square:
            continue
        for node in nodes:
            x, y = moved[node]
            along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / square
            if node in (a, b) or not 0 < along < 1:
                continue
            off_x, off_y = x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1)
            off = math.hypot(off_x, off_y)
            short = boxes[node].half_h + _GAP_PX / 2 - off
            if short <= 0:
                continue
            has_moved = True
            if off < 1e-6:  # on the line: across it, always to the same side
                off_x, off_y, off = y1 - y2, x2 - x1, math.sqrt(square)
            moved[node][0] += off_x / off * short * 0.5
            moved[node][1] += off_y / off * short * 0.5
    return has_moved
