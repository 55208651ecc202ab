"""One instance as every solver gets it: facts, rules, candidates, clauses."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.candidates import generate
from matching.constraints import rule_book
from matching.constraints.base import Constraint
from matching.facts import Facts
from matching.intake import read
from matching.solver.program import LEVELS, Program, build

__all__ = ["Clock", "Instance", "facts_of", "prepare"]


class Clock:
    """Time since the filter began, and when the objective last became better.

    Parameters
    ----------
    limit_s : for filter, build and search together

    Examples
    --------
    >>> clock = Clock(10.0)
    >>> clock.saw((2, 0)); clock.saw((1, 5)); clock.saw((1, 7))
    >>> clock.best, clock.first_s <= clock.best_s
    ((1, 5), True)
    """

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._began = time.perf_counter()
        self.first_s: float | None = None
        self.best_s: float | None = None
        self.best: tuple[int, ...] | None = None

    @property
    def now_s(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self._began

    @property
    def left_s(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.limit_s - self.now_s)

    def saw(self, values: tuple[int, ...], at_s: float | None = None) -> None:
        """A plan with these levels was found, now or at that time."""
        when = self.now_s if at_s is None else at_s
        if self.first_s is None:
            self.first_s = when
        if self.best is None or values < self.best:
            self.best, self.best_s = values, when


@dataclass(frozen=True)
class Instance:
    """What every solver is given; `filter_s` and `build_s` are what it took, seconds."""

    facts: Facts
    rules: tuple[Constraint, ...]
    program: Program
    filter_s: float
    build_s: float

    def fits(self, chosen: tuple[int, ...]) -> bool:
        """Whether a choice keeps every clause; levels are not looked at."""
        true = self.program.true_literals(chosen)
        return (
            self.program.forbidden.isdisjoint(chosen)
            and all(sum(literal in true for literal in packing) <= 1 for packing in self.program.packings)
            and all(sum(a for literal, a in terms if literal in true) <= most for terms, most in self.program.rows)
            and all(
                sum(n in true for n in first) == sum(n in true for n in later) for first, later in self.program.links
            )
        )

    def nothing(self) -> tuple[int, ...]:
        """Levels of the plan that places nobody."""
        return tuple(self.program.levels[level][0] for level in LEVELS)


def facts_of(scenario: Path) -> tuple[bytes, Facts]:
    """A scenario file and its facts.

    Raises
    ------
    OSError, InputRejected : there is no such file, or it is no scenario
    """
    layers = Layers.load()
    network = TravelNetwork.load(layers)
    content = scenario.read_bytes()
    return content, read(content, place_index(layers), lambda told: enrich(told, layers, network))[1]


def prepare(facts: Facts, clock: Clock) -> Instance:
    """Candidates and clauses; the clock has been running since they were begun.

    Parameters
    ----------
    facts : what rules read
    clock : is read, not started
    """
    rules = rule_book()
    before = clock.now_s
    candidates = generate(facts, rules)
    filtered = clock.now_s
    program = build(facts, candidates, rules)
    return Instance(facts, rules, program, filtered - before, clock.now_s - filtered)
