"""Small worlds for the solver's tests, and the way from facts to an answer."""

from __future__ import annotations

from collections.abc import Sequence

from matching.candidates import generate
from matching.constraints.base import Constraint
from matching.facts import Facts
from matching.plans import Plan
from matching.solver.cpsat import Limits
from matching.solver.program import LEVELS, Program, build
from matching.solver.run import LevelResult, NoPlan, Solved, run
from tests.books import ELEVEN
from tests.builders import ALWAYS, case, facility, places, unit, world

LIMITS = Limits(time_s=60.0)
RED, BLUE = 0, 1
ALWAYS_RIVALS = {(RED, BLUE): ALWAYS}


def two_rivals() -> Facts:
    """A red and a blue case; two single rooms in towns 10 km apart, two more in one far away."""
    return world(
        land=places(4, gap_m={(1, 2): 10_000}),
        facilities=[facility(1, day_rate_sek=100), facility(2, day_rate_sek=200), facility(3, [unit(), unit()])],
        cases=[case(networks=[RED]), case(networks=[BLUE])],
        rivals={(RED, BLUE): ALWAYS},
    )


def program_of(facts: Facts, rules: Sequence[Constraint] = ELEVEN, *, filtered: bool = True) -> Program:
    return build(facts, generate(facts, rules, filtered=filtered), rules)


def answer(facts: Facts, limits: Limits = LIMITS, rules: Sequence[Constraint] = ELEVEN) -> Solved | NoPlan:
    return run(program_of(facts, rules), facts, limits)


def solved(facts: Facts, limits: Limits = LIMITS, rules: Sequence[Constraint] = ELEVEN) -> Solved:
    outcome = answer(facts, limits, rules)
    assert isinstance(outcome, Solved)
    return outcome


def values(outcome: Solved | NoPlan) -> dict[str, int]:
    return {level.name: level.value for level in outcome.levels}


def claims(plan: Plan, *levels: int) -> Solved:
    """An answer that claims these levels for a plan."""
    return Solved(plan, (), tuple(LevelResult(n, v, v) for n, v in zip(LEVELS, levels, strict=True)), True)
