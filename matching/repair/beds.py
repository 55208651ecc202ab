"""Which beds whoever moves is given: any that are free of those who stay put, unit by unit."""

from __future__ import annotations

from collections.abc import Sequence

from matching.errors import SolverFault
from matching.facts import Bed, Facts, overlap
from matching.plans import Candidate, Placed
from matching.pools import blocked_windows, pools_of, unit_free_beds

__all__ = ["beds_of"]


def beds_of(moved: Sequence[Candidate], counted: Facts, night: Facts) -> tuple[Placed, ...]:
    """Units for counted beds, the longest of the stays that begin first served first.

    Parameters
    ----------
    moved : stays elsewhere, numbered as the cases of `night`
    counted : the facts in which their beds were counted, all who might have moved away
    night : the facts in which all who stay put fill their own beds again

    Raises
    ------
    SolverFault : a stay finds no free bed, so they were counted wrongly
    """
    placed: list[Placed] = []
    for item in sorted(moved, key=lambda c: (c.stay.start_day, -c.stay.end_day, c.case)):
        pools = pools_of(counted, item.stay.facility)
        left = len(night.cases[item.case].household)
        beds: list[Bed] = []
        for use in item.uses:
            pieces = use.amount
            for unit in pools[use.pool].units:
                free = _free_throughout(night, placed, item, unit) if pieces and left else 0
                if free:
                    takes = min(free, left, pieces) if pools[use.pool].is_shared else min(free, left)
                    pieces -= takes if pools[use.pool].is_shared else 1
                    left -= takes
                    beds.append(Bed(unit, takes))
        if left:
            raise SolverFault("a household that moves finds no free bed")
        placed.append(Placed(item.case, item.leg, item.stay, tuple(sorted(beds))))
    return tuple(sorted(placed))


def _free_throughout(night: Facts, placed: Sequence[Placed], item: Candidate, unit: int) -> int:
    """Beds of a unit free on every night of a stay, beside those who stay put and those placed before."""
    stay = item.stay
    told = night.facilities[stay.facility].units[unit]
    others = [
        (other.stay, bed.beds)
        for other in placed
        if other.stay.facility == stay.facility
        and overlap(other.stay.start_day, other.stay.end_day, stay.start_day, stay.end_day)
        for bed in other.beds
        if bed.unit == unit
    ]
    if others and not told.is_shared:
        return 0
    starts = {start for start, _ in blocked_windows(night, stay.facility, unit)} | {one.start_day for one, _ in others}
    days = {stay.start_day, *(day for day in starts if stay.start_day < day < stay.end_day)}
    return min(
        unit_free_beds(night, stay.facility, unit, day)
        - sum(beds for one, beds in others if one.start_day <= day < one.end_day)
        for day in days
    )
