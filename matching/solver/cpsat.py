"""A program in CP-SAT: the only module that talks to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
from ortools.sat.python import cp_model

from matching.errors import SolverFault
from matching.solver.program import Program
from matching.solver.rows import Rows, rows_of

__all__ = ["SETTINGS", "Answer", "CpSat", "Limits", "solver_with"]


@dataclass(frozen=True)
class Limits:
    """How long and how a solver may search.

    Parameters
    ----------
    time_s : wall clock for one whole answer, seconds
    workers : CP-SAT workers; 1 is repeatable
    seed : of the search
    audit : repeatable on any machine: one worker and a limit in deterministic time instead of wall clock

    Examples
    --------
    >>> Limits().workers
    1
    """

    time_s: float = 60.0
    workers: int = 1
    seed: int = 1
    audit: bool = False

    def left_s(self, began: float) -> float:
        """Seconds left since a moment of `time.monotonic`; in audit mode each search has the whole limit."""
        return self.time_s if self.audit else max(0.05, self.time_s - (time.monotonic() - began))


SETTINGS: Final[Mapping[str, object]] = MappingProxyType(
    {"linearization_level": 2, "cp_model_probing_level": 0, "symmetry_level": 0}
)
"""Parameters of CP-SAT, chosen by the table of `benchmarks.configurations` in benchmarks/README.md."""


def solver_with(
    time_s: float, seed: int, workers: int = 1, settings: Mapping[str, object] = SETTINGS, *, is_audit: bool = False
) -> cp_model.CpSolver:
    """CP-SAT with a limit, in deterministic time when it must be repeatable, and these settings."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    for name, value in settings.items():
        setattr(solver.parameters, name, value)
    if is_audit:
        solver.parameters.max_deterministic_time = max(time_s, 0.01)
    else:
        solver.parameters.max_time_in_seconds = max(time_s, 0.01)
    return solver


@dataclass(frozen=True)
class Answer:
    """Outcome of one search: chosen candidates (none: nothing found), value and proven bound."""

    chosen: tuple[int, ...] | None
    value: int
    bound: int
    is_infeasible: bool = False


