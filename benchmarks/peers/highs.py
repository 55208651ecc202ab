"""HiGHS through MathOpt, given the same cliques, the same levels and the same reduced-cost fixing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from scipy.sparse import csr_array, vstack

from benchmarks.peers.instance import Clock, Instance
from benchmarks.peers.levels import Answer, Objective, Optimum, SolverFailed, in_order
from matching.solver.nearness import Near
from matching.solver.program import Program
from matching.solver.relaxation import Relaxation, relax
from matching.solver.rows import rows_of

__all__ = ["highs_cliques", "incumbent_of"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

FOLDED: Final = 10**6
"""Levels share an objective up to this value: the solver counts in floating point, to 1e-6."""

_GAP: Final = 0.9
"""Objectives are whole numbers: a bound less than one below the value proves it."""

_INCUMBENT: Final = re.compile(r"^ [A-Za-z] +\d+ +\d+ +\d+ +[\d.]+% +\S+ +(-?[\d.]+(?:e[+-]?\d+)?) ")


def incumbent_of(line: str) -> float | None:
    """Value of the plan that a line of the solver's log reports, when it reports one.

    Examples
    --------
    >>> incumbent_of(" L       0       0         0   0.00%   12.5    15      18.63%    48     7     3    76    0.6s")
    15.0
    >>> incumbent_of("         5       0         0   0.00%   12.5    15      18.63%    48     7     3    76    0.6s")
    """
    found = _INCUMBENT.match(line)
    return float(found.group(1)) if found else None


class _Model:
    """The clauses as sparse rows; each level is a model of the columns that its relaxation leaves.

    `build_s`, `rows` and `variables` are the time that writing all models took, and the size of the largest.
    """

    def __init__(self, program: Program, clock: Clock) -> None:
        self.program, self.clock = program, clock
        began_s = clock.now_s
        self.told = rows_of(program)
        self.left: Bools = np.ones(self.told.candidates, dtype=np.bool_)
        self.left[list(program.forbidden)] = False
        self.done: list[tuple[Mapping[int, int], int]] = []
        self.build_s, self.rows, self.variables = clock.now_s - began_s, 0, 0

    def keep(self, objective: Objective, value: int) -> None:
        """From now on the objective is at most its value."""
        self.done.append((objective.coefficients, value - objective.constant))

    def minimise(self, objective: Objective, hint: tuple[int, ...] | None) -> Optimum:
        """Relaxation, fixing, branch and cut from the last level's choice.

        Raises
        ------
        SolverFailed : the solver calls the model infeasible, or ends in no way known here
        """
        chosen = hint or ()
        relaxed = self._relaxed(objective)
        bound = None
        if relaxed is not None:
            bound = relaxed.bound + objective.constant
            whole = self._whole(relaxed)
            if whole is not None and self._value(objective, whole) < self._value(objective, chosen):
                chosen = whole
        if bound is None or self._value(objective, chosen) > bound:
            left = self.left if relaxed is None else self.left & self._within(relaxed, objective, chosen)
            found = self._branch(objective, chosen, left)
            if found.chosen is not None and self._value(objective, found.chosen) < self._value(objective, chosen):
                chosen = found.chosen
            if found.bound is not None:
                bound = found.bound if bound is None else max(bound, found.bound)
        if relaxed is not None:
            self.left = self.left & self._within(relaxed, objective, chosen)
        if bound is None and not chosen and hint is None:
            return Optimum(None, None)
        return Optimum(chosen, None if bound is None else min(bound, self._value(objective, chosen)))

    def _value(self, objective: Objective, chosen: tuple[int, ...]) -> int:
        true = self.program.true_literals(chosen)
        return objective.constant + sum(objective.coefficients.get(literal, 0) for literal in true)

    def _within(self, relaxed: Relaxation, objective: Objective, chosen: tuple[int, ...]) -> Bools:
        """Candidates that a plan no worse than this one can use."""
        found: Bools = relaxed.within(self._value(objective, chosen) - objective.constant)[: self.told.candidates]
        return found

    def _is_near(self, literal: int) -> bool:
        return literal < 0 and isinstance(self.program.auxiliaries[-literal - 1], Near)

    def _charged(self, objective: Objective) -> set[int]:
        return {n for n in set(objective.coefficients).union(*(level for level, _ in self.done)) if n < 0}

    def _relaxed(self, objective: Objective) -> Relaxation | None:
        """The linear relaxation; none of a level that charges pairs of cases."""
        if any(map(self._is_near, objective.coefficients)):
            return None
        charged = {literal for literal in self._charged(objective) if not self._is_near(literal)}
        levels = [
            (self.told.vector({n: a for n, a in level.items() if not self._is_near(n)}), most)
            for level, most in self.done
        ]
        costs = self.told.vector(objective.coefficients)
        return relax(self.told, costs, self.told.needed(self.left, charged), levels, time_s=max(0.1, self.clock.left_s))

    def _whole(self, relaxed: Relaxation) -> tuple[int, ...] | None:
        """The relaxation's solution, when it is a plan that keeps every clause and level."""
        primal = relaxed.primal[: self.told.candidates]
        if (np.abs(primal - np.rint(primal)) >= 1e-6).any():
            return None
        chosen = tuple(np.flatnonzero(primal > 0.5).tolist())
        if len(self.told.broken(self.told.truth(self.program, chosen))):
            return None
        true = self.program.true_literals(chosen)
        fits = all(sum(level.get(n, 0) for n in true) <= most for level, most in self.done)
        return chosen if fits else None

    def _branch(self, objective: Objective, chosen: tuple[int, ...], left: Bools) -> Optimum:
        began_s = self.clock.now_s
        model, columns = self._model(objective, left)
        variables = list(model.variables())
        self.build_s += self.clock.now_s - began_s
        self.rows = max(self.rows, model.get_num_linear_constraints())
        self.variables = max(self.variables, len(variables))
        true = {self.told.column(literal) for literal in self.program.true_literals(chosen)}
        start = {one: float(column in true) for one, column in zip(variables, columns.tolist(), strict=True)}

        def listen(lines: Sequence[str]) -> None:
            # The log tells when a plan was found and its value on this level, not what it is on later ones.
            if self.clock.first_s is None and any(incumbent_of(line) is not None for line in lines):
                self.clock.first_s = self.clock.now_s

        result = mathopt.solve(
            model,
            mathopt.SolverType.HIGHS,
            params=mathopt.SolveParameters(
                time_limit=timedelta(seconds=max(0.01, self.clock.left_s)),
                relative_gap_tolerance=0.0,
                absolute_gap_tolerance=_GAP,
            ),
            model_params=mathopt.ModelSolveParameters(
                solution_hints=[mathopt.SolutionHint(variable_values=start)] if variables else []
            ),
            msg_cb=listen,
        )
        reason = result.termination.reason
        known = (mathopt.TerminationReason.OPTIMAL, mathopt.TerminationReason.FEASIBLE)
        if reason not in (*known, mathopt.TerminationReason.NO_SOLUTION_FOUND):
            raise SolverFailed("the solver ended in a way that a model with a plan does not allow")
        bound = result.termination.objective_bounds.dual_bound
        least = math.ceil(bound - 1e-4) if math.isfinite(bound) else None
        if reason == mathopt.TerminationReason.NO_SOLUTION_FOUND:
            return Optimum(None, least)
        values = np.array(result.variable_values(variables))
        found = columns[values > 0.5]
        return Optimum(tuple(found[found < self.told.candidates].tolist()), least)

    def _model(self, objective: Objective, left: Bools) -> tuple[mathopt.Model, Ints]:
        """The level over these candidates, and the column of each variable."""
        charged = self._charged(objective)
        needed = self.told.needed(left, charged)
        active = self.told.active(needed)
        width = self.told.matrix.shape[1]
        near = [literal for literal in charged if self._is_near(literal)]
        pairs: list[list[tuple[int, int]]] = []
        for literal in near:
            behind = self.program.auxiliaries[-literal - 1]
            for a, b in behind.among(left) if isinstance(behind, Near) else ():
                pairs.append([*((n, 1) for n in (*a, *b)), (self.told.column(literal), -1)])
        owner = np.repeat(np.arange(len(pairs)), [len(terms) for terms in pairs])
        flat = np.array([term for terms in pairs for term in terms], dtype=np.int64).reshape(-1, 2)
        blocks: list[Any] = [
            self.told.matrix[active],
            csr_array((flat[:, 1], (owner, flat[:, 0])), (len(pairs), width)),
        ]
        most = [self.told.bounds[active].astype(float), np.ones(len(pairs))]
        for level, value in self.done:
            blocks.append(csr_array(self.told.vector(level)[None, :]))
            most.append(np.array([float(value)]))
        links = active >= len(self.told.bounds) - self.told.links
        least = np.full(sum(map(len, most)), -math.inf)
        least[: len(active)][links] = 0.0
        columns = np.flatnonzero(needed)
        costs = self.told.vector(objective.coefficients)[columns]
        return _proto(blocks, least, np.concatenate(most), columns, costs, objective.constant), columns


