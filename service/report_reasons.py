"""Why cases are unplaced, and what share of all case and facility pairs each rule excludes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from matching.constraints.base import Audience, Constraint, Level
from matching.facts import Facts
from matching.plans import Objection, Plan
from matching.refusals import exclusions, refusals
from matching.solver.cpsat import Limits
from matching.solver.explain import BlockingSet, blocking_set
from service.report_capacity import words
from service.report_plan import TRIAGE

__all__ = ["Reasons", "RuleShare", "UnplacedRow", "reasons"]

_GATE: Final = "eligibility_gate"
_TOGETHER: Final = "together"
_MOST_REASONS: Final = 3
_PROOF: Final = Limits(time_s=5.0)
"""For the minimal set of one case; some 0.01 s are enough."""


@dataclass(frozen=True)
class RuleShare:
    """Pairs of case and facility one rule excludes at every start; `alone`: no other rule does."""

    rule: str
    sentence: str
    pairs: int
    percent: float
    alone: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class UnplacedRow:
    """An unplaced case. `by_rule` counts facilities in the order of `Reasons.rules`.

    `together` are facilities that only several rules together exclude; `remaining` those that stay
    open when the case is looked at alone. `gate` holds what the gate lacks. `blocking` is a minimal set of
    rules that leaves nothing, each with the facilities that open without it, first if only the rules of the set
    applied, then in fact, with every other rule; empty when something remains.
    """

    case: str
    triage: str
    is_overdue: bool
    persons: int
    earliest: date
    latest: date
    deadline: date
    gate: tuple[str, ...]
    verdict: str
    by_rule: tuple[int, ...]
    together: int
    remaining: int
    blocking: tuple[tuple[str, int, int], ...]
    is_blocking_proven: bool


@dataclass(frozen=True)
class Reasons:
    """Exclusions of all waiting cases: shares by rule, and the unplaced cases, gate failures first.

    `rules` are the columns of `by_rule`: those that exclude any facility for an unplaced case that has passed the
    gate, the one that excludes most first. Nothing is searched for the others, so they have no numbers.
    """

    rules: tuple[str, ...]
    shares: tuple[RuleShare, ...]
    pairs: int
    together: int
    remaining: int
    unplaced: tuple[UnplacedRow, ...]


def verdict(gate: Sequence[str], remaining: int, is_confirmed: bool | None) -> str:
    """What may be said of an unplaced case: "no safe place" only once two solvers have proved it.

    Parameters
    ----------
    gate : what the gate lacks
    remaining : facilities open to the case alone
    is_confirmed : whether a second solver proved that no plan places more; none: no solver ran

    Examples
    --------
    >>> verdict((), 0, True), verdict((), 0, False)
    ('no safe place (proven by two solvers)', 'none found (not proven)')
    """
    if gate:
        return "gate not passed"
    if is_confirmed is None:
        return "none in this plan (not proven: the plan came from a file)"
    if not is_confirmed:
        return "none found (not proven)"
    if remaining:
        return "no safe place beside the cases placed (proven by two solvers)"
    return "no safe place (proven by two solvers)"


def reasons(
    facts: Facts,
    plan: Plan,
    rules: Sequence[Constraint],
    is_confirmed: bool | None,
    on_case: Callable[[], None] | None = None,
) -> Reasons:
    """Exclusions of every waiting case, counted.

    Parameters
    ----------
    facts : what rules read
    plan : whose unplaced cases are explained
    rules : the rule book
    is_confirmed : as for `verdict`
    on_case : called after each case, for a progress display

    Source
    ------
    `matching.refusals.exclusions`: every day of the window is tried
    """
    book = [rule for rule in rules if rule.level is Level.HARD and Audience.COORDINATOR in rule.messages]
    names = tuple(rule.name for rule in book)
    pairs: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    why: dict[str, Counter[str]] = {name: Counter() for name in names}
    together = excluded = 0
    unplaced = []
    placed = plan.cases()
    for number in range(len(facts.cases)):
        found = exclusions(facts, number, rules)
        single = {facility: own for facility, own in found.items() if not _is_together(own)}
        excluded += len(found)
        together += len(found) - len(single)
        for own in single.values():
            for rule, objection in own.items():
                pairs[rule] += 1
                alone[rule] += len(own) == 1
                if rule in why:
                    why[rule].update(objection.reason.split())
        if number not in placed:
            blocking = blocking_set(refusals(facts, number, rules), _PROOF)
            unplaced.append(_unplaced(facts, number, names, found, single, is_confirmed, blocking))
        if on_case is not None:
            on_case()
    sums = [sum(row.by_rule[number] for row in unplaced if not row.gate) for number in range(len(names))]
    shown = sorted((number for number, excluded in enumerate(sums) if excluded), key=lambda number: -sums[number])
    unplaced = [
        replace(row, by_rule=() if row.gate else tuple(row.by_rule[number] for number in shown)) for row in unplaced
    ]
    every = len(facts.cases) * len(facts.facilities)
    shares = tuple(
        RuleShare(
            rule=words(rule.name),
            sentence=rule.summary,
            pairs=pairs[rule.name],
            percent=100 * pairs[rule.name] / every if every else 0.0,
            alone=alone[rule.name],
            reasons=tuple(
                (words(reason), count)
                for reason, count in sorted(why[rule.name].items(), key=lambda one: (-one[1], one[0]))[:_MOST_REASONS]
            ),
        )
        for rule in book
    )
    return Reasons(
        rules=tuple(words(names[number]) for number in shown),
        shares=tuple(sorted(shares, key=lambda share: (-share.pairs, share.rule))),
        pairs=every,
        together=together,
        remaining=every - excluded,
        unplaced=tuple(sorted(unplaced, key=lambda row: (not row.gate, TRIAGE.index(row.triage), row.case))),
    )


def _is_together(own: dict[str, Objection]) -> bool:
    return any(objection.reason == _TOGETHER for objection in own.values())


def _unplaced(
    facts: Facts,
    number: int,
    names: Sequence[str],
    found: dict[int, dict[str, Objection]],
    single: dict[int, dict[str, Objection]],
    is_confirmed: bool | None,
    blocking: BlockingSet,
) -> UnplacedRow:
    case = facts.cases[number]
    by_rule = Counter(rule for own in single.values() for rule in own)
    remaining = len(facts.facilities) - len(found)
    codes = sorted({code for own in single.values() if _GATE in own for code in own[_GATE].reason.split()})
    gate = tuple(words(code) for code in codes)
    return UnplacedRow(
        case=facts.names.cases[number],
        triage=TRIAGE[case.triage],
        is_overdue=case.is_overdue,
        persons=len(case.household),
        earliest=date.fromordinal(case.earliest_day),
        latest=date.fromordinal(case.latest_day),
        deadline=date.fromordinal(case.deadline_day),
        gate=gate,
        verdict=verdict(gate, remaining, is_confirmed),
        by_rule=tuple(by_rule[name] for name in names),
        together=len(found) - len(single),
        remaining=remaining,
        blocking=tuple(
            (words(rule), of_these, in_fact)
            for rule, of_these, in_fact in zip(
                blocking.rules, blocking.opens_of_these, blocking.opens_in_fact, strict=True
            )
        ),
        is_blocking_proven=blocking.is_proven,
    )
