"""The naive service: what would be answered if the true picture were simply shown.

Asked about a case, it tells exactly how many facilities are safe and free, and all of them in the order of their cost
to the system, each with its own card. The cost is the sum of all cost rules on the true picture (own wishes, scarcity,
the provider's share): the coordinator's exact marginal cost would take a solver for each question.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from matching.candidates import stay_of
from matching.constraints.base import Constraint, CostRule
from matching.facts import Facts
from service.engine.placing import tries
from service.engine.world import Picture

__all__ = ["in_order", "options"]


def options(picture: Picture, case_id: UUID, rules: Sequence[Constraint]) -> tuple[str, ...]:
    """Ids of the facilities that are safe and free for a case, the cheapest for the system first."""
    number = picture.case(case_id)
    return () if number is None else in_order(picture.facts, number, rules)


def in_order(facts: Facts, number: int, rules: Sequence[Constraint]) -> tuple[str, ...]:
    """`options` on facts.

    Parameters
    ----------
    number : of the case
    """
    case, names = facts.cases[number], facts.names.facilities
    place = {name: home for home, name in enumerate(names)}
    soft = [rule for rule in rules if isinstance(rule, CostRule)]
    costs: dict[str, int] = {}
    for one in tries(facts, number, rules, None):
        name = one.facilities[-1]
        stay = stay_of(case.legs[-1], place[name], one.first_day)
        cost = sum(rule.cost(case, stay, facts) for rule in soft)
        costs[name] = min(cost, costs.get(name, cost))
    return tuple(sorted(costs, key=lambda name: (costs[name], name)))
