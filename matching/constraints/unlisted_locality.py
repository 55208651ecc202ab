"""`unlisted_locality`: a place the assessment does not list as suitable costs, and needs a manual check."""

from __future__ import annotations

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["UnlistedLocality", "is_listed"]


class UnlistedLocality(CostRule):
    """Costs its weight once when the place lies in no area the assessment lists as suitable.

    It is a flag too: whoever assessed the case has said nothing of this locality, so somebody must look
    at it by hand. Passing every hard rule is not a judgement that the place is safe, and nothing here
    ever calls a place so. An assessment that lists no suitable area, or none at all, leaves every
    locality unlisted. Inside is a reach-within question, as in `preferred_locality`.

    Where the assessment does list areas, a place in none of them is charged by `preferred_locality` as
    well: whoever tunes that weight of 300 tunes 400.
    """

    name = "unlisted_locality"
    summary = "lying in no locality the assessment lists as suitable: needs a manual check"
    scope = Scope.OWN_CASE
    source = "Socialstyrelsen (2023), suitable and unsuitable orter; domain §4"
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
            "Weights.unlisted_locality",
        }
    )
    messages = {
        Audience.ASSESSOR: "The place is in no area the assessment lists as suitable: it needs a manual check.",
        Audience.COORDINATOR: "No assessment lists the place as suitable: it needs a manual check before a move.",
    }

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        """The weight, or nothing."""
        return 0 if is_listed(case, stay.facility, facts) else facts.policy.weights.unlisted_locality


def is_listed(case: Case, facility: int, facts: Facts) -> bool:
    """Whether the facility surely lies in an area the assessment lists as suitable."""
    place = facts.facilities[facility].place
    listed = () if case.assessment is None else case.assessment.preferred
    return any(facts.places.surely_lies_in(place, area) for area in listed)
