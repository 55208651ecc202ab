"""Large neighbourhood search: free some cases, keep the others where they are, solve the rest exactly.

For queues in which pairs of cases cost too much to be written out at once. What the kept cases cost the
freed ones is linear; only pairs of freed cases need literals. The levels finished before stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.sat.python import cp_model
from scipy.sparse import csc_array

from matching.errors import SolverFault
from matching.solver.cpsat import solver_with
from matching.solver.nearness import Near, Nearness
from matching.solver.program import Program
from matching.solver.rows import Rows

__all__ = ["Neighbourhood", "Part"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


_MOST = 2**62
"""CP-SAT's integers end at twice that."""


@dataclass(frozen=True)
class Part:
    """What came of freeing some cases: the choice now, and whether the part was solved to the end."""

    chosen: tuple[int, ...]
    is_better: bool
    is_proven: bool


class Neighbourhood:
    """A choice that fulfils every clause, improved part by part.

    Parameters
    ----------
    program, rows : clauses
    keep : (candidates,) which may be chosen
    done : objectives without pairs of cases, and the most each may be
    levels : names of the levels to minimise, lexicographically
    chosen : to begin from
    pin : candidates of one case and leg, of which exactly one is chosen
    """

    def __init__(
        self,
        program: Program,
        rows: Rows,
        keep: Bools,
        done: Sequence[tuple[Mapping[int, int], int]],
        levels: Sequence[str],
        chosen: Sequence[int],
        pin: Sequence[int] = (),
    ) -> None:
        self.pin = np.asarray(pin, dtype=np.int64)
        self.program, self.rows, self.keep, self.levels = program, rows, keep, tuple(levels)
        items = program.candidates.items
        self.case = np.fromiter((item.case for item in items), np.int64, len(items))
        self.cases = int(self.case.max(initial=-1)) + 1
        self.waiting: Ints = np.unique(self.case[keep])
        self._by_column = csc_array(rows.matrix)
        self._defining = np.flatnonzero(rows.defines >= 0)
        self._definitions = rows.matrix[self._defining].maximum(0)
        self._done = [(rows.vector(level).astype(np.int64), most) for level, most in done]
        self._costs = [rows.vector(_linear(program, level)).astype(np.int64) for level in self.levels]
        self._near = [_Pairs(told, self.cases, self.levels.index(told.level)) for told in program.nearness
                      if told.level in self.levels]  # fmt: skip
        self.columns = np.zeros(rows.matrix.shape[1], dtype=np.int64)
        self._settle(np.asarray(chosen, dtype=np.int64))

    def _settle(self, chosen: Ints) -> None:
        self.columns[:] = 0
        self.columns[chosen] = 1
        sums = self._definitions @ self.columns
        true = self._defining[sums > self.rows.bounds[self._defining]]
        self.columns[self.rows.defines[true]] = 1

    @property
    def chosen(self) -> tuple[int, ...]:
        """The choice now."""
        return tuple(np.flatnonzero(self.columns[: self.rows.candidates]).tolist())

    def homes(self, near: Nearness) -> Ints:
        """(cases, legs) where everybody is now."""
        return near.sides.homes(self.chosen, self.cases)

    def burden(self) -> npt.NDArray[np.float64]:
        """(cases,) what each case's nearness to others costs on the first level that has such costs."""
        found = np.zeros(self.cases)
        for pairs in self._near[:1]:
            near = pairs.told.are_near(self.homes(pairs.told))
            for side in (0, 1):
                found += np.bincount(pairs.told.pairs[near, side], pairs.told.amounts[near], self.cases)
        return found

    def beside(self, case: int) -> tuple[Ints, Ints]:
        """Cases that live near where a case lives or could live, and others that could live near it."""
        nobody = np.empty(0, dtype=np.int64)
        if not self.program.nearness:
            return nobody, nobody
        told = self.program.nearness[0]
        own = self.homes(told)[case]
        places = np.zeros(told.near.shape[1], dtype=np.bool_)
        places[own[own >= 0] if (own >= 0).any() else told.sides.place[(self.case == case) & self.keep]] = True
        close = told.near[:, places].any(axis=(0, 1)) | places
        inside = close[told.sides.place] & self.keep
        truth = self.columns[: self.rows.candidates] > 0
        here, could = np.unique(self.case[inside & truth]), np.unique(self.case[inside])
        return here, np.setdiff1d(could, here)

    def unplaced(self) -> Ints:
        """Waiting cases that are placed nowhere."""
        return np.setdiff1d(self.waiting, self.case[list(self.chosen)])

    def in_the_way(self, case: int) -> Ints:
        """Cases that share a row with any candidate of a case, and are placed."""
        own = np.flatnonzero((self.case == case) & self.keep)
        rows = np.unique(self._by_column[:, own].indices)
        columns = np.unique(self.rows.matrix[rows].indices)
        shared = columns[(columns >= self.rows.candidates) & (self.columns[columns] > 0)]
        behind = self.rows.matrix[np.flatnonzero(np.isin(self.rows.defines, shared))].indices
        columns = np.union1d(columns, behind)
        columns = columns[columns < self.rows.candidates]
        return np.setdiff1d(self.case[columns[self.columns[columns] > 0]], [case])

    def free(self, cases: Sequence[int], time_s: float, seed: int, *, is_audit: bool = False) -> Part:
        """Solve for some cases again with all others kept, and take what is found when it is better."""
        is_freed = np.zeros(self.cases, dtype=np.bool_)
        is_freed[list(cases)] = True
        free = np.flatnonzero(is_freed[self.case] & self.keep)
        if not len(free):
            return Part(self.chosen, is_better=False, is_proven=True)
        touched = np.unique(self._by_column[:, free].indices)
        auxiliaries = np.unique(self.rows.defines[touched])
        columns = np.concatenate((free, auxiliaries[auxiliaries >= 0]))
        fixed = self.columns.copy()
        fixed[columns] = 0
        fixed[np.flatnonzero(is_freed[self.case])] = 0
        columns = self._possible(columns, fixed)
        free = columns[columns < self.rows.candidates]
        model = _Model(columns)
        self._write_rows(model, fixed)
        if len(self.pin) and is_freed[self.case[self.pin[0]]]:
            pinned = np.flatnonzero(np.isin(columns, self.pin)).tolist()
            model.row(pinned, [1] * len(pinned), 1, is_equal=True)
        for coefficients, most in self._done:
            model.at_most(coefficients[columns], most - int(coefficients @ fixed))
        levels = [model.terms(costs[columns]) for costs in self._costs]
        for pairs in self._near:
            levels[pairs.level] += self._near_terms(pairs, model, is_freed, free)
        model.minimise(levels)
        before = dict(zip(columns.tolist(), self.columns[columns].tolist(), strict=True))
        found, is_proven = model.solve(before, time_s, seed, is_audit=is_audit)
        if found is None:
            return Part(self.chosen, is_better=False, is_proven=is_proven)
        was = self.values()
        old = self.columns.copy()
        kept = fixed[: self.rows.candidates].copy()
        kept[[c for c in found if c < self.rows.candidates]] = 1
        self._settle(np.flatnonzero(kept))
        is_better = self.values() < was
        if not is_better:
            self.columns = old
        return Part(self.chosen, is_better, is_proven)

    def values(self) -> tuple[int, ...]:
        """Value of each level that is minimised, constants left out."""
        found = [int(costs @ self.columns) for costs in self._costs]
        for pairs in self._near:
            near = pairs.told.are_near(self.homes(pairs.told))
            found[pairs.level] += int(pairs.told.amounts[near].sum())
        return tuple(found)

    def _possible(self, columns: Ints, fixed: Ints) -> Ints:
        """Of some columns those that no row alone forbids, given the fixed ones."""
        while True:
            rows = np.unique(self._by_column[:, columns].indices)
            part = self.rows.matrix[rows]
            left = self.rows.bounds[rows] - part @ fixed
            part = part[:, columns]
            least = np.asarray(part.minimum(0).sum(axis=1)).ravel()
            owner = np.repeat(np.arange(len(rows)), np.diff(part.indptr))
            is_link = rows[owner] >= len(self.rows.bounds) - self.rows.links
            blocked = (part.data > 0) & ~is_link & (part.data + least[owner] > left[owner])
            if not blocked.any():
                return columns
            columns = np.delete(columns, np.unique(part.indices[blocked]))

    def _write_rows(self, model: _Model, fixed: Ints) -> None:
        rows = np.unique(self._by_column[:, model.columns].indices)
        part = self.rows.matrix[rows]
        left = self.rows.bounds[rows] - part @ fixed
        part = part[:, model.columns]
        is_link = rows >= len(self.rows.bounds) - self.rows.links
        most = np.asarray(part.maximum(0).sum(axis=1)).ravel()
        indptr, indices, data = part.indptr.tolist(), part.indices.tolist(), part.data.tolist()
        for row in np.flatnonzero(is_link | (most > left)).tolist():
            inside = slice(indptr[row], indptr[row + 1])
            model.row(indices[inside], data[inside], int(left[row]), is_equal=bool(is_link[row]))

    def _near_terms(
        self, pairs: _Pairs, model: _Model, is_freed: Bools, free: Ints
    ) -> list[tuple[cp_model.IntVar, int]]:
        told, homes = pairs.told, self.homes(pairs.told)
        linear = np.zeros(len(self.case), dtype=np.int64)
        terms: list[tuple[cp_model.IntVar, int]] = []
        kept = np.zeros(len(self.case), dtype=np.bool_)
        kept[free] = True
        for case in np.flatnonzero(is_freed).tolist():
            own = free[self.case[free] == case]
            if not len(own):
                continue
            others, kinds, amounts = pairs.of(case)
            is_fixed = ~is_freed[others] & (homes[others] >= 0).any(axis=1)
            others, kinds, amounts = others[is_fixed], kinds[is_fixed], amounts[is_fixed]
            beside = np.zeros((len(own), len(others)), dtype=np.bool_)
            for leg in range(homes.shape[1]):
                there = homes[others, leg]
                beside |= (there >= 0)[None, :] & told.near[
                    kinds[None, :], told.sides.place[own][:, None], there[None, :]
                ]
            legs = told.sides.leg[own]
            if legs.max(initial=0) == 0:
                linear[own] += beside @ amounts
                continue
            for column, amount in enumerate(amounts.tolist()):  # linked stays near the same case cost once
                close = own[beside[:, column]]
                on = set(told.sides.leg[close].tolist())
                if len(on) == 1:
                    linear[close] += amount
                elif on:
                    terms.append((model.any_of([close[told.sides.leg[close] == leg] for leg in on]), amount))
        terms += [(model.v[c], int(linear[c])) for c in np.flatnonzero(linear).tolist()]
        for number in pairs.inside(is_freed).tolist():
            sides = list(self.program.near(told, number).among(kept))
            if sides:
                terms.append((model.meet(sides), int(told.amounts[number])))
        return terms


