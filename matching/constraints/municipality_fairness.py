"""`municipality_fairness`: inside a class, who has waited longest goes first, whatever the municipality."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from matching.constraints.base import Audience, Constraint, Level, Scope
from matching.constraints.clauses import Clauses
from matching.facts import Facts
from matching.plans import Candidates, Plan, Violation

__all__ = ["MunicipalityFairness"]

_DAYS_A_WEEK = 7


class MunicipalityFairness(Constraint):
    """Each case left unplaced costs points that make its class leximin by weeks of waiting.

    One case that has waited w weeks costs more than all cases of its class together that have waited
    less: the longest waits are served first, then the next, and no municipality's size, contacts or
    number of cases counts. From the policy's most weeks on all waiting counts alike.
    """

    name = "municipality_fairness"
    summary = "cases left waiting, leximin by weeks of waiting inside a class, whatever the municipality"
    level = Level.SOFT
    scope = Scope.EVERYBODY
    source = "Hedlund (2023) and FoU Nordväst (2023), unequal access between municipalities; domain §4"
    reads = frozenset(
        {
            "Case.received_day",
            "Case.triage",
            "Facts.cases",
            "Facts.policy",
            "Facts.today",
            "Policy.fairness_most_weeks",
            "Policy.weights",
            "Weights.municipality_fairness",
        }
    )
    messages = {Audience.COORDINATOR: "Another case of the class has waited longer."}

    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Charge every case, and take it back where its first stay is chosen."""
        points = _points(facts)
        clauses.charge_always(sum(points))
        for number, candidate in enumerate(candidates.items):
            if candidate.leg == 0 and points[candidate.case]:
                clauses.charge(number, -points[candidate.case])

    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """One cost a case without a stay."""
        placed = plan.cases()
        for number, points in enumerate(_points(facts)):
            if points and number not in placed:
                yield Violation(self.name, "left_waiting", points, (("case", number),))


def _points(facts: Facts) -> list[int]:
    """What leaving each case unplaced costs.

    In a class with a cases of 0 weeks and b of 1 week: 1 for the first, 1 + a for the second, then
    1 + a + b * (1 + a), and so on.
    """
    weeks = [
        min(facts.policy.fairness_most_weeks, max(0, facts.today - case.received_day) // _DAYS_A_WEEK)
        for case in facts.cases
    ]
    many = Counter((case.triage, waited) for case, waited in zip(facts.cases, weeks, strict=True))
    price: dict[tuple[int, int], int] = {}
    below: Counter[int] = Counter()
    for triage, waited in sorted(many):
        price[triage, waited] = 1 + below[triage]
        below[triage] += many[triage, waited] * price[triage, waited]
    weight = facts.policy.weights.municipality_fairness
    return [weight * price[case.triage, waited] for case, waited in zip(facts.cases, weeks, strict=True)]
