"""The repair: who is no longer safe, who moves where, who cannot be placed; judged again without the solver."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from matching.candidates import stay_of
from matching.constraints import hard
from matching.constraints.base import Constraint, OnLive
from matching.errors import SolverFault
from matching.facts import Facts
from matching.plans import Objection, Placed, Plan, Violation
from matching.repair.alerts import MOVING, Alert, alerts, insist_on_no_loosening, live_findings, presences_of
from matching.repair.beds import beds_of
from matching.repair.harm import MoveHarm
from matching.repair.model import RepairModel, judging_moves, model_of, move_costs
from matching.repair.night import Mover, closing_day, movers_of, night_of, repaired
from matching.solver.check import judge
from matching.solver.cpsat import Limits
from matching.solver.run import LevelResult, search

__all__ = ["LeftOver", "Move", "Repair", "Unplaced", "repair"]


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
    if nobody else had to move tonight; `rules` is a minimal set of rules that leaves it nothing (empty: others
    take the beds, no case file, or not worked out in time).
    """

    presence: int
    must: OnLive
    has_file: bool
    open_alone: int
    rules: tuple[str, ...]
    is_minimal: bool


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
    levels : `matching.repair.model.LEVELS_OF_A_REPAIR`, with bounds
    is_exhaustive : nobody else could make room for those unplaced; else the search for room ended early
    room_makers : how many safe households were allowed to move for the unplaced
    after : the week once everybody has moved
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
    must, alone, until, apart = _read(wanted, after)
    searched = _search(after, must, alone, until, apart, rules, limits, weights, began)
    moves = _moves(searched, after, weights)
    unplaced = tuple(_unplaced(searched, rules, limits, began))
    week = repaired(after, [(searched.mover(move.presence), move.placed) for move in moves])
    _insist(searched, moves, after, rules, weights)
    left = _left_over(now, week, after, moves, {one.presence for one in unplaced}, wanted, rules)
    return Repair(
        after, found, must, moves, unplaced, left, searched.levels, searched.is_exhaustive, searched.room_makers, week
    )


def _read(
    wanted: Iterable[Alert], facts: Facts
) -> tuple[dict[int, OnLive], frozenset[int], dict[int, int], set[tuple[int, int]]]:
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
    return must, frozenset(alone), {one: min(its) for one, its in days.items()}, apart


@dataclass(frozen=True)
class _Searched:
    model: RepairModel
    chosen: tuple[int, ...]
    levels: tuple[LevelResult, ...]
    is_exhaustive: bool
    room_makers: int

    def mover(self, presence: int) -> Mover:
        return next(mover for mover in self.model.movers if mover.presence == presence)


def _search(
    facts: Facts,
    must: dict[int, OnLive],
    alone: frozenset[int],
    until: dict[int, int],
    apart: set[tuple[int, int]],
    rules: Sequence[Constraint],
    limits: Limits,
    harm: MoveHarm,
    began: float,
) -> _Searched:
    """Search with those who must move; while one of them has no bed, let those who could make room move too."""
    makers: set[int] = set()
    while True:
        movers = movers_of(facts, must, alone, until, makers)
        model = model_of(facts, movers, apart, rules, harm)
        left = Limits(limits.left_s(began), limits.workers, limits.seed, limits.audit)
        found = search(model.program, left)
        unplaced = model.unplaced(found.chosen)
        asking = _asking(model, unplaced, apart, makers)
        more = _room_makers(model, asking, facts, rules) - must.keys() - makers if unplaced else set()
        is_late = time.monotonic() - began > limits.time_s / 2 and not limits.audit
        if not more or is_late:
            return _Searched(model, found.chosen, model.levels(found.levels), not more, len(makers))
        makers |= more


def _asking(model: RepairModel, unplaced: Iterable[int], apart: set[tuple[int, int]], makers: set[int]) -> set[int]:
    """Numbers of the movers for whom more room may place somebody: the unplaced, and those they must not be near.

    Those who could make room need places themselves. Without a case file nobody can be placed, whatever room there is.
    """
    presences = {model.movers[number].presence for number in unplaced}
    others = {one for pair in apart if not presences.isdisjoint(pair) for one in pair}
    if not any(mover.presence in presences | others and mover.live.has_file for mover in model.movers):
        return set()
    wanted = presences | others | makers
    return {n for n, mover in enumerate(model.movers) if mover.presence in wanted and mover.live.has_file}


