"""One level after another: LP bound, reduced-cost fixing, CP-SAT on what is left, proof.

The relaxation of a level tells what no plan can undercut and what each candidate adds at least. Whatever
adds more than the gap is out, for this level and for all that follow; CP-SAT proves the rest. A float
never decides: bounds are rounded with a margin, and values are counted again over the chosen candidates.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.errors import OutOfTime, SolverFault
from matching.solver.cpsat import Answer, CpSat, Limits
from matching.solver.improve import improve
from matching.solver.nearness import Near
from matching.solver.neighbourhood import Neighbourhood
from matching.solver.program import LEVELS, PLACED, Program
from matching.solver.relaxation import Relaxation, relax
from matching.solver.rows import Rows
from matching.solver.stages import Stage, stages

__all__ = ["Base", "Climb", "LevelResult", "Reached", "Watch", "levels_of", "objectives", "taken_apart"]

_MOST_PAIRS = 1_500
"""Pairs of cases charged for being near, with which CP-SAT proves most weeks; beyond, parts are solved."""

_IN_VAIN = 150
"""Parts solved again without gain after which a plan is left as it is: twice as many seldom find more."""

_MOST_COLUMNS = 10_000
"""Candidates with which CP-SAT improves a plan of a linear level as fast as parts of it do."""

_LEAST_PROOF_S = 15.0
"""With less time left CP-SAT is not asked to prove a level of more candidates than that."""

_FIRST_SHARE, _LATER_SHARE = 0.6, 0.3
"""Of the time left, for who is placed and for each level after it: a case placed outweighs all that follows."""

_NO_BOUND = -(2**62)

_DIVE_IN_VAIN = 40
"""Parts solved again without gain before CP-SAT is asked for the whole."""

Watch = Callable[[tuple[int, ...]], None]


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


def objectives(program: Program) -> tuple[Stage, ...]:
    """The levels as objectives, in order: who is placed, how late, then the rest."""
    return (*stages(program, PLACED), *stages(program, ("late_days",)), *stages(program, LEVELS[len(PLACED) + 1 :]))


@dataclass(frozen=True)
class Reached:
    """Value and proven bound of a stage's objective, constant included."""

    value: int
    bound: int


@dataclass(frozen=True)
class Base:
    """Where a climb has got to: the candidates left, and the levels finished with the most each may be."""

    keep: npt.NDArray[np.bool_]
    done: tuple[tuple[Mapping[int, int], int], ...]


