"""The night of the repair as facts: who may move is a case of its own, everybody else stays fixed.

Whoever may move is still present where they live: until they have left, and then for the cool-down. So nobody is sent
next to a place somebody hostile leaves tonight, and no two rivals change places. That holds for those who stay put in
the end, too: they are present there in every case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from matching.constraints.base import OnLive
from matching.facts import FOREVER, BedUse, Case, Facts, Leg, Live, Presence, Stay
from matching.plans import Placed
from matching.repair.harm import MoveHarm

__all__ = ["Mover", "closing_day", "movers_of", "night_of", "repaired"]

_TRIAGE = {None: 0, OnLive.MOVE_NOW: 1, OnLive.MOVE_BY: 2}
"""Who must have a bed first: whoever makes room and was safe, then who must move now, then who must move by a day."""


@dataclass(frozen=True)
class Mover:
    """A household that may move.

    Parameters
    ----------
    live : its stay today
    must : what its most urgent breach asks for; none: it is safe and may only make room
    may_stay : whether it may stay if others leave; otherwise its breach is no matter of others
    first_day, last_day : days on which a stay elsewhere may begin
    """

    live: Live
    must: OnLive | None
    may_stay: bool
    first_day: int
    last_day: int

    @property
    def presence(self) -> int:
        """Its number."""
        return self.live.presence


def closing_day(presence: int, facts: Facts) -> int | None:
    """First day from today on which a unit that a household uses is closed; none: no day."""
    days = [
        max(block.start_day, use.start_day, facts.today)
        for use in facts.bed_uses
        if use.presence == presence
        for block in facts.facilities[use.facility].closures
        if not block.units.isdisjoint(bed.unit for bed in use.beds)
        and max(block.start_day, use.start_day, facts.today) < min(block.end_day, use.end_day)
    ]
    return min(days, default=None)


def movers_of(
    facts: Facts,
    must: dict[int, OnLive],
    alone: frozenset[int],
    until: dict[int, int],
    room_makers: Iterable[int] = (),
) -> tuple[Mover, ...]:
    """Households that may move, by number of presence.

    Parameters
    ----------
    facts : the changed week
    must : presence -> what its most urgent breach asks for
    alone : presences with a breach that nobody else can mend by leaving
    until : presence -> last day on which it may leave, where that is later than today
    room_makers : presences that are safe and may move to make room
    """
    live = {item.presence: item for item in facts.live}
    found = []
    for number in sorted({*must, *room_makers} & live.keys()):
        first_day = live[number].stay.start_day
        last_day = max(first_day, until.get(number, first_day))
        found.append(Mover(live[number], must.get(number), number not in alone, first_day, last_day))
    return tuple(found)


def night_of(facts: Facts, movers: Sequence[Mover], harm: MoveHarm) -> Facts:
    """Facts in which the movers are the waiting cases, in the order given, and their beds are free.

    A mover whose unit closes on a later day keeps its bed until then: whoever takes it comes when it is empty.
    """
    by_presence = {mover.presence: mover for mover in movers}
    # Somebody who finds no bed is still there when the last of the others arrives.
    last_day = max((mover.last_day for mover in movers), default=facts.today)
    gone_day = last_day + facts.policy.cool_down_days
    presences = tuple(
        _leaving(there, by_presence[number].last_day, gone_day) if number in by_presence else there
        for number, there in enumerate(facts.presences)
    )
    kept = (
        _until(use, by_presence[use.presence].last_day) if use.presence in by_presence else use
        for use in facts.bed_uses
    )
    return replace(
        facts,
        cases=tuple(_case(mover, harm) for mover in movers),
        presences=presences,
        bed_uses=tuple(use for use in kept if use.start_day < use.end_day and use.end_day > facts.today),
        live=(),
        names=replace(facts.names, cases=tuple(facts.names.presences[mover.presence] for mover in movers)),
    )


def _leaving(there: Presence, last_day: int, gone_day: int) -> Presence:
    return replace(there, end_day=gone_day, bed_end_day=min(there.bed_end_day, last_day))


def _until(use: BedUse, day: int) -> BedUse:
    return replace(use, end_day=min(use.end_day, day))


def _case(mover: Mover, harm: MoveHarm) -> Case:
    stay = mover.live.stay
    nights = max(stay.end_day - stay.start_day, harm.least_nights)
    return replace(
        mover.live.case,
        triage=_TRIAGE[mover.must],
        earliest_day=mover.first_day,
        latest_day=mover.last_day,
        deadline_day=mover.last_day,
        legs=(Leg("stable", 0, nights),),
        housed_until_day=0,  # the old bed ends when the new stay begins
        housed_at=stay.facility,
    )


def repaired(facts: Facts, moves: Sequence[tuple[Mover, Placed]]) -> Facts:
    """The changed week once everybody has moved: old stays ended, cool-downs running, new stays begun.

    New presences come after all others, under the id of the old one, so that no other number changes.
    """
    presences = list(facts.presences)
    bed_uses = list(facts.bed_uses)
    names = list(facts.names.presences)
    live = {item.presence: item for item in facts.live}
    housed: dict[int, tuple[int, Stay]] = {}
    for mover, placed in moves:
        stay, old = placed.stay, presences[mover.presence]
        has_begun = old.start_day < stay.start_day or old.start_day <= facts.today
        left_day = stay.start_day if has_begun else old.start_day
        gone_day = left_day + facts.policy.cool_down_days if has_begun else left_day
        presences[mover.presence] = replace(old, end_day=gone_day, bed_end_day=min(old.bed_end_day, left_day))
        bed_uses = [_until(use, left_day) if use.presence == mover.presence else use for use in bed_uses]
        number = len(presences)
        place = facts.facilities[stay.facility].place
        presences.append(Presence(place, stay.start_day, FOREVER, old.party, stay.facility, stay.end_day))
        case = mover.live.case
        bed_uses.append(BedUse(number, stay.facility, placed.beds, stay.start_day, stay.end_day, case.municipality))
        names.append(facts.names.presences[mover.presence])
        moved = replace(case, housed_at=stay.facility, housed_until_day=stay.end_day)
        del live[mover.presence]
        live[number] = Live(number, moved, stay, mover.live.has_file, is_housed=True)
        for key in old.party.keys:
            housed[key] = mover.live.stay.facility, stay
    return replace(
        facts,
        cases=tuple(_rehoused(case, housed) for case in facts.cases),
        presences=tuple(presences),
        bed_uses=tuple(use for use in bed_uses if use.start_day < use.end_day),
        live=tuple(live[number] for number in sorted(live)),
        names=replace(facts.names, presences=tuple(names)),
    )


def _rehoused(case: Case, housed: dict[int, tuple[int, Stay]]) -> Case:
    """A waiting case whose members have moved tonight."""
    moved = [housed[key] for key in case.party.keys if key in housed]
    if not moved:
        return case
    old, stay = max(moved, key=lambda one: (one[1].end_day, one))
    at = stay.facility if case.housed_at in (-1, old) else case.housed_at
    return replace(case, housed_at=at, housed_until_day=max(case.housed_until_day, stay.end_day))
