"""`recognition_risk`: the smaller the town, the sooner a newcomer is noticed."""

from __future__ import annotations

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["RecognitionRisk"]


class RecognitionRisk(CostRule):
    """Costs its weight for each time the town must be doubled until newcomers go unnoticed.

    More doublings than the policy counts (six) cost no more.
    The whole locality counts, its districts included: a district is no town of its own.
    """

    name = "recognition_risk"
    summary = "halvings of the town below the population at which newcomers go unnoticed"
    scope = Scope.OWN_CASE
    source = "Johansson & Kangasvieri (2015), town too small for a hidden identity; domain §4"
    reads = frozenset(
        {
            "Facility.place",
            "Facts.facilities",
            "Facts.places",
            "Facts.policy",
            "Places.population",
            "Policy.recognition_most_steps",
            "Policy.recognition_population",
            "Policy.weights",
            "Stay.facility",
            "Weights.recognition_risk",
        }
    )
    messages = {Audience.COORDINATOR: "The town is so small that a newcomer is noticed."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:  # noqa: ARG002 - signature
        """Weight times doublings until the town is large enough."""
        population = int(facts.places.population[facts.facilities[stay.facility].place])
        enough, most = facts.policy.recognition_population, facts.policy.recognition_most_steps
        steps = next((step for step in range(most) if population * 2**step >= enough), most)
        return facts.policy.weights.recognition_risk * steps