class Climb:
    """Stages solved in order; each keeps what those before it reached.

    Parameters
    ----------
    program, rows : the clauses, and the same as arrays
    limits : workers, seed, time of the whole climb
    start : a choice to begin from; none fulfils a program with nothing chosen
    pin : candidates of which exactly one is chosen
    watch : told every choice found
    relied_on_cpsat : by stage climbed, whether CP-SAT's word was needed for the bound, or the relaxation's was enough
    base : a climb of the same program without the pin, whose proven levels are kept; `start` is taken only
        when it fulfils them
    """

    def __init__(
        self,
        program: Program,
        rows: Rows,
        limits: Limits,
        start: Sequence[int] | None = (),
        pin: Sequence[int] = (),
        watch: Watch | None = None,
        base: Base | None = None,
    ) -> None:
        self.program, self.rows, self.limits, self.watch = program, rows, limits, watch
        self.pin = tuple(pin)
        self.keep = np.ones(rows.candidates, dtype=np.bool_) if base is None else base.keep.copy()
        self.keep[list(program.forbidden)] = False
        if self.pin:
            self.keep &= ~_same_leg(program, rows, self.pin) | np.isin(np.arange(rows.candidates), self.pin)
        self.done: list[tuple[Mapping[int, int], int]] = [] if base is None else list(base.done)
        self.chosen = None if start is None or (base is not None and not self.fulfils(start)) else tuple(start)
        self.began = time.monotonic()
        self.relied_on_cpsat: list[bool] = []

    def stage(self, stage: Stage, time_s: float | None = None) -> Reached | None:
        """The least value of an objective, given all stages before; none: proven that nothing fulfils the clauses.

        Raises
        ------
        OutOfTime : nothing was found
        SolverFault : the solver calls infeasible what an earlier answer fulfils
        """
        ends = time.monotonic() + (self.limits.left_s(self.began) if time_s is None else time_s)
        is_quadratic = any(self._is_near(n) for n in stage.coefficients)
        relaxed = None if is_quadratic else self._relax(stage, self._left_s(ends, time_s) / (3 if self.is_large else 1))
        lowest = _NO_BOUND
        self.relied_on_cpsat.append(False)
        if relaxed is not None:
            lowest = relaxed.bound
            self._adopt(stage, relaxed)
            if not self._is_reached(stage, lowest):
                self._dive(stage, relaxed, self._left_s(ends, time_s) / (2 if self.is_large else 4))
            if not self._is_reached(stage, lowest) and self._is_smaller(stage, relaxed):
                self._search(stage, relaxed, lowest, self._left_s(ends, time_s) / 2)  # seldom in vain, and small
        elif self.is_large and self.chosen is not None:
            self._mend(stage, self.chosen, _NO_BOUND, self._left_s(ends, time_s))
        left_s = self._left_s(ends, time_s)
        is_worth_it = not self.is_large or left_s > _LEAST_PROOF_S or self.chosen is None
        if not self._is_reached(stage, lowest) and is_worth_it:
            self.relied_on_cpsat[-1] = True
            answer = self._search(stage, relaxed, self._value(stage), left_s)
            if answer.is_infeasible:
                if self.chosen is not None:
                    raise SolverFault("the solver calls a model infeasible that a plan fulfils")
                return None
            lowest = max(lowest, answer.bound - stage.constant)
        value = self._value(stage)
        if value is None:
            raise OutOfTime("no plan was found within the time limit")
        if lowest > value:
            raise SolverFault("a bound exceeds the value of a plan that fulfils every clause")
        self.done.append((stage.coefficients, value))
        if relaxed is not None:
            self.keep &= relaxed.within(value)[: self.rows.candidates]
        return Reached(value + stage.constant, lowest + stage.constant)

    def begin(self) -> bool:
        """Find any choice that fulfils everything so far; False: proven that there is none.

        Raises
        ------
        OutOfTime : neither was found
        SolverFault : the answer breaks a clause
        """
        answer = self._cpsat(Stage((), (), 0, {}), self.keep).minimise(
            0, {}, self.limits, self.limits.left_s(self.began)
        )
        if answer.is_infeasible:
            return False
        if answer.chosen is None:
            raise OutOfTime("no plan was found within the time limit")
        if not self.fulfils(answer.chosen):
            raise SolverFault("the solver's answer breaks a clause")
        self.chosen = answer.chosen
        return True

    @property
    def is_large(self) -> bool:
        """Whether so many candidates are left that parts of a plan are solved before the whole is tried."""
        return int(np.count_nonzero(self.keep)) > _MOST_COLUMNS

    @property
    def share_s(self) -> float | None:
        """Seconds a stage may take so that those after it have some, too; none where it will not need them."""
        share = _LATER_SHARE if self.relied_on_cpsat else _FIRST_SHARE
        return share * self.limits.left_s(self.began) if self.is_large and not self.limits.audit else None

    def is_too_large(self, stage: Stage) -> bool:
        """Whether a stage charges more pairs of cases than CP-SAT is given at once."""
        pairs = sum(
            int(told.can_be_near(self.keep).sum()) for told in self.program.nearness if told.level in stage.levels
        )
        return pairs > _MOST_PAIRS

    def improve(self, levels: Sequence[str]) -> tuple[LevelResult, ...]:
        """The levels left, by large neighbourhood search; only the relaxation of the first tells a bound.

        Raises
        ------
        SolverFault : what was found breaks a clause
        """
        first = stages(self.program, levels[:1])[0]
        relaxed = self._relax(first, self.limits.left_s(self.began) / 2)
        around = Neighbourhood(self.program, self.rows, self.keep, self.done, levels, self.chosen or (), self.pin)
        improve(around, self.limits, self.limits.left_s(self.began), self.watch, in_vain=_IN_VAIN)
        if not self.fulfils(around.chosen):
            raise SolverFault("a part of the plan solved again breaks a clause")
        self.chosen = around.chosen
        values = self.program.values(self.chosen)
        found = [LevelResult(name, values[LEVELS.index(name)], 0) for name in levels]
        if relaxed is not None:
            if relaxed.bound + first.constant > found[0].value:
                raise SolverFault("a bound exceeds the value of a plan that fulfils every clause")
            found[0] = LevelResult(levels[0], found[0].value, max(0, relaxed.bound + first.constant))
        return tuple(found)

    def _left_s(self, ends: float, time_s: float | None) -> float:
        """Seconds left of a stage; in audit mode each search has the whole limit."""
        if self.limits.audit:
            return self.limits.time_s if time_s is None else time_s
        return max(0.05, ends - time.monotonic())

    def _is_reached(self, stage: Stage, lowest: int) -> bool:
        value = self._value(stage)
        return value is not None and value <= lowest

    def _search(self, stage: Stage, relaxed: Relaxation | None, most: int | None, time_s: float) -> Answer:
        """CP-SAT over the columns a plan of at most this value can use: its answer, when so good, is the optimum."""
        keep = self.keep
        if relaxed is not None and most is not None:
            keep = keep & relaxed.within(most)[: self.rows.candidates]
        model = self._cpsat(stage, keep)
        answer = model.minimise(stage.constant, stage.coefficients, self.limits, time_s, self.watch)
        if answer.chosen is not None:
            if not self.fulfils(answer.chosen):
                raise SolverFault("the solver's answer breaks a clause")
            self._take(answer.chosen, stage)
        return answer

    @property
    def base(self) -> Base:
        """Where the climb has got to."""
        return Base(self.keep.copy(), tuple(self.done))

    def _cpsat(self, stage: Stage, keep: npt.NDArray[np.bool_]) -> CpSat:
        charged = set(stage.coefficients).union(*(level for level, _ in self.done))
        model = CpSat(self.program, self.rows, keep, charged)
        for coefficients, most in self.done:
            model.bound_level(coefficients, most)
        if self.pin:
            model.pin(self.pin)
        if self.chosen is not None:
            model.hint(self.chosen)
        return model

    def _relax(self, stage: Stage, time_s: float) -> Relaxation | None:
        linear = {literal: amount for literal, amount in stage.coefficients.items() if not self._is_near(literal)}
        levels = [
            (self.rows.vector({n: a for n, a in level.items() if not self._is_near(n)}), most)
            for level, most in self.done
        ]
        charged = set(linear).union(*(level for level, _ in self.done))
        keep = self.rows.needed(self.keep, (literal for literal in charged if not self._is_near(literal)))
        pin = np.array(self.pin, dtype=np.int64) if self.pin else None
        limit_s = math.inf if self.limits.audit else time_s  # the relaxation knows no deterministic time
        return relax(self.rows, self.rows.vector(linear), keep, levels, pin, limit_s)

    def _is_near(self, literal: int) -> bool:
        return literal < 0 and isinstance(self.program.auxiliaries[-literal - 1], Near)

    def _adopt(self, stage: Stage, relaxed: Relaxation) -> None:
        """An LP solution of whole numbers is a plan, when it fulfils every clause."""
        primal = relaxed.primal[: self.rows.candidates]
        if (np.abs(primal - np.rint(primal)) < 1e-6).all():
            chosen = tuple(np.flatnonzero(primal > 0.5).tolist())
            if self.fulfils(chosen):
                self._take(chosen, stage)

    def _is_smaller(self, stage: Stage, relaxed: Relaxation) -> bool:
        """Whether a plan as good as the bound would have less than half the columns to choose from."""
        value = self._value(stage)
        tight = np.count_nonzero(self.keep & relaxed.within(relaxed.bound)[: self.rows.candidates])
        loose = self.keep if value is None else self.keep & relaxed.within(value)[: self.rows.candidates]
        return bool(2 * tight < np.count_nonzero(loose))

    def _dive(self, stage: Stage, relaxed: Relaxation, time_s: float) -> None:
        """Whoever the LP places whole stays there, the others are solved for; then parts of it again."""
        whole = np.flatnonzero(relaxed.primal[: self.rows.candidates] > 1 - 1e-6)
        begin = self.rows.without_conflicts(self.program, (), whole.tolist())
        around = Neighbourhood(self.program, self.rows, self.keep, self.done, stage.levels, begin, self.pin)
        items = self.program.candidates.items
        settled = {items[number].case for number in begin}
        others = [case for case in around.waiting.tolist() if case not in settled]
        began = time.monotonic()
        around.free(others, time_s / 2, self.limits.seed, is_audit=self.limits.audit)
        if self.fulfils(around.chosen):
            self._take(around.chosen, stage)
        if self.is_large and self.chosen is not None and not self._is_reached(stage, relaxed.bound):
            left_s = time_s if self.limits.audit else time_s - (time.monotonic() - began)
            self._mend(stage, self.chosen, relaxed.bound, left_s)

    def _mend(self, stage: Stage, begin: Sequence[int], bound: int, time_s: float) -> None:
        """Parts of a plan solved again, until nothing is gained or the bound is reached."""
        around = Neighbourhood(self.program, self.rows, self.keep, self.done, stage.levels, begin, self.pin)

        def is_reached(values: tuple[int, ...]) -> bool:
            return sum(weight * value for weight, value in zip(stage.weights, values, strict=True)) <= bound

        improve(around, self.limits, time_s, None, is_reached, in_vain=_DIVE_IN_VAIN)
        if self.fulfils(around.chosen):
            self._take(around.chosen, stage)

    def _take(self, chosen: tuple[int, ...], stage: Stage) -> None:
        """Keep a choice that is better than the one at hand."""
        before = self._value(stage)
        if before is None or self.value_of(stage, chosen) < before:
            self.chosen = chosen
            if self.watch is not None:
                self.watch(chosen)

    def fulfils(self, chosen: Sequence[int]) -> bool:
        """Whether a choice fulfils clauses, pin and the levels finished, counted in whole numbers."""
        if self.program.forbidden.intersection(chosen) or (self.pin and not set(self.pin).intersection(chosen)):
            return False
        if len(self.rows.broken(self.rows.truth(self.program, chosen))):
            return False
        true = self.program.true_literals(chosen)
        return all(sum(level.get(n, 0) for n in true) <= most for level, most in self.done)

    def _value(self, stage: Stage) -> int | None:
        return None if self.chosen is None else self.value_of(stage, self.chosen)

    def value_of(self, stage: Stage, chosen: Sequence[int]) -> int:
        """Value of a stage's objective without its constant."""
        return sum(stage.coefficients.get(literal, 0) for literal in self.program.true_literals(chosen))


