"""Two households and where each is present: what rules about meetings judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matching.facts import FOREVER, Case, Facts, Presence, Stay

__all__ = ["live_pairs", "planned", "without_own"]


def planned(case: Case, stay: Stay, facts: Facts) -> Presence:
    """The presence a planned stay would be: from its start without end, its bed until the planned end."""
    place = facts.facilities[stay.facility].place
    return Presence(place, stay.start_day, FOREVER, case.party, stay.facility, stay.end_day)


def without_own(coming: Presence, there: Presence) -> Presence | None:
    """Who is there beside the members of the household that comes; none: nobody else.

    A household does not meet its own present stay, but whoever shares that stay is judged.
    """
    if coming.party.keys.isdisjoint(there.party.keys):
        return there
    others = there.party.without(coming.party.keys)
    return replace(there, party=others) if others.members else None


def live_pairs(facts: Facts) -> Iterator[tuple[int, Presence, int, Presence]]:
    """Every two presences from today on, with their numbers: the later one, then who was there before it."""
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
