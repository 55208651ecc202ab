"""Options of one case by exact marginal system cost.

Δ(f) = best plan of the queue with the case pinned at f − best such plan over all g, a vector by
level (domain §4). Each pinned queue is solved again; a gap left open gives an interval.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from matching.constraints.base import Constraint, Level
from matching.errors import OutOfTime, SolverFault
from matching.facts import Facts
from matching.plans import Plan
from matching.pools import assign_beds
from matching.solver.check import judge
from matching.solver.climb import Base, Climb, LevelResult, levels_of, objectives
from matching.solver.cpsat import Limits
from matching.solver.program import LEVELS, Program
from matching.solver.rows import Rows, rows_of
from matching.solver.run import insist_on_late
from matching.solver.stages import Stage

__all__ = ["Option", "Ranking", "rank"]

_AT_ONCE = 2
"""Facilities evaluated side by side: the solvers run outside the interpreter's lock."""


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
    """The best queue found with the case at a facility, and the least vector of levels not yet ruled out."""

    facility: int
    chosen: tuple[int, ...]
    values: tuple[int, ...]
    least: tuple[int, ...]


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
    rows, stages = rows_of(program), objectives(program)
    bases: list[_Base] = []
    climb = Climb(program, rows, limits if limits.audit else replace(limits, time_s=limits.time_s / 2))

    def remember(found: tuple[LevelResult, ...]) -> None:
        if all(level.is_proven for level in found):
            bases.append(_Base(len(bases), climb.base, tuple(level.value for level in found)))

    week = levels_of(climb, stages, remember) or ()
    best, is_proven = climb.chosen or (), all(level.is_proven for level in week)
    insist_on_late(program, best, week, limits, limits.left_s(began))
    planned = frozenset(items[n].stay.facility for n in best if is_proven and n in own.get(items[n].stay.facility, ()))
    _, soft = program.levels["soft"]
    order = sorted(own, key=lambda f: (f not in planned, min(soft.get(number, 0) for number in own[f]), f))
    others = [n for n in best if items[n].case != case]

    def pin(facility: int) -> _Pinned | tuple[()] | None:
        share_s = limits.left_s(began) * _AT_ONCE / min(most, len(order))
        numbers = own[facility]
        return _pin(climb, bases, stages, facility, numbers, others, replace(limits, time_s=share_s))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(pin, order[:most]))
    pins = [found for found in answers if found]
    is_late, impossible = None in answers, answers.count(())
    if not pins and is_late:
        raise OutOfTime("no option was evaluated within the time limit")
    if is_proven:
        _insist_on_the_week(pins, tuple(level.value for level in week), planned)
    ranked = sorted(pins, key=lambda pin: (pin.values, pin.facility))
    placed = frozenset(items[number].case for number in best if is_proven)
    options = tuple(_option(pin, ranked, facts, program, rules, case, placed) for pin in ranked)
    return Ranking(case, options, len(order) - len(options) - impossible, planned if is_proven else None)


def _own(facts: Facts, program: Program, case: int) -> dict[int, list[int]]:
    """By facility, the candidates of the case's last leg there."""
    last = len(facts.cases[case].legs) - 1
    own: dict[int, list[int]] = {}
    for number, candidate in enumerate(program.candidates.items):
        if candidate.case == case and candidate.leg == last and number not in program.forbidden:
            own.setdefault(candidate.stay.facility, []).append(number)
    return own


@dataclass(frozen=True)
class _Base:
    """Where the climb of the week had got to before a stage, and the proven values of the levels until there."""

    stage: int
    base: Base
    values: tuple[int, ...]


def _pin(
    week: Climb,
    bases: Sequence[_Base],
    stages: Sequence[Stage],
    facility: int,
    numbers: Sequence[int],
    others: Sequence[int],
    limits: Limits,
) -> _Pinned | tuple[()] | None:
    """Best choice with one of these candidates in it, and the least vector of levels not ruled out.

    A pin never does better than the week: levels it can keep as the week has them are proven. So the climb
    is tried from where the week had got to before its last stage, then before the one before it.

    Returns
    -------
    choice and vector; empty: proven that there is none; none: nothing found in time
    """
    began = time.monotonic()
    start = _start(week.program, week.rows, numbers, others)
    is_late = False
    for known in reversed(bases):
        left = replace(limits, time_s=limits.left_s(began))
        climb = Climb(week.program, week.rows, left, start, numbers, base=known.base)
        try:
            levels = levels_of(climb, stages[known.stage :])
        except OutOfTime:
            is_late = True
            continue
        if levels is not None:
            least = (*known.values, *(level.bound for level in levels))
            values = (*known.values, *(level.value for level in levels))
            return _Pinned(facility, climb.chosen or (), values, _lowest(bases) if is_late else least)
    return None if is_late else ()


def _lowest(bases: Sequence[_Base]) -> tuple[int, ...]:
    """What no plan undercuts: where a search before ran out of time, more than that is not known of a pin."""
    known = max((base.values for base in bases), key=len, default=())
    return (*known, *[0] * (len(LEVELS) - len(known)))


def _insist_on_the_week(pins: Sequence[_Pinned], week: tuple[int, ...], planned: frozenset[int]) -> None:
    """The plan of the week was proven best: no pin does better, and one where the week has the case does as well.

    Raises
    ------
    SolverFault : two searches contradict each other
    """
    for pin in pins:
        if pin.values < week or (pin.facility in planned and pin.least > week):
            raise SolverFault("an option and the plan proven best contradict each other")


def _start(program: Program, rows: Rows, numbers: Sequence[int], others: Sequence[int]) -> tuple[int, ...] | None:
    """The plan of the others with one of these candidates, without whoever is then in the way.

    None where the case has linked stays: the search finds its own start.
    """
    items = program.candidates.items
    own = items[numbers[0]]
    if any(item.case == own.case and item.leg != own.leg for item in items):
        return None
    starts = (rows.without_conflicts(program, (number,), others) for number in numbers)
    return max(starts, key=lambda start: (len(start), start))


def _difference(a: Sequence[int], b: Sequence[int]) -> tuple[int, ...]:
    return tuple(one - other for one, other in zip(a, b, strict=True))


def _option(
    pin: _Pinned,
    ranked: Sequence[_Pinned],
    facts: Facts,
    program: Program,
    rules: Sequence[Constraint],
    case: int,
    before: frozenset[int],
) -> Option:
    chosen = tuple(program.candidates.items[number] for number in pin.chosen)
    plan = Plan(assign_beds(chosen, facts))
    judgement = judge(plan, facts, rules, with_findings=False)
    if judgement.breaches or judgement.levels != pin.values:
        raise SolverFault("the plan around an option does not stand up to the rules")
    reference = min(other.values for other in ranked)
    lowest = min(other.least for other in ranked)
    least = _difference(pin.least, reference)
    most = _difference(pin.values, lowest)
    is_exact = pin.least == pin.values and lowest == reference
    own_plan = Plan(tuple(item for item in plan.placed if item.case == case))
    costs = tuple(
        (rule.name, sum(cost.amount for cost in rule.violations(own_plan, facts) if ("case", case) in cost.parties))
        for rule in rules
        if rule.level is not Level.HARD
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
