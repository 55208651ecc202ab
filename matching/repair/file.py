"""A repair as a file: who must move, who moves where, who cannot be placed and why, what was proven.

It holds places: for the coordinator, and of synthetic scenarios only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from pydantic import Field

from matching.constraints.base import Constraint
from matching.domain.base import CaseId, FacilityId, RecordId, Told
from matching.facts import Facts
from matching.planfile import Finding, LevelValue, PlannedStay, PlannedUnit, findings, planned_stays
from matching.plans import Plan
from matching.repair.alerts import Alert, Since
from matching.repair.order import leave_by, waits_for, working_order
from matching.repair.plan import Move, Repair
from matching.solver.check import judge

__all__ = ["RepairFile", "UnsafeStay", "WaitingCase", "repair_file", "unsafe_stays"]

Act = Literal["move_now", "move_by"]
Outcome = Literal["moves", "stays_safe", "stays_unsafe", "no_safe_bed", "left_out"]


class AlertTold(Told):
    """A live breach of the changed week."""

    since: Since = Field(description="new or worse by the changes, or broken before")
    finding: Finding


class MustMove(Told):
    """Somebody no longer safe, and what becomes of them."""

    presence: RecordId
    act: Act
    is_new: bool = Field(description="none of it was so before the changes")
    is_from_changes: bool = Field(description="some of it is new, or worse, by the changes")
    rules: tuple[str, ...] = Field(description="what they are not safe by")
    leave_by: str | None = Field(description="last day there: today, or when the unit closes; none: no rule tells")
    outcome: Outcome
    safe_once: tuple[RecordId, ...] = Field(description="who has to leave first, of those who stay and are then safe")
    near_until: str | None = Field(description="until then who has left counts as near; none: nobody does")


class MoveTold(Told):
    """A household moved; `for_others`: it was safe and makes room. `after`: who has to leave first, for the bed."""

    presence: RecordId
    act: Act | None
    leave_by: str | None
    after: tuple[RecordId, ...]
    from_facility: FacilityId
    stay: PlannedStay
    persons: int
    harm: int
    for_others: bool


class NoSafeBed(Told):
    """Somebody who must move and cannot be placed safely anywhere."""

    presence: RecordId
    act: Act
    has_case_file: bool = Field(description="without one no rule can say where it would be safe")
    open_if_alone: int
    excluded_by: dict[str, int]
    rules: tuple[str, ...] = Field(description="rules that together leave nothing")
    is_minimal: bool = Field(description="each of them is proven necessary")


class LeftTold(Told):
    """A breach that remains; `until`: it ends by itself when the cool-down of who has left is over."""

    finding: Finding
    until: str | None


class FreedBeds(Told):
    """Beds nobody uses any more."""

    facility: FacilityId
    units: tuple[PlannedUnit, ...]
    start: str
    end: str


class UnsafeStay(Told):
    """A planned stay that the changed week does not allow."""

    case: CaseId
    rules: tuple[str, ...]
    is_new: bool = Field(description="the plan broke none of these before the changes")


class WaitingCase(Told):
    """A waiting case planned in the repaired week."""

    case: CaseId
    stays: tuple[PlannedStay, ...]


class RepairFile(Told):
    """A whole repair."""

    schema_version: Literal["1"]
    synthetic: Literal[True]
    scenario_sha256: str
    changes_sha256: str
    state: Literal["nobody_has_to_move", "repaired", "somebody_has_no_safe_bed"]
    are_fewest_moves: bool = Field(description="proven: as many cannot be placed with less")
    is_proven: bool
    room_search_ended: bool = Field(description="nobody else could make room; else the time was up")
    households_asked_for_room: int
    only_new: bool = Field(description="what was broken before the changes was left as it is")
    warnings: tuple[str, ...] = Field(description="dates of the changes to be checked: in the future, or over")
    levels: tuple[LevelValue, ...]
    must_move: tuple[MustMove, ...]
    moves: tuple[MoveTold, ...] = Field(description="in the order in which they are carried out")
    no_safe_bed: tuple[NoSafeBed, ...]
    left_over: tuple[LeftTold, ...]
    alerts: tuple[AlertTold, ...]
    beds_freed: tuple[FreedBeds, ...]
    unsafe_stays: tuple[UnsafeStay, ...] | None = Field(default=None, description="of the plan; none: no plan")
    waiting: tuple[WaitingCase, ...] | None = Field(default=None, description="none: not planned")


def repair_file(
    found: Repair,
    scenario: bytes,
    changes: bytes,
    *,
    unsafe: Sequence[UnsafeStay] | None = None,
    waiting: Sequence[WaitingCase] | None = None,
    warnings: Sequence[str] = (),
) -> RepairFile:
    """The file of a repair.

    Parameters
    ----------
    found : from `matching.repair.repair`
    scenario, changes : the documents it answers; their hashes go into the file
    unsafe : from `unsafe_stays`, when there is a plan
    waiting : the waiting cases planned in the repaired week, when they were
    warnings : from `matching.repair.dates.doubtful_dates`
    """
    facts, names = found.facts, found.facts.names
    waits = waits_for(found.moves, facts)
    return RepairFile(
        schema_version="1",
        synthetic=True,
        scenario_sha256=hashlib.sha256(scenario).hexdigest(),
        changes_sha256=hashlib.sha256(changes).hexdigest(),
        state=_state(found),
        are_fewest_moves=found.are_fewest_moves,
        is_proven=found.is_proven,
        room_search_ended=found.is_exhaustive,
        households_asked_for_room=found.room_makers,
        only_new=found.only_new,
        warnings=tuple(warnings),
        levels=tuple(
            LevelValue(name=level.name, value=level.value, bound=level.bound, is_proven=level.is_proven)
            for level in found.levels
        ),
        must_move=tuple(_must_move(found)),
        moves=tuple(_move(move, found, waits[move.presence]) for move in working_order(found.moves, waits)),
        no_safe_bed=tuple(
            NoSafeBed(
                presence=names.presences[one.presence],
                act=_act(str(one.must)),
                has_case_file=one.has_file,
                open_if_alone=one.open_alone,
                excluded_by=one.excluded_by,
                rules=one.rules,
                is_minimal=one.is_minimal,
            )
            for one in found.unplaced
        ),
        left_over=tuple(
            LeftTold(
                finding=findings([left.breach], found.after)[0],
                until=_day(left.until_day),
            )
            for left in found.left_over
        ),
        alerts=tuple(
            AlertTold(since=alert.since, finding=findings([alert.breach], facts)[0]) for alert in found.alerts
        ),
        beds_freed=tuple(_freed(found)),
        unsafe_stays=None if unsafe is None else tuple(unsafe),
        waiting=None if waiting is None else tuple(waiting),
    )


def _state(found: Repair) -> Literal["nobody_has_to_move", "repaired", "somebody_has_no_safe_bed"]:
    if found.unplaced or found.unsafe:
        return "somebody_has_no_safe_bed"
    return "repaired" if found.must_move else "nobody_has_to_move"


def _act(act: str) -> Act:
    return "move_now" if act == "move_now" else "move_by"


def _day(day: int | None) -> str | None:
    return None if day is None else date.fromordinal(day).isoformat()


def _must_move(found: Repair) -> Iterable[MustMove]:
    """Everybody with a breach that asks for a move, whoever can be moved or not; the most urgent first."""
    alerts: dict[int, list[Alert]] = {}
    for alert in found.alerts:
        for one in alert.presences if alert.is_moving else ():
            alerts.setdefault(one, []).append(alert)
    moved = {move.presence for move in found.moves}
    told = []
    for one, own in alerts.items():
        outcome = _outcome(one, own, found, moved)
        partners = {other for alert in own for other in alert.presences if other in moved}
        cooling = [left.until_day for left in found.left_over if left.until_day is not None and one in left.presences]
        is_safe = outcome == "stays_safe"
        item = MustMove(
            presence=found.facts.names.presences[one],
            act=_act(str(own[0].breach.act)),
            is_new=all(alert.since != "before" for alert in own),
            is_from_changes=any(alert.since != "before" for alert in own),
            rules=tuple(sorted({alert.breach.rule for alert in own})),
            leave_by=_day(leave_by(one, found)),
            outcome=outcome,
            safe_once=tuple(found.facts.names.presences[other] for other in sorted(partners)) if is_safe else (),
            near_until=_day(max(cooling, default=None)) if is_safe else None,
        )
        told.append((item.act != "move_now", not item.is_new, one, item))
    return [item for *_, item in sorted(told, key=lambda order: order[:3])]


def _outcome(one: int, own: Iterable[Alert], found: Repair, moved: set[int]) -> Outcome:
    if any(lost.presence == one for lost in found.unplaced):
        return "no_safe_bed"
    if one in moved:
        return "moves"
    if one not in found.unsafe:
        return "stays_safe"
    return "left_out" if found.only_new and all(alert.since == "before" for alert in own) else "stays_unsafe"


def _move(move: Move, found: Repair, waits: Iterable[int]) -> MoveTold:
    facts = found.facts
    return MoveTold(
        presence=facts.names.presences[move.presence],
        act=None if move.must is None else _act(str(move.must)),
        leave_by=None if move.must is None else _day(leave_by(move.presence, found)),
        after=tuple(facts.names.presences[one] for one in waits),
        from_facility=facts.names.facilities[facts.presences[move.presence].facility],
        stay=planned_stays([move.placed], facts)[0],
        persons=move.persons,
        harm=move.harm,
        for_others=move.must is None,
    )


def _freed(found: Repair) -> Iterable[FreedBeds]:
    """Beds of those who move that nobody else moves into."""
    facts = found.facts
    starts = {move.presence: move.placed.stay.start_day for move in found.moves}
    taken = {(move.placed.stay.facility, bed.unit) for move in found.moves for bed in move.placed.beds}
    for use in facts.bed_uses:
        units = [bed for bed in use.beds if (use.facility, bed.unit) not in taken]
        if use.presence in starts and units and use.end_day > starts[use.presence]:
            names = facts.names.units[use.facility]
            yield FreedBeds(
                facility=facts.names.facilities[use.facility],
                units=tuple(PlannedUnit(unit=names[bed.unit], beds=bed.beds) for bed in units),
                start=date.fromordinal(starts[use.presence]).isoformat(),
                end=date.fromordinal(use.end_day).isoformat(),
            )


def unsafe_stays(plan: Plan, before: Facts, found: Repair, rules: Sequence[Constraint]) -> tuple[UnsafeStay, ...]:
    """Planned stays that break a hard rule once the change is known and everybody has moved.

    Parameters
    ----------
    plan : in the numbers of the scenario
    before : the unchanged week
    found : the repair
    rules : the rule book
    """
    was, now = _broken(plan, before, rules), _broken(plan, found.after, rules)
    return tuple(
        UnsafeStay(case=before.names.cases[case], rules=tuple(sorted(now[case])), is_new=not was.get(case))
        for case in sorted(now)
    )


def _broken(plan: Plan, facts: Facts, rules: Sequence[Constraint]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for breach in judge(plan, facts, rules, with_findings=False).breaches:
        cases = [number for kind, number in breach.parties if kind == "case"]
        homes = {number for kind, number in breach.parties if kind == "facility"}
        if not cases:  # a quota names the facility alone
            cases = [item.case for item in plan.placed if item.stay.facility in homes]
        for case in cases:
            found.setdefault(case, set()).add(breach.rule)
    return found
