"""A solver's plan as the plan file that `fristad plan` writes, so that the same verifier and check read it."""

from __future__ import annotations

import hashlib

from benchmarks.peers.instance import Instance
from benchmarks.peers.record import Record
from matching.constraints import not_judged
from matching.knowledge import caveats, flags_of
from matching.planfile import (
    LevelValue,
    PlanFile,
    PlannedCase,
    UnplacedCase,
    planned_stays,
    policy_changes,
    to_bytes,
)
from matching.plans import Plan
from matching.solver.program import LEVELS

__all__ = ["as_plan_file"]


def as_plan_file(record: Record, plan: Plan, instance: Instance, content: bytes) -> bytes:
    """The plan file of a solver's answer.

    Parameters
    ----------
    record : its levels; a level of which nothing is proven gets the bound 0, and `is_proven` false
    plan : with beds
    instance : whose ids it names
    content : the scenario document

    Returns
    -------
    the document; it explains nobody's exclusion (`excluded_by` is empty) and lists no live breach, which
    would be the same for every solver and takes longer than the search
    """
    facts = instance.facts
    knowledge = flags_of(facts, plan)
    placed = plan.cases()
    alone: dict[int, set[int]] = {case: set() for case in range(len(facts.cases))}
    for item in instance.program.candidates.items:
        if item.leg == len(facts.cases[item.case].legs) - 1:
            alone[item.case].add(item.stay.facility)
    by_case = {case: [item for item in plan.placed if item.case == case] for case in placed}
    told = PlanFile(
        schema_version="1",
        synthetic=True,
        scenario_sha256=hashlib.sha256(content).hexdigest(),
        rules=tuple(rule.name for rule in instance.rules),
        state="planned" if placed else "nobody_can_be_placed",
        is_proven=record.status == "optimal",
        unplaced_confirmed=False,
        levels=tuple(
            LevelValue(
                name=name,
                value=record.objective[name],
                bound=record.bound[name] or 0,
                is_proven=record.bound[name] == record.objective[name],
            )
            for name in LEVELS
        ),
        placed=tuple(
            PlannedCase(
                case=facts.names.cases[case],
                stays=planned_stays(by_case[case], facts),
                flags=knowledge.cases[case],
            )
            for case in sorted(placed)
        ),
        unplaced=tuple(
            UnplacedCase(
                case=facts.names.cases[case],
                possible_alone=len(alone[case]),
                excluded_by={},
                flags=knowledge.cases[case],
            )
            for case in range(len(facts.cases))
            if case not in placed
        ),
        findings=(),
        not_judged=not_judged(instance.rules),
        policy_changed=policy_changes(facts.policy),
        caveats=caveats(facts),
        flag_counts=knowledge.counts,
    )
    return to_bytes(told)
