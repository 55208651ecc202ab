"""Levels in order, each with its bound; then a second opinion on whoever is left unplaced."""

from __future__ import annotations

import time
from dataclasses import dataclass

from matching.errors import OutOfTime, SolverFault
from matching.facts import Facts
from matching.plans import Plan
from matching.pools import assign_beds
from matching.solver.cpsat import CpSat, Limits
from matching.solver.mip import proven_bound
from matching.solver.program import LEVELS, PLACED, Program
from matching.solver.stages import Stage, stages

__all__ = ["Found", "LevelResult", "NoPlan", "Solved", "placed_objective", "run", "search"]


@dataclass(frozen=True)
class LevelResult:
    """Value and proven lower bound of one level; equal: proven optimal."""

    name: str
    value: int
    bound: int

    @property
    def is_proven(self) -> bool:
        """Whether no plan can be better on this level, given the levels before it."""
        return self.value == self.bound


@dataclass(frozen=True)
class Solved:
    """A plan with the result of each level.

    `unplaced_confirmed` tells whether a second solver, by another method, proved that no plan
    places more; without it nobody may say "no safe place", only "none found".
    """

    plan: Plan
    chosen: tuple[int, ...]
    levels: tuple[LevelResult, ...]
    unplaced_confirmed: bool

    @property
    def is_proven(self) -> bool:
        """Whether every level is proven optimal."""
        return all(level.is_proven for level in self.levels)


@dataclass(frozen=True)
class NoPlan:
    """An answer, not an error: cases wait, and not one of them can be placed.

    `is_confirmed` tells whether both solvers proved it; otherwise it is "not proven".
    """

    levels: tuple[LevelResult, ...]
    is_confirmed: bool


def placed_objective(program: Program) -> tuple[int, dict[int, int]]:
    """The three PLACED levels as one objective: red before orange before green, exactly."""
    sizes = [program.levels[level][0] + 1 for level in PLACED]
    weights = (sizes[1] * sizes[2], sizes[2], 1)
    constant = 0
    coefficients: dict[int, int] = {}
    for weight, level in zip(weights, PLACED, strict=True):
        constant += weight * program.levels[level][0]
        for number, amount in program.levels[level][1].items():
            coefficients[number] = weight * amount
    return constant, coefficients


@dataclass(frozen=True)
class Found:
    """The best choice found, level after level, before anybody else was asked."""

    chosen: tuple[int, ...]
    levels: tuple[LevelResult, ...]
    placed_bound: int

    @property
    def is_proven(self) -> bool:
        """Whether every level is proven optimal."""
        return all(level.is_proven for level in self.levels)


def search(program: Program, limits: Limits) -> Found:
    """Best choice, level after level, by CP-SAT alone.

    Parameters
    ----------
    program : clauses and levels
    limits : time, workers, seed

    Raises
    ------
    OutOfTime : nothing was found in time
    SolverFault : the solver contradicts itself
    """
    began = time.monotonic()
    model = CpSat(program)
    model.hint(())
    constant, coefficients = placed_objective(program)
    placed = Stage(PLACED, (), constant, coefficients)
    chosen: tuple[int, ...] = ()
    results: list[LevelResult] = []
    placed_bound = 0
    for stage in (placed, *stages(program, LEVELS[len(PLACED) :])):
        answer = model.minimise(stage.constant, stage.coefficients, limits, limits.left_s(began))
        if answer.is_infeasible:
            raise SolverFault("the solver calls a model infeasible that the empty plan or the last answer fulfils")
        if answer.chosen is None and not results:
            raise OutOfTime("no plan was found within the time limit")
        if answer.chosen is not None:
            chosen = answer.chosen
        true = program.true_literals(chosen)
        value = stage.constant + sum(stage.coefficients.get(literal, 0) for literal in true)
        if stage is placed:
            placed_bound = answer.bound
            results += _unpacked(PLACED, program, chosen, answer.bound == value)
        else:
            values = tuple(program.value(level, true) for level in stage.levels)
            results += _bounded(stage.levels, values, stage.by_level(max(0, answer.bound)))
        model.bound_level(stage.coefficients, value - stage.constant)
        model.hint(chosen)
    return Found(chosen, tuple(results), placed_bound)


def run(program: Program, facts: Facts, limits: Limits) -> Solved | NoPlan:
    """Best plan, level after level, and a second opinion on whoever is left unplaced.

    Parameters
    ----------
    program : clauses and levels
    facts : for turning counted beds into beds
    limits : time, workers, seed

    Raises
    ------
    OutOfTime : nothing was found in time
    SolverFault : the solver contradicts itself or the second solver
    """
    began = time.monotonic()
    found = search(program, limits)
    confirmed = _confirmed(program, facts, found.chosen, found.placed_bound, limits.left_s(began))
    if not found.chosen and facts.cases:
        return NoPlan(found.levels, confirmed)
    plan = Plan(assign_beds((program.candidates.items[number] for number in found.chosen), facts))
    return Solved(plan, found.chosen, found.levels, confirmed)


def _unpacked(names: tuple[str, ...], program: Program, chosen: tuple[int, ...], is_proven: bool) -> list[LevelResult]:
    """The PLACED levels one by one; the bound of an unproven one: everybody placed who has a candidate."""
    found = []
    for name in names:
        constant, terms = program.levels[name]
        value = constant + sum(terms.get(number, 0) for number in chosen)
        reachable = len({program.candidates.items[number].case for number in terms})
        found.append(LevelResult(name, value, value if is_proven else constant - reachable))
    return found


def _bounded(names: tuple[str, ...], values: tuple[int, ...], bounds: tuple[int, ...]) -> list[LevelResult]:
    """Levels of one objective: a bound holds as long as all before it are proven, after that nothing is."""
    found: list[LevelResult] = []
    for name, value, bound in zip(names, values, bounds, strict=True):
        holds = all(level.is_proven for level in found)
        found.append(LevelResult(name, value, min(value, bound) if holds else 0))
    return found


def _confirmed(program: Program, facts: Facts, chosen: tuple[int, ...], bound: int, time_s: float) -> bool:
    """Whether a second solver proves the PLACED levels cannot be better.

    Raises
    ------
    SolverFault : it proves another optimum than the first solver did
    """
    constant, terms = placed_objective(program)
    value = constant + sum(terms.get(number, 0) for number in chosen)
    if len({program.candidates.items[number].case for number in chosen}) == len(facts.cases):
        return True
    if value != bound:
        return False
    if not terms:
        return True
    second = proven_bound(program, constant, terms, time_s)
    if second is not None and second != value:
        raise SolverFault("two solvers prove different optima for the number of cases placed")
    return second is not None
