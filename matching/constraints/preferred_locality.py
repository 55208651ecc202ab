"""`preferred_locality`: where the assessment prefers some areas, lying in none of them costs."""

from __future__ import annotations

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["PreferredLocality"]


class PreferredLocality(CostRule):
    """Costs its weight once when the assessment names preferred areas and the place is in none.

    `unlisted_locality` charges the same place as well, and every place where the assessment names none:
    whoever tunes this weight of 300 tunes 400.
    """

    name = "preferred_locality"
    summary = "lying in none of the areas the assessment prefers"
    scope = Scope.OWN_CASE
    source = "Socialstyrelsen (2023), list of suitable orter; domain §4"
    reads = frozenset(
        {
            "Assessment.preferred",
            "Case.assessment",
            "Facility.place",
            "Facts.facilities",
            "Facts.places",
            "Facts.policy",
            "Places.surely_lies_in",
            "Policy.weights",
            "Stay.facility",
            "Weights.preferred_locality",
        }
    )
    messages = {Audience.COORDINATOR: "The place is in none of the preferred areas."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        """The weight, or nothing."""
        if case.assessment is None or not case.assessment.preferred:
            return 0
        place = facts.facilities[stay.facility].place
        if any(facts.places.surely_lies_in(place, area) for area in case.assessment.preferred):
            return 0
        return facts.policy.weights.preferred_locality
