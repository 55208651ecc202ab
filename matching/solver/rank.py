"""Options of one case by exact marginal system cost.

Δ(f) = best plan of the queue with the case pinned at f − best such plan over all g, a vector by
level (domain §4). Each pinned queue is solved again; a gap left open gives an interval.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from matching.constraints.base import Constraint, Level
from matching.errors import OutOfTime, SolverFault
from matching.facts import Facts
from matching.plans import Plan
from matching.pools import assign_beds
from matching.solver.check import judge
from matching.solver.cpsat import CpSat, Limits
from matching.solver.program import LEVELS, Program
from matching.solver.run import search

__all__ = ["Option", "Ranking", "rank"]


@dataclass(frozen=True)
class Option:
    """One facility for the case's last leg, with the best queue around it.

    `delta` is the marginal cost by level, least possible and found; the same when exact. `displaced`
    are cases the week's plan places and this option's best queue does not.
    """

    facility: int
    plan: Plan
    displaced: tuple[int, ...]
    values: tuple[int, ...]
    delta: tuple[tuple[int, int], ...]
    is_exact: bool
    costs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Ranking:
    """Options in order of marginal system cost, and how many facilities are possible but not evaluated.

    `planned` is where the proven plan of the week has the case (empty: nowhere; none: not proven): no
    other facility can cost the queue less, so with it among the options each Δ is relative to the best.
    """

    case: int
    options: tuple[Option, ...]
    not_evaluated: int
    planned: frozenset[int] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether each Δ is exact for the current queue: no gap open, and the best facility among those evaluated."""
        has_reference = not self.not_evaluated or any(o.facility in (self.planned or ()) for o in self.options)
        return has_reference and all(option.is_exact for option in self.options)


@dataclass(frozen=True)
class _Pinned:
    facility: int
    chosen: tuple[int, ...]
    values: tuple[int, ...]
    least: int
    found: int


def combined_objective(program: Program) -> tuple[int, dict[int, int], tuple[int, ...]]:
    """All levels in one exact objective: a unit of a level outweighs all that follow.

    Returns
    -------
    constant, coefficient of each candidate, weight of each level

    Raises
    ------
    SolverFault : the weights leave the solver's integers
    """
    spans = []
    for level in LEVELS:
        constant, terms = program.levels[level]
        worst: dict[tuple[int, int], int] = {}
        for number, amount in terms.items():
            leg = program.candidates.items[number].case, program.candidates.items[number].leg
            worst[leg] = max(worst.get(leg, 0), amount)
        spans.append(constant + sum(worst.values()))
    weights = [1] * len(LEVELS)
    for place in range(len(LEVELS) - 2, -1, -1):
        weights[place] = weights[place + 1] * (spans[place + 1] + 1)
    if weights[0] * (spans[0] + 1) >= 2**60:
        raise SolverFault("the levels do not fit one objective")
    constant = 0
    coefficients: dict[int, int] = {}
    for weight, level in zip(weights, LEVELS, strict=True):
        offset, terms = program.levels[level]
        constant += weight * offset
        for number, amount in terms.items():
            coefficients[number] = coefficients.get(number, 0) + weight * amount
    return constant, coefficients, tuple(weights)


def rank(
    facts: Facts, program: Program, rules: Sequence[Constraint], case: int, limits: Limits, most: int = 10
) -> Ranking:
    """Options of one case, the least marginal system cost first.

    Parameters
    ----------
    facts, program, rules : the queue
    case : number of the case
    limits : for planning the queue and all its options together
    most : facilities evaluated: the planned one, then those with the least own cost

    Returns
    -------
    options in order; exact for the current queue unless the ranking says otherwise

    Raises
    ------
    OutOfTime : no option was evaluated in time
    SolverFault : an option's plan breaks a rule or its cost differs when counted again
    """
    began = time.monotonic()
    items = program.candidates.items
    own = _own(facts, program, case)
    model = CpSat(program)
    constant, coefficients, weights = combined_objective(program)
    week = search(program, limits)
    best = week.chosen if week.is_proven else ()
    planned = frozenset(items[n].stay.facility for n in best if n in own.get(items[n].stay.facility, ()))
    _, soft = program.levels["soft"]
    order = sorted(own, key=lambda f: (f not in planned, min(soft.get(number, 0) for number in own[f]), f))
    pins: list[_Pinned] = []
    is_late, impossible = False, 0
    for evaluated, facility in enumerate(order[:most]):
        share_s = limits.left_s(began) / (min(most, len(order)) - evaluated)
        with model.pinned(own[facility]):
            model.hint([number for number in best if items[number].case != case])
            answer = model.minimise(constant, coefficients, limits, share_s)
        if answer.is_infeasible:  # proven: no first stay joins a last stay there
            impossible += 1
        elif answer.chosen is None:
            is_late = True
        else:
            values = program.values(answer.chosen)
            pins.append(_Pinned(facility, answer.chosen, values, answer.bound, answer.value))
    if not pins and is_late:
        raise OutOfTime("no option was evaluated within the time limit")
    ranked = sorted(pins, key=lambda pin: (pin.values, pin.facility))
    placed = frozenset(items[number].case for number in best)
    options = tuple(_option(pin, ranked, facts, program, rules, case, weights, placed) for pin in ranked)
    return Ranking(case, options, len(order) - len(options) - impossible, planned if week.is_proven else None)


def _own(facts: Facts, program: Program, case: int) -> dict[int, list[int]]:
    """By facility, the candidates of the case's last leg there."""
    last = len(facts.cases[case].legs) - 1
    own: dict[int, list[int]] = {}
    for number, candidate in enumerate(program.candidates.items):
        if candidate.case == case and candidate.leg == last and number not in program.forbidden:
            own.setdefault(candidate.stay.facility, []).append(number)
    return own


def _by_level(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """A weighted total taken apart again into its levels."""
    parts = []
    for weight in weights:
        part, total = divmod(total, weight)
        parts.append(part)
    return tuple(parts)


def _difference(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    return tuple(one - other for one, other in zip(a, b, strict=True))


def _option(
    pin: _Pinned,
    ranked: Sequence[_Pinned],
    facts: Facts,
    program: Program,
    rules: Sequence[Constraint],
    case: int,
    weights: Sequence[int],
    before: frozenset[int],
) -> Option:
    chosen = tuple(program.candidates.items[number] for number in pin.chosen)
    plan = Plan(assign_beds(chosen, facts))
    judgement = judge(plan, facts, rules, with_findings=False)
    if judgement.breaches or judgement.levels != pin.values:
        raise SolverFault("the plan around an option does not stand up to the rules")
    reference = min(other.found for other in ranked)
    lowest = min(other.least for other in ranked)
    least = _difference(_by_level(pin.least, weights), _by_level(reference, weights))
    most = _difference(pin.values, _by_level(lowest, weights))
    is_exact = pin.least == pin.found and lowest == reference
    own_plan = Plan(tuple(item for item in plan.placed if item.case == case))
    costs = tuple(
        (rule.name, sum(cost.amount for cost in rule.violations(own_plan, facts)))
        for rule in rules
        if rule.level is Level.SOFT
    )
    return Option(
        facility=pin.facility,
        displaced=tuple(sorted(before - {item.case for item in chosen})),
        plan=own_plan,
        values=pin.values,
        delta=tuple(zip(least, most, strict=True)),
        is_exact=is_exact,
        costs=costs,
    )
