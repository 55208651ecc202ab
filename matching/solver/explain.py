"""Why nothing is left for a case: a minimal set of rules, each proven necessary by solving again without it.

Rules are dropped one at a time, and each drop is an infeasibility proof of its own: assumption cores of
the solver are not used, since they are not minimal and have been seen to name unrelated rules. Every
verdict of the solver is compared with a plain count over all facilities and days, made without it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from matching.candidates import stay_of
from matching.constraints import hard
from matching.constraints.base import Constraint
from matching.errors import SolverFault
from matching.facts import Case, Facts, Stay
from matching.plans import Candidate, Candidates, Objection
from matching.solver.cpsat import CpSat, Limits
from matching.solver.program import Program

__all__ = ["BlockingSet", "Refusals", "blocking_set", "refusals"]


@dataclass(frozen=True)
class Refusals:
    """Every way to serve one case alone, on every day of its window, and the rules that refuse it.

    `by_option` maps (leg, facility, first day) to the objections, by name of the rule.
    """

    case: int
    legs: int
    by_option: Mapping[tuple[int, int, int], Mapping[str, Objection]]

    def without(self, rule: str) -> Refusals:
        """The same as if a rule were not in the book."""
        found = {
            option: {name: objection for name, objection in objections.items() if name != rule}
            for option, objections in self.by_option.items()
        }
        return Refusals(self.case, self.legs, found)

    def refuses_everything(self, rule: str) -> bool:
        """Whether a rule alone objects to every option there is."""
        return bool(self.by_option) and all(rule in objections for objections in self.by_option.values())

    def of_rule(self, rule: str) -> Mapping[int, tuple[Objection, ...]]:
        """All that a rule objects with, by facility."""
        found: dict[int, list[Objection]] = defaultdict(list)
        for (_, facility, _), objections in self.by_option.items():
            if rule in objections:
                found[facility].append(objections[rule])
        return {facility: tuple(objections) for facility, objections in found.items()}

    def open_facilities(self, refusing: Iterable[str]) -> frozenset[int]:
        """Facilities of the last leg that a set of rules leaves open; no solver takes part."""
        rules = frozenset(refusing)
        free: dict[tuple[int, int], set[int]] = defaultdict(set)
        for (leg, facility, day), objections in self.by_option.items():
            if rules.isdisjoint(objections):
                free[leg, day].add(facility)
        days = {day for _, day in free}
        whole = [day for day in days if all(free.get((leg, day)) for leg in range(self.legs))]
        return frozenset().union(*(free[self.legs - 1, day] for day in whole))


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


def refusals(facts: Facts, case: int, rules: Sequence[Constraint]) -> Refusals:
    """What every hard rule says of every facility on every day of the window, given all that is fixed."""
    told = facts.cases[case]
    window = range(told.earliest_day, told.latest_day + 1) or range(told.earliest_day, told.earliest_day + 1)
    found: dict[tuple[int, int, int], Mapping[str, Objection]] = {}
    dated = [rule for rule in hard(rules) if rule.is_dated]
    undated = [rule for rule in hard(rules) if not rule.is_dated]
    for number, leg in enumerate(told.legs):
        for facility in range(len(facts.facilities)):
            stays = [stay_of(leg, facility, day) for day in window]
            always = dict(_objections(told, stays[0], facts, undated))
            for day, stay in zip(window, stays, strict=True):
                found[number, facility, day] = always | dict(_objections(told, stay, facts, dated))
    return Refusals(case, len(told.legs), found)


def _objections(case: Case, stay: Stay, facts: Facts, rules: Iterable[Constraint]) -> Iterator[tuple[str, Objection]]:
    for rule in rules:
        objection = rule.objection(case, stay, facts)
        if objection is not None:
            yield rule.name, objection


def blocking_set(found: Refusals, limits: Limits) -> BlockingSet:
    """A minimal set of rules that leaves nothing, found by dropping them one at a time.

    Parameters
    ----------
    found : from `refusals`
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
