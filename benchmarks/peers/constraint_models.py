"""Two CP-SAT models as a user would write them: with presence literals, and pair by pair; default search."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import numpy.typing as npt
from ortools.sat.python import cp_model

from benchmarks.peers.instance import Clock, Instance
from benchmarks.peers.levels import Answer, Objective, Optimum, SolverFailed, in_order
from matching.solver.program import AnyOf, Program

__all__ = ["conflicting_pairs", "naive_cpsat", "presence_cpsat"]

Ints = npt.NDArray[np.int64]
WORKERS: Final = 2
_PAIRS_AT_ONCE: Final = 4_000_000
_CLAUSES_AT_ONCE: Final = 10_000


class OutOfTime(Exception):
    """The model alone took the whole limit."""


class _Watching(cp_model.CpSolverSolutionCallback):
    def __init__(self, x: list[cp_model.IntVar], program: Program, clock: Clock) -> None:
        super().__init__()
        self._x, self._program, self._clock = x, program, clock

    def on_solution_callback(self) -> None:
        """Note the time, then the levels of the choice."""
        at_s = self._clock.now_s
        chosen = tuple(number for number, variable in enumerate(self._x) if self.boolean_value(variable))
        self._clock.saw(self._program.values(chosen), at_s)


class _Model:
    """What both models share: candidates, capacities, legs, costs, the loop over levels."""

    def __init__(self, program: Program, clock: Clock, seed: int) -> None:
        self.program, self.clock, self.seed = program, clock, seed
        self.model = cp_model.CpModel()
        self.x = [self.model.new_bool_var("") for _ in program.candidates.items]
        self.y = [self.model.new_bool_var("") for _ in program.auxiliaries]
        for number in program.forbidden:
            self.model.add(self.x[number] == 0)
        for place, (told, literal) in enumerate(zip(program.auxiliaries, self.y, strict=True)):
            if place % 100 == 0:
                self.insist_on_time()
            if isinstance(told, AnyOf):
                self.any_of(told, literal)
                continue
            for a, b in told.pairs:
                self.model.add(cp_model.LinearExpr.sum([self.x[number] for number in (*a, *b)]) <= 1 + literal)
        for terms, most in program.rows:
            self.model.add(self.total(dict(terms)) <= most)
        for first, later in program.links:
            self.model.add(sum(self.x[n] for n in first) == sum(self.x[n] for n in later))

    def insist_on_time(self) -> None:
        """Stop when the limit is over.

        Raises
        ------
        OutOfTime : it is
        """
        if self.clock.left_s <= 0:
            raise OutOfTime

    def any_of(self, told: AnyOf, literal: cp_model.IntVar) -> None:
        """The literal is true when a candidate of any group is chosen."""
        raise NotImplementedError

    def literal(self, number: int) -> cp_model.IntVar:
        """Variable of a literal."""
        return self.x[number] if number >= 0 else self.y[-number - 1]

    def total(self, coefficients: dict[int, int]) -> cp_model.LinearExprT:
        """A weighted sum of literals."""
        return cp_model.LinearExpr.weighted_sum([self.literal(n) for n in coefficients], list(coefficients.values()))

    def keep(self, objective: Objective, value: int) -> None:
        """From now on the objective is at most its value."""
        self.model.add(self.total(dict(objective.coefficients)) <= value - objective.constant)

    def minimise(self, objective: Objective, hint: tuple[int, ...] | None) -> Optimum:
        """Default search with the last level's choice as a complete hint.

        Raises
        ------
        SolverFailed : the solver calls the model infeasible or invalid
        """
        self.model.minimize(self.total(dict(objective.coefficients)) + objective.constant)
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        if hint is not None:
            true = self.program.true_literals(hint)
            for number, variable in enumerate(self.x):
                self.model.add_hint(variable, number in true)
            for number, literal in enumerate(self.y, start=1):
                self.model.add_hint(literal, -number in true)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = WORKERS
        solver.parameters.random_seed = self.seed
        solver.parameters.max_time_in_seconds = max(0.01, self.clock.left_s)
        status = solver.solve(self.model, _Watching(self.x, self.program, self.clock))
        if status in (cp_model.INFEASIBLE, cp_model.MODEL_INVALID):
            raise SolverFailed("the solver calls a model infeasible that the empty plan fulfils, or invalid")
        if status == cp_model.UNKNOWN:
            return Optimum(None, None)
        chosen = tuple(number for number, variable in enumerate(self.x) if solver.boolean_value(variable))
        return Optimum(chosen, int(-(-round(solver.best_objective_bound, 6) // 1)))


class _Presence(_Model):
    """The clauses as they are told: presence literals in at-most-ones over cliques."""

    def __init__(self, program: Program, clock: Clock, seed: int) -> None:
        super().__init__(program, clock, seed)
        for packing in program.packings:
            self.model.add_at_most_one([self.literal(number) for number in packing])

    def any_of(self, told: AnyOf, literal: cp_model.IntVar) -> None:
        for group in told.groups:
            self.model.add_at_most_one([self.x[number] for number in group] + [~literal])


class _Naive(_Model):
    """One clause for every two candidates that exclude each other; one choice a case and leg."""

    def __init__(self, program: Program, clock: Clock, seed: int) -> None:
        super().__init__(program, clock, seed)
        by_leg: dict[tuple[int, int], list[int]] = {}
        for number, item in enumerate(program.candidates.items):
            by_leg.setdefault((item.case, item.leg), []).append(number)
        for numbers in by_leg.values():
            self.model.add_at_most_one([self.x[number] for number in numbers])
        impossible, pairs = conflicting_pairs(program, clock)
        for number in impossible:
            self.model.add(self.x[number] == 0)
        for place, (a, b) in enumerate(pairs.tolist()):
            if place % _CLAUSES_AT_ONCE == 0:
                self.insist_on_time()
            self.model.add_bool_or([~self.x[a], ~self.x[b]])

    def any_of(self, told: AnyOf, literal: cp_model.IntVar) -> None:
        for group in told.groups:
            for number in group:
                self.model.add_implication(self.x[number], literal)


def conflicting_pairs(program: Program, clock: Clock) -> tuple[tuple[int, ...], Ints]:
    """Every two candidates of different cases or legs that may not be chosen together.

    Parameters
    ----------
    program : whose at-most-ones are taken apart; a presence literal stands for all its candidates
    clock : asked now and then

    Returns
    -------
    candidates that exclude themselves, and (n, 2) pairs, the lower number first, in order

    Raises
    ------
    OutOfTime : there are too many to list within the limit
    """
    items = program.candidates.items
    leg = np.array([item.case * 1_000 + item.leg for item in items], dtype=np.int64)
    impossible: set[int] = set()
    keys: list[Ints] = []
    waiting = 0
    for packing in program.packings:
        if clock.left_s <= 0:
            raise OutOfTime
        members = [_members(program, literal) for literal in packing]
        numbers = np.array([n for group in members for n in group], dtype=np.int64)
        literal = np.repeat(np.arange(len(members)), [len(group) for group in members])
        first, second = np.triu_indices(len(numbers), 1)
        apart = literal[first] != literal[second]
        a, b = numbers[first[apart]], numbers[second[apart]]
        impossible.update(a[a == b].tolist())
        told = leg[a] != leg[b]
        keys.append(np.minimum(a, b)[told] * len(items) + np.maximum(a, b)[told])
        waiting += len(keys[-1])
        if waiting > _PAIRS_AT_ONCE:
            keys, waiting = [np.unique(np.concatenate(keys))], 0
    alone = np.unique(np.concatenate(keys)) if keys else np.zeros(0, dtype=np.int64)
    return tuple(sorted(impossible)), np.stack(np.divmod(alone, max(1, len(items))), axis=1)


def _members(program: Program, literal: int) -> tuple[int, ...]:
    """Candidates that make a literal true."""
    if literal >= 0:
        return (literal,)
    told = program.auxiliaries[-literal - 1]
    if not isinstance(told, AnyOf):
        raise SolverFailed("a clause excludes something through a literal that is for costs only")
    return tuple(sorted({number for group in told.groups for number in group}))


def _solve(kind: type[_Model], instance: Instance, clock: Clock, seed: int) -> Answer:
    began = time.perf_counter()
    try:
        model = kind(instance.program, clock, seed)
    except OutOfTime:
        return Answer(None, build_s=time.perf_counter() - began, note="the model alone took the whole limit")
    build_s = time.perf_counter() - began
    rows, variables = len(model.model.proto.constraints), len(model.model.proto.variables)
    chosen, levels = in_order(instance, clock, model)
    return Answer(chosen, tuple(levels), build_s, rows, variables)


def presence_cpsat(instance: Instance, clock: Clock, seed: int) -> Answer:
    """CP-SAT with presence literals and cliques, default search, two workers."""
    return _solve(_Presence, instance, clock, seed)


def naive_cpsat(instance: Instance, clock: Clock, seed: int) -> Answer:
    """CP-SAT with a clause for every pair of candidates in conflict, default search, two workers."""
    return _solve(_Naive, instance, clock, seed)
