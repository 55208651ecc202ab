"""HiGHS through MathOpt, given the same cliques and the same levels."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from ortools.math_opt.python import mathopt

from benchmarks.peers.instance import Clock, Instance
from benchmarks.peers.levels import Answer, Objective, Optimum, SolverFailed, in_order
from matching.solver.program import AnyOf, Program

__all__ = ["highs_cliques", "incumbent_of"]

FOLDED: Final = 10**6
"""Levels share an objective up to this value: the solver counts in floating point, to 1e-6."""

_GAP: Final = 0.9
"""Objectives are whole numbers: a bound less than one below the value proves it."""

_INCUMBENT: Final = re.compile(r"^ [A-Za-z] +\d+ +\d+ +\d+ +[\d.]+% +\S+ +(-?[\d.]+(?:e[+-]?\d+)?) ")


def incumbent_of(line: str) -> float | None:
    """Value of the plan that a line of the solver's log reports, when it reports one.

    Examples
    --------
    >>> incumbent_of(" L       0       0         0   0.00%   12.5    15     18.63%    48     7     3    76    0.6s")
    15.0
    >>> incumbent_of("         5       0         0   0.00%   12.5    15     18.63%    48     7     3    76    0.6s")
    """
    found = _INCUMBENT.match(line)
    return float(found.group(1)) if found else None


class _Model:
    """The clauses as linear rows over binary variables; an auxiliary is bound from below only, as it only costs."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.model = mathopt.Model()
        self.x = [self.model.add_binary_variable() for _ in program.candidates.items]
        self.y = [self.model.add_binary_variable() for _ in program.auxiliaries]
        for number in program.forbidden:
            self.x[number].upper_bound = 0.0
        for told, literal in zip(program.auxiliaries, self.y, strict=True):
            if isinstance(told, AnyOf):
                for group in told.groups:
                    self._at_most([*((self.x[n], 1) for n in group), (literal, -1)], 0)
                continue
            for a, b in told.pairs:
                self._at_most([*((self.x[n], 1) for n in (*a, *b)), (literal, -1)], 1)
        for packing in program.packings:
            self._at_most([(self._of(n), 1) for n in packing], 1)
        for terms, most in program.rows:
            self._at_most([(self._of(n), amount) for n, amount in terms], most)
        for first, later in program.links:
            self._row([*((self.x[n], 1) for n in first), *((self.x[n], -1) for n in later)], 0, 0)

    def _of(self, number: int) -> mathopt.Variable:
        return self.x[number] if number >= 0 else self.y[-number - 1]

    def _row(self, terms: Iterable[tuple[mathopt.Variable, int]], least: float, most: float) -> None:
        row = self.model.add_linear_constraint(lb=least, ub=most)
        for variable, amount in terms:
            row.set_coefficient(variable, row.get_coefficient(variable) + amount)

    def _at_most(self, terms: Iterable[tuple[mathopt.Variable, int]], most: int) -> None:
        self._row(terms, -math.inf, most)

    def keep(self, objective: Objective, value: int) -> None:
        """From now on the objective is at most its value."""
        terms = [(self._of(n), amount) for n, amount in objective.coefficients.items()]
        self._at_most(terms, value - objective.constant)

    def minimise(self, objective: Objective, hint: tuple[int, ...] | None, clock: Clock) -> Optimum:
        """Branch and cut from the last level's choice.

        Raises
        ------
        SolverFailed : the solver calls the model infeasible, or ends in no way known here
        """
        self._minimise(objective.coefficients, objective.constant)

        def listen(lines: Sequence[str]) -> None:
            # The log tells when a plan was found and its value on this level, not what it is on later ones.
            if clock.first_s is None and any(incumbent_of(line) is not None for line in lines):
                clock.first_s = clock.now_s

        given: Any = {} if hint is None else {"solution_hints": [self._hint(hint)]}
        result = mathopt.solve(
            self.model,
            mathopt.SolverType.HIGHS,
            params=mathopt.SolveParameters(
                time_limit=timedelta(seconds=max(0.01, clock.left_s)),
                relative_gap_tolerance=0.0,
                absolute_gap_tolerance=_GAP,
            ),
            model_params=mathopt.ModelSolveParameters(**given),
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
        values = result.variable_values(self.x)
        chosen = tuple(number for number, value in enumerate(values) if value > 0.5)
        return Optimum(chosen, least)

    def _minimise(self, coefficients: Mapping[int, int], constant: int) -> None:
        self.model.minimize(mathopt.fast_sum([amount * self._of(n) for n, amount in coefficients.items()]) + constant)

    def _hint(self, chosen: tuple[int, ...]) -> mathopt.SolutionHint:
        true = self.program.true_literals(chosen)
        told = {variable: float(number in true) for number, variable in enumerate(self.x)}
        told |= {variable: float(-number in true) for number, variable in enumerate(self.y, start=1)}
        return mathopt.SolutionHint(variable_values=told)


def highs_cliques(instance: Instance, clock: Clock, seed: int) -> Answer:  # noqa: ARG001 - HiGHS is deterministic
    """HiGHS with the cliques, capacities and levels of the program."""
    began = time.perf_counter()
    model = _Model(instance.program)
    build_s = time.perf_counter() - began
    rows, variables = model.model.get_num_linear_constraints(), model.model.get_num_variables()
    chosen, levels = in_order(instance, clock, model, FOLDED)
    return Answer(chosen, tuple(levels), build_s, rows, variables)
