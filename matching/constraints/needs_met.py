"""`needs_met`: what the household needs from day one is offered at the facility."""

from __future__ import annotations

from matching.columns import BoolArray, flags
from matching.constraints.base import Audience, OnLive, Origin, PairRule, Scope
from matching.facts import Case, Facts, Live, Stay
from matching.plans import Objection

__all__ = ["NeedsMet"]

_LACKS = {
    "round_the_clock_staff": "lacks_round_the_clock_staff",
    "step_free_access": "lacks_step_free_access",
    "addiction_treatment": "lacks_addiction_treatment",
    "psychiatric_care": "lacks_psychiatric_care",
    "trauma_treatment": "lacks_trauma_treatment",
    "disability_support": "lacks_disability_support",
    "women_only": "lacks_women_only",
    "interpreter": "lacks_interpreter",
    "debt_advice": "lacks_debt_advice",
    "work_training": "lacks_work_training",
    "daily_contact": "lacks_daily_contact",
    "remote_support": "lacks_remote_support",
}
"""The reason for each need, written out so that the catalogues find it."""


class NeedsMet(PairRule):
    """Every need marked `day_one` is offered there; the amount is the number that lack."""

    name = "needs_met"
    summary = "every need of day one is offered at the facility"
    scope = Scope.OWN_CASE
    source = "Hedlund (2023), parallel needs; Socialstyrelsen (2023), requirement profiles; domain §4"
    reads = frozenset(
        {
            "Case.day_one_needs",
            "Facility.offers",
            "Facts.facilities",
            "Live.case",
            "Live.is_housed",
            "Live.stay",
            "Stay.facility",
        }
    )
    messages = {
        Audience.ASSESSOR: "Not everything the household needs from day one is offered; needs stated: {needs}.",
        Audience.COORDINATOR: "Needs of day one that the facility does not meet: {amount} of {needs}.",
    }
    parameters = {"amount": Origin.CATALOGUE, "needs": Origin.OWN_CASE}
    on_live = OnLive.MOVE_BY

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused with the code of each need that lacks."""
        lacking = case.day_one_needs - facts.facilities[stay.facility].offers
        told = (("needs", len(case.day_one_needs)),)
        return Objection(" ".join(_LACKS[need] for need in sorted(lacking)), len(lacking), told) if lacking else None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, whether a need lacks."""
        needs = case.day_one_needs
        return flags(facts, (self.name, needs), lambda facility: not needs <= facility.offers)

    def live_objection(self, live: Live, facts: Facts) -> Objection | None:
        """The same while the bed is in use; without a case file no needs are known, and none is assumed."""
        return self.objection(live.case, live.stay, facts) if live.is_housed else None