class CpSat:
    """CP-SAT model of a program over the candidates kept; may be searched again with other objectives.

    Parameters
    ----------
    program : clauses
    rows : the same clauses as arrays, when they are at hand
    keep : (candidates,) which may be chosen; none: all that are not forbidden
    charged : literals that will cost something; none: any may. An auxiliary that neither binds nor is
        charged is left out, and may then not be charged
    """

    def __init__(
        self,
        program: Program,
        rows: Rows | None = None,
        keep: npt.NDArray[np.bool_] | None = None,
        charged: Iterable[int] | None = None,
    ) -> None:
        self.program = program
        self.rows = rows_of(program) if rows is None else rows
        candidates = self.rows.candidates
        kept = np.ones(candidates, dtype=np.bool_) if keep is None else keep[:candidates].copy()
        kept[list(program.forbidden)] = False
        wanted = range(-1, -len(program.auxiliaries) - 1, -1) if charged is None else charged
        self.columns = self.rows.needed(kept, wanted)
        self.model = cp_model.CpModel()
        no = self.model.new_constant(0)
        self.v = [self.model.new_bool_var("") if is_kept else no for is_kept in self.columns.tolist()]
        self.x = self.v[:candidates]
        self._write_rows()
        self._write_near(kept)

    def _write_rows(self) -> None:
        matrix, links_from = self.rows.matrix, len(self.rows.bounds) - self.rows.links
        starts, indices, data = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
        is_kept, bounds, v = self.columns.tolist(), self.rows.bounds.tolist(), self.v
        for row in self.rows.active(self.columns).tolist():
            terms = [
                (c, a)
                for c, a in zip(
                    indices[starts[row] : starts[row + 1]], data[starts[row] : starts[row + 1]], strict=True
                )
                if is_kept[c]
            ]
            bound = bounds[row]
            ups, downs = [c for c, a in terms if a == 1], [c for c, a in terms if a == -1]
            if row >= links_from:
                self.model.add(
                    cp_model.LinearExpr.weighted_sum([v[c] for c, _ in terms], [a for _, a in terms]) == bound
                )
            elif len(ups) + len(downs) == len(terms) and bound == 1 - len(downs):
                self.model.add_at_most_one([*(v[c] for c in ups), *(~v[c] for c in downs)])
            else:
                self.model.add(
                    cp_model.LinearExpr.weighted_sum([v[c] for c, _ in terms], [a for _, a in terms]) <= bound
                )

    def _write_near(self, kept: npt.NDArray[np.bool_]) -> None:
        for told in self.program.nearness:
            first = self.rows.candidates + told.first
            if not self.columns[first : first + len(told.pairs)].any():
                continue
            for pair in np.flatnonzero(told.can_be_near(kept)).tolist():
                column = first + pair
                if self.columns[column]:
                    for a, b in self.program.near(told, pair).among(kept):
                        sides = [self.x[n] for n in (*a, *b)]
                        self.model.add(cp_model.LinearExpr.sum(sides) <= 1 + self.v[column])

    def _sum(self, terms: Iterable[tuple[int, int]]) -> cp_model.LinearExprT:
        pairs = [(self.rows.column(literal), amount) for literal, amount in terms]
        pairs = [(column, amount) for column, amount in pairs if self.columns[column]]
        return cp_model.LinearExpr.weighted_sum([self.v[c] for c, _ in pairs], [a for _, a in pairs])

    def bound_level(self, coefficients: Mapping[int, int], most: int) -> None:
        """Keep a finished level at its value from now on."""
        self.model.add(self._sum(coefficients.items()) <= most)

    def pin(self, numbers: Sequence[int]) -> None:
        """Exactly one of these candidates is chosen."""
        self.model.add_exactly_one([self.x[number] for number in numbers])

    def hint(self, chosen: Sequence[int]) -> None:
        """A complete hint: every candidate and every auxiliary."""
        true = {self.rows.column(literal) for literal in self.program.true_literals(chosen)}
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for column, is_kept in enumerate(self.columns.tolist()):
            if is_kept:
                self.model.add_hint(self.v[column], column in true)

    def minimise(
        self,
        constant: int,
        coefficients: Mapping[int, int],
        limits: Limits,
        time_s: float,
        watch: Callable[[tuple[int, ...]], None] | None = None,
        settings: Mapping[str, object] = SETTINGS,
    ) -> Answer:
        """Least value of an objective.

        Parameters
        ----------
        constant, coefficients : by literal
        limits : workers, seed, whether repeatable
        time_s : limit of this search
        watch : told each better choice of candidates as it is found
        settings : parameters of CP-SAT

        Raises
        ------
        SolverFault : CP-SAT calls the model invalid
        """
        self.model.minimize(self._sum(coefficients.items()) + constant)
        solver = solver_with(
            time_s, limits.seed, 1 if limits.audit else limits.workers, settings, is_audit=limits.audit
        )
        status = solver.solve(self.model, None if watch is None else _Watch(self.x, watch))
        if status == cp_model.INFEASIBLE:
            return Answer(None, 0, 0, is_infeasible=True)
        if status == cp_model.MODEL_INVALID:
            raise SolverFault("the solver calls the model invalid")
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Answer(None, 0, constant + sum(min(0, amount) for amount in coefficients.values()))
        chosen = tuple(number for number, variable in enumerate(self.x) if solver.boolean_value(variable))
        value = constant + sum(coefficients.get(number, 0) for number in self.program.true_literals(chosen))
        lowest = value if status == cp_model.OPTIMAL else -int(-solver.best_objective_bound // 1)
        if value > round(solver.objective_value) or lowest > value:
            raise SolverFault("an objective counted again is not what the solver told of it")
        return Answer(chosen, value, lowest)


class _Watch(cp_model.CpSolverSolutionCallback):
    """Hands on every solution CP-SAT finds."""

    def __init__(self, x: Sequence[cp_model.IntVar], tell: Callable[[tuple[int, ...]], None]) -> None:
        super().__init__()
        self._x, self._tell = x, tell

    def on_solution_callback(self) -> None:
        """Called by the solver."""
        self._tell(tuple(number for number, variable in enumerate(self._x) if self.boolean_value(variable)))
