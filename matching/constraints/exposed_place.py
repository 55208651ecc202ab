"""`exposed_place`: nobody is placed where a network hostile to them, or their own, knows the place."""

from __future__ import annotations

from collections.abc import Iterator

from matching.constraints.base import Audience, OnLive, PairRule, Scope
from matching.facts import Case, Exposure, Facts, Stay
from matching.plans import Objection

__all__ = ["ExposedPlace"]


class ExposedPlace(PairRule):
    """No stay starts where an exposure to a network of concern still counts, in the whole locality.

    What a network knows its halves and everybody it was ever allied with know too. They concern a case
    whose own network, rival or threat actor they are; nobody knows whom they concern when a member of
    the household is unknown, so all of them do.
    """

    name = "exposed_place"
    summary = "not where the own network, a rival, an actor or an ally of theirs knows the facility or the locality"
    scope = Scope.EVERYBODY
    source = "Hedlund (2023), a client who brings people or posts the locality exposes the neighbours; domain §4"
    reads = frozenset(
        {
            "Actor.network",
            "Assessment.actors",
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
            "Facts.memo",
            "Facts.network_feuds",
            "Facts.places",
            "Facts.rivals_of",
            "Party.is_unknown",
            "Party.networks",
            "Places.same_locality",
            "Stay.facility",
            "Stay.start_day",
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

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When an exposure of the place has been cleared or is too old to count."""
        yield from (told.end_day for told in _exposures(case, facility, facts))


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
    """Own former networks with every half, their rivals at any time, and the networks of threat actors."""
    networks = case.party.networks
    actors = () if case.assessment is None else case.assessment.actors
    key = ("exposed_place", networks, frozenset(actor.network for actor in actors))
    if key not in facts.memo:
        own = frozenset[int]().union(*(facts.halves[network] for network in networks))
        facts.memo[key] = own | facts.rivals_of(networks) | {actor.network for actor in actors}
    found: frozenset[int] = facts.memo[key]
    return found
