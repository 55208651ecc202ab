"""`support_fit`: needs of the first two weeks and of remote support that the facility does not meet cost."""

from __future__ import annotations

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["SupportFit"]

_REMOTELY = "remote_support"


class SupportFit(CostRule):
    """Costs one weight per need of the first 14 days, another per remote need, that is not offered there.

    A facility that offers remote support meets every remote need. What is needed from day one is hard:
    `needs_met`.
    """

    name = "support_fit"
    summary = "needs of the first 14 days, and remote ones, that are not offered"
    scope = Scope.OWN_CASE
    source = "Hedlund (2023), protection and heavy support; Socialstyrelsen (2023), digital support; domain §4"
    reads = frozenset(
        {
            "Case.remote_needs",
            "Case.soon_needs",
            "Facility.offers",
            "Facts.facilities",
            "Facts.policy",
            "Policy.weights",
            "Stay.facility",
            "Weights.support_fit_remote",
            "Weights.support_fit_within_14_days",
        }
    )
    messages = {Audience.COORDINATOR: "The facility lacks support the household needs soon or remotely."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        """Weights times needs that lack."""
        offers, weights = facts.facilities[stay.facility].offers, facts.policy.weights
        soon = len(case.soon_needs - offers)
        remote = 0 if _REMOTELY in offers else len(case.remote_needs - offers)
        return weights.support_fit_within_14_days * soon + weights.support_fit_remote * remote
