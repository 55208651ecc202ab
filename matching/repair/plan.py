"""The repair: who is no longer safe, who moves where, who cannot be placed; judged again without the solver."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from matching.constraints.base import Constraint, OnLive
from matching.errors import SolverFault
from matching.facts import Facts
from matching.plans import Placed, Plan, Violation
from matching.pools import assign_beds
from matching.refusals import refusals
from matching.repair.alerts import MOVING, Alert, alerts, insist_on_no_loosening, live_findings, presences_of
from matching.repair.deciding import Asked, Decided, decide
from matching.repair.harm import MoveHarm
from matching.repair.model import judging_moves, move_costs
from matching.repair.night import closing_day, night_of, repaired
from matching.solver.check import judge
from matching.solver.cpsat import Limits
from matching.solver.explain import blocking_set
from matching.solver.run import LevelResult

__all__ = ["LeftOver", "Move", "Repair", "Unplaced", "repair"]

_SEARCHING: Final = 0.9
"""Share of the time in which who moves is decided; the rest is for the reasons of those who cannot be placed."""


@dataclass(frozen=True)
class Move:
    """One household moved.

    Parameters
    ----------
    presence : its number in the changed week
    must : what it has to move for; none: it makes room for others
    placed : where to and in which beds; `case` is of no meaning outside
    persons, harm : what the move costs; no person moves when only the room or a booking changes
    """

    presence: int
    must: OnLive | None
    placed: Placed
    persons: int
    harm: int


@dataclass(frozen=True)
class Unplaced:
    """A household that must move and has no safe bed; it is not safe where it is.

    `has_file`: without a case file no rule can say where it would be safe. `open_alone` are facilities it could have
    if nobody else had to move tonight; `excluded_by` says how many each rule refuses; `rules` is a minimal set of
    rules that leaves it nothing (empty: others take the beds, no case file, or not worked out in time).
    """

    presence: int
    must: OnLive
    has_file: bool
    open_alone: int
    rules: tuple[str, ...]
    is_minimal: bool
    excluded_by: dict[str, int]


@dataclass(frozen=True)
class LeftOver:
    """A breach that asks somebody to move and remains.

    `until_day` is when it ends by itself, as the cool-down of whoever has left is over; none: it does not.
    """

    breach: Violation
    presences: tuple[int, ...]
    until_day: int | None


@dataclass(frozen=True)
class Repair:
    """What a change asks for.

    Parameters
    ----------
    alerts : live breaches of the changed week, the most urgent and newest first
    must_move : presence -> what its most urgent breach asks for
    moves : who moves where; nobody else does
    unplaced : who must move and has no safe bed
    left_over : breaches that remain, each named
    levels : `matching.repair.model.LEVELS_OF_A_REPAIR`, with bounds; none of them is proven beyond the first when
        the search for room ended early
    is_exhaustive : nobody else could make room for those unplaced; else the search for room ended early
    room_makers : how many safe households were allowed to move for the unplaced
    after : the week once everybody has moved
    only_new : what was broken before the changes was left as it is
    """

    facts: Facts
    alerts: tuple[Alert, ...]
    must_move: dict[int, OnLive]
    moves: tuple[Move, ...]
    unplaced: tuple[Unplaced, ...]
    left_over: tuple[LeftOver, ...]
    levels: tuple[LevelResult, ...]
    is_exhaustive: bool
    room_makers: int
    after: Facts
    only_new: bool = False

    @property
    def is_proven(self) -> bool:
        """Whether no repair is better on any level."""
        return self.is_exhaustive and all(level.is_proven for level in self.levels)

    @property
    def are_fewest_moves(self) -> bool:
        """Whether it is proven that no repair places as many and moves fewer persons, with less harm."""
        return self.is_exhaustive and all(level.is_proven for level in self.levels[:5])

    @property
    def unsafe(self) -> tuple[int, ...]:
        """Presences with a breach that remains and does not end by itself."""
        return tuple(sorted({one for left in self.left_over if left.until_day is None for one in left.presences}))


def repair(
    before: Facts,
    after: Facts,
    rules: Sequence[Constraint],
    limits: Limits,
    *,
    harm: MoveHarm | None = None,
    only_new: bool = False,
) -> Repair:
    """Repair the placements of a changed week with the fewest and least harmful moves.

    Parameters
    ----------
    before, after : the unchanged and the changed week, with the same placements and residences
    rules : the rule book
    limits : time of the whole repair, workers, seed
    harm : what a move costs
    only_new : leave what was broken before the change as it is

    Raises
    ------
    InputRejected : the change makes somebody safe who was not
    OutOfTime : nothing was found in time
    SolverFault : the rules, asked again without the solver, find a breach nobody told of
    """
    began = time.monotonic()
    weights = MoveHarm() if harm is None else harm
    was, now = live_findings(before, rules), live_findings(after, rules)
    insist_on_no_loosening(was, now)
    found = alerts(was, now)
    wanted = [alert for alert in found if alert.is_moving and (not only_new or alert.since != "before")]
    asked = _asked(wanted, after)
    searching = limits if limits.audit else replace(limits, time_s=limits.time_s * _SEARCHING)
    decided = decide(after, asked, rules, searching, weights, began)
    moves = _moves(decided, after, weights)
    unplaced = tuple(_unplaced(decided, rules, limits, began))
    movers = {mover.presence: mover for mover in decided.model.movers}
    week = repaired(after, [(movers[move.presence], move.placed) for move in moves])
    _insist(decided, moves, after, rules, weights)
    left = _left_over(now, week, after, moves, {one.presence for one in unplaced}, wanted, rules)
    return Repair(
        after,
        found,
        asked.must,
        moves,
        unplaced,
        left,
        decided.levels,
        decided.is_exhaustive,
        decided.room_makers,
        week,
        only_new,
    )


def _asked(wanted: Iterable[Alert], facts: Facts) -> Asked:
    """Who must move, who cannot be helped by others leaving, who has time until when, and who must not both stay."""
    movable = {live.presence for live in facts.live}
    must: dict[int, OnLive] = {}
    alone: set[int] = set()
    apart: set[tuple[int, int]] = set()
    days: dict[int, list[int]] = defaultdict(list)
    for alert in wanted:
        act = OnLive(str(alert.breach.act))
        own = [one for one in alert.presences if one in movable]
        is_about_beds = alert.breach.rule == "place_capacity"
        for one in own:
            must[one] = OnLive.MOVE_NOW if OnLive.MOVE_NOW in (act, must.get(one)) else OnLive.MOVE_BY
            closed = closing_day(one, facts) if is_about_beds else None
            days[one].append(facts.today if closed is None else closed)
            if closed is not None or len(alert.presences) == 1:
                alone.add(one)
        if not is_about_beds and len(alert.presences) == 2:
            if len(own) == 2:
                apart.add((own[0], own[1]))
            else:
                alone.update(own)
    until = {one: min(its) for one, its in days.items()}
    return Asked(must, frozenset(alone), until, frozenset(apart))


def _moves(decided: Decided, facts: Facts, harm: MoveHarm) -> tuple[Move, ...]:
    """The moves, with beds: those who stay keep theirs, so the others are told what is left."""
    model = decided.model
    found = []
    for placed in assign_beds(model.moved(decided.chosen), model.night):
        mover = model.movers[placed.case]
        persons, points = move_costs(mover.live, placed.stay.facility, facts, harm)
        found.append(Move(mover.presence, mover.must, placed, persons, points))
    return tuple(found)


def _unplaced(decided: Decided, rules: Sequence[Constraint], limits: Limits, began: float) -> Iterator[Unplaced]:
    """Who has no bed, with a minimal set of rules that leaves none.

    Raises
    ------
    SolverFault : solver and plain count disagree
    """
    night, movers = decided.unplaced_night.night, decided.unplaced_night.movers
    waiting = sum(mover.live.has_file for mover in decided.unplaced)
    for mover in decided.unplaced:
        if mover.must is None:
            raise SolverFault("a household that was safe would lose its bed")
        if not mover.live.has_file:
            yield Unplaced(mover.presence, mover.must, False, 0, (), False, {})
            continue
        refused = refusals(night, movers.index(mover), judging_moves(rules))
        seconds = limits.time_s if limits.audit else limits.left_s(began) / waiting
        waiting -= 1
        found = blocking_set(refused, Limits(seconds, 1, limits.seed, limits.audit))
        names = {name for objections in refused.by_option.values() for name in objections}
        counts = {name: len(refused.of_rule(name)) for name in sorted(names)}
        yield Unplaced(mover.presence, mover.must, True, found.open_alone, found.rules, found.is_proven, counts)


def _insist(decided: Decided, moves: Sequence[Move], facts: Facts, rules: Sequence[Constraint], harm: MoveHarm) -> None:
    """The new stays, judged by every rule beside everybody who stays, and their cost counted again.

    Raises
    ------
    SolverFault : a stay breaks a hard rule, or persons or harm differ from what the solver claims
    """
    plan = Plan(tuple(move.placed for move in moves))
    night = night_of(facts, decided.model.movers, harm)
    verdict = judge(plan, night, judging_moves(rules), with_findings=False)
    if verdict.breaches:
        names = sorted({breach.rule for breach in verdict.breaches})
        raise SolverFault(f"the repair breaks: {', '.join(names)}")
    values = {level.name: level.value for level in decided.levels}
    told = sum(move.persons for move in moves), sum(move.harm for move in moves)
    if told != (values["persons_moved"], values["harm"]):
        raise SolverFault("the solver's value differs from the count on: persons moved, harm")


def _left_over(
    now: Iterable[Violation],
    week: Facts,
    facts: Facts,
    moves: Sequence[Move],
    unplaced: set[int],
    wanted: Sequence[Alert],
    rules: Sequence[Constraint],
) -> tuple[LeftOver, ...]:
    """Breaches of the repaired week that ask somebody to move, each one accounted for.

    Raises
    ------
    SolverFault : one that nobody told of
    """
    known = {(breach.rule, frozenset(presences_of(breach))) for breach in now}
    repairing = {id(alert.breach) for alert in wanted}
    ignored = {
        (breach.rule, frozenset(presences_of(breach)))
        for breach in now
        if breach.act in MOVING and id(breach) not in repairing
    }
    movable = {live.presence for live in facts.live}
    gone = {move.presence for move in moves}
    old_of = {len(facts.presences) + place: move.presence for place, move in enumerate(moves)}
    left = []
    for breach in live_findings(week, rules):
        if breach.act not in MOVING:
            continue
        own = presences_of(breach)
        is_new_stay = any(one in old_of for one in own)
        key = breach.rule, frozenset(own)
        # A closed or overfull unit names all who use it: whoever has left mends nothing for who is still there.
        leaving = [one for one in own if one in gone] if breach.rule != "place_capacity" else []
        cooling = [week.presences[one].end_day for one in leaving]
        is_told = key in known or (breach.rule == "place_capacity" and not is_new_stay)
        if is_new_stay or not is_told:
            raise SolverFault(f"the repaired week breaks what nobody told of: {breach.rule}")
        if cooling:
            left.append(LeftOver(breach, own, max(cooling)))
        elif key in ignored or all(one in unplaced for one in own if one in movable):
            left.append(LeftOver(breach, own, None))
        else:
            raise SolverFault(f"the repaired week still breaks: {breach.rule}")
    return tuple(left)
