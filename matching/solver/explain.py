"""Why nothing is left for a case: a minimal set of rules, each proven necessary by solving again without it.

Rules are dropped one at a time, and each drop is an infeasibility proof of its own: assumption cores of
the solver are not used, since they are not minimal and have been seen to name unrelated rules. Every
verdict of the solver is compared with a plain count over all facilities and days, made without it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from matching.errors import SolverFault
from matching.facts import Stay
from matching.plans import Candidate, Candidates
from matching.refusals import Refusals
from matching.solver.cpsat import CpSat, Limits
from matching.solver.program import Program

__all__ = ["BlockingSet", "blocking_set"]


@dataclass(frozen=True)
class BlockingSet:
    """A minimal set of rules that together leave nothing for a case.

    Parameters
    ----------
    rules : names; empty when the rules leave something to the case alone, or when there are none to drop
    opens_of_these : for each of them, how many facilities open when it is dropped and only the rest of the set applies
    opens_in_fact : how many open when it is dropped and every other rule still applies; it may be none
    open_alone : facilities open to the case when nobody else waits
    is_proven : whether every step was proven; otherwise the set may be larger than necessary
    """

    rules: tuple[str, ...]
    opens_of_these: tuple[int, ...]
    opens_in_fact: tuple[int, ...]
    open_alone: int
    is_proven: bool


def blocking_set(found: Refusals, limits: Limits) -> BlockingSet:
    """A minimal set of rules that leaves nothing, found by dropping them one at a time.

    Parameters
    ----------
    found : from `matching.refusals.refusals`
    limits : for all proofs together

    Raises
    ------
    SolverFault : the solver and the plain count disagree

    Notes
    -----
    Rules that refuse least are tried first, so that what remains are those that matter most. Minimal means
    that no rule can be left out; another set, even a smaller one, may exist beside it.
    """
    began = time.monotonic()
    many: dict[str, int] = defaultdict(int)
    for rules in found.by_option.values():
        for rule in rules:
            many[rule] += 1
    book = kept = sorted(many, key=lambda rule: (-many[rule], rule))
    alone = found.open_facilities(kept)
    is_proven = _agrees(found, kept, limits, began) is not None
    if alone:
        return BlockingSet((), (), (), len(alone), is_proven)
    for rule in reversed(list(kept)):
        fewer = [other for other in kept if other != rule]
        verdict = _agrees(found, fewer, limits, began)
        is_proven = is_proven and verdict is not None
        if verdict is False:
            kept = fewer
    of_these, in_fact = (
        tuple(len(found.open_facilities(other for other in rules if other != rule)) for rule in kept)
        for rules in (kept, book)
    )
    return BlockingSet(tuple(kept), of_these, in_fact, 0, is_proven)


def _agrees(found: Refusals, rules: Sequence[str], limits: Limits, began: float) -> bool | None:
    """Whether these rules leave the case a stay, solved again; none: not proven in time.

    Raises
    ------
    SolverFault : the plain count says otherwise
    """
    refusing = frozenset(rules)
    items = sorted(
        Candidate(found.case, leg, day, Stay(facility, day, day + 1), ())
        for (leg, facility, day), objecting in found.by_option.items()
        if refusing.isdisjoint(objecting)
    )
    if limits.left_s(began) <= 0.05 and not limits.audit:
        return None
    program = Program(Candidates(tuple(items)))
    for leg in range(found.legs):
        program.at_most_one(number for number, item in enumerate(items) if item.leg == leg)
    for leg in range(1, found.legs):
        for day in sorted({item.first_day for item in items}):
            first, later = (
                tuple(n for n, item in enumerate(items) if item.leg == own and item.first_day == day)
                for own in (0, leg)
            )
            program.links.append((first, later))
    places = {number: -1 for number, item in enumerate(items) if item.leg == 0}
    answer = CpSat(program).minimise(1, places, limits, limits.left_s(began))
    if answer.chosen is None or answer.value != answer.bound:
        return None
    is_open = answer.value == 0
    if is_open != bool(found.open_facilities(rules)):
        raise SolverFault("the solver and the rules disagree about what is left for a case")
    return is_open
