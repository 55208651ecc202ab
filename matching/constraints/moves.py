"""`moves`: every time somebody already placed is moved costs, and so does a linked stay elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from matching.constraints.base import Audience, Constraint, Level, Scope
from matching.constraints.clauses import Clauses
from matching.facts import Case, Facts
from matching.plans import Candidates, Plan, Violation

__all__ = ["Moves"]


class Moves(Constraint):
    """Costs its weight per person and move: out of a bed already filled, and between linked stays.

    A level of its own, after RISK and before SOFT. Where the household is unsafe today its case ranks
    with red (`matching.urgency`), so a move that safety asks for is never weighed against its cost.
    """

    name = "moves"
    summary = "persons moved out of a bed they fill already, or between linked stays"
    level = Level.MOVES
    scope = Scope.EVERYBODY
    source = "Interview study with twelve practitioners, sudden moves; domain §4"
    reads = frozenset(
        {
            "Case.household",
            "Case.housed_at",
            "Facts.cases",
            "Facts.policy",
            "Policy.weights",
            "Stay.facility",
            "Weights.moves",
        }
    )
    messages = {Audience.COORDINATOR: "The household would be moved once more."}

    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Charge first stays elsewhere than today, and each two linked stays at two facilities."""
        at: dict[tuple[int, int], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, candidate in enumerate(candidates.items):
            at[candidate.case, candidate.leg][candidate.stay.facility].append(number)
            case = facts.cases[candidate.case]
            if candidate.leg == 0 and case.housed_at not in (-1, candidate.stay.facility):
                clauses.charge(number, _price(case, facts))
        for (number, leg), homes in sorted(at.items()):
            before = at.get((number, leg - 1), {})
            pairs = [
                (before[home], [n for other, numbers in homes.items() if other != home for n in numbers])
                for home in sorted(before)
            ]
            pairs = [(own, others) for own, others in pairs if others]
            if pairs and _price(facts.cases[number], facts):
                clauses.charge(clauses.meet(pairs), _price(facts.cases[number], facts))

    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """One cost a case that is moved."""
        homes: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for item in plan.placed:
            homes[item.case].append((item.leg, item.stay.facility))
        for number, stays in sorted(homes.items()):
            case = facts.cases[number]
            way = [home for home in (case.housed_at,) if home >= 0] + [home for _, home in sorted(stays)]
            moves = sum(1 for one, other in pairwise(way) if one != other)
            if moves and _price(case, facts):
                yield Violation(self.name, "costs", moves * _price(case, facts), (("case", number),))


def _price(case: Case, facts: Facts) -> int:
    return facts.policy.weights.moves * len(case.household)
