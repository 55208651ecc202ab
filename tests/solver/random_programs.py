"""Random programs with every kind of clause and cost, and their optimum by trying every choice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import numpy as np

from matching.facts import Stay
from matching.plans import Candidate, Candidates
from matching.solver.program import LEVELS, Program, build
from matching.solver.rows import rows_of
from tests.builders import TODAY
from tests.solver.programs import world_of

__all__ = ["best_of", "feasible", "random_program"]

PLACES = 4


def random_program(seed: int) -> Program:
    """Up to five cases with up to four ways each, some with two linked stays, on a land of four places."""
    dice = random.Random(seed)
    ways = [dice.randint(0, 4) for _ in range(dice.randint(1, 5))]
    facts, candidates = world_of(ways)
    items = list(candidates.items)
    linked = [case for case in range(len(ways)) if ways[case] and dice.random() < 0.3]
    for case in linked:
        for day in {dice.randrange(ways[case] + 1) for _ in range(2)}:
            items.append(Candidate(case, 1, TODAY + day, Stay(0, TODAY + day + 10, TODAY + day + 20), ()))
    candidates = Candidates(tuple(sorted(items)))
    program = build(facts, candidates, [])
    _link(program, linked)
    numbers = range(len(candidates.items))
    if not numbers:
        return program
    literals = list(numbers)
    by_case: dict[int, list[int]] = {}
    for number in numbers:
        if candidates.items[number].leg == 0:
            by_case.setdefault(candidates.items[number].case, []).append(number)
    for _ in range(dice.randint(0, 2)):
        groups = [dice.sample(own, dice.randint(1, len(own))) for own in by_case.values() if dice.random() < 0.7]
        if groups:
            literals.append(program.any_of(groups))
    for _ in range(dice.randint(0, 5)):
        program.at_most_one(dice.sample(literals, min(len(literals), dice.randint(2, 4))))
    for _ in range(dice.randint(0, 2)):
        some = dice.sample(literals, min(len(literals), dice.randint(2, 6)))
        program.at_most([(literal, dice.randint(1, 3)) for literal in some], dice.randint(1, 4))
    if dice.random() < 0.3:
        program.forbid(dice.choice(numbers))
    _charge(program, dice, literals, by_case)
    return program


def _link(program: Program, linked: list[int]) -> None:
    """Both stays of a case with the same first day, or none; only the first counts as placed."""
    items = program.candidates.items
    for case in linked:
        for day in sorted({item.first_day for item in items if item.case == case}):
            first, later = (
                tuple(n for n, item in enumerate(items) if (item.case, item.leg, item.first_day) == (case, leg, day))
                for leg in (0, 1)
            )
            program.links.append((first, later))


def choices(program: Program) -> Iterator[tuple[int, ...]]:
    """Every choice of at most one way a case and stay, whatever the clauses say."""
    own: dict[tuple[int, int], list[int | None]] = {}
    for number, item in enumerate(program.candidates.items):
        own.setdefault((item.case, item.leg), [None]).append(number)
    for told in product(*own.values()):
        yield tuple(number for number in told if number is not None)


def _charge(program: Program, dice: random.Random, literals: list[int], by_case: dict[int, list[int]]) -> None:
    for level in ("risk", "moves", "soft"):
        program.level = level
        for literal in literals:
            if dice.random() < 0.6:
                program.charge(literal, dice.randint(0, 9))
    program.level = "risk"
    cases = sorted(by_case)
    pairs = [(a, b) for a in cases for b in cases if a < b and dice.random() < 0.8]
    if len(cases) > 1:
        one, other = dice.sample(cases, 2)
        program.charge(program.meet([(by_case[one], by_case[other][:1])]), dice.randint(1, 9))
    if pairs:
        near = np.zeros((2, PLACES, PLACES), dtype=np.bool_)
        for kind in range(2):
            for a in range(PLACES):
                for b in range(a + 1):
                    near[kind, a, b] = near[kind, b, a] = a == b or dice.random() < 0.4
        places = np.array([dice.randrange(PLACES) for _ in program.candidates.items])
        which = np.array([dice.randrange(2) for _ in pairs])
        amounts = np.array([dice.randint(0, 20) for _ in pairs])
        program.charge_near(places, near, np.array(pairs), which, amounts)
    program.levels["late_days"] = 0, {n: dice.randint(0, 3) for n in range(len(program.candidates.items))}
    for level, charges in program.charges.items():
        program.levels[level] = 0, charges


def feasible(program: Program) -> Iterator[tuple[int, ...]]:
    """Every choice that fulfils the clauses, each clause judged here."""
    for chosen in choices(program):
        true = program.true_literals(chosen)
        if (
            program.forbidden.isdisjoint(chosen)
            and all(len(true.intersection(packing)) <= 1 for packing in program.packings if len(set(packing)) > 1)
            and all(sum(amount for n, amount in terms if n in true) <= bound for terms, bound in program.rows)
            and all(len(true.intersection(a)) == len(true.intersection(b)) for a, b in program.links)
        ):
            assert not len(rows_of(program).broken(rows_of(program).truth(program, chosen)))
            yield chosen


def best_of(program: Program, pin: int | None = None) -> tuple[int, ...] | None:
    """The least vector of levels, and none when nothing fulfils the pin."""
    values = (program.values(chosen) for chosen in feasible(program) if pin is None or pin in chosen)
    return min(values, default=None)


assert LEVELS[4:] == ("risk", "moves", "soft")
