"""In which order a repair is carried out: who leaves before somebody else can have the bed, and by which day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matching.constraints.base import OnLive
from matching.facts import Facts
from matching.repair.night import closing_day
from matching.repair.plan import Move, Repair

__all__ = ["leave_by", "waits_for", "working_order"]

_FIRST = {OnLive.MOVE_NOW: 0, OnLive.MOVE_BY: 1, None: 2}


def leave_by(presence: int, found: Repair) -> int | None:
    """Last day on which somebody in danger may still be there: today, or when the unit closes; none: no rule tells.

    Parameters
    ----------
    presence : in `found.facts`
    found : the repair
    """
    own = [alert.breach for alert in found.alerts if alert.is_moving and presence in alert.presences]
    if any(breach.act == OnLive.MOVE_NOW for breach in own):
        return found.facts.today
    return closing_day(presence, found.facts) if any(breach.rule == "place_capacity" for breach in own) else None


def waits_for(moves: Sequence[Move], facts: Facts) -> dict[int, tuple[int, ...]]:
    """Presence that moves -> presences that have to leave first, since it takes a bed of theirs.

    Where a shared unit has beds for all who come beside all who leave, nobody waits.
    """
    leaving = {move.presence for move in moves}
    found = {}
    for move in moves:
        stay, others = move.placed.stay, set[int]()
        for taken in move.placed.beds:
            unit = facts.facilities[stay.facility].units[taken.unit]
            there = [
                (use.presence, bed.beds)
                for use in facts.bed_uses_at[stay.facility]
                for bed in use.beds
                if bed.unit == taken.unit and use.start_day < stay.end_day and use.end_day > stay.start_day
            ]
            coming = sum(
                bed.beds
                for other in moves
                for bed in other.placed.beds
                if other.placed.stay.facility == stay.facility and bed.unit == taken.unit
            )
            if not unit.is_shared or sum(beds for _, beds in there) + coming > unit.beds:
                others |= {one for one, _ in there if one in leaving and one != move.presence}
        found[move.presence] = tuple(sorted(others))
    return found


def working_order(moves: Sequence[Move], waits: Mapping[int, Sequence[int]]) -> tuple[Move, ...]:
    """Moves as they are carried out: by day, who must move now first, and nobody before the bed is empty.

    Households that exchange beds wait for each other: then the more urgent one comes first.

    Examples
    --------
    >>> from matching.plans import Placed
    >>> from matching.facts import Stay
    >>> from matching.repair.plan import Move
    >>> placed = Placed(0, 0, Stay(0, 9, 20), ())
    >>> one, maker = Move(1, OnLive.MOVE_NOW, placed, 1, 1), Move(2, None, placed, 1, 1)
    >>> [move.presence for move in working_order([one, maker], {1: (2,), 2: ()})]
    [2, 1]
    """
    by_presence = {move.presence: move for move in moves}
    order: dict[int, Move] = {}
    begun: set[int] = set()

    def visit(move: Move) -> None:
        if move.presence in begun:
            return
        begun.add(move.presence)
        for other in waits.get(move.presence, ()):
            visit(by_presence[other])
        order[move.presence] = move

    for move in sorted(moves, key=lambda one: (one.placed.stay.start_day, _FIRST[one.must], one.presence)):
        visit(move)
    return tuple(order.values())
