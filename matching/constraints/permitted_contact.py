"""`permitted_contact`: a long way to the nearest person the household may go on meeting costs."""

from __future__ import annotations

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["PermittedContact"]


class PermittedContact(CostRule):
    """Costs its weight per road minute beyond the tolerated to the nearest permitted contact.

    Minutes are rounded up; no path, or more than the policy counts, counts as that (ten hours). Nobody to
    meet costs nothing. That a contact is permitted never makes a place permitted: the hard rules say that.
    """

    name = "permitted_contact"
    summary = "road time to the nearest permitted contact beyond the tolerated"
    scope = Scope.OWN_CASE
    source = "Socialstyrelsen (2023), broken prosocial ties raise dropout; domain §4"
    reads = frozenset(
        {
            "Case.permitted_contacts",
            "Facility.place",
            "Facts.facilities",
            "Facts.places",
            "Facts.policy",
            "Places.road_min",
            "Policy.contact_tolerated_min",
            "Policy.most_counted_min",
            "Policy.weights",
            "Stay.facility",
            "Weights.permitted_contact",
        }
    )
    messages = {Audience.COORDINATOR: "The people the household may go on meeting are far away."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        """Weight times minutes beyond the tolerated."""
        if not case.permitted_contacts:
            return 0
        policy, place = facts.policy, facts.facilities[stay.facility].place
        ways = [int(facts.places.road_min[place, contact]) for contact in case.permitted_contacts]
        minutes = min(policy.most_counted_min, *ways)
        return policy.weights.permitted_contact * max(0, minutes - policy.contact_tolerated_min)
