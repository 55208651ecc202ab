"""A program in CP-SAT: the only module that talks to it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ortools.sat.python import cp_model

from matching.errors import SolverFault
from matching.solver.program import AnyOf, Meet, Program

__all__ = ["Answer", "CpSat", "Limits"]


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


@dataclass(frozen=True)
class Answer:
    """Outcome of one search: chosen candidates (none: nothing found), value and proven bound."""

    chosen: tuple[int, ...] | None
    value: int
    bound: int
    is_infeasible: bool = False


class CpSat:
    """CP-SAT model of a program; may be searched again and again with other objectives."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.model = cp_model.CpModel()
        self.x = [self.model.new_bool_var("") for _ in program.candidates.items]
        self.added: list[int] = []
        self.y = [self.model.new_bool_var("") for _ in program.auxiliaries]
        for number in sorted(program.forbidden):
            self.model.add(self.x[number] == 0)
        for told, literal in zip(program.auxiliaries, self.y, strict=True):
            for group in told.groups if isinstance(told, AnyOf) else ():
                self.model.add_at_most_one([self.x[number] for number in group] + [~literal])
            for a, b in told.pairs if isinstance(told, Meet) else ():
                self.model.add(cp_model.LinearExpr.sum([self.x[number] for number in (*a, *b)]) <= 1 + literal)
        for packing in program.packings:
            self.model.add_at_most_one([self._literal(number) for number in packing])
        for terms, bound in program.rows:
            if bound == 1 and all(amount == 1 for _, amount in terms):
                self.model.add_at_most_one([self._literal(number) for number, _ in terms])
            else:
                self.model.add(self._sum(terms) <= bound)
        for first, later in program.links:
            self.model.add(self._sum((n, 1) for n in first) == self._sum((n, 1) for n in later))

    def _literal(self, number: int) -> cp_model.IntVar:
        return self.x[number] if number >= 0 else self.y[-number - 1]

    def _sum(self, terms: Iterable[tuple[int, int]]) -> cp_model.LinearExprT:
        pairs = list(terms)
        return cp_model.LinearExpr.weighted_sum([self._literal(n) for n, _ in pairs], [a for _, a in pairs])

    def bound_level(self, coefficients: Mapping[int, int], most: int) -> None:
        """Keep a finished level at its value from now on; inside `pinned` until that ends."""
        self.added.append(self.model.add(self._sum(coefficients.items()) <= most).index)

    @contextmanager
    def pinned(self, numbers: Sequence[int]) -> Iterator[None]:
        """Exactly one of these candidates is chosen, inside the `with` block only."""
        before = len(self.added)
        pin = self.model.add_exactly_one([self.x[number] for number in numbers])
        try:
            yield
        finally:
            self.model.proto.constraints[pin.index].clear_exactly_one()
            for index in self.added[before:]:
                self.model.proto.constraints[index].clear_linear()
            del self.added[before:]

    def hint(self, chosen: Sequence[int]) -> None:
        """A complete hint: every candidate and every auxiliary."""
        true = self.program.true_literals(chosen)
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for number, variable in enumerate(self.x):
            self.model.add_hint(variable, number in true)
        for number, literal in enumerate(self.y, start=1):
            self.model.add_hint(literal, -number in true)

    def minimise(self, constant: int, coefficients: Mapping[int, int], limits: Limits, time_s: float) -> Answer:
        """Least value of an objective.

        Raises
        ------
        SolverFault : CP-SAT calls the model invalid
        """
        self.model.minimize(self._sum(coefficients.items()) + constant)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1 if limits.audit else limits.workers
        solver.parameters.random_seed = limits.seed
        solver.parameters.linearization_level = 2
        solver.parameters.cp_model_probing_level = 0  # with the line after, a third less time on these models
        solver.parameters.symmetry_level = 0
        if limits.audit:
            solver.parameters.max_deterministic_time = max(time_s, 0.01)
        else:
            solver.parameters.max_time_in_seconds = max(time_s, 0.01)
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return Answer(None, 0, 0, is_infeasible=True)
        if status == cp_model.MODEL_INVALID:
            raise SolverFault("the solver calls the model invalid")
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Answer(None, 0, constant + sum(min(0, amount) for amount in coefficients.values()))
        chosen = tuple(number for number, variable in enumerate(self.x) if solver.boolean_value(variable))
        value = constant + sum(coefficients.get(number, 0) for number in self.program.true_literals(chosen))
        bound = value if status == cp_model.OPTIMAL else min(value, -int(-solver.best_objective_bound // 1))
        return Answer(chosen, value, bound)
