"""Faults of the running search end in `SolverFault`: a clause lost or too tight, an unwritten cost, a bound, a hint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import matching.solver.climb as climbing
import matching.solver.run as running
from matching.candidates import generate
from matching.constraints import rule_book
from matching.errors import SolverFault
from matching.facts import Facts
from matching.solver.check import insist
from matching.solver.climb import Climb
from matching.solver.cpsat import Answer, CpSat, Limits
from matching.solver.program import Program, build
from matching.solver.rank import rank
from matching.solver.relaxation import relax
from matching.solver.rows import Rows, rows_of
from matching.solver.run import Solved, run
from tests.cli.weeks import facts_of, week

LIMITS = Limits(time_s=60.0)


@pytest.fixture(scope="module")
def facts() -> Facts:
    return facts_of(week("small", 2))


@pytest.fixture(scope="module")
def program(facts: Facts) -> Program:
    return build(facts, generate(facts, rule_book()), rule_book())


def whole(program: Program, facts: Facts) -> Solved:
    answer = run(program, facts, LIMITS)
    assert isinstance(answer, Solved)
    insist(answer, facts, rule_book())
    return answer


def test_unspoilt_it_stands(program: Program, facts: Facts) -> None:
    assert whole(program, facts).is_proven


def test_a_row_too_tight_is_a_fault_or_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, program: Program, facts: Facts
) -> None:
    """What the search's arrays hold too tightly, the second solver's own reading of the clauses does not."""
    true = whole(program, facts)
    rows = rows_of(program)
    faults = 0
    for row in range(0, len(rows.bounds) - rows.links, 3):
        bounds = rows.bounds.copy()
        bounds[row] = 0

        def tighter(_: Program, told: Any = bounds) -> Rows:
            return replace(rows, bounds=told)

        monkeypatch.setattr(running, "rows_of", tighter)
        try:
            found = whole(program, facts)
        except SolverFault:
            faults += 1
            continue
        assert [level.value for level in found.levels[:3]] == [level.value for level in true.levels[:3]]
    assert faults


def test_a_row_that_is_lost_is_a_fault_or_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, program: Program, facts: Facts
) -> None:
    true = whole(program, facts)
    rows = rows_of(program)
    faults = 0
    for row in range(0, len(rows.bounds) - rows.links, 3):
        bounds = rows.bounds.copy()
        bounds[row] = 10_000

        def looser(_: Program, told: Any = bounds) -> Rows:
            return replace(rows, bounds=told)

        monkeypatch.setattr(running, "rows_of", looser)
        try:
            found = whole(program, facts)
        except SolverFault:
            faults += 1
            continue
        assert [level.value for level in found.levels] == [level.value for level in true.levels]
    assert faults


def test_pairs_that_are_not_written_are_a_fault(
    monkeypatch: pytest.MonkeyPatch, program: Program, facts: Facts
) -> None:
    monkeypatch.setattr(CpSat, "_write_near", lambda *_: None)
    before = whole_or_fault(program, facts)
    monkeypatch.undo()
    true = whole(program, facts)
    assert before is None or before.levels == true.levels
    assert program.nearness


def whole_or_fault(program: Program, facts: Facts) -> Solved | None:
    try:
        return whole(program, facts)
    except SolverFault:
        return None


@pytest.mark.parametrize("by", [1.0, 1e6])
def test_a_bound_of_the_relaxation_too_high_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, program: Program, facts: Facts, by: float
) -> None:
    true = relax

    def lying(*told: Any) -> Any:
        found = true(*told)
        return None if found is None else replace(found, value=found.value + by)

    monkeypatch.setattr(climbing, "relax", lying)
    with pytest.raises(SolverFault):
        whole(program, facts)


def test_a_stale_answer_is_a_fault_and_no_option(
    monkeypatch: pytest.MonkeyPatch, program: Program, facts: Facts
) -> None:
    """The solver hands back the plan of the week for every pin, as if the hint were the answer."""
    week_plan = whole(program, facts).chosen
    items = program.candidates.items
    case = items[week_plan[0]].case
    assert len(rank(facts, program, rule_book(), case, LIMITS).options) > 1
    true = Climb.stage

    def stale(self: Climb, stage: Any, time_s: float | None = None) -> Any:
        if self.pin:
            self.chosen = week_plan
            monkeypatch.setattr(CpSat, "minimise", lambda *_, **__: Answer(week_plan, 0, 0))
        return true(self, stage, time_s)

    monkeypatch.setattr(Climb, "stage", stale)
    with pytest.raises(SolverFault):
        rank(facts, program, rule_book(), case, LIMITS)


def test_fixing_that_leaves_out_too_much_is_a_fault_where_somebody_loses_a_place(
    monkeypatch: pytest.MonkeyPatch, program: Program, facts: Facts
) -> None:
    true = relax

    def greedy(*told: Any) -> Any:
        found = true(*told)
        if found is None:
            return None
        out = found.reduced_costs.copy()
        out[np.flatnonzero(found.primal > 0.5)] = 1e12
        return replace(found, reduced_costs=out, value=-1e9, primal=found.primal * 0.5)

    monkeypatch.setattr(climbing, "relax", greedy)
    with pytest.raises(SolverFault):
        whole(program, facts)