def _linear(program: Program, level: str) -> dict[int, int]:
    own = program.levels[level][1]
    return {n: a for n, a in own.items() if n >= 0 or not isinstance(program.auxiliaries[-n - 1], Near)}


class _Pairs:
    """The pairs of a `Nearness` by case."""

    def __init__(self, told: Nearness, cases: int, level: int) -> None:
        self.told, self.level = told, level
        case = np.concatenate((told.pairs[:, 0], told.pairs[:, 1]))
        order = np.argsort(case, kind="stable")
        self._other = np.concatenate((told.pairs[:, 1], told.pairs[:, 0]))[order]
        self._which = np.concatenate((told.which, told.which))[order]
        self._amount = np.concatenate((told.amounts, told.amounts))[order]
        self._from = np.searchsorted(case[order], np.arange(cases + 1))

    def of(self, case: int) -> tuple[Ints, Ints, Ints]:
        """Others a case shares a cost with, the kind of limit, and the amount."""
        inside = slice(self._from[case], self._from[case + 1])
        return self._other[inside], self._which[inside], self._amount[inside]

    def inside(self, is_freed: Bools) -> Ints:
        """Numbers of the pairs of which both are freed."""
        return np.flatnonzero(is_freed[self.told.pairs].all(axis=1))


class _Model:
    """CP-SAT over a few columns."""

    def __init__(self, columns: Ints) -> None:
        self.columns = columns
        self.model = cp_model.CpModel()
        self.v = {column: self.model.new_bool_var("") for column in columns.tolist()}
        self._list = list(self.v.values())

    def row(self, places: list[int], amounts: list[int], bound: int, *, is_equal: bool) -> None:
        """Sum of amount times column, by place among the columns."""
        own = [self._list[place] for place in places]
        if is_equal:
            self.model.add(cp_model.LinearExpr.weighted_sum(own, amounts) == bound)
        elif bound == 1 and set(amounts) == {1}:
            self.model.add_at_most_one(own)
        else:
            self.model.add(cp_model.LinearExpr.weighted_sum(own, amounts) <= bound)

    def terms(self, amounts: Ints) -> list[tuple[cp_model.IntVar, int]]:
        """What the columns cost, by place among them."""
        own = np.flatnonzero(amounts)
        return [(self._list[c], a) for c, a in zip(own.tolist(), amounts[own].tolist(), strict=True)]

    def at_most(self, coefficients: Ints, most: int) -> None:
        """A finished level keeps its value."""
        own = np.flatnonzero(coefficients).tolist()
        amounts = coefficients[own].tolist()
        self.model.add(cp_model.LinearExpr.weighted_sum([self._list[c] for c in own], amounts) <= most)

    def any_of(self, groups: Sequence[Ints]) -> cp_model.IntVar:
        """True when any of these columns is, one group a leg."""
        literal = self.model.new_bool_var("")
        for group in groups:
            self.model.add_at_most_one([*(self.v[c] for c in group.tolist()), ~literal])
        return literal

    def meet(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> cp_model.IntVar:
        """True when both sides of any pair are."""
        literal = self.model.new_bool_var("")
        for a, b in pairs:
            self.model.add(cp_model.LinearExpr.sum([self.v[c] for c in (*a, *b)]) <= 1 + literal)
        return literal

    def minimise(self, levels: Sequence[Sequence[tuple[cp_model.IntVar, int]]]) -> None:
        """The levels in one objective, a unit of one outweighing all that follow; the last ones as far as they fit.

        What does not fit is left to chance here: a part is taken only when the whole vector is better.
        """
        spans = [sum(abs(amount) for _, amount in terms) + 1 for terms in levels]
        fit = len(levels)
        while fit > 1 and math.prod(spans[:fit]) >= _MOST:
            fit -= 1
        objective, weight = [], 1
        for terms, span in zip(reversed(levels[:fit]), reversed(spans[:fit]), strict=True):
            objective += [(variable, amount * weight) for variable, amount in terms]
            weight *= span
        if weight >= _MOST:
            raise SolverFault("a level of a part does not fit into an objective")
        self.model.minimize(
            cp_model.LinearExpr.weighted_sum([variable for variable, _ in objective], [a for _, a in objective])
        )

    def solve(
        self, before: Mapping[int, int], time_s: float, seed: int, *, is_audit: bool
    ) -> tuple[list[int] | None, bool]:
        """True columns of the best answer, and whether it is the best there is."""
        for column, variable in self.v.items():
            self.model.add_hint(variable, before[column])
        solver = solver_with(time_s, seed, is_audit=is_audit)
        status = solver.solve(self.model)
        if status == cp_model.MODEL_INVALID:
            raise SolverFault("the solver calls a part of the model invalid")
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, False
        return [c for c, variable in self.v.items() if solver.boolean_value(variable)], status == cp_model.OPTIMAL
