"""`actor_is_placed`: nobody lives within separation of a present person who threatens them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matching.columns import facility_places
from matching.constraints.base import Audience, OnLive
from matching.constraints.meeting import Hindrance, MeetingRule
from matching.facts import Facts, Party, Presence
from matching.hostility import are_apart, near_matrix, separation_limits
from matching.plans import Objection

__all__ = ["ActorIsPlaced"]


class ActorIsPlaced(MeetingRule):
    """A threat actor who is a known person and present is kept apart as a rival is, in either direction.

    A placed actor is found by the person, whatever the reach the assessment gives and whatever the
    networks; the duty ends with the threat, from the day the assessor signs it to be over.
    """

    name = "actor_is_placed"
    summary = "a household and a present person who is a named threat actor of it are apart as rivals are"
    source = "Hedlund (2023), hotaktörer; FoU Nordväst (2023), the ego-network beyond the named gang; domain §4"
    reads = frozenset(
        {
            "Facts.places",
            "Facts.policy",
            "Party.is_poorly_known",
            "Party.is_unknown",
            "Party.keys",
            "Party.named_actors",
            "Party.networks",
            "Party.separations",
            "Policy.neighbouring_km",
            "Policy.neighbouring_min",
            "Policy.poor_knowledge_widening_percent",
            "Policy.separation_km",
            "Policy.separation_min",
            "Presence.end_day",
            "Presence.party",
            "Presence.place",
            "Presence.start_day",
        }
    )
    messages = {
        Audience.COORDINATOR: "Somebody who is a threat actor of the household, or it of them, is present too near.",
    }
    on_live = OnLive.MOVE_NOW

    def concerns(self, a: Party, b: Party, facts: Facts) -> bool:  # noqa: ARG002 - signature
        """Whether one names a person of the other as a threat actor."""
        return _over_from(a, b) > 0

    def meeting(self, a: Presence, b: Presence, facts: Facts) -> Objection | None:
        """Refused when not apart on a common day on which the threat is live."""
        if max(a.start_day, b.start_day) >= min(a.end_day, b.end_day, _over_from(a.party, b.party)):
            return None
        limits = separation_limits(a.party, b.party, facts)
        return None if are_apart(a.place, b.place, *limits, facts) else Objection("named_actor_present")

    def ends(self, a: Presence, b: Presence, facts: Facts) -> Iterator[int]:  # noqa: ARG002 - signature
        """When the other has left or the threat is over."""
        yield b.end_day
        yield _over_from(a.party, b.party)

    def marks(self, party: Party, facts: Facts) -> frozenset[int]:  # noqa: ARG002 - signature
        """Its persons and those it names."""
        return party.keys | {key for key, _ in party.named_actors}

    def present_hindrances(self, coming: Party, there: Presence, facts: Facts) -> Iterator[Hindrance]:
        """Wherever it is not apart from the other, until the other leaves or the threat is over."""
        near = near_matrix(*separation_limits(coming, there.party, facts), facts)[there.place]
        end_day = min(there.end_day, _over_from(coming, there.party))
        yield Hindrance(near[facility_places(facts)], there.start_day, end_day)

    def planned_hindrances(self, a: Party, b: Party, facts: Facts) -> Iterator[Hindrance]:
        """Where the two are not apart, until the threat is over."""
        limits = separation_limits(a, b, facts)
        places = facility_places(facts)
        at = facts.remember((self.name, limits), lambda: near_matrix(*limits, facts)[np.ix_(places, places)])
        yield Hindrance(at, end_day=_over_from(a, b))


def _over_from(a: Party, b: Party) -> int:
    """Day from which no threat named between the two households is live; 0 when none is named."""
    return max(
        (over for own, other in ((a, b), (b, a)) for key, over in own.named_actors if key in other.keys), default=0
    )
