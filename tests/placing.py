"""Stays and plans by hand, over facts of `tests.builders`."""

from __future__ import annotations

from collections.abc import Sequence

from matching.facts import Bed, Facility, Facts, Stay
from matching.plans import Placed, Plan

__all__ = ["place_plan", "plan_of", "put"]


def put(
    facts: Facts,
    number: int,
    at: int | Sequence[int],
    *,
    start: int | None = None,
    beds: Sequence[tuple[int, int]] | None = None,
) -> tuple[Placed, ...]:
    """A case placed at a facility (one a leg) from its earliest day or `start`; beds fill units in order."""
    told = facts.cases[number]
    homes = (at,) * len(told.legs) if isinstance(at, int) else tuple(at)
    found = []
    for leg_number, (leg, home) in enumerate(zip(told.legs, homes, strict=True)):
        first = (told.earliest_day if start is None else start) + leg.offset_days
        taken = _filled(facts.facilities[home], len(told.household)) if beds is None else [Bed(*bed) for bed in beds]
        found.append(Placed(number, leg_number, Stay(home, first, first + leg.nights), tuple(taken)))
    return tuple(found)


def _filled(told: Facility, persons: int) -> list[Bed]:
    taken = []
    for number, one in enumerate(told.units):
        beds = min(persons, one.beds)
        persons -= beds
        if beds:
            taken.append(Bed(number, beds))
    return taken


def plan_of(*parts: tuple[Placed, ...]) -> Plan:
    return Plan(tuple(sorted((one for part in parts for one in part), key=lambda p: (p.case, p.leg))))


def place_plan(facts: Facts, number: int, home: int, start: int, way: Sequence[int] | None = None) -> Placed:
    """The only stay of a case at a facility, so many beds of each unit (in order when none is said)."""
    nights = facts.cases[number].legs[0].nights
    persons = len(facts.cases[number].household)
    units = facts.facilities[home]
    beds = _filled(units, persons) if way is None else [Bed(n, beds) for n, beds in enumerate(way) if beds]
    return Placed(number, 0, Stay(home, start, start + nights), tuple(beds))
