"""The linear relaxation of a program: a bound, and which candidates no plan within a gap can use.

What HiGHS says of its optimum is not believed: its dual values are clipped to their signs, and weak duality
gives the bound anew, so that only the rounding of one sum of floats is left to allow for. The certificate
(`matching.solver.certificate`) does the same sum in exact fractions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from matching.solver.rows import Rows

__all__ = ["Relaxation", "relax"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_MARGIN = 1e-6
"""Lowers a bound once more before it is rounded up; what the sums lose is taken off term by term."""

_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Relaxation:
    """Least value of an objective when candidates may be split, and what each column adds when forced in.

    Parameters
    ----------
    value : of the LP
    primal : (columns,) its solution; 0 where a column was out
    reduced_costs : (columns,) by how much the LP's value rises at least for each column at 1; 0 where out
    """

    value: float
    primal: Floats
    reduced_costs: Floats

    @property
    def bound(self) -> int:
        """No plan has less: the value rounded up, after a margin for what floats lose."""
        return math.ceil(self.value - _MARGIN)

    def within(self, most: int) -> Bools:
        """(columns,) which columns a plan of at most this value can use."""
        gap = most - self.value + _MARGIN
        kept: Bools = self.reduced_costs <= gap
        return kept


def relax(
    rows: Rows,
    costs: Floats,
    keep: Bools,
    levels: Sequence[tuple[Floats, int]] = (),
    pin: npt.NDArray[np.int64] | None = None,
    time_s: float = 60.0,
) -> Relaxation | None:
    """The linear relaxation over the columns kept; none: it was not solved (in time), or has no solution.

    Parameters
    ----------
    rows : clauses
    costs : (columns,) to minimise
    keep : (columns,) False: 0
    levels : (columns,) coefficients and the most they may sum to, of levels finished before
    pin : columns of which exactly one is chosen
    time_s : limit in seconds
    """
    kept = np.flatnonzero(keep)
    if not len(kept):
        nothing = np.zeros(len(keep))
        return Relaxation(0.0, nothing, nothing)
    active = rows.active(keep)
    inner = active[active < len(rows.bounds) - rows.links]
    outer = active[len(inner) :]
    part = rows.matrix[:, kept]
    blocks, limits = [part[inner]], [rows.bounds[inner].astype(float)]
    for coefficients, most in levels:
        blocks.append(csr_array(coefficients[kept][None, :]))
        limits.append(np.array([float(most)]))
    equal, targets = part[outer], np.zeros(len(outer))
    if pin is not None:
        equal = vstack([equal, csr_array(np.isin(kept, pin)[None, :].astype(float))])
        targets = np.append(targets, 1.0)
    sparse: Any = vstack(blocks, format="csr").astype(float)  # accepted by HiGHS, though the stubs know dense only
    links: Any = equal.astype(float) if equal.shape[0] else None
    found = linprog(
        costs[kept],
        A_ub=sparse,
        b_ub=np.concatenate(limits),
        A_eq=links,
        b_eq=targets if equal.shape[0] else None,
        bounds=(0.0, 1.0),
        method="highs-ds",
        options={"time_limit": time_s},
    )
    if found.status != 0:
        return None
    primal, reduced = np.zeros(len(keep)), np.zeros(len(keep))
    primal[kept] = found.x
    prices = np.minimum(found.ineqlin.marginals, 0.0)
    left, lost = costs[kept] - sparse.T @ prices, np.abs(costs[kept]) + abs(sparse).T @ -prices
    totals, most_terms = [np.concatenate(limits) * prices], np.diff(sparse.tocsc().indptr)
    if links is not None:
        left -= links.T @ found.eqlin.marginals
        lost += abs(links).T @ np.abs(found.eqlin.marginals)
        totals.append(targets * found.eqlin.marginals)
        most_terms = most_terms + np.diff(links.tocsc().indptr)
    left -= _EPSILON * (most_terms + 4) * lost
    reduced[kept] = np.maximum(left, 0.0)
    terms = np.concatenate((*totals, np.minimum(left, 0.0)))
    value = math.fsum(terms.tolist())
    return Relaxation(value - _EPSILON * (abs(value) + float(np.abs(terms).sum())), primal, reduced)
