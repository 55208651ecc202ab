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
    literals of `Near` have no rows here, they only cost. `defines` names the column a row defines, or -1:
    who leaves out an auxiliary leaves out its definition with it.
    """

    candidates: int
    matrix: csr_array
    bounds: Ints
    defines: Ints
    links: int

    def active(self, keep: Bools) -> Ints:
        """Numbers of the rows that can bind when only these columns may be true; links last."""
        kept = self.matrix.data * keep[self.matrix.indices]
        owner = np.repeat(np.arange(len(self.bounds)), np.diff(self.matrix.indptr))
        most = np.bincount(owner, np.maximum(kept, 0), len(self.bounds))
        binds = most > self.bounds
        binds[len(self.bounds) - self.links :] = (
            np.bincount(owner, np.abs(kept), len(self.bounds))[len(self.bounds) - self.links :] > 0
        )
        defining = np.flatnonzero(self.defines >= 0)
        binds[defining] &= keep[self.defines[defining]]
        return np.flatnonzero(binds)

    def needed(self, keep: Bools, charged: Iterable[int] = ()) -> Bools:
        """(columns,) the candidates kept, and the auxiliaries that bind or are charged."""
        used = np.zeros(self.matrix.shape[1], dtype=np.bool_)
        used[self.matrix.indices[self.matrix.data > 0]] = True
        used[: self.candidates] = keep[: self.candidates]
        used[[self.column(literal) for literal in charged if literal < 0]] = True
        return used

    def column(self, literal: int) -> int:
        """Number of the column of a literal."""
        return literal if literal >= 0 else self.candidates - literal - 1

    def vector(self, coefficients: Mapping[int, int]) -> npt.NDArray[np.float64]:
        """(columns,) the coefficients of an objective."""
        found = np.zeros(self.matrix.shape[1])
        for literal, amount in coefficients.items():
            found[self.column(literal)] = amount
        return found

    def truth(self, program: Program, chosen: Iterable[int]) -> Ints:
        """(columns,) 1 where a choice of candidates makes a literal true."""
        found = np.zeros(self.matrix.shape[1], dtype=np.int64)
        found[[self.column(literal) for literal in program.true_literals(chosen)]] = 1
        return found

    def broken(self, truth: Ints) -> Ints:
        """Numbers of the rows that do not hold; links last."""
        sums = self.matrix @ truth
        breaks = sums > self.bounds
        breaks[len(self.bounds) - self.links :] |= sums[len(self.bounds) - self.links :] < 0
        return np.flatnonzero(breaks)

    def without_conflicts(self, program: Program, wanted: Sequence[int], others: Sequence[int]) -> tuple[int, ...]:
        """The wanted candidates, and of a choice of others those whose cases no broken row then names.

        Cases are left out row by row until all rows hold, which is quick and not always the fewest.
        """
        items = program.candidates.items
        kept = list(others)
        while True:
            broken = self.broken(self.truth(program, (*wanted, *kept)))
            if not len(broken):
                return tuple(sorted((*wanted, *kept)))
            own = set(self._candidates_behind(program, int(broken[0])))
            leave = {items[number].case for number in kept if number in own}
            if not leave:
                return tuple(sorted(wanted))
            kept = [number for number in kept if items[number].case not in leave]

    def _candidates_behind(self, program: Program, row: int) -> Iterable[int]:
        """Candidates a row is about, directly or through an auxiliary."""
        for column in self.matrix.indices[self.matrix.indptr[row] : self.matrix.indptr[row + 1]].tolist():
            told = program.auxiliaries[column - self.candidates] if column >= self.candidates else None
            if told is None:
                yield column
            elif isinstance(told, AnyOf):
                yield from (number for group in told.groups for number in group)


class _Writer:
    def __init__(self, candidates: int) -> None:
        self.candidates = candidates
        self.columns: list[int] = []
        self.amounts: list[int] = []
        self.ends: list[int] = [0]
        self.bounds: list[int] = []
        self.defines: list[int] = []

    def row(self, terms: Iterable[tuple[int, int]], bound: int, defines: int = -1) -> None:
        for literal, amount in terms:
            self.columns.append(literal if literal >= 0 else self.candidates - literal - 1)
            self.amounts.append(amount)
        self.ends.append(len(self.columns))
        self.bounds.append(bound)
        self.defines.append(defines)

    def packing(self, literals: Sequence[int]) -> None:
        shift = self.candidates - 1
        self.columns.extend([literal if literal >= 0 else shift - literal for literal in literals])
        self.amounts.extend([1] * len(literals))
        self.ends.append(len(self.columns))
        self.bounds.append(1)
        self.defines.append(-1)


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
                writer.row([*((n, 1) for n in group), (-number, -1)], 0, writer.candidates + number - 1)
        elif isinstance(told, Meet):
            for a, b in told.pairs:
                writer.row([*((n, 1) for n in (*a, *b)), (-number, -1)], 1, writer.candidates + number - 1)
        elif not isinstance(told, Near):
            raise TypeError("an auxiliary of an unknown kind")
    for first, later in program.links:
        writer.row([*((n, 1) for n in first), *((n, -1) for n in later)], 0)
    shape = len(writer.bounds), len(program.candidates.items) + len(program.auxiliaries)
    parts = np.array(writer.amounts, dtype=np.int64), np.array(writer.columns, dtype=np.int64), np.array(writer.ends)
    matrix = csr_array(parts, shape=shape)
    matrix.sum_duplicates()
    bounds, defines = np.array(writer.bounds, dtype=np.int64), np.array(writer.defines, dtype=np.int64)
    return Rows(writer.candidates, matrix, bounds, defines, len(program.links))
