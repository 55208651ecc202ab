"""Levels in order, each with its bound; then a second opinion on whoever is left unplaced."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from matching.errors import OutOfTime, SolverFault
from matching.facts import Facts
from matching.plans import Plan
from matching.pools import assign_beds
from matching.solver.climb import Climb, LevelResult, Watch, levels_of, objectives
from matching.solver.cpsat import Limits
from matching.solver.mip import proven_bound
from matching.solver.program import PLACED, Program
from matching.solver.rows import rows_of
from matching.solver.second import proven_by_cpsat

__all__ = ["Found", "LevelResult", "NoPlan", "Solved", "insist_on_late", "placed_objective", "run", "search"]


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


_MOST_CHECKED = 5_000
"""Candidates up to which LATE is proven twice: it takes a moment there."""


@dataclass(frozen=True)
class Found:
    """The best choice found, level after level, before anybody else was asked.

    `is_by_cpsat`: whether the bound on who is placed is CP-SAT's; otherwise it is HiGHS's, by its relaxation.
    """

    chosen: tuple[int, ...]
    levels: tuple[LevelResult, ...]
    is_by_cpsat: bool = True

    @property
    def is_placed_proven(self) -> bool:
        """Whether nobody more can be placed."""
        return all(level.is_proven for level in self.levels[: len(PLACED)])

    @property
    def is_proven(self) -> bool:
        """Whether every level is proven optimal."""
        return all(level.is_proven for level in self.levels)


def search(program: Program, limits: Limits, watch: Watch | None = None) -> Found:
    """Best choice, level after level: LP bounds, reduced-cost fixing, CP-SAT.

    Parameters
    ----------
    program : clauses and levels
    limits : time, workers, seed
    watch : told the value of every level, in the order of `LEVELS`, of each better choice as it is found

    Raises
    ------
    OutOfTime : nothing was found in time
    SolverFault : the solver contradicts itself
    """
    climb = Climb(program, rows_of(program), limits, watch=None if watch is None else _improving(program, watch))
    found = levels_of(climb, objectives(program))
    if found is None:
        raise SolverFault("the solver calls a model infeasible that the empty plan fulfils")
    answer = Found(climb.chosen or (), found, is_by_cpsat=climb.relied_on_cpsat[0])
    if not answer.chosen and not answer.is_placed_proven:
        raise OutOfTime("no plan was found within the time limit")
    return answer


def _improving(program: Program, watch: Watch) -> Watch:
    """Tells the levels of each choice that is better than all before it."""
    best: list[tuple[int, ...]] = []

    def tell(chosen: tuple[int, ...]) -> None:
        values = program.values(chosen)
        if not best or values < best[-1]:
            best.append(values)
            watch(values)

    return tell


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
    insist_on_late(program, found.chosen, found.levels, limits, limits.left_s(began))
    confirmed = _confirmed(program, facts, found, limits, limits.left_s(began))
    if not found.chosen and facts.cases:
        return NoPlan(found.levels, confirmed)
    plan = Plan(assign_beds((program.candidates.items[number] for number in found.chosen), facts))
    return Solved(plan, found.chosen, found.levels, confirmed)


def insist_on_late(
    program: Program, chosen: Sequence[int], levels: Sequence[LevelResult], limits: Limits, time_s: float
) -> None:
    """LATE, which a relaxation alone may have proven, proven again by CP-SAT over every candidate; large queues apart.

    Raises
    ------
    SolverFault : it proves another optimum
    """
    known = {level.name: level for level in levels}
    late = known.get("late_days")
    is_proven = all(level.is_proven for name, level in known.items() if name in (*PLACED, "late_days"))
    if late is None or not late.value or not is_proven or len(program.candidates.items) > _MOST_CHECKED:
        return
    constant, terms = program.levels["late_days"]
    _, placed = placed_objective(program)
    most = sum(placed.get(number, 0) for number in chosen)
    second = proven_by_cpsat(program, constant, terms, limits, time_s, [(placed, most)])
    if second is not None and second != late.value:
        raise SolverFault("two solvers prove different optima for the days of lateness")


def _confirmed(program: Program, facts: Facts, found: Found, limits: Limits, time_s: float) -> bool:
    """Whether a second solver proves the PLACED levels cannot be better.

    Raises
    ------
    SolverFault : it proves another optimum than the first solver did
    """
    constant, terms = placed_objective(program)
    value = constant + sum(terms.get(number, 0) for number in found.chosen)
    if len({program.candidates.items[number].case for number in found.chosen}) == len(facts.cases):
        return True
    if not found.is_placed_proven:
        return False
    if not terms:
        return True
    second = (
        proven_bound(program, constant, terms, time_s)
        if found.is_by_cpsat and not limits.audit  # HiGHS keeps the clock
        else proven_by_cpsat(program, constant, terms, limits, time_s)
    )
    if second is not None and second != value:
        raise SolverFault("two solvers prove different optima for the number of cases placed")
    return second is not None
