"""The solver-free check: every rule judges the plan again, and every level is counted again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from matching.constraints.base import Constraint, Level
from matching.errors import SolverFault
from matching.facts import Facts
from matching.plans import Plan, Violation
from matching.solver.program import LEVELS, level_of
from matching.solver.run import Solved

__all__ = ["Judgement", "insist", "judge"]


@dataclass(frozen=True)
class Judgement:
    """What the rules say of a plan, without any solver.

    `breaches` are hard rules the plan breaks, `costs` what the other rules charge, `findings` live
    breaches no plan has caused, `levels` the value of each level in the order of `LEVELS`.
    """

    breaches: tuple[Violation, ...]
    costs: tuple[Violation, ...]
    findings: tuple[Violation, ...]
    levels: tuple[int, ...]


def _unknown(plan: Plan, facts: Facts) -> Iterator[Violation]:
    """Numbers the facts do not have: such a plan cannot even be judged."""
    for item in plan.placed:
        known = 0 <= item.case < len(facts.cases) and 0 <= item.stay.facility < len(facts.facilities)
        if not known or any(not 0 <= bed.unit < len(facts.facilities[item.stay.facility].units) for bed in item.beds):
            yield Violation("plan", "unknown_number", 1, ())


def _malformed(plan: Plan, facts: Facts) -> Iterator[Violation]:
    """A plan that is not whole: a leg missing or twice, legs that do not join, beds told twice."""
    legs: dict[int, list[tuple[int, int, int]]] = {}
    for item in plan.placed:
        legs.setdefault(item.case, []).append((item.leg, item.stay.start_day, item.stay.end_day))
        numbers = [bed.unit for bed in item.beds]
        if len(set(numbers)) != len(numbers):
            yield Violation("plan", "beds_of_a_unit_listed_twice", 1, (("case", item.case),))
        if any(bed.beds < 1 for bed in item.beds):
            yield Violation("plan", "no_beds", 1, (("case", item.case),))
    for case, own in sorted(legs.items()):
        told = facts.cases[case].legs
        first_day = min(start for _, start, _ in own)
        wanted = [
            (number, first_day + leg.offset_days, first_day + leg.offset_days + leg.nights)
            for number, leg in enumerate(told)
        ]
        if sorted(own) != wanted:
            yield Violation("plan", "legs_missing_or_not_joined", 1, (("case", case),))


def _levels(plan: Plan, facts: Facts, costs: Iterable[tuple[str, int]]) -> tuple[int, ...]:
    placed = plan.cases()
    unplaced = [
        sum(1 for case, told in enumerate(facts.cases) if told.triage == triage and case not in placed)
        for triage in range(3)
    ]
    late = sum(
        max(0, item.stay.start_day - facts.cases[item.case].deadline_day) for item in plan.placed if item.leg == 0
    )
    charged = dict.fromkeys(LEVELS[len(unplaced) + 1 :], 0)
    for level, amount in costs:
        charged[level] += amount
    return (*unplaced, late, *charged.values())


def judge(plan: Plan, facts: Facts, rules: Sequence[Constraint], *, with_findings: bool = True) -> Judgement:
    """Every rule's verdict on a plan; nothing the solver said is read.

    Parameters
    ----------
    plan : the stays, with their beds
    facts : what rules read
    rules : the rule book
    with_findings : whether to look for live breaches too, which do not depend on the plan

    Source
    ------
    Domain §4; design, step 6 of the way of the data
    """
    unknown = tuple(_unknown(plan, facts))
    if unknown:
        return Judgement(unknown, (), (), ())
    breaches = list(_malformed(plan, facts))
    costs: list[Violation] = []
    charged: list[tuple[str, int]] = []
    findings: list[Violation] = []
    for rule in rules:
        found = tuple(rule.violations(plan, facts))
        if rule.level is Level.HARD:
            breaches += found
        else:
            costs += found
            charged += ((level_of(rule), cost.amount) for cost in found)
        if with_findings:
            findings += rule.live_violations(facts)
    return Judgement(tuple(breaches), tuple(costs), tuple(findings), _levels(plan, facts, charged))


def insist(solved: Solved, facts: Facts, rules: Sequence[Constraint]) -> Judgement:
    """The judgement of a solver's plan, which must agree with what the solver claimed.

    Raises
    ------
    SolverFault : a hard rule is broken, or a level counted again differs from the solver's value
    """
    judgement = judge(solved.plan, facts, rules)
    if judgement.breaches:
        names = sorted({breach.rule for breach in judgement.breaches})
        raise SolverFault(f"the solver's plan breaks: {', '.join(names)}")
    claimed = tuple(level.value for level in solved.levels)
    if claimed != judgement.levels:
        wrong = [name for name, a, b in zip(LEVELS, claimed, judgement.levels, strict=True) if a != b]
        raise SolverFault(f"the solver's value differs from the rules' on: {', '.join(wrong)}")
    return judgement
