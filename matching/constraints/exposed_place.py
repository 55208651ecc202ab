"""`exposed_place`: nobody is placed where a network hostile to them, or their own, knows the place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matching.columns import BoolArray, DaysAt, IntArray, days_at, facility_places, fixed
from matching.constraints.base import Audience, OnLive, PairRule, Scope
from matching.facts import Case, Exposure, Facts, Stay
from matching.plans import Objection

__all__ = ["ExposedPlace"]


class ExposedPlace(PairRule):
    """No stay starts where an exposure to a network of concern still counts, in the whole locality.

    What a network knows its halves and everybody it was ever allied with know too. They concern a case
    whose own network, rival (however improbable), threat actor or wanted separation they are, or the
    network of a person named as an actor; nobody knows whom they concern when a member of the household
    is unknown, so all of them do.
    """

    name = "exposed_place"
    summary = "not where the own network, a rival, an actor or an ally of theirs knows the facility or the locality"
    scope = Scope.EVERYBODY
    source = "Hedlund (2023), a client who brings people or posts the locality exposes the neighbours; domain §4"
    reads = frozenset(
        {
            "Actor.network",
            "Assessment.actors",
            "Assessment.wary_of",
            "Case.assessment",
            "Case.party",
            "Exposure.end_day",
            "Exposure.network",
            "Exposure.place",
            "Facility.place",
            "Facts.allied",
            "Facts.exposures",
            "Facts.facilities",
            "Facts.halves",
            "Facts.network_feuds",
            "Facts.places",
            "Facts.rivals_of",
            "Facts.ties",
            "Party.is_unknown",
            "Party.networks",
            "Places.root",
            "Places.same_locality",
            "Stay.facility",
            "Stay.start_day",
            "Tie.kind",
        }
    )
    messages = {
        Audience.COORDINATOR: "A network the case must be kept from, or its own, knows the facility or the locality."
    }
    on_live = OnLive.MOVE_NOW

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused while the facility, or its locality, is known to somebody of concern."""
        known_until = max((told.end_day for told in _exposures(case, stay.facility, facts)), default=0)
        return Objection("exposed_place") if stay.start_day < known_until else None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, whether it is known on the start."""
        return _known_until(case, facts) > start_day

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When an exposure of the place has been cleared or is too old to count."""
        yield from (told.end_day for told in _exposures(case, facility, facts))

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:
        """The same days, of every facility."""
        return _turning(case, facts).within(days, facts)


def _known_until(case: Case, facts: Facts) -> IntArray:
    """(n,) by facility, the day from which no exposure of its locality concerns a case, 0 when none does."""

    def made() -> IntArray:
        until = np.zeros(len(facts.facilities), dtype=np.int64)
        for told, there in _exposed(case, facts):
            until[there] = np.maximum(until[there], told.end_day)
        return fixed(until)

    return facts.remember((ExposedPlace.name, "until", *_concerned_by(case, facts)), made)


def _turning(case: Case, facts: Facts) -> DaysAt:
    """`turning_days` of every facility, worked out once for all whom the same networks concern."""
    return facts.remember(
        (ExposedPlace.name, "turning", *_concerned_by(case, facts)),
        lambda: days_at(
            (told.end_day, int(number)) for told, there in _exposed(case, facts) for number in np.flatnonzero(there)
        ),
    )


def _concerned_by(case: Case, facts: Facts) -> tuple[bool, frozenset[int]]:
    """What decides which exposures concern a case: every one, or those its networks know of."""
    return case.party.is_unknown, _kept_from(case, facts)


def _exposed(case: Case, facts: Facts) -> Iterator[tuple[Exposure, BoolArray]]:
    """Exposures that concern a case, each with the facilities of its locality."""
    root = facts.places.root
    roots = root[facility_places(facts)]
    for told in facts.exposures:
        if _concerns(told.network, case, facts):
            yield told, roots == root[told.place]


def _exposures(case: Case, facility: int, facts: Facts) -> Iterator[Exposure]:
    """Exposures of a facility's locality, the facility's own included, that concern a case."""
    place = facts.facilities[facility].place
    for told in facts.exposures:
        if facts.places.same_locality(place, told.place) and _concerns(told.network, case, facts):
            yield told


def _concerns(network: int, case: Case, facts: Facts) -> bool:
    if case.party.is_unknown:
        return True
    knowing = facts.halves[network] | facts.allied[network]
    return not knowing.isdisjoint(_kept_from(case, facts))


def _kept_from(case: Case, facts: Facts) -> frozenset[int]:
    """Own former networks with every half, all their recorded rivals, and whom the assessment names."""
    networks, assessment = case.party.networks, case.assessment
    named = frozenset[int]()
    if assessment is not None:
        named = assessment.wary_of | {actor.network for actor in assessment.actors}
    return facts.remember(("exposed_place", networks, named), lambda: named | _all_rivals(networks, facts))


def _all_rivals(networks: frozenset[int], facts: Facts) -> frozenset[int]:
    """Networks with every half, their rivals at any time, and those that may be rivals."""
    own = frozenset[int]().union(*(facts.halves[network] for network in networks))
    return own | facts.rivals_of(networks) | _improbable_rivals(networks, facts)


def _improbable_rivals(networks: frozenset[int], facts: Facts) -> frozenset[int]:
    """Networks with a recorded rivalry that is not probable enough to count as certain: they know the place too."""
    return frozenset(
        other
        for (one, other), ties in facts.ties.items()
        if one in networks and any(tie.kind == "rival" for tie in ties)
    )
