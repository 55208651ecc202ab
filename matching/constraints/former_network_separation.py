"""`former_network_separation`: persons of one network never live in the same facility, nor locality on policy."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from matching.columns import BoolArray, facility_places
from matching.constraints.base import Audience, OnLive
from matching.constraints.meeting import Hindrance, MeetingRule
from matching.facts import Belonging, Facts, Party, Presence, overlap
from matching.plans import Objection

__all__ = ["FormerNetworkSeparation"]


class FormerNetworkSeparation(MeetingRule):
    """Two households that share a former network, or halves of one, are not placed together.

    Ended memberships count. Members of one household are no matter of this rule. An assessment that is
    valid and links its household to a person of the other lifts the rule for that person alone: *within*
    for the locality, *same* for the facility too.
    """

    name = "former_network_separation"
    summary = "persons of one network never in the same facility, on policy not in the same locality, unless linked"
    source = "Hedlund (2023), ex-members may offend together; domain §4"
    is_timeless = True
    reads = frozenset(
        {
            "Facts.facilities",
            "Facts.halves",
            "Facts.places",
            "Facts.policy",
            "Belonging.key",
            "Belonging.networks",
            "Link.is_signed",
            "Link.key",
            "Link.kind",
            "Party.links",
            "Party.members",
            "Party.networks",
            "Places.root",
            "Places.same_locality",
            "Policy.same_network_apart",
            "Presence.end_day",
            "Presence.facility",
            "Presence.place",
            "Presence.start_day",
        }
    )
    messages = {
        Audience.COORDINATOR: "Somebody of the same former network is present in the facility or the locality.",
    }
    on_live = OnLive.MOVE_BY

    def concerns(self, a: Party, b: Party, facts: Facts) -> bool:
        """Whether they share a network, or halves of one."""
        return any(not facts.halves[network].isdisjoint(b.networks) for network in a.networks)

    def meeting(self, a: Presence, b: Presence, facts: Facts) -> Objection | None:
        """Refused in one facility, or in one locality, on a common day, for any two persons not linked so near."""
        if not overlap(a.start_day, a.end_day, b.start_day, b.end_day):
            return None
        in_one_facility = a.facility >= 0 and a.facility == b.facility
        in_one_locality = facts.policy.same_network_apart == "locality" and facts.places.same_locality(a.place, b.place)
        if not (in_one_facility or in_one_locality):
            return None
        links = [_links(a.party, b.party, one, two) for one, two in _of_one_network(a.party, b.party, facts)]
        if in_one_facility and not all("same" in kinds for kinds in links):
            return Objection("same_network_same_facility")
        if in_one_locality and not all(links):
            return Objection("same_network_same_locality")
        return None

    def marks(self, party: Party, facts: Facts) -> frozenset[int]:
        """Their networks and the other halves of those."""
        return frozenset().union(*(facts.halves[network] for network in party.networks))

    def present_hindrances(self, coming: Party, there: Presence, facts: Facts) -> Iterator[Hindrance]:
        """The facility of the other and, on policy, those in its locality."""
        is_there = np.arange(len(facts.facilities)) == there.facility
        is_in_town = _roots(facts) == facts.places.root[there.place]
        at = _refused(coming, there.party, is_there, is_in_town, facts)
        yield Hindrance(at, there.start_day, there.end_day)

    def planned_hindrances(self, a: Party, b: Party, facts: Facts) -> Iterator[Hindrance]:
        """The same facility and, on policy, two in one locality."""
        lifted = _lifted(a, b, facts)

        def make() -> BoolArray:
            roots = _roots(facts)
            return _refused(a, b, np.eye(len(roots), dtype=np.bool_), roots[:, None] == roots[None, :], facts)

        yield Hindrance(facts.remember((self.name, lifted), make))


def _roots(facts: Facts) -> npt.NDArray[np.int64]:
    """(n,) by facility, the number its locality shares with what counts as the same."""
    return facts.places.root[facility_places(facts)]


def _refused(a: Party, b: Party, is_there: BoolArray, is_in_town: BoolArray, facts: Facts) -> BoolArray:
    """Of the facilities where another is, and of those in its locality, the ones not lifted by links."""
    facility_is_lifted, locality_is_lifted = _lifted(a, b, facts)
    refused = np.zeros_like(is_there)
    if not facility_is_lifted:
        refused |= is_there
    if not locality_is_lifted:
        refused |= is_in_town
    return refused


def _lifted(a: Party, b: Party, facts: Facts) -> tuple[bool, bool]:
    """Whether every two persons of one network may be in one facility, and in one locality."""
    is_locality_free = facts.policy.same_network_apart != "locality"
    if not (a.links or b.links):
        return False, is_locality_free
    links = [_links(a, b, one, two) for one, two in _of_one_network(a, b, facts)]
    return all("same" in kinds for kinds in links), is_locality_free or all(links)


def _of_one_network(a: Party, b: Party, facts: Facts) -> Iterator[tuple[Belonging, Belonging]]:
    """Every two persons of two households who share a network, or halves of one."""
    for one, two in product(a.members, b.members):
        if any(not facts.halves[network].isdisjoint(two.networks) for network in one.networks):
            yield one, two


def _links(a: Party, b: Party, one: Belonging, two: Belonging) -> frozenset[str]:
    """How near a valid assessment of either household wants it to one of these two persons: same, within."""
    wanted = [link for link in a.links if link.key == two.key] + [link for link in b.links if link.key == one.key]
    return frozenset(link.kind for link in wanted if link.is_signed and link.kind != "more_than")
