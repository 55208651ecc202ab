"""Who moves, and then where to: two searches, so that the second has only those who do move to place."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matching.constraints.base import Constraint, OnLive
from matching.errors import SolverFault
from matching.facts import Facts
from matching.repair.harm import MoveHarm
from matching.repair.model import LEVELS_OF_A_REPAIR, RepairModel, model_of
from matching.repair.neighbours import room_makers
from matching.repair.night import Mover, movers_of
from matching.solver.cpsat import Limits
from matching.solver.program import LEVELS
from matching.solver.run import LevelResult, search

__all__ = ["Asked", "Decided", "decide"]

_DECIDING = LEVELS_OF_A_REPAIR.index("risk")
"""Levels before it decide who moves."""


@dataclass(frozen=True)
class Asked:
    """What the alerts ask of whom.

    Parameters
    ----------
    must : presence -> what its most urgent breach asks for
    alone : presences that nobody helps by leaving
    until : presence -> last day on which it may leave
    apart : pairs of presences of which one has to leave
    """

    must: dict[int, OnLive]
    alone: frozenset[int]
    until: dict[int, int]
    apart: frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Decided:
    """Who moves where.

    `model` and `chosen` are of those who move alone: everybody else is fixed in it. `unplaced` are those who must move
    and have no bed. `levels`: those before risk are proven over everybody who may move, risk and soft cost given who
    moves.
    """

    model: RepairModel
    chosen: tuple[int, ...]
    unplaced: tuple[Mover, ...]
    unplaced_night: RepairModel
    levels: tuple[LevelResult, ...]
    is_exhaustive: bool
    room_makers: int


@dataclass(frozen=True)
class _Round:
    model: RepairModel
    chosen: tuple[int, ...]
    levels: tuple[LevelResult, ...]

    @property
    def value(self) -> tuple[int, ...]:
        return tuple(level.value for level in self.levels[:_DECIDING])

    @property
    def lacking(self) -> int:
        """How many must move and have no bed."""
        return len(self.model.unplaced(self.chosen))


def decide(
    facts: Facts, asked: Asked, rules: Sequence[Constraint], limits: Limits, harm: MoveHarm, began: float
) -> Decided:
    """Search with those who must move; while one of them has no bed, let those who could make room move too.

    Raises
    ------
    OutOfTime : nothing was found in time
    SolverFault : the solver contradicts itself
    """
    makers: frozenset[int] = frozenset()
    best = latest = _round(facts, asked, makers, rules, limits, harm, began)
    is_exhaustive = True
    while best.lacking:
        lacking = frozenset(latest.model.movers[number].presence for number in latest.model.unplaced(latest.chosen))
        more = room_makers(latest.model, lacking, makers, facts, rules, harm)
        if not more:
            break
        if time.monotonic() - began > limits.time_s / 2 and not limits.audit:
            is_exhaustive = False
            break
        makers |= more
        latest = _round(facts, asked, makers, rules, limits, harm, began)
        best = min(best, latest, key=lambda one: one.value)
    if best.value[0]:
        raise SolverFault("a household that was safe would lose its bed")
    return _placed(best, facts, rules, limits, harm, began, is_exhaustive, len(makers))


def _search(model: RepairModel, limits: Limits, began: float) -> tuple[tuple[int, ...], tuple[LevelResult, ...]]:
    """The best choice and the repair's levels; where nobody can go anywhere there is nothing to search."""
    program = model.program
    if not program.candidates.items:
        levels = tuple(LevelResult(name, value, value) for name, value in zip(LEVELS, program.values(()), strict=True))
        return (), model.levels(levels)
    found = search(program, replace(limits, time_s=limits.left_s(began)))
    return found.chosen, model.levels(found.levels)


def _round(
    facts: Facts,
    asked: Asked,
    makers: frozenset[int],
    rules: Sequence[Constraint],
    limits: Limits,
    harm: MoveHarm,
    began: float,
) -> _Round:
    movers = movers_of(facts, asked.must, asked.alone, asked.until, makers)
    model = model_of(facts, movers, asked.apart, [rule for rule in rules if rule.on_live is not None], harm)
    return _Round(model, *_search(model, limits, began))


def _placed(
    best: _Round,
    facts: Facts,
    rules: Sequence[Constraint],
    limits: Limits,
    harm: MoveHarm,
    began: float,
    is_exhaustive: bool,
    makers: int,
) -> Decided:
    """Where those who move go, with the least risk and cost; they cannot stay any more."""
    moving = sorted({item.case for item in best.model.moved(best.chosen)})
    movers = [replace(best.model.movers[number], may_stay=False) for number in moving]
    model = model_of(facts, movers, (), rules, harm)
    chosen, levels = _search(model, limits, began)
    if any(level.value for level in levels[:3]):
        raise SolverFault("who was given a bed has none once the others stay")
    unplaced = tuple(best.model.movers[number] for number in best.model.unplaced(best.chosen))
    return Decided(
        model,
        chosen,
        unplaced,
        best.model,
        (*best.levels[:_DECIDING], *levels[_DECIDING:]),
        is_exhaustive,
        makers,
    )
