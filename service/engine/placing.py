"""A stay for one case that every hard rule accepts, judged without the solver, and the beds it fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice, product
from typing import Any, Final

from matching.candidates import generate, stay_of
from matching.constraints import hard
from matching.constraints.base import Constraint
from matching.errors import SolverFault
from matching.facts import Facility, Facts
from matching.plans import Candidate, Placed, Plan
from matching.pools import allocations, assign_beds
from matching.requester import LADDER, attributes
from matching.solver.check import judge
from service.engine.beds import numbered
from service.engine.world import Picture
from service.store.database import Transaction
from service.store.repository import stays
from service.store.repository.stays import Nights

__all__ = ["HIGHEST", "Try", "card", "ceiling", "content_of", "housed", "nights_of", "tries"]

WITHHELD: Final = "withheld"
_MOST_WAYS: Final = 200
"""Ways to spread a household over the units of a facility that are tried."""


_BANDS: Final = ("below_4000", "4000_to_4999", "5000_or_more")
HIGHEST: Final = _BANDS[-1]
"""The band of which nothing can be said but that it is a price."""


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


def ceiling(facilities: Iterable[Facility]) -> str:
    """The highest cost band among facilities: what one of them costs at most; of none the highest there is.

    Examples
    --------
    >>> ceiling([])
    '5000_or_more'
    """
    bands = [_BANDS.index(attributes(one)[LADDER.index("cost_band")]) for one in facilities]
    return _BANDS[max(bands, default=len(_BANDS) - 1)]


def card(facts: Facts, placed: Placed, shown: dict[str, str] | None, at_most: str) -> dict[str, str]:
    """What the municipality sees of a hold: no place.

    Form and cost are what it decides on. The form is the facility's own, because the law asks for it; the cost is what
    the slot's card showed, or a ceiling that everybody can compute; the rest is what the card showed, or is withheld.

    Parameters
    ----------
    at_most : `ceiling` of what is publicly eligible for the case
    """
    told = dict(zip(LADDER, attributes(facts.facilities[placed.stay.facility]), strict=True))
    kept = {name: value for name, value in (shown or {}).items() if name in LADDER and value != WITHHELD}
    return dict.fromkeys(LADDER, WITHHELD) | {"cost_band": at_most} | kept | {"form": told["form"]}
