"""The hops after `matching.intake`: generate, build, run, check. Nothing leaves before the last one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matching.candidates import generate
from matching.constraints.base import Constraint
from matching.facts import Facts
from matching.plans import Candidates, Plan
from matching.solver.check import Judgement, insist, judge
from matching.solver.cpsat import Limits
from matching.solver.program import Program, build
from matching.solver.run import LevelResult, NoPlan, Solved, run

__all__ = ["Outcome", "Stage", "plan_week"]

Stage = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """A week's answer, judged by the rules; `answer` is a plan, or that nobody can be placed."""

    facts: Facts
    candidates: Candidates
    program: Program
    answer: Solved | NoPlan
    judgement: Judgement

    @property
    def is_plan(self) -> bool:
        """Whether anybody can be placed."""
        return isinstance(self.answer, Solved)

    @property
    def plan(self) -> Plan:
        """The stays; none when nobody can be placed."""
        return self.answer.plan if isinstance(self.answer, Solved) else Plan()

    @property
    def chosen(self) -> tuple[int, ...]:
        """Numbers of the chosen candidates."""
        return self.answer.chosen if isinstance(self.answer, Solved) else ()

    @property
    def levels(self) -> tuple[LevelResult, ...]:
        """Value and bound of each level."""
        return self.answer.levels

    @property
    def unplaced_confirmed(self) -> bool:
        """Whether a second solver proved that no plan places more."""
        return self.answer.unplaced_confirmed if isinstance(self.answer, Solved) else self.answer.is_confirmed

    @property
    def unplaced(self) -> tuple[int, ...]:
        """Cases without a stay."""
        placed = self.plan.cases()
        return tuple(case for case in range(len(self.facts.cases)) if case not in placed)


def plan_week(facts: Facts, rules: Sequence[Constraint], limits: Limits, stage: Stage = lambda _: None) -> Outcome:
    """Plan all waiting cases, and have the rules judge the plan.

    Parameters
    ----------
    facts : what rules read
    rules : the rule book
    limits : time, workers, seed
    stage : told the name of each hop as it begins

    Raises
    ------
    OutOfTime : nothing was found in time
    SolverFault : solver and rules disagree; nothing leaves
    """
    stage("finding candidates")
    candidates = generate(facts, rules)
    stage("writing clauses")
    program = build(facts, candidates, rules)
    stage("searching")
    answer = run(program, facts, limits)
    stage("checking without the solver")
    judgement = insist(answer, facts, rules) if isinstance(answer, Solved) else judge(Plan(), facts, rules)
    return Outcome(facts, candidates, program, answer, judgement)
