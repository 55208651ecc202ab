"""`day_rate`: the household's daily rate costs, after safety and time."""

from __future__ import annotations

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["DayRate"]

_SEK_A_UNIT = 10


class DayRate(CostRule):
    """Costs its weight per 10 SEK of the household's rate a night, rounded down."""

    name = "day_rate"
    summary = "the household's daily rate, per 10 SEK"
    scope = Scope.OWN_CASE
    source = "Hedlund (2023), 3,500 SEK a day; FoU Nordväst (2023), 4,000-6,000; domain §4"
    reads = frozenset(
        {
            "Case.household",
            "Facility.day_rate_sek",
            "Facts.facilities",
            "Facts.policy",
            "Policy.weights",
            "Stay.facility",
            "Weights.day_rate",
        }
    )
    messages = {Audience.COORDINATOR: "The daily rate is high."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        """Weight times tens of SEK a night for the whole household."""
        rate_sek = facts.facilities[stay.facility].day_rate_sek * len(case.household)
        return facts.policy.weights.day_rate * (rate_sek // _SEK_A_UNIT)
