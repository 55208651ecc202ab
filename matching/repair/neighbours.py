"""Who could make room: safe households that hold the beds, or are the company, for want of which somebody has no place.

They are asked a few facilities at a time, the least harm first, and only while somebody who must move has no bed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matching.candidates import stay_of
from matching.constraints import hard
from matching.constraints.base import Constraint
from matching.facts import Facts, Live
from matching.repair.harm import MoveHarm, harm_points
from matching.repair.model import RepairModel, judging_moves

__all__ = ["room_makers"]

_MENDED = frozenset({"place_capacity", "household_together"})
"""What others mend by moving tonight: a bed, and company. Whoever is hostile counts until the cool-down is over."""

_AT_FIRST = 12
"""So many households are asked first, or all of one facility; then as many again as were asked before."""


def room_makers(
    model: RepairModel,
    asked_by: frozenset[int],
    makers: frozenset[int],
    facts: Facts,
    rules: Sequence[Constraint],
    harm: MoveHarm,
) -> frozenset[int]:
    """Presences that may be asked to move next; none: nobody else could make room.

    Those who hold a bed wanted come first; when all of them are asked, those who hold a bed these would need.
    Without a case file a household only changes rooms, so it asks nobody beyond its facility.

    Parameters
    ----------
    asked_by : presences that must move and have no bed
    makers : presences asked before
    """
    movable = {live.presence: live for live in facts.live}
    known = {mover.presence for mover in model.movers}
    for group in (asked_by, makers):
        numbers = [n for n, mover in enumerate(model.movers) if mover.presence in group]
        groups, is_helped = _holders(model, numbers, movable, known, rules)
        if group is asked_by and not is_helped:
            break  # whoever moves, nobody of them has a place: what others would need is of no use
        ordered = sorted(groups, key=lambda own: (sum(harm_points(movable[one], facts, harm) for one in own), own))
        found: set[int] = set()
        for own in ordered:
            if found and len(found | set(own)) > max(_AT_FIRST, len(makers)):
                break
            found |= set(own)
        if found:
            return frozenset(found)
    return frozenset()


def _holders(
    model: RepairModel, numbers: Iterable[int], movable: dict[int, Live], known: set[int], rules: Sequence[Constraint]
) -> tuple[set[tuple[int, ...]], bool]:
    """Groups of presences, by facility, that hold what one of the cases lacks there and nothing but that.

    And whether there is any facility that is open to one of them, or that anybody could open.
    """
    night = model.night
    book = sorted(hard(judging_moves(rules)), key=lambda rule: rule.name in _MENDED)
    at: dict[int, list[int]] = {}
    for live in movable.values():
        if live.is_housed and live.presence not in known:
            at.setdefault(live.stay.facility, []).append(live.presence)
    found: set[tuple[int, ...]] = set()
    is_helped = False
    for number in numbers:
        case = night.cases[number]
        company = {
            live.presence
            for live in movable.values()
            if live.presence not in known
            and (
                any(link.key in live.case.party.keys for link in case.party.links)
                or any(link.key in case.party.keys for link in live.case.party.links)
            )
        }
        live = model.movers[number].live
        open_to = range(len(night.facilities)) if live.has_file else (live.stay.facility,)
        for facility, refusing in _refusing(book, night, number).items():
            if facility not in open_to:
                continue
            is_helped = True
            own = set(at.get(facility, ())) if "place_capacity" in refusing else set()
            own |= company if "household_together" in refusing else set()
            if own:
                found.add(tuple(sorted(own)))
    return found, is_helped


def _refusing(book: Iterable[Constraint], night: Facts, number: int) -> dict[int, frozenset[str]]:
    """Facilities open to a case, or that others can open by moving -> the rules that refuse them now."""
    case = night.cases[number]
    stays = [stay_of(case.legs[0], facility, case.earliest_day) for facility in range(len(night.facilities))]
    left = dict.fromkeys(range(len(stays)), frozenset[str]())
    for rule in book:
        told = rule.refused(case, stays[0].start_day, stays[0].end_day, night) if stays else None
        is_mended = rule.name in _MENDED
        if told is not None and not is_mended:
            left = {facility: names for facility, names in left.items() if not told[facility]}
            continue
        for facility in list(left):
            objection = rule.objection(case, stays[facility], night)
            if objection is None:
                continue
            if is_mended and objection.reason != "facility_too_small":
                left[facility] |= {rule.name}
            else:
                del left[facility]
    return left
