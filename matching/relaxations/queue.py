"""Changes that help a case which has possible facilities and is crowded out: the queue is planned again with each.

A change helps if a plan is found that places the case and leaves less unplaced than any plan without the change, both
judged by the rules. That the queue without it can do no better is the solver's proof.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from matching.candidates import generate, stay_of
from matching.constraints.base import Constraint
from matching.facts import Case, Facts, Stay
from matching.plans import Objection, Plan
from matching.pools import assign_beds
from matching.refusals import Refusals
from matching.relaxations import Proposed, Relaxations, alike, in_order, opened, shut_ways
from matching.relaxations.another_start import AnotherStart, within
from matching.relaxations.base import Change, Shut
from matching.solver.certificate import objective
from matching.solver.check import judge
from matching.solver.cpsat import CpSat
from matching.solver.program import Program, build

if TYPE_CHECKING:
    from matching.solver.cpsat import Limits

__all__ = ["cheapest_for_queue"]

_CONTESTED: Final = ("no_free_bed", "quota_full")
"""Why a way that is open to the case alone may be lost to others who wait: what of it work can change."""


def cheapest_for_queue(
    found: Refusals, facts: Facts, rules: Sequence[Constraint], limits: Limits, most: int = 3, tries: int = 12
) -> Relaxations:
    """The cheapest single changes with which the queue places the case, and more than it can without.

    Parameters
    ----------
    found : from `matching.refusals.refusals`, of a case for which it leaves something open
    facts, rules : the queue and the rule book
    limits : for all plans together
    most, tries : changes proposed, and changes for which the queue is planned again

    Returns
    -------
    proven changes; `unexamined` counts those that were not tried, or of which nothing was proven in time; not
    `is_of_queue` when every plan that leaves as few unplaced as can be has a place for the case
    """
    began = time.monotonic()
    program = build(facts, generate(facts, rules), rules)
    constant, terms = objective(program)
    own = {n for n, item in enumerate(program.candidates.items) if item.case == found.case and not item.leg}
    avoiding = {n: 2 * amount + (n in own) for n, amount in terms.items()}  # of equal plans one without the case
    base = CpSat(program).minimise(2 * constant, avoiding, limits, limits.left_s(began) / 4)
    least = base.bound // 2  # unplaced without any change
    if base.chosen is not None and base.value == base.bound and own.intersection(base.chosen):
        return Relaxations(())
    wanted = facts.cases[found.case]
    proposed: list[Proposed] = []
    unexamined, tried = 0, 0
    for change, apply in _openings(found, facts, rules):
        if len(proposed) == most:
            break
        if tried >= tries or limits.left_s(began) <= _LEAST_S:
            unexamined += 1
            continue
        tried += 1
        helps = _helps(apply(facts), wanted, found.case, rules, least, limits, limits.left_s(began) / 2)
        if helps is None:
            unexamined += 1
        elif helps:
            day = helps[0].start_day - facts.cases[found.case].legs[0].offset_days
            proposed.append(Proposed(_START.on(found.case, day, facts) if change is None else change, helps))
    return Relaxations(tuple(sorted(proposed, key=lambda one: one.change.cost)), unexamined, is_of_queue=True)


def _openings(
    found: Refusals, facts: Facts, rules: Sequence[Constraint]
) -> Iterator[tuple[Change | None, Callable[[Facts], Facts]]]:
    """Of each kind, kommun and variant the cheapest change that opens a way; none: another start, any of a span.

    Any day outside the window may be open to the case alone; on which of them others leave it a place, the plan says.
    """
    for days in filter(None, _START.spans(found.case, facts)):
        first, last = min(days), max(days)
        yield None, lambda told, first=first, last=last: within(told, found.case, first, last)  # type: ignore[misc]
    done: set[tuple[str, int, str]] = set()
    ways = [*shut_ways(found, facts), *_contested(found, facts)]
    for change in in_order(found.case, ways, facts):
        key = alike(change, facts)
        if change.kind != _START.name and key not in done and opened(change, facts, found.case, rules):
            done.add(key)
            yield change, change.apply


_START: Final = AnotherStart()
_LEAST_S: Final = 0.1


def _contested(found: Refusals, facts: Facts) -> Iterator[Shut]:
    """Ways that are open to the case alone, as if their beds were what others take."""
    legs = facts.cases[found.case].legs
    for (leg, facility, day), objections in sorted(found.by_option.items()):
        if not objections:
            for reason in _CONTESTED:
                stay = stay_of(legs[leg], facility, day)
                yield Shut(leg, facility, day, stay, "place_capacity", Objection(reason))


def _helps(
    changed: Facts, wanted: Case, case: int, rules: Sequence[Constraint], before: int, limits: Limits, time_s: float
) -> tuple[Stay, ...] | None:
    """The stays of the case in a queue that leaves less than `before` unplaced; empty: none exist; none: not proven."""
    window = (wanted.earliest_day, wanted.latest_day)
    program = build(changed, generate(changed, rules), rules)
    constant, terms = objective(program)
    own = {n: item.first_day for n, item in enumerate(program.candidates.items) if item.case == case and not item.leg}
    # Of equal plans one that places the case, and as near the wanted window as can be.
    far = {n: min(abs(day - end) for end in window) for n, day in own.items()}
    most = 1 + max(far.values(), default=0)
    weighed = {n: 2 * most * amount - (2 * most - 1 - far[n] if n in own else 0) for n, amount in terms.items()}
    answer = CpSat(program).minimise(2 * most * constant, weighed, limits, time_s)
    if answer.chosen is None:
        return None
    value = constant + sum(terms.get(number, 0) for number in answer.chosen)
    if value < before and own.keys() & set(answer.chosen):
        return _stays(program, changed, case, answer.chosen, rules)
    return () if answer.value == answer.bound else None


def _stays(
    program: Program, changed: Facts, case: int, chosen: Sequence[int], rules: Sequence[Constraint]
) -> tuple[Stay, ...] | None:
    """Where the case is in a plan that the rules accept; a plan they do not accept proves nothing."""
    plan = Plan(assign_beds((program.candidates.items[number] for number in chosen), changed))
    if judge(plan, changed, rules, with_findings=False).breaches:
        return None
    return tuple(item.stay for item in sorted(plan.placed) if item.case == case)
