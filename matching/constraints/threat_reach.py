"""`threat_reach`: outside the reach of every threat actor that is live on any night of the stay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matching.columns import BoolArray, column, facility_places
from matching.constraints.base import Audience, OnLive, PairRule, Scope
from matching.facts import Actor, Case, Facts, Stay
from matching.plans import Objection

__all__ = ["ThreatReach"]

_WITHIN = {
    "radius": "within_radius",
    "minutes": "within_minutes",
    "areas": "within_areas",
    "presence": "within_presence",
    "national": "within_national",
}


class ThreatReach(PairRule):
    """Outside each actor's radius, minutes, areas or presence; national reach needs the protection level.

    The own former network and its rivals are actors by presence unless the assessor has signed
    otherwise. Fading, a radius or minutes shrink evenly, so the first common night is the strictest;
    the other kinds hold in full until they are gone.
    """

    name = "threat_reach"
    summary = "outside the reach of every threat actor live on any night; national reach only by protection level"
    scope = Scope.OWN_CASE
    source = "FoU Nordväst (2023), threats with and without reach; Hedlund (2023), hotaktörer; domain §4"
    reads = frozenset(
        {
            "Actor.areas",
            "Actor.bases",
            "Actor.full_until_day",
            "Actor.gone_day",
            "Actor.kind",
            "Actor.limit_m",
            "Actor.limit_min",
            "Assessment.actors",
            "Assessment.protection_level",
            "Base.end_day",
            "Base.place",
            "Base.start_day",
            "Case.assessment",
            "Case.earliest_day",
            "Case.latest_day",
            "Case.nights",
            "Facility.place",
            "Facility.security_grade",
            "Facts.facilities",
            "Facts.places",
            "Places.all_that_may_lie_in",
            "Places.may_lie_in",
            "Places.root",
            "Places.town_is_beyond_m",
            "Places.town_is_beyond_min",
            "Places.towns_within_m",
            "Places.towns_within_min",
            "Stay.end_day",
            "Stay.facility",
            "Stay.start_day",
        }
    )
    messages = {
        Audience.ASSESSOR: "A threat actor of the assessment reaches the place on a night of the stay.",
        Audience.COORDINATOR: "A threat actor of the case reaches the place on a night of the stay.",
    }
    on_live = OnLive.MOVE_NOW

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused with the kind of reach that holds."""
        if case.assessment is None:
            return None
        for actor in case.assessment.actors:
            if _reaches(actor, case, stay, facts):
                return Objection(_WITHIN[actor.kind])
        return None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:
        """By facility, whether any actor reaches it."""
        refused = np.zeros(len(facts.facilities), dtype=np.bool_)
        for actor in () if case.assessment is None else case.assessment.actors:
            refused |= _reached(actor, case, start_day, end_day, facts)
        return refused

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When an actor is gone, leaves a base, or its fading reach no longer comes so far."""
        if case.assessment is None:
            return
        for actor in case.assessment.actors:
            yield actor.gone_day
            yield from (base.end_day for base in actor.bases)
            if actor.full_until_day < actor.gone_day:
                yield from _shrinking_days(actor, case, facility, facts)

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:
        """The same days: those of actors and bases everywhere, those of a shrinking reach where it ends."""
        actors = () if case.assessment is None else case.assessment.actors
        gone = {actor.gone_day for actor in actors} | {base.end_day for actor in actors for base in actor.bases}
        found = self._turning_everywhere(gone, days, facts)
        for actor in actors:
            if actor.full_until_day < actor.gone_day:
                _add_shrinking_days(found, actor, case, days, facts)
        return found


def _reaches(actor: Actor, case: Case, stay: Stay, facts: Facts) -> bool:
    place, places = facts.facilities[stay.facility].place, facts.places
    if stay.start_day >= actor.gone_day:
        return False
    if actor.kind == "national":
        needed = None if case.assessment is None else case.assessment.protection_level
        return needed is None or facts.facilities[stay.facility].security_grade < needed
    if any(places.may_lie_in(place, area) for area in actor.areas):
        return True
    for base in actor.bases:
        first_day = max(stay.start_day, base.start_day)
        if first_day >= min(stay.end_day, base.end_day, actor.gone_day):
            continue
        if actor.kind == "minutes":
            if not places.town_is_beyond_min(place, base.place, _faded(actor.limit_min, actor, first_day)):
                return True
        else:
            limit_m = _faded(actor.limit_m, actor, first_day) if actor.kind == "radius" else actor.limit_m
            if not places.town_is_beyond_m(place, base.place, limit_m):
                return True
    return False


def _reached(actor: Actor, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:
    """By facility, `_reaches` for a stay on ``[start_day, end_day)``."""
    places = facts.places
    if start_day >= actor.gone_day:
        return np.zeros(len(facts.facilities), dtype=np.bool_)
    if actor.kind == "national":
        needed = None if case.assessment is None else case.assessment.protection_level
        if needed is None:
            return np.ones(len(facts.facilities), dtype=np.bool_)
        return column(facts, "security_grade", lambda facility: facility.security_grade) < needed
    there = np.zeros(len(places.root), dtype=np.bool_)
    for area in actor.areas:
        there |= places.all_that_may_lie_in(area)
    for base in actor.bases:
        first_day = max(start_day, base.start_day)
        if first_day >= min(end_day, base.end_day, actor.gone_day):
            continue
        if actor.kind == "minutes":
            there |= places.towns_within_min(base.place, _faded(actor.limit_min, actor, first_day))
        else:
            limit_m = _faded(actor.limit_m, actor, first_day) if actor.kind == "radius" else actor.limit_m
            there |= places.towns_within_m(base.place, limit_m)
    return there[facility_places(facts)]


def _faded(limit: int, actor: Actor, day: int) -> int:
    """What is left of a reach on a day, rounded up: never smaller than the even shrinking says."""
    if day <= actor.full_until_day:
        return limit
    return -(-limit * (actor.gone_day - day) // (actor.gone_day - actor.full_until_day))


def _shrinking_days(actor: Actor, case: Case, facility: int, facts: Facts) -> Iterator[int]:
    """Days on which the shrinking reach first no longer comes as far as the facility."""
    first = max(actor.full_until_day, case.earliest_day)
    last = min(actor.gone_day, case.latest_day + case.nights)
    reached = _reaches(actor, case, Stay(facility, first, first + 1), facts)
    if not reached and all(base.start_day <= first for base in actor.bases):
        return  # a reach that only shrinks never comes back
    for day in range(first + 1, last + 1):
        still = _reaches(actor, case, Stay(facility, day, day + 1), facts)
        if reached and not still:
            yield day
        reached = still


def _add_shrinking_days(found: BoolArray, actor: Actor, case: Case, days: range, facts: Facts) -> None:
    """Mark what `_shrinking_days` says of every facility, on the days asked for."""
    first = max(actor.full_until_day, case.earliest_day)
    last = min(actor.gone_day, case.latest_day + case.nights)
    asked = range(max(first + 1, days.start), min(last + 1, days.stop))
    if not asked:
        return
    reached = _reached(actor, case, asked.start - 1, asked.start, facts)
    for day in asked:
        still = _reached(actor, case, day, day + 1, facts)
        found[day - days.start] |= reached & ~still
        reached = still
