"""Levels one after another with any exact solver: each level's optimum is kept while the next is minimised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.peers.instance import Clock, Instance
from benchmarks.peers.record import Level
from matching.solver.program import LEVELS, Program

__all__ = ["Answer", "Exact", "Objective", "Optimum", "SolverFailed", "in_order", "levels_of", "objectives"]


class SolverFailed(Exception):
    """A solver's answer makes no sense; the message says how, without any name of the instance."""


@dataclass(frozen=True)
class Answer:
    """What a solver found: chosen candidates (none: nothing in time), levels, and the size of its model.

    `build_s` is what its own model took, beyond the clauses that every solver gets.
    """

    chosen: tuple[int, ...] | None
    levels: tuple[Level, ...] = ()
    build_s: float = 0.0
    rows: int | None = None
    variables: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Objective:
    """One level, or several in one where a unit of each outweighs all that follow."""

    names: tuple[str, ...]
    weights: tuple[int, ...]
    constant: int
    coefficients: Mapping[int, int]

    def apart(self, total: int) -> tuple[int, ...]:
        """A total by level.

        Examples
        --------
        >>> Objective(("a", "b"), (10, 1), 0, {}).apart(47)
        (4, 7)
        """
        parts = []
        for weight in self.weights[:-1]:
            part, total = divmod(total, weight)
            parts.append(part)
        return (*parts, total)


def _span(program: Program, name: str) -> int:
    """No plan has more than this on a level, and none less than 0."""
    constant, terms = program.levels[name]
    worst: dict[object, int] = {}
    for literal, amount in terms.items():
        item = program.candidates.items[literal] if literal >= 0 else None
        group: object = literal if item is None else (item.case, item.leg)
        worst[group] = max(worst.get(group, 0), amount)
    return constant + sum(worst.values())


def objectives(program: Program, most: int = 1) -> tuple[Objective, ...]:
    """The levels in order; consecutive ones are folded while no objective exceeds `most`.

    Parameters
    ----------
    program : whose levels
    most : 1 folds nothing; solvers in floating point are exact to some 10^6
    """
    groups: list[list[str]] = []
    size = 0
    for name in LEVELS:
        span = _span(program, name) + 1
        if groups and size * span <= most:
            groups[-1].append(name)
            size *= span
        else:
            groups.append([name])
            size = span
    return tuple(_folded(program, names) for names in groups)


def _folded(program: Program, names: Sequence[str]) -> Objective:
    weights = [1] * len(names)
    for place in range(len(names) - 2, -1, -1):
        weights[place] = weights[place + 1] * (_span(program, names[place + 1]) + 1)
    constant = sum(weight * program.levels[name][0] for weight, name in zip(weights, names, strict=True))
    coefficients: dict[int, int] = {}
    for weight, name in zip(weights, names, strict=True):
        for literal, amount in program.levels[name][1].items():
            coefficients[literal] = coefficients.get(literal, 0) + weight * amount
    return Objective(tuple(names), tuple(weights), constant, coefficients)


@dataclass(frozen=True)
class Optimum:
    """Outcome of one minimisation: a choice (none: nothing found in time) and what is not ruled out below it."""

    chosen: tuple[int, ...] | None
    bound: int | None


class Exact(Protocol):
    """A solver that minimises one objective after another over the same clauses."""

    def minimise(self, objective: Objective, hint: tuple[int, ...] | None) -> Optimum:
        """Least value of an objective, starting from a choice that keeps the clauses."""
        ...

    def keep(self, objective: Objective, value: int) -> None:
        """From now on the objective is at most its value."""
        ...


def in_order(
    instance: Instance, clock: Clock, model: Exact, most: int = 1
) -> tuple[tuple[int, ...] | None, list[Level]]:
    """The best choice found, and the result of each level.

    Parameters
    ----------
    instance, clock : what is solved, and until when
    model : the solver
    most : as in `objectives`

    Raises
    ------
    SolverFailed : a choice breaks a clause or an earlier level, or a bound exceeds the value
    """
    program = instance.program
    chosen: tuple[int, ...] | None = None
    levels: list[Level] = []
    for objective in objectives(program, most):
        if clock.left_s <= 0 and levels:
            break
        before = _values(program, chosen)
        found = model.minimise(objective, chosen)
        if found.chosen is not None:
            if not instance.fits(found.chosen):
                raise SolverFailed("the solver's choice breaks a clause")
            after = program.values(found.chosen)
            clock.saw(after)
            if before is not None and after[: len(levels)] > before[: len(levels)]:
                raise SolverFailed("the solver's choice is worse on a finished level")
            chosen = found.chosen
        if chosen is None:
            return None, []
        levels += _results(objective, program, chosen, found.bound, all(level.is_proven for level in levels))
        total = objective.constant + _sum(program, objective, chosen)
        if found.bound is not None and found.bound > total:
            raise SolverFailed("the solver's bound exceeds the value of its own choice")
        model.keep(objective, total)
    if chosen is None:
        return None, []
    levels += levels_of(program, chosen)[len(levels) :]
    return chosen, [
        Level(one.name, value, one.bound) for one, value in zip(levels, program.values(chosen), strict=True)
    ]


def _values(program: Program, chosen: tuple[int, ...] | None) -> tuple[int, ...] | None:
    return None if chosen is None else program.values(chosen)


def _sum(program: Program, objective: Objective, chosen: tuple[int, ...]) -> int:
    true = program.true_literals(chosen)
    return sum(amount for literal, amount in objective.coefficients.items() if literal in true)


def _results(
    objective: Objective, program: Program, chosen: tuple[int, ...], bound: int | None, holds: bool
) -> list[Level]:
    """Levels of one objective: a bound holds as long as every level before it is proven, after that nothing is."""
    values = dict(zip(LEVELS, program.values(chosen), strict=True))
    parts = objective.apart(max(0, bound)) if bound is not None else (None,) * len(objective.names)
    found: list[Level] = []
    for name, part in zip(objective.names, parts, strict=True):
        known = min(values[name], part) if part is not None and holds else None
        found.append(Level(name, values[name], known))
        holds = holds and found[-1].is_proven
    return found


def levels_of(program: Program, chosen: tuple[int, ...]) -> tuple[Level, ...]:
    """The levels of a choice of which nothing is proven."""
    return tuple(Level(name, value, None) for name, value in zip(LEVELS, program.values(chosen), strict=True))
