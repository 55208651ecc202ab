"""Two households and where each is present: what rules about meetings judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matching.facts import FOREVER, Case, Facts, Presence, Stay

__all__ = ["live_pairs", "planned", "without_own"]


def planned(case: Case, stay: Stay, facts: Facts) -> Presence:
    """The presence a planned stay would be: from its start without end, its bed until the planned end.

    Examples
    --------
    >>> from tests.builders import case, facility, world
    >>> facts = world(facilities=[facility(place=3)], cases=[case()])
    >>> coming = planned(facts.cases[0], Stay(0, 10, 20), facts)
    >>> coming.place, coming.start_day, coming.end_day == FOREVER, coming.bed_end_day
    (3, 10, True, 20)
    """
    place = facts.facilities[stay.facility].place
    return Presence(place, stay.start_day, FOREVER, case.party, stay.facility, stay.end_day)


def without_own(coming: Presence, there: Presence) -> Presence | None:
    """Who is there beside the members of the household that comes; none: nobody else.

    A household does not meet its own present stay, but whoever shares that stay is judged.

    Examples
    --------
    >>> from tests.builders import person, present
    >>> there = present(1, person(key=7), person(key=8))
    >>> rest = without_own(present(2, person(key=7)), there)
    >>> sorted(rest.party.keys), without_own(there, there)
    ([8], None)
    """
    if coming.party.keys.isdisjoint(there.party.keys):
        return there
    others = there.party.without(coming.party.keys)
    return replace(there, party=others) if others.members else None


def live_pairs(facts: Facts) -> Iterator[tuple[int, Presence, int, Presence]]:
    """Every two presences from today on, with their numbers: the later one, then who was there before it.

    Examples
    --------
    >>> from tests.builders import person, present, world
    >>> there = [present(1, person(key=key), days=days) for key, days in ((7, (5, 9)), (8, (7, 15)), (9, (2, FOREVER)))]
    >>> facts = world(presences=there, today=10)  # the first has left, the others were there before today
    >>> [(later, one.start_day, earlier, other.start_day) for later, one, earlier, other in live_pairs(facts)]
    [(1, 10, 2, 10)]
    """
    present = [
        (number, item.start_day, replace(item, start_day=max(item.start_day, facts.today)))
        for number, item in enumerate(facts.presences)
        if item.end_day > facts.today
    ]
    for first, one in enumerate(present):
        for other in present[first + 1 :]:
            (later, _, coming), (earlier, _, there) = (one, other) if one[1] > other[1] else (other, one)
            rest = without_own(coming, there)
            if rest is not None:
                yield later, coming, earlier, rest
