"""`isolation`: a long way to the nearest larger town costs."""

from __future__ import annotations

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["Isolation"]


class Isolation(CostRule):
    """Costs its weight per road minute beyond the tolerated to the nearest larger town.

    Minutes are rounded up; no path, or more than the policy counts, counts as that (ten hours).
    """

    name = "isolation"
    summary = "travel time to the nearest larger town beyond the tolerated"
    scope = Scope.OWN_CASE
    source = "Interview study with twelve practitioners, remote placements isolate; domain §4"
    reads = frozenset(
        {
            "Facility.place",
            "Facts.facilities",
            "Facts.places",
            "Facts.policy",
            "Places.larger_town_min",
            "Policy.isolation_tolerated_min",
            "Policy.most_counted_min",
            "Policy.weights",
            "Stay.facility",
            "Weights.isolation",
        }
    )
    messages = {Audience.COORDINATOR: "The place is far from a larger town."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:  # noqa: ARG002 - signature
        """Weight times minutes beyond the tolerated."""
        policy, place = facts.policy, facts.facilities[stay.facility].place
        minutes = min(int(facts.places.larger_town_min[place]), policy.most_counted_min)
        return policy.weights.isolation * max(0, minutes - policy.isolation_tolerated_min)
