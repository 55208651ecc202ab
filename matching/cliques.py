"""Edge clique covers: few cliques that together hold every edge of a graph that matters.

What may not be chosen together is the product of two graphs: who is in whose way, and which places are too
near. A clique of the one times a clique of the other is one clause "at most one is there", where each pair of
households and places would be a clause of its own. `products` covers such a product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["BoolMatrix", "Product", "edge_clique_cover", "products"]

BoolMatrix = npt.NDArray[np.bool_]
"""(n, m) truth values."""


def edge_clique_cover(joined: BoolMatrix, wanted: BoolMatrix | None = None) -> tuple[tuple[int, ...], ...]:
    """Cliques that cover every wanted node and edge, grown greedily, each one maximal.

    Parameters
    ----------
    joined : (n, n) symmetric; which nodes are joined; the diagonal is not read
    wanted : (n, n) symmetric; edges that must be covered, all of them joined, and on the diagonal nodes that
        must be in some clique; every node and edge, when not given

    Returns
    -------
    cliques in order, each sorted; no two are equal

    Raises
    ------
    ValueError : an edge is wanted that is not there

    Notes
    -----
    The smallest cover is NP-hard; this greedy one grows each clique from an uncovered edge by the node that
    covers most uncovered edges, ties going to lower numbers, and at last by nodes that cover none: a larger
    clique is a stronger clause.

    Examples
    --------
    >>> triangle_and_tail = np.zeros((5, 5), dtype=bool)
    >>> for one, other in [(0, 1), (0, 2), (1, 2), (2, 3)]:
    ...     triangle_and_tail[one, other] = triangle_and_tail[other, one] = True
    >>> edge_clique_cover(triangle_and_tail)
    ((0, 1, 2), (2, 3), (4,))
    >>> edge_clique_cover(triangle_and_tail, triangle_and_tail & ~np.eye(5, dtype=bool))
    ((0, 1, 2), (2, 3))
    """
    nodes = np.eye(len(joined), dtype=np.bool_)
    edges = joined & ~nodes
    left = (edges | nodes) if wanted is None else wanted.copy()
    if (left & ~(edges | nodes)).any():
        raise ValueError("an edge is wanted that is not there")
    if (left != left.T).any():
        raise ValueError("what is wanted is the same in either order")
    cliques: set[tuple[int, ...]] = set()
    # Nodes without an uncovered edge come last: a clique that any other edge needs may hold them.
    ends = (left & ~nodes).any(axis=1)
    for node in (*np.flatnonzero(ends).tolist(), *np.flatnonzero(~ends).tolist()):
        near = np.flatnonzero(edges[node])
        left_here = left[node, near]
        if not left_here.any() and not left[node, node]:
            continue
        around, left_around = edges[near[:, None], near], left[near[:, None], near]
        is_first = True
        while left_here.any() or (is_first and left[node, node]):
            members = _grown(around, left_around, left_here)
            clique = np.sort(np.append(near[members], node))
            cliques.add(tuple(clique.tolist()))
            left[clique[:, None], clique] = False
            left_here[members] = False
            left_around[np.array(members, dtype=np.int64)[:, None], members] = False
            is_first = False
    return tuple(sorted(cliques))


def _grown(joined: BoolMatrix, left: BoolMatrix, left_here: BoolMatrix) -> list[int]:
    """Neighbours that with their node are a maximal clique; the first one ends an uncovered edge, if there is any."""
    members: list[int] = []
    common = left_here if left_here.any() else np.ones(len(joined), dtype=np.bool_)
    gain = left_here.astype(np.int32)
    while common.any():
        best = int(np.argmax(np.where(common, gain, -1)))
        common = joined[best] & common if members else joined[best]
        members.append(best)
        gain += left[best]
    return members


class Product(NamedTuple):
    """At most one group of a clique is at any place of the zone; the nodes of a group may be there together."""

    zone: tuple[int, ...]
    cliques: tuple[tuple[tuple[int, ...], ...], ...]


def products(opposed: BoolMatrix, wanted: BoolMatrix, near: BoolMatrix, present: BoolMatrix) -> Iterator[Product]:
    """Cliques of nodes times cliques of places that cover each wanted pair of nodes at each two near places.

    Parameters
    ----------
    opposed : (n, n) symmetric, False on the diagonal; nodes that may not be at near places
    wanted : (n, n) symmetric, of the opposed ones; pairs that must be covered, the others may be
    near : (m, m) symmetric; places that are near each other, a place being near itself where it matters
    present : (n, m) where a node can be at all

    Yields
    ------
    zones of places, each once; nodes that can be at none of them are left out

    Raises
    ------
    ValueError : a wanted pair can meet at a place that is not near itself, which is no product of cliques

    Examples
    --------
    >>> everywhere = np.ones((2, 3), dtype=bool)
    >>> rivals = np.array([[False, True], [True, False]])
    >>> near = np.array([[True, True, False], [True, True, False], [False, False, True]])
    >>> for zone, cliques in products(rivals, rivals, near, everywhere):
    ...     print(zone, cliques)
    (0, 1) (((0,), (1,)),)
    (2,) (((0,), (1,)),)
    """
    nodes = np.flatnonzero(wanted.any(axis=1))
    opposed, wanted, present = opposed[np.ix_(nodes, nodes)], wanted[np.ix_(nodes, nodes)], present[nodes]
    meeting = _any_between(present.T, wanted) & near
    if (meeting & ~near.diagonal()).any():
        raise ValueError("a place where somebody may not be with another is near itself")
    for zone in edge_clique_cover(near, meeting):
        spots = np.array(zone)
        open_spots = meeting[spots[:, None], spots]
        meeting[spots[:, None], spots] = False
        here = np.flatnonzero(present[:, spots].any(axis=1))
        open_here = wanted[here[:, None], here] & _any_between(present[here[:, None], spots], open_spots)
        kept = np.flatnonzero(open_here.any(axis=1))
        if kept.size:
            here = here[kept]
            groups, cliques = _by_twins(opposed[here[:, None], here], open_here[kept[:, None], kept])
            named = [tuple(nodes[here[group]].tolist()) for group in groups]
            yield Product(zone, tuple(tuple(named[number] for number in clique) for clique in cliques))


def _any_between(sides: BoolMatrix, joined: BoolMatrix) -> BoolMatrix:
    """(a, a) whether any member of one side is joined to any of the other; sides are (a, n), joined (n, n)."""
    found: BoolMatrix = sides @ joined @ sides.T
    return found


def _by_twins(joined: BoolMatrix, wanted: BoolMatrix) -> tuple[list[list[int]], tuple[tuple[int, ...], ...]]:
    """Nodes joined to the same others as groups, and cliques of groups; such nodes are not joined to each other."""
    alike: dict[bytes, list[int]] = {}
    for node, row in enumerate(np.packbits(joined, axis=1)):
        alike.setdefault(row.tobytes(), []).append(node)
    groups = list(alike.values())
    if len(groups) == len(joined):
        return groups, edge_clique_cover(joined, wanted)
    group_of = np.empty(len(joined), dtype=np.int64)
    for number, group in enumerate(groups):
        group_of[group] = number
    first = np.array([group[0] for group in groups])
    wanted_groups = np.zeros((len(groups), len(groups)), dtype=np.bool_)
    one, other = np.nonzero(wanted)
    wanted_groups[group_of[one], group_of[other]] = True
    return groups, edge_clique_cover(joined[first[:, None], first], wanted_groups)
