"""`unknown_placement_margin`: little risk of meeting somebody whom others placed there unseen."""

from __future__ import annotations

import math

from matching.columns import BoolArray, column
from matching.constraints.base import Audience, OnLive, Origin, PairRule, Scope
from matching.facts import Case, Facility, Facts, Party, Stay
from matching.plans import Objection

__all__ = ["UnknownPlacementMargin"]

_HUNDRED_THOUSANDTHS = 100_000


class UnknownPlacementMargin(PairRule):
    """The chance that somebody placed unseen in the kommun is hostile to the household stays within the policy's.

    Persons placed unseen come as a Poisson number with the zone's expectation; each is hostile with the
    highest prior of the household's networks, surely when a member's networks are unknown, never when
    it has none. The chance of at least one is 1 - exp(-expected): expected hostile persons, in hundred-thousandths,
    are at most -ln(1 - residual risk), rounded down; the limit itself is allowed. The amount is the excess.
    """

    name = "unknown_placement_margin"
    summary = "the chance of meeting somebody hostile whom others placed there unseen stays within the policy's"
    scope = Scope.OWN_CASE
    source = "Hedlund (2023), unskilled placers and uncoordinated municipalities place unseen; domain §4"
    reads = frozenset(
        {
            "Case.party",
            "Facility.place",
            "Facts.facilities",
            "Facts.places",
            "Facts.policy",
            "Facts.priors_percent",
            "Party.is_unknown",
            "Party.networks",
            "Places.kommun",
            "Policy.residual_risk_percent",
            "Policy.unseen_persons_milli",
            "Policy.unseen_zones",
            "Stay.facility",
        }
    )
    messages = {
        Audience.ASSESSOR: "The risk that somebody hostile was placed there unseen is above {most_percent} percent.",
        Audience.COORDINATOR: "The risk that somebody hostile was placed there unseen is above {most_percent} percent.",
    }
    parameters = {"most_percent": Origin.POLICY}
    on_live = OnLive.TASK

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused by the expected hostile persons beyond the limit, in hundred-thousandths."""
        unseen_milli = _unseen_at_milli(facts.facilities[stay.facility], facts)
        expected = unseen_milli * _hostile_percent(case.party, facts)
        excess = expected - _most_expected(facts.policy.residual_risk_percent)
        told = (("most_percent", facts.policy.residual_risk_percent),)
        return Objection("residual_risk", excess, told) if excess > 0 else None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, whether more are expected than the limit."""
        unseen_milli = column(facts, (self.name, "unseen"), lambda facility: _unseen_at_milli(facility, facts))
        expected = unseen_milli * _hostile_percent(case.party, facts)
        return expected > _most_expected(facts.policy.residual_risk_percent)


def _most_expected(residual_risk_percent: int) -> int:
    """Expected hostile persons, in hundred-thousandths, at which the risk of one is just within the limit."""
    return math.floor(-math.log1p(-residual_risk_percent / 100) * _HUNDRED_THOUSANDTHS)


def _hostile_percent(party: Party, facts: Facts) -> int:
    if party.is_unknown:
        return 100
    return max((facts.priors_percent[network] for network in party.networks), default=0)


def _unseen_at_milli(facility: Facility, facts: Facts) -> int:
    return _unseen_milli(int(facts.places.kommun[facility.place]), facts)


def _unseen_milli(kommun: int, facts: Facts) -> int:
    """Persons thought to be placed unseen in a kommun, in thousandths."""
    by_zone = facts.remember(
        (UnknownPlacementMargin.name, "zones"),
        lambda: {int(zone.kommun): zone.persons_milli for zone in facts.policy.unseen_zones},
    )
    return by_zone.get(kommun, facts.policy.unseen_persons_milli)
