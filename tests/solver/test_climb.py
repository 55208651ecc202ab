"""Levels climbed by bound, fixing and search give what trying every choice gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import matching.solver.climb as climbing
from matching.errors import SolverFault
from matching.solver.climb import Climb, levels_of, objectives
from matching.solver.neighbourhood import Neighbourhood
from matching.solver.program import LEVELS, Program
from matching.solver.relaxation import Relaxation, relax
from matching.solver.rows import rows_of
from tests.solver.programs import LIMITS
from tests.solver.random_programs import best_of, feasible, random_program

SEEDS = range(120)


def climbed(program: Program, **told: object) -> tuple[int, ...] | None:
    climb = Climb(program, rows_of(program), LIMITS, **told)  # type: ignore[arg-type]
    levels = levels_of(climb, objectives(program))
    if levels is None:
        return None
    assert all(level.is_proven for level in levels)
    values = tuple(level.value for level in levels)
    assert values == program.values(climb.chosen or ())
    assert climb.fulfils(climb.chosen or ())
    return values


@pytest.mark.parametrize("seed", SEEDS)
def test_a_climb_finds_the_best_of_all(seed: int) -> None:
    program = random_program(seed)
    assert climbed(program) == best_of(program)


@pytest.mark.parametrize("seed", SEEDS)
def test_so_it_does_for_each_pin_from_wherever_the_week_had_got_to(seed: int) -> None:
    program = random_program(seed)
    week = Climb(program, rows_of(program), LIMITS)
    bases = [(0, week.base, ())]
    stages = objectives(program)
    for number, stage in enumerate(stages, start=1):
        levels = levels_of(week, [stage])
        assert levels is not None
        bases.append((number, week.base, (*bases[-1][2], *(level.value for level in levels))))  # type: ignore[arg-type]
    for pin in range(len(program.candidates.items)):
        best = best_of(program, pin)
        assert climbed(program, start=None, pin=(pin,)) == best
        for number, base, before in bases[:-1]:
            climb = Climb(program, rows_of(program), LIMITS, week.chosen, (pin,), base=base)
            levels = levels_of(climb, stages[number:])
            keeps = best is not None and best[: len(before)] == before
            assert (levels is not None) == keeps
            if levels is not None:
                assert (*before, *(level.value for level in levels)) == best


@pytest.mark.parametrize("seed", SEEDS)
def test_the_relaxation_is_a_bound_and_what_it_leaves_out_is_no_loss(seed: int) -> None:
    program = random_program(seed)
    rows = rows_of(program)
    for stage in objectives(program):
        linear = {n: a for n, a in stage.coefficients.items() if n >= 0}
        keep = np.ones(rows.candidates, dtype=np.bool_)
        keep[list(program.forbidden)] = False
        found = relax(rows, rows.vector(linear), rows.needed(keep))
        assert found is not None
        values = {chosen: sum(linear.get(n, 0) for n in chosen) for chosen in feasible(program)}
        assert found.bound <= min(values.values())
        for most in range(found.bound, found.bound + 12):
            kept = found.within(most)
            assert all(kept[list(chosen)].all() for chosen, value in values.items() if value <= most)


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_solved_again_are_never_worse_and_the_whole_is_the_best(seed: int) -> None:
    program = random_program(seed)
    rows = rows_of(program)
    keep = np.ones(rows.candidates, dtype=np.bool_)
    keep[list(program.forbidden)] = False
    around = Neighbourhood(program, rows, keep, (), LEVELS, ())
    constants = [program.levels[level][0] for level in LEVELS]

    def values() -> tuple[int, ...]:
        return tuple(value + constant for value, constant in zip(around.values(), constants, strict=True))

    before = program.values(())
    cases = around.waiting.tolist()
    for number, case in enumerate(cases):
        around.free([case, *cases[:number:2]], 5.0, seed)
        assert values() == program.values(around.chosen) <= before
        assert Climb(program, rows, LIMITS).fulfils(around.chosen)
        before = values()
    part = around.free(cases, 5.0, seed)
    assert part.is_proven
    assert values() == best_of(program)


@pytest.mark.parametrize("seed", range(40))
def test_a_queue_too_large_for_one_search_still_gets_a_plan_and_honest_bounds(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(climbing, "_MOST_PAIRS", 0)
    monkeypatch.setattr(climbing, "_MOST_COLUMNS", 0)
    monkeypatch.setattr(climbing, "_IN_VAIN", 12)
    program = random_program(seed)
    climb = Climb(program, rows_of(program), replace(LIMITS, time_s=5.0))
    levels = levels_of(climb, objectives(program))
    best = best_of(program)
    assert levels is not None
    assert best is not None
    assert tuple(level.value for level in levels) == program.values(climb.chosen or ()) >= best
    for number, level in enumerate(levels):
        if all(one.is_proven for one in levels[:number]):
            assert level.bound <= best[number]


@pytest.mark.parametrize("seed", range(60))
def test_so_does_every_pin_of_it(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(climbing, "_MOST_PAIRS", 0)
    monkeypatch.setattr(climbing, "_MOST_COLUMNS", seed % 2 * 1000)
    monkeypatch.setattr(climbing, "_IN_VAIN", 8)
    program = random_program(seed)
    for pin in range(0, len(program.candidates.items), 3):
        climb = Climb(program, rows_of(program), replace(LIMITS, time_s=5.0), None, (pin,))
        levels = levels_of(climb, objectives(program))
        best = best_of(program, pin)
        assert (levels is None) == (best is None)
        if levels is not None and best is not None:
            assert pin in (climb.chosen or ())
            assert tuple(level.value for level in levels) == program.values(climb.chosen or ()) >= best
            assert levels[0].bound <= best[0]


# Faults


def lying(program: Program, value: float, reduced: float = 0.0) -> Relaxation:
    nothing = np.zeros(rows_of(program).matrix.shape[1])
    return Relaxation(value, nothing, nothing + reduced)


def test_a_bound_above_a_plan_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    program = random_program(3)
    monkeypatch.setattr(climbing, "relax", lambda *_: lying(program, 1000.0))
    with pytest.raises(SolverFault, match="bound"):
        climbed(program)


def test_a_plan_lost_by_fixing_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    # everything is fixed out, so the search calls infeasible what the plan of the level before fulfils
    program = random_program(3)
    climb = Climb(program, rows_of(program), LIMITS)
    first, *rest = objectives(program)
    assert climb.stage(first) is not None
    assert climb.chosen
    monkeypatch.setattr(climbing, "relax", lambda *_: lying(program, -1000.0, 10_000.0))
    with pytest.raises(SolverFault, match="infeasible"):
        levels_of(climb, rest)


def test_a_part_that_breaks_a_clause_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(climbing, "_MOST_PAIRS", 0)
    program = next(random_program(seed) for seed in range(99) if len(random_program(seed).candidates.items) > 9)

    def spoil(around: Neighbourhood, *_: object, **__: object) -> None:
        around._settle(np.arange(len(program.candidates.items)))

    monkeypatch.setattr(climbing, "improve", spoil)
    with pytest.raises(SolverFault, match="breaks a clause"):
        climbed(program)
