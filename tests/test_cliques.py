"""Covers by cliques: every wanted edge and no other, each clique maximal, households times places exactly."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.cliques import BoolMatrix, edge_clique_cover, products

Edges = frozenset[tuple[int, int]]


def graphs(size: int) -> st.SearchStrategy[Edges]:
    return st.frozensets(st.sampled_from(list(combinations(range(size), 2)))) if size > 1 else st.just(frozenset())


def matrix(size: int, edges: Edges, *, diagonal: bool = False) -> BoolMatrix:
    told = np.eye(size, dtype=np.bool_) if diagonal else np.zeros((size, size), dtype=np.bool_)
    for one, other in edges:
        told[one, other] = told[other, one] = True
    return told


def covered(cliques: tuple[tuple[int, ...], ...]) -> Edges:
    return frozenset(pair for clique in cliques for pair in combinations(clique, 2))


@st.composite
def wanted_graphs(draw: st.DrawFn) -> tuple[int, Edges, Edges, frozenset[int]]:
    size = draw(st.integers(0, 9))
    edges = draw(graphs(size))
    wanted = draw(st.frozensets(st.sampled_from(sorted(edges)))) if edges else frozenset()
    nodes = draw(st.frozensets(st.integers(0, size - 1))) if size else frozenset()
    return size, edges, wanted, nodes


@given(told=wanted_graphs())
def test_every_wanted_edge_and_node_is_covered_and_no_pair_that_is_not_joined(
    told: tuple[int, Edges, Edges, frozenset[int]],
) -> None:
    size, edges, wanted, nodes = told
    asked = matrix(size, wanted)
    asked[list(nodes), list(nodes)] = True
    before = asked.copy()
    cliques = edge_clique_cover(matrix(size, edges), asked)
    assert (asked == before).all(), "what was asked is not written on"
    assert wanted <= covered(cliques) <= edges
    assert nodes <= {node for clique in cliques for node in clique}
    assert list(cliques) == sorted(set(cliques))
    for clique in cliques:
        assert list(clique) == sorted(clique)
        joined_to_all = set(range(size)) - set(clique)
        for member in clique:
            joined_to_all &= {other for other in range(size) if tuple(sorted((member, other))) in edges}
        assert not joined_to_all, "a clique could be larger"
        assert set(combinations(clique, 2)) & wanted or set(clique) & nodes, "a clique that nothing asked for"


@given(size=st.integers(0, 9), told=st.data())
def test_without_a_wish_every_node_and_edge_is_covered(size: int, told: st.DataObject) -> None:
    edges = told.draw(graphs(size))
    cliques = edge_clique_cover(matrix(size, edges))
    assert covered(cliques) == edges
    assert {node for clique in cliques for node in clique} == set(range(size))


def test_the_diagonal_of_the_graph_is_not_read() -> None:
    edges = frozenset({(0, 1), (2, 3)})
    assert edge_clique_cover(matrix(4, edges, diagonal=True)) == edge_clique_cover(matrix(4, edges)) == ((0, 1), (2, 3))


def test_two_large_cliques_are_two() -> None:
    edges = frozenset((*combinations(range(300), 2), *combinations(range(290, 600), 2)))
    assert edge_clique_cover(matrix(600, edges)) == (tuple(range(300)), tuple(range(290, 600)))


def test_what_is_not_there_cannot_be_wanted() -> None:
    with pytest.raises(ValueError, match="not there"):
        edge_clique_cover(matrix(3, frozenset()), matrix(3, frozenset({(0, 1)})))
    lopsided = np.zeros((2, 2), dtype=np.bool_)
    lopsided[0, 1] = True
    with pytest.raises(ValueError, match="either order"):
        edge_clique_cover(matrix(2, frozenset({(0, 1)})), lopsided)


@given(told=st.data())
def test_products_hold_what_is_wanted_and_nothing_that_is_allowed(told: st.DataObject) -> None:
    nodes, spots = told.draw(st.integers(1, 6)), told.draw(st.integers(1, 5))
    opposed = told.draw(graphs(nodes))
    wanted = told.draw(st.frozensets(st.sampled_from(sorted(opposed)))) if opposed else frozenset()
    near = matrix(spots, told.draw(graphs(spots)), diagonal=True)
    rows = told.draw(st.lists(st.lists(st.booleans(), min_size=spots, max_size=spots), min_size=nodes, max_size=nodes))
    present = np.array(rows, dtype=np.bool_)
    found: set[tuple[int, int, int, int]] = set()
    for zone, cliques in products(matrix(nodes, opposed), matrix(nodes, wanted), near, present):
        for clique in cliques:
            for one, other in combinations(clique, 2):
                found |= set(product(one, zone, other, zone)) | set(product(other, zone, one, zone))
    possible = set(product(range(nodes), range(spots), range(nodes), range(spots)))

    def pairs(edges: Edges) -> set[tuple[int, int, int, int]]:
        return {
            (a, s, b, t)
            for a, s, b, t in possible
            if tuple(sorted((a, b))) in edges and near[s, t] and present[a, s] and present[b, t]
        }

    there = {(a, s, b, t) for a, s, b, t in found if present[a, s] and present[b, t]}
    assert pairs(wanted) <= there <= pairs(opposed)


def test_a_place_not_near_itself_is_no_product() -> None:
    rivals = matrix(2, frozenset({(0, 1)}))
    here = np.ones((2, 2), dtype=np.bool_)
    with pytest.raises(ValueError, match="near itself"):
        list(products(rivals, rivals, rivals, here))
    apart = np.zeros((2, 2), dtype=np.bool_)
    assert not list(products(rivals, rivals, apart, here))


def test_nodes_with_the_same_opponents_are_one_group() -> None:
    edges = frozenset({(0, 2), (1, 2), (0, 3), (1, 3), (2, 4)})
    everywhere = np.ones((5, 1), dtype=np.bool_)
    ((zone, cliques),) = products(matrix(5, edges), matrix(5, edges), np.ones((1, 1), dtype=np.bool_), everywhere)
    assert zone == (0,)
    assert cliques == (((0, 1), (2,)), ((0, 1), (3,)), ((2,), (4,)))
