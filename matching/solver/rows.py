"""The clauses of a program as sparse arrays, and what is left of them when some candidates are out or settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matching.solver.nearness import Near
from matching.solver.program import AnyOf, Meet, Program

__all__ = ["Rows", "rows_of"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """``matrix @ columns <= bounds``; the last `links` rows hold with equality.

    Columns are the candidates, then the auxiliaries in their order: `column` tells which one a literal is.
    Rows are packings, capacities, and the definitions of auxiliaries (sum of a group <= auxiliary); the
    literals of `Near` have no rows here, they only cost.
    """

    candidates: int
    matrix: csr_array
    bounds: Ints
    links: int

    def column(self, literal: int) -> int:
        """Number of the column of a literal."""
        return literal if literal >= 0 else self.candidates - literal - 1

    def vector(self, coefficients: Mapping[int, int]) -> npt.NDArray[np.float64]:
        """(columns,) the coefficients of an objective."""
        found = np.zeros(self.matrix.shape[1])
        for literal, amount in coefficients.items():
            found[self.column(literal)] = amount
        return found


class _Writer:
    def __init__(self, candidates: int) -> None:
        self.candidates = candidates
        self.columns: list[int] = []
        self.amounts: list[int] = []
        self.ends: list[int] = [0]
        self.bounds: list[int] = []

    def row(self, terms: Iterable[tuple[int, int]], bound: int) -> None:
        for literal, amount in terms:
            self.columns.append(literal if literal >= 0 else self.candidates - literal - 1)
            self.amounts.append(amount)
        self.ends.append(len(self.columns))
        self.bounds.append(bound)

    def packing(self, literals: Sequence[int]) -> None:
        shift = self.candidates - 1
        self.columns.extend([literal if literal >= 0 else shift - literal for literal in literals])
        self.amounts.extend([1] * len(literals))
        self.ends.append(len(self.columns))
        self.bounds.append(1)


def rows_of(program: Program) -> Rows:
    """The clauses of a program, without what is forbidden: those columns are left out by whoever solves.

    Examples
    --------
    >>> from matching.plans import Candidates
    >>> rows = rows_of(Program(Candidates(()), packings=[()], rows=[((), 4)]))
    >>> rows.matrix.shape, rows.bounds.tolist()
    ((2, 0), [1, 4])
    """
    writer = _Writer(len(program.candidates.items))
    for packing in program.packings:
        writer.packing(packing)
    for terms, bound in program.rows:
        writer.row(terms, bound)
    for number, told in enumerate(program.auxiliaries, start=1):
        if isinstance(told, AnyOf):
            for group in told.groups:
                writer.row([*((n, 1) for n in group), (-number, -1)], 0)
        elif isinstance(told, Meet):
            for a, b in told.pairs:
                writer.row([*((n, 1) for n in (*a, *b)), (-number, -1)], 1)
        elif not isinstance(told, Near):
            raise TypeError("an auxiliary of an unknown kind")
    for first, later in program.links:
        writer.row([*((n, 1) for n in first), *((n, -1) for n in later)], 0)
    shape = len(writer.bounds), len(program.candidates.items) + len(program.auxiliaries)
    parts = np.array(writer.amounts, dtype=np.int64), np.array(writer.columns, dtype=np.int64), np.array(writer.ends)
    matrix = csr_array(parts, shape=shape)
    matrix.sum_duplicates()
    return Rows(
        shape[1] - len(program.auxiliaries), matrix, np.array(writer.bounds, dtype=np.int64), len(program.links)
    )
