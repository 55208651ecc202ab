"""Who moves, and then where to: two searches, so that the second has only those who do move to place."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matching.constraints.base import Constraint, OnLive
from matching.errors import OutOfTime, SolverFault
from matching.facts import Facts
from matching.repair.harm import MoveHarm
from matching.repair.model import LEVELS_OF_A_REPAIR, RepairModel, model_of
from matching.repair.neighbours import room_makers
from matching.repair.night import Mover, movers_of
from matching.solver.cpsat import Limits
from matching.solver.program import LEVELS
from matching.solver.run import LevelResult, search

__all__ = ["Asked", "Decided", "OpenLevel", "decide"]

_DECIDING = LEVELS_OF_A_REPAIR.index("risk")
"""Levels before it decide who moves."""
_UNPLACED = LEVELS_OF_A_REPAIR.index("unplaced_move_now")
_MOVED = LEVELS_OF_A_REPAIR.index("persons_moved")


@dataclass(frozen=True)
class OpenLevel(LevelResult):
    """A level whose bound does not hold over everybody who may move: nothing is proven of it, not even of a 0.

    Examples
    --------
    >>> OpenLevel("persons_moved", 0, 0).is_proven, LevelResult("persons_moved", 0, 0).is_proven
    (False, True)
    """

    @property
    def is_proven(self) -> bool:
        """Never."""
        return False


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
    and have no bed. `levels`: bounds of those before risk hold over everybody who may move, risk and soft cost are
    given who moves. Where not all have been asked who could make room, nothing is proven: see `OpenLevel`.
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
    """Search with those who must move; if one of them has no bed, let those who could make room move too.

    Raises
    ------
    OutOfTime : nothing was found in time
    SolverFault : the solver contradicts itself
    """
    makers: frozenset[int] = frozenset()
    best = latest = _round(facts, asked, makers, rules, limits, harm, began)
    first = _lacking(latest)
    have_all_been_asked = True
    while first:
        # Once everybody has a bed, others may still make the room with fewer moves.
        more = _askable(latest, first, makers, facts, rules, harm)
        if not more:
            break
        try:
            if time.monotonic() - began > limits.time_s / 2 and not limits.audit:
                raise OutOfTime("the half of the time in which room is looked for is up")
            latest = _round(facts, asked, makers | more, rules, limits, harm, began)
        except OutOfTime:  # the repair at hand is kept
            have_all_been_asked = False
            break
        makers |= more
        best = min(best, latest, key=lambda one: one.value)
    if best.value[0]:
        raise SolverFault("a household that was safe would lose its bed")
    is_exhaustive = have_all_been_asked or not best.lacking
    proven = len(LEVELS_OF_A_REPAIR)
    if not have_all_been_asked:
        proven = _MOVED if is_exhaustive else _UNPLACED
    decided = _placed(best, facts, rules, limits, harm, began)
    levels = _as_proven((*_held(best, latest), *decided.levels), proven)
    return replace(decided, levels=levels, is_exhaustive=is_exhaustive, room_makers=len(makers))


def _askable(
    latest: _Round,
    first: frozenset[int],
    makers: frozenset[int],
    facts: Facts,
    rules: Sequence[Constraint],
    harm: MoveHarm,
) -> frozenset[int]:
    """Who may be asked next to make room: for those who still have no bed, then for all who had none at first."""
    for lacking in (_lacking(latest), first):
        more = room_makers(latest.model, lacking, makers, facts, rules, harm)
        if more:
            return more
    return frozenset()


def _lacking(found: _Round) -> frozenset[int]:
    """Presences that must move and have no bed."""
    return frozenset(found.model.movers[number].presence for number in found.model.unplaced(found.chosen))


def _held(best: _Round, latest: _Round) -> tuple[LevelResult, ...]:
    """Levels that decide who moves: the best values, with bounds of the round in which most could move."""
    levels: list[LevelResult] = []
    is_same = True
    for level, wide in zip(best.levels[:_DECIDING], latest.levels[:_DECIDING], strict=True):
        # The bound of a level holds given the values before it: after the first that differs it says nothing.
        levels.append(replace(level, bound=min(level.value, wide.bound if is_same else 0)))
        is_same = is_same and level.value == wide.value
    return tuple(levels)


def _as_proven(levels: Sequence[LevelResult], proven: int) -> tuple[LevelResult, ...]:
    """The levels, of which only so many may claim a bound."""
    return (*levels[:proven], *(OpenLevel(level.name, level.value, 0) for level in levels[proven:]))


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
    best: _Round, facts: Facts, rules: Sequence[Constraint], limits: Limits, harm: MoveHarm, began: float
) -> Decided:
    """Where those who move go, with the least risk and cost; they cannot stay any more. Its levels: risk and soft.

    Raises
    ------
    OutOfTime : nothing was found, and the first search's choice cannot be taken over
    SolverFault : it is proven that somebody who was given a bed has none
    """
    moving = sorted({item.case for item in best.model.moved(best.chosen)})
    movers = [replace(best.model.movers[number], may_stay=False) for number in moving]
    model = model_of(facts, movers, (), rules, harm)
    known = _taken_over(best, model, moving)
    try:
        chosen, levels = _search(model, limits, began)
    except OutOfTime:
        if known is None:
            raise
        chosen, levels = known
    lost = next((level for level in levels[:_MOVED] if level.value), None)
    if lost is not None and lost.is_proven:
        raise SolverFault("who was given a bed has none once the others stay")
    if lost is not None:
        if known is None:
            raise OutOfTime("no beds for those who move were found within the time limit")
        chosen, levels = known
    unplaced = tuple(best.model.movers[number] for number in best.model.unplaced(best.chosen))
    return Decided(model, chosen, unplaced, best.model, tuple(levels[_DECIDING:]), True, 0)


def _taken_over(
    best: _Round, model: RepairModel, moving: Sequence[int]
) -> tuple[tuple[int, ...], tuple[LevelResult, ...]] | None:
    """The first search's choice in the numbers of the second, with nothing proven; none: it is not among them."""
    program = model.program
    number_of = {item: number for number, item in enumerate(program.candidates.items)}
    stays = [replace(item, case=moving.index(item.case)) for item in best.model.moved(best.chosen)]
    numbers = sorted(number_of.get(item, -1) for item in stays)
    if any(number < 0 or number in program.forbidden for number in numbers):
        return None
    values = zip(LEVELS, program.values(tuple(numbers)), strict=True)
    told = model.levels(LevelResult(name, value, 0) for name, value in values)
    return tuple(numbers), told