def _proto(
    blocks: Sequence[Any],
    least: npt.NDArray[np.float64],
    most: npt.NDArray[np.float64],
    columns: Ints,
    costs: npt.NDArray[np.float64],
    constant: int,
) -> mathopt.Model:
    """A model of binary columns and sparse rows, written as the solver's own message: no object for each number."""
    matrix = csr_array(vstack(blocks, format="csr")[:, columns])
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    told = model_pb2.ModelProto()
    told.variables.ids.extend(range(len(columns)))
    told.variables.lower_bounds.extend([0.0] * len(columns))
    told.variables.upper_bounds.extend([1.0] * len(columns))
    told.variables.integers.extend([True] * len(columns))
    told.linear_constraints.ids.extend(range(len(most)))
    told.linear_constraints.lower_bounds.extend(least.tolist())
    told.linear_constraints.upper_bounds.extend(most.tolist())
    told.linear_constraint_matrix.row_ids.extend(np.repeat(np.arange(len(most)), np.diff(matrix.indptr)).tolist())
    told.linear_constraint_matrix.column_ids.extend(matrix.indices.tolist())
    told.linear_constraint_matrix.coefficients.extend(matrix.data.astype(float).tolist())
    told.objective.offset = float(constant)
    charged = np.flatnonzero(costs)
    told.objective.linear_coefficients.ids.extend(charged.tolist())
    told.objective.linear_coefficients.values.extend(costs[charged].tolist())
    return mathopt.Model.from_model_proto(told)


def highs_cliques(instance: Instance, clock: Clock, seed: int) -> Answer:  # noqa: ARG001 - HiGHS is deterministic
    """HiGHS with the cliques, capacities, levels and fixing of the program."""
    model = _Model(instance.program, clock)
    chosen, levels = in_order(instance, clock, model, FOLDED)
    return Answer(chosen, tuple(levels), model.build_s, model.rows, model.variables)
