"""A certificate that no plan leaves fewer cases unplaced: a dual bound in exact rational arithmetic.

Whoever checks it needs no solver: multiply each row by its multiplier, add up, and take for each literal what is
least on [0, 1]. What a floating-point solver said plays no part in whether the bound holds; it only proposes the
multipliers. That the rows are true of the scenario, and that no candidate is missing, is for the checker to derive.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from matching.errors import SolverFault
from matching.facts import Facts
from matching.solver.program import PLACED, AnyOf, Program

__all__ = ["Certificate", "Row", "certify", "dual_bound", "joint_document", "objective", "placed_value", "rows_of"]

_MOST_ROUNDS: Final = 12
_ABOUT_0: Final = 1e-7
_LEAST_CUT: Final = 1e-4
"""A clique cuts off a relaxation if it is passed by more."""

_DENOMINATORS: Final = (1, 2, 6, 60, 2520, 10**6)
"""Multipliers are rounded to fractions of at most these; of equal bounds the coarsest is kept: the easiest to read."""


@dataclass(frozen=True)
class Row:
    """Sum of amount times literal is at most `bound`, or equal to it for a link; `multiplier`: its share of the proof.

    `kind` says why it holds: packing (no two of them together), capacity, link (the legs of a case start
    together), definition (an auxiliary is true when one of its candidates is chosen), premise (proven before).
    """

    kind: str
    terms: tuple[tuple[int, int], ...]
    bound: int
    multiplier: Fraction = Fraction(0)


@dataclass(frozen=True)
class Certificate:
    """Rows with multipliers that prove: no choice of candidates makes the objective less than `claimed_bound`.

    `premises` are certificates of objectives before this one; each is used by a row of the kind premise, in order:
    no choice reaches less on it, so nothing is lost by keeping that value.
    """

    constant: int
    coefficients: Mapping[int, int]
    claimed_bound: int
    rows: tuple[Row, ...]
    premises: tuple[Certificate, ...] = ()


def rows_of(program: Program) -> tuple[Row, ...]:
    """What every plan fulfils, in the order of the program."""
    rows = [Row("packing", tuple((literal, 1) for literal in packing), 1) for packing in program.packings]
    rows += [Row("capacity", terms, bound) for terms, bound in program.rows]
    rows += [Row("link", (*((n, 1) for n in first), *((n, -1) for n in later)), 0) for first, later in program.links]
    for number, told in enumerate(program.auxiliaries, start=1):
        for group in told.groups if isinstance(told, AnyOf) else ():
            rows.append(Row("definition", (*((n, 1) for n in group), (-number, -1)), 0))
    return tuple(rows)


def dual_bound(constant: int, coefficients: Mapping[int, int], rows: Iterable[Row]) -> Fraction:
    """What the rows with their multipliers prove an objective to be at least, for literals on [0, 1].

    Raises
    ------
    ValueError : a multiplier below 0 on a row that is no equation, which would prove nothing

    Source
    ------
    Weak duality of linear programming

    Examples
    --------
    >>> half = Row("packing", ((0, 1), (1, 1)), 1, Fraction(1))
    >>> dual_bound(2, {0: -1, 1: -1}, [half])
    Fraction(1, 1)
    """
    reduced: dict[int, Fraction] = defaultdict(Fraction, {n: Fraction(amount) for n, amount in coefficients.items()})
    total = Fraction(constant)
    for row in rows:
        if row.multiplier < 0 and row.kind != "link":
            raise ValueError("a multiplier below 0 proves nothing of a row that is no equation")
        if row.multiplier:
            total -= row.multiplier * row.bound
            for literal, amount in row.terms:
                reduced[literal] += row.multiplier * amount
    return total + sum((cost for cost in reduced.values() if cost < 0), Fraction(0))


def objective(program: Program, levels: Sequence[str] = PLACED) -> tuple[int, dict[int, int]]:
    """The first of the PLACED levels as one objective, each outweighing all after it; as the solver has them.

    Parameters
    ----------
    program : whose levels
    levels : the first one, two or all three
    """
    constant, coefficients = 0, dict[int, int]()
    for level in levels:
        base, terms = program.levels[level]
        size = base + 1  # no plan leaves more than all of a class
        constant = constant * size + base
        coefficients = {literal: amount * size for literal, amount in coefficients.items()}
        for literal, amount in terms.items():
            coefficients[literal] = coefficients.get(literal, 0) + amount
    return constant, coefficients


def certify(program: Program, value: int, time_s: float = 10.0) -> Certificate | None:
    """A certificate that no plan reaches less than `value` on the PLACED levels together; none: none was found.

    Parameters
    ----------
    program : clauses
    value : of `matching.solver.run.placed_objective` for the plan at hand
    time_s : limit for all linear programs together, seconds

    Raises
    ------
    SolverFault : the exact bound lies above the value, so the rows or the value are wrong

    Notes
    -----
    Tried first with the rows and with cliques of literals that exclude one another in pairs, then also with what is
    proven of red alone, and of red and orange: rounding up between the classes gains what one relaxation loses.
    """
    began = time.monotonic()
    rows = list(rows_of(program))
    found = _prove(program, PLACED, (), rows, began + time_s)
    premises: tuple[Certificate, ...] = ()
    if found is not None and found.claimed_bound < value:
        for levels in range(1, len(PLACED) + 1):
            found = _prove(program, PLACED[:levels], premises, rows, began + time_s)
            if found is None:
                return None
            premises = (*premises, found)
    if found is not None and found.claimed_bound > value:
        raise SolverFault("the exact bound for the number of cases placed contradicts the plan")
    return found if found is not None and found.claimed_bound == value else None


def placed_value(program: Program, chosen: Iterable[int]) -> int:
    """Value of the PLACED levels together for a choice of candidates: what `certify` is asked about."""
    constant, coefficients = objective(program)
    return constant + sum(coefficients.get(number, 0) for number in chosen)


def _prove(
    program: Program, levels: Sequence[str], premises: tuple[Certificate, ...], rows: list[Row], until: float
) -> Certificate | None:
    """The best certificate for these levels; cliques found on the way are added to the rows."""
    constant, coefficients = objective(program, levels)
    given = tuple(
        Row(
            "premise",
            tuple((n, -amount) for n, amount in told.coefficients.items()),
            told.constant - told.claimed_bound,
        )
        for told in premises
    )
    rivals = _Rivals(program)
    for _ in range(_MOST_ROUNDS):
        relaxed = _relax(program, coefficients, (*rows, *given), until - time.monotonic())
        if relaxed is None:
            return None
        point, duals = relaxed
        cliques = _violated_cliques(point, rivals)
        if not cliques:
            break
        rows += cliques
        duals = [*duals[: len(rows) - len(cliques)], *([0.0] * len(cliques)), *duals[len(rows) - len(cliques) :]]
    best: tuple[int, tuple[Row, ...]] | None = None
    for denominator in _DENOMINATORS:
        tried = _rounded((*rows, *given), duals, denominator)
        bound = math.ceil(dual_bound(constant, coefficients, tried))
        if best is None or bound > best[0]:
            best = bound, tried
    if best is None:
        return None
    return Certificate(constant, coefficients, best[0], best[1], premises)


def _relax(
    program: Program, coefficients: Mapping[int, int], rows: Sequence[Row], time_s: float
) -> tuple[dict[int, float], list[float]] | None:
    """The linear relaxation: literals above 0, and the dual value of each row; none: not solved in time."""
    count = len(program.candidates.items)

    def column(literal: int) -> int:
        return literal if literal >= 0 else count - literal - 1

    costs = np.zeros(count + len(program.auxiliaries))
    for literal, amount in coefficients.items():
        costs[column(literal)] = amount
    kinds = [[n for n, row in enumerate(rows) if (row.kind == "link") == is_equal] for is_equal in (False, True)]
    if time_s <= 0 or not len(costs):
        return None if len(costs) else ({}, [0.0] * len(rows))
    told: dict[str, Any] = {}
    for name, chosen in zip(("ub", "eq"), kinds, strict=True):
        if chosen:
            entries = [(at, column(n), amount) for at, row in enumerate(chosen) for n, amount in rows[row].terms]
            at, of, amounts = np.array(entries or [(0, 0, 0)]).T
            told[f"A_{name}"] = csr_array((amounts.astype(float), (at, of)), shape=(len(chosen), len(costs)))
            told[f"b_{name}"] = [rows[n].bound for n in chosen]
    found: Any = linprog(costs, bounds=(0, 1), method="highs", options={"time_limit": time_s}, **told)
    if found.status != 0:
        return None
    duals = [0.0] * len(rows)
    for chosen, part in zip(kinds, (found.ineqlin, found.eqlin), strict=True):
        for n, value in zip(chosen, part.marginals if chosen else (), strict=True):
            duals[n] = -float(value)
    literals = [*range(count), *range(-1, -len(program.auxiliaries) - 1, -1)]
    return {n: float(x) for n, x in zip(literals, found.x, strict=True) if x > _ABOUT_0}, duals


def _violated_cliques(point: Mapping[int, float], rivals: _Rivals) -> list[Row]:
    """Literals that sum to more than 1 in a relaxation and exclude each other two by two, with all that fit in."""
    found: dict[tuple[int, ...], None] = {}
    for first in sorted(point, key=lambda n: (-point[n], n)):
        if point[first] > 1 - _ABOUT_0:
            continue
        clique = _grown([first], sorted(rivals.of(first) & point.keys(), key=lambda n: (-point[n], n)), rivals)
        if sum(point[n] for n in clique) > 1 + _LEAST_CUT:
            others = frozenset.intersection(*(rivals.of(n) for n in clique)).difference(clique)
            found[tuple(sorted(_grown(clique, sorted(others), rivals)))] = None
    return [Row("packing", tuple((n, 1) for n in clique), 1) for clique in found]


def _grown(clique: Sequence[int], others: Iterable[int], rivals: _Rivals) -> list[int]:
    """A clique with each of the others, in order, that excludes all before it."""
    grown = list(clique)
    for other in others:
        if rivals.of(other).issuperset(grown):
            grown.append(other)
    return grown


class _Rivals:
    """Which literals exclude each other: any two of one packing, or too many for one row together."""

    def __init__(self, program: Program) -> None:
        self._rows = [(tuple((n, 1) for n in packing), 1) for packing in program.packings] + list(program.rows)
        self._at: dict[int, list[int]] = defaultdict(list)
        for number, (terms, _) in enumerate(self._rows):
            for n, _ in terms:
                self._at[n].append(number)
        self._known: dict[int, frozenset[int]] = {}

    def of(self, literal: int) -> frozenset[int]:
        """All that exclude a literal, itself left out."""
        if literal not in self._known:
            found: set[int] = set()
            for number in self._at[literal]:
                terms, bound = self._rows[number]
                own = next(amount for n, amount in terms if n == literal)
                found.update(n for n, amount in terms if own + amount > bound)
            self._known[literal] = frozenset(found - {literal})
        return self._known[literal]


def _rounded(rows: Sequence[Row], duals: Sequence[float], denominator: int) -> tuple[Row, ...]:
    """Rows with multipliers as fractions, those without a share left out."""
    found = []
    for row, dual in zip(rows, duals, strict=True):
        share = Fraction(dual).limit_denominator(denominator)
        if share > 0 or (share and row.kind == "link"):
            found.append(replace(row, multiplier=share))
    return tuple(found)


def joint_document(certificate: Certificate, program: Program, facts: Facts, scenario_sha256: str) -> dict[str, Any]:
    """The certificate as a JSON tree, with ids and dates, for a checker that knows the scenario and nothing else.

    Parameters
    ----------
    certificate, program, facts : what was proven of which clauses
    scenario_sha256 : of the scenario document
    """
    names = facts.names
    return {
        "kind": "joint",
        "scenario_sha256": scenario_sha256,
        "candidates": [
            {
                "case": names.cases[item.case],
                "leg": item.leg,
                "facility": names.facilities[item.stay.facility],
                "first_day": date.fromordinal(item.first_day).isoformat(),
                "uses": [[use.pool, use.amount] for use in item.uses],
            }
            for item in program.candidates.items
        ],
        "auxiliaries": [
            {"groups": [list(group) for group in told.groups] if isinstance(told, AnyOf) else []}
            for told in program.auxiliaries
        ],
        **_tree(certificate),
    }


def _tree(certificate: Certificate) -> dict[str, Any]:
    return {
        "objective": {
            "constant": certificate.constant,
            "coefficients": {str(n): amount for n, amount in sorted(certificate.coefficients.items())},
        },
        "claimed_bound": certificate.claimed_bound,
        "rows": [
            {"kind": row.kind, "terms": [list(term) for term in row.terms], "bound": row.bound,
             "multiplier": str(row.multiplier)}
            for row in certificate.rows
        ],
        "premises": [_tree(one) for one in certificate.premises],
    }  # fmt: skip
