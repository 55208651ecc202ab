"""Edge clique covers: few cliques that together hold every edge of a small graph."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["edge_clique_cover"]


def edge_clique_cover(neighbours: Mapping[int, frozenset[int]]) -> tuple[tuple[int, ...], ...]:
    """Cliques that cover every node and every edge, grown greedily, each one maximal.

    Parameters
    ----------
    neighbours : node -> the nodes it is joined to; symmetric, without itself

    Returns
    -------
    cliques, each sorted; an isolated node is a clique of its own

    Notes
    -----
    The smallest cover is NP-hard; this greedy one grows each clique from an uncovered edge by the
    node that covers most uncovered edges. Order of input does not matter: ties go to lower numbers.

    Examples
    --------
    >>> triangle_and_tail = {0: {1, 2}, 1: {0, 2}, 2: {0, 1, 3}, 3: {2}, 4: set()}
    >>> edge_clique_cover({node: frozenset(near) for node, near in triangle_and_tail.items()})
    ((0, 1, 2), (2, 3), (4,))
    """
    uncovered = {node: set(near) for node, near in sorted(neighbours.items())}
    cliques: list[tuple[int, ...]] = [(node,) for node, near in sorted(neighbours.items()) if not near]
    for node in sorted(neighbours):
        while uncovered[node]:
            clique = {node, min(uncovered[node])}
            common = neighbours[node] & neighbours[min(uncovered[node])]
            while common:
                best = max(sorted(common), key=lambda other: len(uncovered[other] & clique))
                clique.add(best)
                common &= neighbours[best]
            for member in clique:
                uncovered[member] -= clique
            cliques.append(tuple(sorted(clique)))
    return tuple(sorted(cliques))
