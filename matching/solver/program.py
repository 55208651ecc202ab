"""The clauses of a plan, neutral between solvers: what to choose, what excludes what, what it costs.

Levels, in order (domain §4): red, orange, green cases unplaced; days late; then the soft rules.
RISK and MOVES join them with the rules that fill them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matching.constraints.base import Constraint
from matching.facts import Facts
from matching.plans import Candidate, Candidates

__all__ = ["LEVELS", "Program", "build", "late_days"]

LEVELS = ("unplaced_red", "unplaced_orange", "unplaced_green", "late_days", "soft")


@dataclass
class Program:
    """Clauses over candidates; auxiliaries are numbered -1, -2, … (see `Clauses`).

    `levels` gives for each level a constant and a coefficient for each candidate, to be minimised.
    """

    candidates: Candidates
    forbidden: set[int] = field(default_factory=set)
    auxiliaries: list[tuple[tuple[int, ...], ...]] = field(default_factory=list)
    packings: list[tuple[int, ...]] = field(default_factory=list)
    rows: list[tuple[tuple[tuple[int, int], ...], int]] = field(default_factory=list)
    links: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    charges: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    levels: dict[str, tuple[int, Mapping[int, int]]] = field(default_factory=dict)

    def forbid(self, candidate: int) -> None:
        """This candidate is never chosen."""
        self.forbidden.add(candidate)

    def any_of(self, groups: Sequence[Sequence[int]]) -> int:
        """A literal that is true when any of these candidates is chosen; one group a case and leg."""
        self.auxiliaries.append(tuple(tuple(group) for group in groups))
        return -len(self.auxiliaries)

    def at_most_one(self, literals: Iterable[int]) -> None:
        """At most one of these literals is true."""
        self.packings.append(tuple(literals))

    def at_most(self, terms: Iterable[tuple[int, int]], bound: int) -> None:
        """Sum of amount times candidate is at most the bound."""
        self.rows.append((tuple(terms), bound))

    def charge(self, candidate: int, amount: int) -> None:
        """Choosing this candidate adds so much to the SOFT level."""
        self.charges[candidate] += amount

    def values(self, chosen: Iterable[int]) -> tuple[int, ...]:
        """Value of each level, in the order of `LEVELS`, for a choice of candidates."""
        picked = tuple(chosen)
        return tuple(
            constant + sum(coefficients.get(number, 0) for number in picked)
            for constant, coefficients in (self.levels[level] for level in LEVELS)
        )


def late_days(candidate: Candidate, facts: Facts) -> int:
    """Days by which a start misses the triage deadline; 0 when it does not."""
    return max(0, candidate.first_day - facts.cases[candidate.case].deadline_day)


def build(facts: Facts, candidates: Candidates, rules: Iterable[Constraint]) -> Program:
    """Clauses of the rules, in any order of the rules, and the levels.

    Parameters
    ----------
    facts : what rules read
    candidates : the choices
    rules : each writes its clauses or charges its costs

    Returns
    -------
    a program that is the same, whatever the order of the rules
    """
    program = Program(candidates)
    by_leg: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, candidate in enumerate(candidates.items):
        by_leg[candidate.case, candidate.leg].append(number)
    for _, numbers in sorted(by_leg.items()):
        program.at_most_one(numbers)
    _link_legs(program, facts, by_leg)
    for rule in sorted(rules, key=lambda rule: rule.name):
        rule.add_to(program, candidates, facts)
    for triage, level in enumerate(LEVELS[:3]):
        waiting = [case for case, told in enumerate(facts.cases) if told.triage == triage]
        program.levels[level] = len(waiting), {n: -1 for case in waiting for n in by_leg.get((case, 0), ())}
    program.levels["late_days"] = (
        0,
        {
            number: late_days(candidate, facts)
            for number, candidate in enumerate(candidates.items)
            if candidate.leg == 0 and late_days(candidate, facts)
        },
    )
    program.levels["soft"] = 0, dict(sorted(program.charges.items()))
    return program


def _link_legs(program: Program, facts: Facts, by_leg: Mapping[tuple[int, int], list[int]]) -> None:
    """Every leg of a case is chosen with the same first day, or none of them."""
    items = program.candidates.items
    for case, told in enumerate(facts.cases):
        for leg in range(1, len(told.legs)):
            days = sorted({items[n].first_day for own in (0, leg) for n in by_leg.get((case, own), ())})
            for day in days:
                first, later = (
                    tuple(n for n in by_leg.get((case, own), ()) if items[n].first_day == day) for own in (0, leg)
                )
                program.links.append((first, later))
