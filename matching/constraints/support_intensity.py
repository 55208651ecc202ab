"""`support_intensity`: support on the spot below what the case needs costs, and so does support beyond it."""

from __future__ import annotations

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["SupportIntensity"]

_NOT_KNOWN = 0


class SupportIntensity(CostRule):
    """Costs one weight per step too little, another per step too much.

    Nothing where nobody has assessed what the case needs. A facility of which the intensity is not known
    counts as one step too little: missing knowledge never makes a place fit.
    """

    name = "support_intensity"
    summary = "steps of support on the spot below or beyond what the case needs"
    scope = Scope.OWN_CASE
    source = "FoU Nordväst (2023), intensity must match risk and overtreatment harms; domain §4"
    reads = frozenset(
        {
            "Case.support_intensity",
            "Facility.support_intensity",
            "Facts.facilities",
            "Facts.policy",
            "Policy.weights",
            "Stay.facility",
            "Weights.support_too_little",
            "Weights.support_too_much",
        }
    )
    messages = {Audience.COORDINATOR: "The support on the spot is not what the case needs, or is not known."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        """Weight of the side times steps off."""
        wanted, given = case.support_intensity, facts.facilities[stay.facility].support_intensity
        weights = facts.policy.weights
        if wanted == _NOT_KNOWN:
            return 0
        if given == _NOT_KNOWN:
            return weights.support_too_little
        if given < wanted:
            return weights.support_too_little * (wanted - given)
        return weights.support_too_much * (given - wanted)
