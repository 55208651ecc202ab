"""Small programs by hand, rules that write what a test tells them, and every choice one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

from matching.constraints.base import Audience, Constraint, Level, Scope
from matching.facts import Facts, Stay
from matching.plans import Candidate, Candidates
from matching.solver.cpsat import Answer, CpSat, Limits
from matching.solver.program import LEVELS, Program, build
from tests.builders import TODAY, case, facility, world

LIMITS = Limits(time_s=60.0)

Write = Callable[[Any], None]


class Writing(Constraint):
    """A rule that writes what a test tells it, on the level it is told."""

    summary = "as told"
    scope = Scope.EVERYBODY
    source = "a test"
    reads = frozenset({"Stay.facility"})
    messages = {Audience.COORDINATOR: "No."}

    def __init__(self, name: str, level: Level, write: Write) -> None:
        self.name, self.level, self.write = name, level, write  # type: ignore[misc]

    def add_to(self, clauses: Any, candidates: Candidates, facts: Facts) -> None:
        self.write(clauses)

    def violations(self, plan: Any, facts: Facts) -> Iterator[Any]:
        return iter(())


def world_of(ways: Sequence[int]) -> tuple[Facts, Candidates]:
    """So many green cases, and so many ways to place each, numbered one case after the other."""
    facts = world(facilities=[facility(1)], cases=[case() for _ in ways])
    items = [
        Candidate(number, 0, TODAY + way, Stay(0, TODAY + way, TODAY + way + 10), ())
        for number, many in enumerate(ways)
        for way in range(many)
    ]
    return facts, Candidates(tuple(items))


def program_with(ways: Sequence[int], *rules: Constraint) -> Program:
    """The program of such cases with rules of a test."""
    facts, candidates = world_of(ways)
    return build(facts, candidates, rules)


def choices(program: Program) -> Iterator[tuple[int, ...]]:
    """Every choice of at most one way a case, whatever the clauses say."""
    own: dict[int, list[int | None]] = {}
    for number, item in enumerate(program.candidates.items):
        own.setdefault(item.case, [None]).append(number)
    for told in product(*own.values()):
        yield tuple(number for number in told if number is not None)


def with_just(program: Program, chosen: Sequence[int], level: str) -> Answer:
    """The least value of a level when exactly these candidates are chosen, as the solver finds it."""
    model = CpSat(program)
    for number, variable in enumerate(model.x):
        model.model.add(variable == (number in chosen))
    constant, terms = program.levels[level]
    return model.minimise(constant, terms, LIMITS, 20.0)


def set_levels(program: Program, **levels: tuple[int, dict[int, int]]) -> Program:
    """The program with these levels (constant, amounts by literal) and nothing on the others."""
    program.levels = {name: levels.get(name, (0, {})) for name in LEVELS}
    return program
