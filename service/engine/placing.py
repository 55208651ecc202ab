"""A stay for one case that every hard rule accepts, judged without the solver, and the beds it fills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice, product
from typing import Any, Final

from matching.candidates import generate, stay_of
from matching.constraints import hard
from matching.constraints.base import Constraint
from matching.errors import SolverFault
from matching.facts import Facts
from matching.plans import Candidate, Placed, Plan
from matching.pools import allocations, assign_beds
from matching.requester import LADDER, attributes
from matching.solver.check import judge
from service.engine.beds import numbered
from service.engine.world import Picture
from service.store.database import Transaction
from service.store.repository import stays
from service.store.repository.stays import Nights

__all__ = ["Try", "card", "content_of", "housed", "nights_of", "tries"]

_MOST_WAYS: Final = 200
"""Ways to spread a household over the units of a facility that are tried."""


@dataclass(frozen=True)
class Try:
    """One way to serve a case: the facility of each leg, by id, and the first day."""

    facilities: tuple[str, ...]
    first_day: int


def tries(facts: Facts, number: int, rules: Sequence[Constraint], order: Sequence[str] | None) -> Iterator[Try]:
    """Every way no hard rule refuses alone: by facility in the order told, each from its earliest start on.

    Parameters
    ----------
    number : of the case
    order : ids of the facilities that may be chosen, for the last leg; none: any, in the order of their ids

    Notes
    -----
    A first leg is in the same facility where that is possible, so that nobody moves between the two.
    """
    alone = replace(facts, cases=(facts.cases[number],))
    found = generate(alone, hard(rules)).items
    last = len(facts.cases[number].legs) - 1
    names = facts.names.facilities
    starts: dict[int, list[set[int]]] = {}
    for item in found:
        starts.setdefault(item.first_day, [set() for _ in range(last + 1)])[item.leg].add(item.stay.facility)
    place = {name: number for number, name in enumerate(names)}
    for name in names if order is None else order:
        home = place.get(name)
        for day in sorted(starts) if home is not None else ():
            if home not in starts[day][last]:
                continue
            if not last:
                yield Try((name,), day)
                continue
            before = starts[day][0]
            for first in [home] if home in before else sorted(before):
                yield Try((names[first], name), day)


def housed(facts: Facts, number: int, chosen: Try, rules: Sequence[Constraint]) -> tuple[Placed, ...] | None:
    """The stays of a try with their units, if the rules, asked again without any solver, find no breach.

    Nothing of an earlier search is believed: this is what is asked inside the lock.
    """
    case = facts.cases[number]
    names = facts.names.facilities
    if any(name not in names for name in chosen.facilities) or len(chosen.facilities) != len(case.legs):
        return None
    homes = [names.index(name) for name in chosen.facilities]
    ways = [allocations(facts, home, len(case.household)) for home in homes]
    for uses in islice(product(*ways), _MOST_WAYS):
        items = [
            Candidate(number, leg, chosen.first_day, stay_of(case.legs[leg], home, chosen.first_day), use)
            for leg, (home, use) in enumerate(zip(homes, uses, strict=True))
        ]
        try:
            placed = assign_beds(items, facts)
        except SolverFault:
            continue
        if not judge(Plan(placed), facts, hard(rules), with_findings=False).breaches:
            return placed
    return None


def nights_of(tx: Transaction, picture: Picture, placed: Placed) -> tuple[Nights, ...] | None:
    """Numbered beds that are free now; none when the units have too few."""
    facts = picture.facts
    home = facts.names.facilities[placed.stay.facility]
    found: list[Nights] = []
    for bed in placed.beds:
        numbers = picture.beds.get(home, {}).get(facts.names.units[placed.stay.facility][bed.unit], ())
        booked = stays.taken(tx, numbers, placed.stay.start_day, placed.stay.end_day)
        own = numbered(numbers, booked, bed.beds, placed.stay.start_day, placed.stay.end_day)
        if own is None:
            return None
        found += own
    return tuple(found)


def content_of(facts: Facts, placed: Placed, household: Sequence[Any], municipality: str) -> dict[str, Any]:
    """What is sealed of a stay: a matching.domain.Placement without id, state and case file.

    Parameters
    ----------
    household : the members as the case tells them
    """
    stay = placed.stay
    return {
        "placement": {
            "facility": facts.names.facilities[stay.facility],
            "units": [{"unit": facts.names.units[stay.facility][bed.unit], "beds": bed.beds} for bed in placed.beds],
            "start": date.fromordinal(stay.start_day).isoformat(),
            "end": date.fromordinal(stay.end_day).isoformat(),
            "departed": None,
            "household": list(household),
            "responsible_municipality": municipality,
            "separations": [],
        }
    }


def card(facts: Facts, placed: Placed, shown: dict[str, str] | None) -> dict[str, str]:
    """What person and municipality see of a hold: no place.

    Form and cost are what the municipality decides on; the rest is what the slot's own card showed, or is withheld, so
    that together they point at no facility.
    """
    told = dict(zip(LADDER, attributes(facts.facilities[placed.stay.facility]), strict=True))
    kept = shown or {}
    return {name: told[name] if name in ("form", "cost_band") else kept.get(name, "withheld") for name in LADDER}