def _same_leg(program: Program, rows: Rows, pin: Sequence[int]) -> npt.NDArray[np.bool_]:
    """(candidates,) those of the pinned case and leg."""
    items = program.candidates.items
    wanted = {(items[number].case, items[number].leg) for number in pin}
    return np.fromiter(((item.case, item.leg) in wanted for item in items), np.bool_, rows.candidates)


def levels_of(
    climb: Climb, objectives: Sequence[Stage], before: Callable[[tuple[LevelResult, ...]], None] | None = None
) -> tuple[LevelResult, ...] | None:
    """Every objective in order, taken apart into levels; none: proven that nothing fulfils the clauses.

    A bound of a level holds as long as all before it are proven, after that nothing does.

    Parameters
    ----------
    climb, objectives : what is climbed
    before : told the levels found so far before each objective
    """
    found: list[LevelResult] = []
    for number, stage in enumerate(objectives):
        if before is not None:
            before(tuple(found))
        if climb.is_too_large(stage):
            if climb.chosen is None and not climb.begin():
                return None
            rest = climb.improve([level for later in objectives[number:] for level in later.levels])
            holds = all(level.is_proven for level in found)
            return (*found, *(level if holds else replace(level, bound=0) for level in rest))
        reached = climb.stage(stage, climb.share_s if number + 1 < len(objectives) else None)
        if reached is None:
            return None
        true = climb.program.true_literals(climb.chosen or ())
        values = tuple(climb.program.value(level, true) for level in stage.levels)
        bounds = stage.by_level(max(0, reached.bound))
        found += taken_apart(stage.levels, values, bounds, holds=all(level.is_proven for level in found))
    return tuple(found)


def taken_apart(
    names: Sequence[str], values: Sequence[int], bounds: Sequence[int], *, holds: bool = True
) -> list[LevelResult]:
    """Levels of one objective: a bound holds as long as all before it are proven, after that nothing is."""
    found: list[LevelResult] = []
    for name, value, bound in zip(names, values, bounds, strict=True):
        found.append(LevelResult(name, value, min(value, bound) if holds else 0))
        holds = holds and value == bound
    return found