def _room_makers(model: RepairModel, asking: Iterable[int], facts: Facts, rules: Sequence[Constraint]) -> set[int]:
    """Safe households that hold the beds, or are the company, for want of which somebody has no place."""
    night = model.night
    book = sorted(hard(judging_moves(rules)), key=lambda rule: rule.name in _MENDED)
    known = [live for live in facts.live if live.has_file]
    found: set[int] = set()
    for number in sorted(asking):
        case = night.cases[number]
        linked = {link.key for link in case.party.links}
        for facility in range(len(facts.facilities)):
            refusing = _refusing(book, night, number, facility)
            if refusing is None:
                continue
            if "place_capacity" in refusing:
                found |= {live.presence for live in known if live.is_housed and live.stay.facility == facility}
            if "household_together" in refusing:
                found |= {
                    live.presence
                    for live in known
                    if not live.case.party.keys.isdisjoint(linked)
                    or any(link.key in case.party.keys for link in live.case.party.links)
                }
    return found


_MENDED = frozenset({"place_capacity", "household_together"})
"""What others mend by moving tonight: a bed, and company. Whoever is hostile counts until the cool-down is over."""


def _refusing(book: Iterable[Constraint], night: Facts, case: int, facility: int) -> dict[str, Objection] | None:
    """Rules that refuse a facility, when others can mend all of them by moving."""
    told = night.cases[case]
    stay = stay_of(told.legs[0], facility, told.earliest_day)
    found: dict[str, Objection] = {}
    for rule in book:
        objection = rule.objection(told, stay, night)
        if objection is None:
            continue
        if rule.name not in _MENDED or objection.reason == "facility_too_small":
            return None
        found[rule.name] = objection
    return found


def _moves(searched: _Searched, facts: Facts, harm: MoveHarm) -> tuple[Move, ...]:
    """The moves, with beds: those who stay keep theirs, so the others are told what is left."""
    model = searched.model
    moved = sorted(model.moved(searched.chosen))
    leaving = [item.case for item in moved]
    night = night_of(facts, [model.movers[number] for number in leaving], harm)
    numbered = [replace(item, case=place) for place, item in enumerate(moved)]
    found = []
    for placed in beds_of(numbered, model.night, night):
        mover = model.movers[leaving[placed.case]]
        persons, points = move_costs(mover.live, placed.stay.facility, facts, harm)
        found.append(Move(mover.presence, mover.must, placed, persons, points))
    return tuple(found)


def _unplaced(searched: _Searched, rules: Sequence[Constraint], limits: Limits, began: float) -> Iterator[Unplaced]:
    """Who has no bed, with a minimal set of rules that leaves none."""
    from matching.solver.explain import blocking_set, refusals

    model = searched.model
    for number in model.unplaced(searched.chosen):
        mover = model.movers[number]
        if mover.must is None:
            raise SolverFault("a household that was safe would lose its bed")
        rules_left: tuple[str, ...] = ()
        is_minimal = False
        alone = 0
        if mover.live.has_file:
            left = Limits(limits.left_s(began), 1, limits.seed, limits.audit)
            found = blocking_set(refusals(model.night, number, judging_moves(rules)), left)
            rules_left, is_minimal, alone = found.rules, found.is_proven, found.open_alone
        yield Unplaced(mover.presence, mover.must, mover.live.has_file, alone, rules_left, is_minimal)


def _insist(
    searched: _Searched, moves: Sequence[Move], facts: Facts, rules: Sequence[Constraint], harm: MoveHarm
) -> None:
    """The new stays, judged by every rule beside everybody who stays, and their cost counted again.

    Raises
    ------
    SolverFault : a stay breaks a hard rule, or persons or harm differ from what the solver claims
    """
    night = night_of(facts, [searched.mover(move.presence) for move in moves], harm)
    verdict = judge(Plan(tuple(move.placed for move in moves)), night, judging_moves(rules), with_findings=False)
    if verdict.breaches:
        names = sorted({breach.rule for breach in verdict.breaches})
        raise SolverFault(f"the repair breaks: {', '.join(names)}")
    values = {level.name: level.value for level in searched.levels}
    told = sum(move.persons for move in moves), sum(move.harm for move in moves)
    if told != (values["persons_moved"], values["harm"]) or values["safe_without_bed"]:
        raise SolverFault("the solver's value differs from the rules' on: persons moved, harm")


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
        leaving = [one for one in own if one in gone]
        cooling = [week.presences[one].end_day for one in leaving]
        is_told = key in known or (breach.rule == "place_capacity" and not is_new_stay)
        if is_new_stay or not is_told:
            raise SolverFault(f"the repaired week breaks what nobody told of: {breach.rule}")
        if cooling:
            left.append(LeftOver(breach, own, max(cooling)))
        elif key in ignored or any(one in unplaced for one in own) or not any(one in movable for one in own):
            left.append(LeftOver(breach, own, None))
        else:
            raise SolverFault(f"the repaired week still breaks: {breach.rule}")
    return tuple(left)
