"""Networks as a graph: which networks' members must be kept apart, and when.

The graph has one node a network and one edge a dated relation. What follows from it:

* *rival*: kept apart while the relation is live.
* *split*: the two halves are hostile while the split is live; and, ended or not, each half keeps
  the rivals, the allies and the presence of the other (an ended membership and a split keep counting).
* *allied*: on policy, a network is kept apart from the rivals of its allies, and from the hostile
  half of an ally's split, while both relations are live. Whoever is ally and rival at once is kept apart.

A relation is live from its start; only its own end, confirmed, ends it, and nobody confirms a day to come.
See docs/decisions/0005-who-is-hostile.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import networkx as nx

from matching.domain import OpenInterval, Relation
from matching.facts import FOREVER

__all__ = [
    "Window",
    "allies",
    "halves",
    "hostile_windows",
    "intersect",
    "live_window",
    "merged",
    "uncertain_ties",
    "window_of",
]

Window = tuple[int, int]


def live_window(start_day: int, end_day: int | None, end_confirmed: bool, today: int) -> Window:
    """Days on which a dated relation counts: to its end only when that is confirmed.

    An end still to come cannot have been confirmed.

    Examples
    --------
    >>> live_window(10, 20, True, today=20), live_window(10, 20, False, today=20) == (10, FOREVER)
    ((10, 20), True)
    >>> live_window(10, 20, True, today=19) == (10, FOREVER)
    True
    """
    return start_day, end_day if end_day is not None and end_confirmed and end_day <= today else FOREVER


def merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Union of windows, in order, touching ones joined.

    Examples
    --------
    >>> merged([(5, 9), (1, 3), (3, 4), (8, 12)])
    ((1, 4), (5, 12))
    """
    joined: list[Window] = []
    for start, end in sorted(window for window in windows if window[0] < window[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def intersect(a: Iterable[Window], b: Iterable[Window]) -> tuple[Window, ...]:
    """Days in both.

    Examples
    --------
    >>> intersect([(1, 10)], [(5, 20), (30, 40)])
    ((5, 10),)
    """
    others = tuple(b)
    return merged((max(s, t), min(e, f)) for s, e in a for t, f in others)


def window_of(told: OpenInterval, end_confirmed: bool, today: int) -> Window:
    """`live_window` of something told with dates."""
    return live_window(told.start.toordinal(), None if told.end is None else told.end.toordinal(), end_confirmed, today)


def _graph(relations: Iterable[Relation], today: int) -> nx.MultiGraph[str]:
    graph: nx.MultiGraph[str] = nx.MultiGraph()
    for relation in relations:
        window = window_of(relation, relation.end_confirmed, today)
        graph.add_edge(relation.a, relation.b, kind=relation.kind, window=window, percent=relation.probability_percent)
    return graph


def halves(relations: Iterable[Relation]) -> dict[str, frozenset[str]]:
    """Each related network with all it ever split from or into, itself included; no end ends that.

    Examples
    --------
    >>> halves([])
    {}
    """
    return _halves(_graph(relations, today=0))


def _halves(graph: nx.MultiGraph[str]) -> dict[str, frozenset[str]]:
    """Each network with all it ever split from or into, itself included."""
    splits: nx.Graph[str] = nx.Graph()
    splits.add_nodes_from(graph.nodes)
    splits.add_edges_from((a, b) for a, b, edge in graph.edges(data=True) if edge["kind"] == "split")
    return {node: frozenset(part) for part in nx.connected_components(splits) for node in part}


def _related(graph: nx.MultiGraph[str], kind: str, from_percent: int = 1) -> dict[tuple[str, str], tuple[Window, ...]]:
    """Windows of one kind of relation, at least so probable, carried over to every half of a split."""
    halves = _halves(graph)
    found: dict[tuple[str, str], list[Window]] = defaultdict(list)
    for a, b, edge in graph.edges(data=True):
        if edge["kind"] != kind or edge["percent"] < from_percent:
            continue
        for one in halves[a]:
            for other in halves[b]:
                if one != other:
                    found[one, other].append(edge["window"])
                    found[other, one].append(edge["window"])
    return {pair: merged(windows) for pair, windows in found.items()}


def hostile_windows(
    relations: Iterable[Relation], rival_of_ally: bool, today: int, certain_from_percent: int = 1
) -> dict[tuple[str, str], tuple[Window, ...]]:
    """When the members of two networks must be kept apart.

    Parameters
    ----------
    relations : dated relations between networks
    rival_of_ally : whether a network inherits its allies' rivals
    today : ordinal of the day of planning
    certain_from_percent : a less probable rivalry is no certain one, see `uncertain_ties`; splits and
        alliances count whatever their probability

    Returns
    -------
    windows of days by ordered pair of network ids, both orders present

    Examples
    --------
    >>> hostile_windows([], rival_of_ally=True, today=0)
    {}
    """
    graph = _graph(relations, today)
    found: dict[tuple[str, str], list[Window]] = defaultdict(list)
    for pair, windows in _related(graph, "rival", certain_from_percent).items():
        found[pair].extend(windows)
    for a, b, edge in graph.edges(data=True):
        if edge["kind"] == "split":
            found[a, b].append(edge["window"])
            found[b, a].append(edge["window"])
    if rival_of_ally:
        rivals = {pair: merged(windows) for pair, windows in found.items()}
        by_network: dict[str, list[str]] = defaultdict(list)
        for ally, rival in rivals:
            by_network[ally].append(rival)
        for (network, ally), alliance in _related(graph, "allied").items():
            for rival in by_network[ally]:
                if rival != network:
                    shared = intersect(alliance, rivals[ally, rival])
                    found[network, rival].extend(shared)
                    found[rival, network].extend(shared)
    return {pair: merged(windows) for pair, windows in sorted(found.items()) if merged(windows)}


def allies(relations: Iterable[Relation], today: int) -> dict[tuple[str, str], tuple[Window, ...]]:
    """When two networks are allied, by ordered pair, halves of a split included.

    Examples
    --------
    >>> allies([], today=0)
    {}
    """
    return _related(_graph(relations, today), "allied")


def uncertain_ties(
    relations: Iterable[Relation], today: int, certain_from_percent: int
) -> dict[tuple[str, str], tuple[tuple[str, int, int, int], ...]]:
    """What is recorded but less than certain: improbable rivalries, and alliances with how sure the source is.

    Parameters
    ----------
    relations : dated relations between networks
    today : ordinal of the day of planning
    certain_from_percent : from this probability on a rivalry is certain and in `hostile_windows` instead

    Returns
    -------
    (kind, start, end, percent) by ordered pair of network ids, both orders present, halves of a split included;
    each record once, so that two sources who tell alike count as two

    Examples
    --------
    >>> uncertain_ties([], today=0, certain_from_percent=20)
    {}
    """
    graph = _graph(relations, today)
    parts = _halves(graph)
    found: dict[tuple[str, str], dict[int, tuple[str, int, int, int]]] = defaultdict(dict)
    for record, (a, b, edge) in enumerate(graph.edges(data=True)):
        if edge["kind"] == "allied" or (edge["kind"] == "rival" and edge["percent"] < certain_from_percent):
            tie = (edge["kind"], *edge["window"], edge["percent"])
            for one in parts[a]:
                for other in parts[b] - {one}:
                    found[one, other][record] = found[other, one][record] = tie
    return {pair: tuple(sorted(ties.values())) for pair, ties in sorted(found.items())}
