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
from matching.repair.alerts import Since
from matching.repair.plan import Move, Repair
from matching.solver.check import judge

__all__ = ["RepairFile", "UnsafeStay", "WaitingCase", "repair_file", "unsafe_stays"]

Act = Literal["move_now", "move_by"]


class AlertTold(Told):
    """A live breach of the changed week."""

    since: Since = Field(description="new or worse by the changes, or broken before")
    finding: Finding


class MustMove(Told):
    """Somebody no longer safe, and what becomes of them."""

    presence: RecordId
    act: Act
    is_new: bool = Field(description="none of it was so before the changes")
    outcome: Literal["moves", "stays_safe", "stays_unsafe", "no_safe_bed"]


class MoveTold(Told):
    """A household moved; `for_others`: it was safe and makes room."""

    presence: RecordId
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
    levels: tuple[LevelValue, ...]
    must_move: tuple[MustMove, ...]
    moves: tuple[MoveTold, ...]
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
) -> RepairFile:
    """The file of a repair.

    Parameters
    ----------
    found : from `matching.repair.repair`
    scenario, changes : the documents it answers; their hashes go into the file
    unsafe : from `unsafe_stays`, when there is a plan
    waiting : the waiting cases planned in the repaired week, when they were
    """
    facts, names = found.facts, found.facts.names
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
        levels=tuple(
            LevelValue(name=level.name, value=level.value, bound=level.bound, is_proven=level.is_proven)
            for level in found.levels
        ),
        must_move=tuple(_must_move(found)),
        moves=tuple(_move(move, found.facts) for move in found.moves),
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
                until=None if left.until_day is None else date.fromordinal(left.until_day).isoformat(),
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


def _must_move(found: Repair) -> Iterable[MustMove]:
    """Everybody with a breach that asks for a move, whoever can be moved or not; the most urgent first."""
    acts: dict[int, tuple[Act, bool]] = {}
    for alert in found.alerts:
        if alert.is_moving:
            for one in alert.presences:
                act, is_new = acts.get(one, (_act(str(alert.breach.act)), True))
                acts[one] = act, is_new and alert.since != "before"
    moved = {move.presence for move in found.moves}
    unplaced = {one.presence for one in found.unplaced}
    unsafe = set(found.unsafe)
    for one, (act, is_new) in sorted(
        acts.items(), key=lambda told: (told[1][0] != "move_now", not told[1][1], told[0])
    ):
        outcome: Literal["moves", "stays_safe", "stays_unsafe", "no_safe_bed"] = "stays_safe"
        if one in unplaced:
            outcome = "no_safe_bed"
        elif one in moved:
            outcome = "moves"
        elif one in unsafe:
            outcome = "stays_unsafe"
        yield MustMove(presence=found.facts.names.presences[one], act=act, is_new=is_new, outcome=outcome)


def _move(move: Move, facts: Facts) -> MoveTold:
    return MoveTold(
        presence=facts.names.presences[move.presence],
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
