"""`scarcity`: beds with a feature that few facilities have are kept for those who need it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facility, Facts, Stay, is_accompanied, is_minor

__all__ = ["Scarcity"]

_CHILDREN = "children with a guardian"
_MINORS_ALONE = "unaccompanied minors"


class Scarcity(CostRule):
    """Costs its weight per rare feature of the facility that the household does not need.

    Features are what it offers, and whether it takes children or unaccompanied minors. Rare is what at
    most the policy's share of all facilities has: the catalogue decides, not who is where.
    """

    name = "scarcity"
    summary = "rare features of the facility that the household does not need"
    scope = Scope.OWN_CASE
    source = "Hedlund (2023), housing shortage; domain §4"
    reads = frozenset(
        {
            "Case.household",
            "Case.needs",
            "Facility.offers",
            "Facility.takes_children",
            "Facility.takes_unaccompanied_minors",
            "Facts.facilities",
            "Facts.policy",
            "Person.age_years",
            "Person.is_guardian",
            "Policy.adult_age_years",
            "Policy.scarce_share_percent",
            "Policy.weights",
            "Stay.facility",
            "Weights.scarcity",
        }
    )
    messages = {Audience.COORDINATOR: "The facility has something rare that this household does not need."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        """Weight times rare features nobody in the household needs."""
        unneeded = _rare(facts)[stay.facility] - _needed(case, facts)
        return facts.policy.weights.scarcity * len(unneeded)


def _features(facility: Facility) -> Iterator[str]:
    yield from facility.offers
    if facility.takes_children:
        yield _CHILDREN
    if facility.takes_unaccompanied_minors:
        yield _MINORS_ALONE


def _needed(case: Case, facts: Facts) -> frozenset[str]:
    if not any(is_minor(person, facts.policy) for person in case.household):
        return case.needs
    return case.needs | {_CHILDREN if is_accompanied(case.household) else _MINORS_ALONE}


def _rare(facts: Facts) -> tuple[frozenset[str], ...]:
    """Rare features of each facility, worked out once: the catalogue does not change."""
    return facts.remember("scarcity", lambda: _rare_at_each(facts))


def _rare_at_each(facts: Facts) -> tuple[frozenset[str], ...]:
    having = Counter(feature for facility in facts.facilities for feature in _features(facility))
    most = facts.policy.scarce_share_percent * len(facts.facilities)
    rare = {feature for feature, number in having.items() if 100 * number <= most}
    return tuple(frozenset(rare & frozenset(_features(facility))) for facility in facts.facilities)
