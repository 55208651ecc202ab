"""`former_network_separation`: persons of one network never live in the same facility, nor locality on policy."""

from __future__ import annotations

from matching.constraints.base import Audience, OnLive
from matching.constraints.meeting import MeetingRule
from matching.facts import Facts, Party, Presence, overlap
from matching.plans import Objection

__all__ = ["FormerNetworkSeparation"]


class FormerNetworkSeparation(MeetingRule):
    """Two households that share a former network, or halves of one, are not placed together.

    Ended memberships count. Members of one household are no matter of this rule, nor are households of
    which one is to live with or near a person of the other, as its assessment says.
    """

    name = "former_network_separation"
    summary = "persons of one network never in the same facility, on policy not in the same locality, unless linked"
    source = "Hedlund (2023), ex-members may offend together; domain §4"
    is_timeless = True
    reads = frozenset(
        {
            "Facts.halves",
            "Facts.places",
            "Facts.policy",
            "Link.key",
            "Link.kind",
            "Party.keys",
            "Party.links",
            "Party.networks",
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
        """Whether they share a network, or halves of one, and no assessment links them."""
        if all(facts.halves[network].isdisjoint(b.networks) for network in a.networks):
            return False
        return not (_is_to_live_near(a, b) or _is_to_live_near(b, a))

    def meeting(self, a: Presence, b: Presence, facts: Facts) -> Objection | None:
        """Refused in one facility, or in one locality, on a common day."""
        if not overlap(a.start_day, a.end_day, b.start_day, b.end_day):
            return None
        if a.facility >= 0 and a.facility == b.facility:
            return Objection("same_network_same_facility")
        if facts.policy.same_network_apart == "locality" and facts.places.same_locality(a.place, b.place):
            return Objection("same_network_same_locality")
        return None


def _is_to_live_near(own: Party, other: Party) -> bool:
    return any(link.kind != "more_than" and link.key in other.keys for link in own.links)
