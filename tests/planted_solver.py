"""Faults planted in the search itself: bounds, fixing, hints, clauses written, parts solved again."""

from __future__ import annotations

from typing import Final

from tests.planting import Change, Fault

__all__ = ["SOLVER"]

CLIMB, ROWS, RELAXATION, NEIGHBOURHOOD = (
    f"solver/{name}.py" for name in ("climb", "rows", "relaxation", "neighbourhood")
)

SOLVER: Final = (
    Fault(
        "a bound is rounded up past what was proven",
        (Change(RELAXATION, "return math.ceil(self.value - ", "return 1 + math.ceil(self.value - "),),
        "solver/test_climb.py::test_the_relaxation_is_a_bound_and_what_it_leaves_out_is_no_loss",
    ),
    Fault(
        "fixing leaves out what a plan may use",
        (Change(RELAXATION, "gap = most - self.value + ", "gap = most - self.value - 1 + "),),
        "solver/test_climb.py::test_the_relaxation_is_a_bound_and_what_it_leaves_out_is_no_loss",
    ),
    Fault(
        "a level is not kept by the levels after it",
        (Change(CLIMB, "            model.bound_level(coefficients, most)\n", "            pass\n"),),
        "solver/test_climb.py::test_a_climb_finds_the_best_of_all",
    ),
    Fault(
        "an answer is taken without a look at the clauses",
        (
            Change(
                CLIMB,
                "            if not self.fulfils(answer.chosen):\n",
                "            if False:\n",
            ),
        ),
        "solver/test_run.py::test_an_answer_that_breaks_a_clause_is_a_fault",
    ),
    Fault(
        "a bound above a plan at hand is believed",
        (Change(CLIMB, "        if lowest > value:\n", "        if False:\n"),),
        "solver/test_climb.py::test_a_bound_above_a_plan_is_a_fault",
    ),
    Fault(
        "a stale plan is taken for one that keeps the levels before",
        (
            Change(
                CLIMB,
                "        return all(sum(level.get(n, 0) for n in true) <= most for level, most in self.done)\n",
                "        return True\n",
            ),
        ),
        "solver/test_climb.py::test_so_it_does_for_each_pin_from_wherever_the_week_had_got_to",
    ),
    Fault(
        "an auxiliary is left out and its definition stays",
        (Change(ROWS, "        binds[defining] &= keep[self.defines[defining]]\n", ""),),
        "solver/test_climb.py::test_the_relaxation_is_a_bound_and_what_it_leaves_out_is_no_loss",
    ),
    Fault(
        "packings are not written",
        (Change(ROWS, "        writer.packing(packing)\n", "        pass\n"),),
        "solver/test_climb.py::test_a_climb_finds_the_best_of_all",
    ),
    Fault(
        "pairs of cases near each other cost nothing in the search",
        (Change("solver/cpsat.py", "sum(sides) <= 1 + self.v[column])", "sum(sides) <= 2 + self.v[column])"),),
        "solver/test_climb.py::test_a_climb_finds_the_best_of_all",
    ),
    Fault(
        "a part forgets those who are kept",
        (
            Change(
                NEIGHBOURHOOD,
                "        left = self.rows.bounds[rows] - part @ fixed\n        part = part[:, model.columns]\n",
                "        left = self.rows.bounds[rows]\n        part = part[:, model.columns]\n",
            ),
        ),
        "solver/test_climb.py::test_parts_solved_again_are_never_worse_and_the_whole_is_the_best",
    ),
    Fault(
        "an option better than the plan proven best is shown",
        (Change("solver/rank.py", "if pin.values < week or ", "if False and "),),
        "solver/test_rank.py::test_an_option_better_than_the_week_is_a_fault",
    ),
)
