"""The clauses of a plan, neutral between solvers: what to choose, what excludes what, what it costs.

Levels, in order (domain §4): red, orange, green cases unplaced; days late; then what the rules of the
levels RISK, MOVES and SOFT charge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.constraints.base import Constraint, Level
from matching.errors import SolverFault
from matching.facts import Facts
from matching.plans import Candidate, Candidates
from matching.solver.nearness import Near, Nearness, Sides

__all__ = ["LEVELS", "PLACED", "AnyOf", "Meet", "Program", "build", "late_days", "level_of"]

PLACED = ("unplaced_red", "unplaced_orange", "unplaced_green")
_CHARGED = {Level.RISK: "risk", Level.MOVES: "moves", Level.SOFT: "soft"}
LEVELS = (*PLACED, "late_days", *_CHARGED.values())


def level_of(rule: Constraint) -> str:
    """Name of the level a cost rule charges.

    Raises
    ------
    KeyError : a hard rule charges none
    """
    return _CHARGED[rule.level]


@dataclass(frozen=True)
class AnyOf:
    """True when any of these candidates is chosen; one group a case and leg."""

    groups: tuple[tuple[int, ...], ...]

    def is_true(self, chosen: frozenset[int]) -> bool:
        """For a choice of candidates."""
        return any(not chosen.isdisjoint(group) for group in self.groups)


@dataclass(frozen=True)
class Meet:
    """True when for any pair both sides are chosen; each side is of one case and leg."""

    pairs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

    def is_true(self, chosen: frozenset[int]) -> bool:
        """For a choice of candidates."""
        return any(not chosen.isdisjoint(a) and not chosen.isdisjoint(b) for a, b in self.pairs)


@dataclass
class Program:
    """Clauses over candidates; auxiliaries are numbered -1, -2, … (see `Clauses`).

    `levels` gives for each level a constant and a coefficient for each literal, to be minimised.
    `level` is the one that `charge` adds to.
    """

    candidates: Candidates
    forbidden: set[int] = field(default_factory=set)
    auxiliaries: list[AnyOf | Meet | Near] = field(default_factory=list)
    nearness: list[Nearness] = field(default_factory=list)
    packings: list[tuple[int, ...]] = field(default_factory=list)
    rows: list[tuple[tuple[tuple[int, int], ...], int]] = field(default_factory=list)
    links: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    levels: dict[str, tuple[int, Mapping[int, int]]] = field(default_factory=dict)
    level: str = "soft"
    charges: dict[str, dict[int, int]] = field(default_factory=lambda: {level: {} for level in _CHARGED.values()})
    constants: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _index: tuple[int, Mapping[int, Sequence[int]]] = field(default_factory=lambda: (0, {}), init=False, repr=False)

    def forbid(self, candidate: int) -> None:
        """This candidate is never chosen."""
        self.forbidden.add(candidate)

    def any_of(self, groups: Sequence[Sequence[int]]) -> int:
        """A literal that is true when any of these candidates is chosen; one group a case and leg."""
        self.auxiliaries.append(AnyOf(tuple(tuple(group) for group in groups)))
        return -len(self.auxiliaries)

    def meet(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> int:
        """A literal that is true when for any pair both sides are chosen; for costs only."""
        self.auxiliaries.append(Meet(tuple((tuple(a), tuple(b)) for a, b in pairs)))
        return -len(self.auxiliaries)

    def at_most_one(self, literals: Iterable[int]) -> None:
        """At most one of these literals is true; none of them from `meet`.

        Raises
        ------
        SolverFault : one is from `meet`, through which nothing may be forbidden
        """
        told = tuple(literals)
        self._insist_on_binding(told)
        self.packings.append(told)

    def at_most(self, terms: Iterable[tuple[int, int]], bound: int) -> None:
        """Sum of amount times literal is at most the bound; no literal from `meet`, no auxiliary below 0.

        Raises
        ------
        SolverFault : a literal is from `meet`, or an auxiliary would loosen the row
        """
        told = tuple(terms)
        self._insist_on_binding(literal for literal, _ in told)
        for literal, amount in told:
            _insist_on_cost(literal, amount)
        self.rows.append((told, bound))

    def charge(self, literal: int, amount: int) -> None:
        """This literal, when true, adds so much to the level at hand; an auxiliary never less than 0.

        Raises
        ------
        SolverFault : an auxiliary would be paid for
        """
        _insist_on_cost(literal, amount)
        own = self.charges[self.level]
        own[literal] = own.get(literal, 0) + amount

    def charge_always(self, amount: int) -> None:
        """Adds so much to the level at hand."""
        self.constants[self.level] += amount

    def charge_near(
        self,
        places: npt.NDArray[np.int64],
        near: npt.NDArray[np.bool_],
        pairs: npt.NDArray[np.int64],
        which: npt.NDArray[np.int64],
        amounts: npt.NDArray[np.int64],
    ) -> None:
        """Each pair of cases, when near each other at any of their stays, adds so much once; see `Clauses`.

        Raises
        ------
        SolverFault : a pair would be paid for
        """
        if (amounts < 0).any():
            raise SolverFault("a rule gains by two cases being near each other, which may only cost")
        items = self.candidates.items
        used, place = np.unique(places, return_inverse=True)
        near = near[:, used[:, None], used[None, :]]
        told = Nearness(Sides.of(items, place), near, pairs, which, amounts, len(self.auxiliaries), self.level)
        kept = np.flatnonzero(told.can_be_near(np.ones(len(items), dtype=np.bool_)) & (amounts > 0))
        told = Nearness(told.sides, near, pairs[kept], which[kept], amounts[kept], told.first, told.level)
        self.nearness.append(told)
        own = self.charges[self.level]
        rows = zip(told.pairs.tolist(), told.which.tolist(), told.amounts.tolist(), strict=True)
        for (a, b), kind, amount in rows:
            self.auxiliaries.append(Near(told.sides, near[kind], a, b))
            own[-len(self.auxiliaries)] = amount

    def near(self, told: Nearness, pair: int) -> Near:
        """What stands behind the literal of a pair of cases."""
        a, b = told.pairs[pair].tolist()
        return Near(told.sides, told.near[told.which[pair]], a, b)

    def _insist_on_binding(self, literals: Iterable[int]) -> None:
        """A second solver is told of `meet` only where it costs: it would forbid less than the first."""
        for literal in literals:
            if literal < 0 and isinstance(self.auxiliaries[-literal - 1], Meet | Near):
                raise SolverFault("a rule forbids something through a literal that is for costs only")

    def true_literals(self, chosen: Iterable[int]) -> frozenset[int]:
        """The chosen candidates and the auxiliaries that are true of them."""
        picked = frozenset(chosen)
        near = frozenset[int]()
        if picked and self.nearness:
            cases = max(item.case for item in self.candidates.items) + 1
            for told in self.nearness:
                hits = np.flatnonzero(told.are_near(told.sides.homes(sorted(picked), cases)))
                near |= {-(told.first + hit) - 1 for hit in hits.tolist()}
        touched = {number for candidate in picked for number in self._touched_by.get(candidate, ())}
        return picked | near | {-number for number in touched if self.auxiliaries[number - 1].is_true(picked)}

    @property
    def _touched_by(self) -> Mapping[int, Sequence[int]]:
        """By candidate, the auxiliaries (from 1) that can be true because of it; `Near` apart."""
        known, index = self._index
        if known != len(self.auxiliaries):
            found: dict[int, list[int]] = defaultdict(list)
            for number, told in enumerate(self.auxiliaries, start=1):
                own: set[int] = set()
                if isinstance(told, AnyOf):
                    own = {n for group in told.groups for n in group}
                elif isinstance(told, Meet):
                    own = {n for side, _ in told.pairs for n in side}
                for n in own:
                    found[n].append(number)
            index = found
            self._index = len(self.auxiliaries), index
        return index

    def value(self, level: str, true: frozenset[int]) -> int:
        """Value of a level where exactly these literals are true."""
        constant, coefficients = self.levels[level]
        return constant + sum(amount for literal, amount in coefficients.items() if literal in true)

    def values(self, chosen: Iterable[int]) -> tuple[int, ...]:
        """Value of each level, in the order of `LEVELS`, for a choice of candidates."""
        true = self.true_literals(chosen)
        return tuple(self.value(level, true) for level in LEVELS)


def _insist_on_cost(literal: int, amount: int) -> None:
    """Solvers bind an auxiliary from below only: where being true pays, they would call it true at will."""
    if literal < 0 and amount < 0:
        raise SolverFault("a rule gains by a literal of several candidates, which may only cost")


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
        program.level = _CHARGED.get(rule.level, "")
        rule.add_to(program, candidates, facts)
    for triage, level in enumerate(PLACED):
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
    for level, charges in program.charges.items():
        program.levels[level] = program.constants[level], dict(sorted(charges.items()))
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
