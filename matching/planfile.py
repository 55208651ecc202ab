"""A plan as a file: what is placed where, what is not and why, and what was proven.

It holds places: for the coordinator, and of synthetic scenarios only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from matching.constraints import not_judged
from matching.constraints.base import Constraint
from matching.domain import Policy
from matching.domain.base import CaseId, FacilityId, Told, UnitId
from matching.domain.parse import shape_faults
from matching.domain.reading import read_tree, safe_path
from matching.errors import Fault, InputRejected
from matching.facts import Bed, Facts, Stay
from matching.knowledge import Flag, caveats, flags_of
from matching.plans import Placed, Plan, Violation
from matching.policyfile import rule_weights
from matching.refusals import exclusion_counts, exclusions

if TYPE_CHECKING:  # reading or showing a plan needs no solver
    from matching.pipeline import Outcome
    from matching.solver.check import Judgement

__all__ = [
    "PlanFile",
    "PlannedStay",
    "UnplacedProof",
    "false_claims",
    "findings",
    "is_plan_of",
    "plan_file",
    "planned_stays",
    "policy_changes",
    "read_plan",
    "to_bytes",
]


UnplacedProof = Literal["certificate", "two_solvers", "not_proven"]
"""That no plan leaves fewer unplaced: anybody can check it without a solver; two solvers say so, and nobody else has
checked; it is not proven."""


class PlannedUnit(Told):
    """So many beds of one unit."""

    unit: UnitId
    beds: int = Field(ge=1, le=12)


class PlannedStay(Told):
    """Nights ``[start, end)`` in a facility."""

    facility: FacilityId
    units: tuple[PlannedUnit, ...] = Field(min_length=1)
    start: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="first night, YYYY-MM-DD")
    end: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="first night after it, YYYY-MM-DD")


class PlannedCase(Told):
    """The stays of one case, in order."""

    case: CaseId
    stays: tuple[PlannedStay, ...] = Field(min_length=1)
    flags: tuple[Flag, ...] | None = Field(
        default=None, description="what to look at by hand before this is relied on; none: not said"
    )


class UnplacedCase(Told):
    """A case without a stay, and how many facilities each rule excludes for it."""

    case: CaseId
    possible_alone: int = Field(description="facilities possible for this case if it were alone in the queue")
    excluded_by: dict[str, int] = Field(description="hard rule -> facilities it excludes on every day of the window")
    flags: tuple[Flag, ...] | None = Field(default=None, description="what to look at by hand; none: not said")


class LevelValue(Told):
    """Value and proven lower bound of one level."""

    name: str
    value: int
    bound: int
    is_proven: bool


class Finding(Told):
    """A live breach: not this plan's doing, but somebody has to act."""

    rule: str
    reason: str
    amount: int
    on_live: str
    presences: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()


class PlanFile(Told):
    """A whole plan."""

    schema_version: Literal["1"]
    synthetic: Literal[True]
    scenario_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    rules: tuple[str, ...]
    state: Literal["planned", "nobody_can_be_placed"]
    is_proven: bool
    unplaced_confirmed: bool = Field(description="a second solver proved that no plan places more")
    unplaced_proof: UnplacedProof | None = Field(
        default=None, description="how it is proven that no plan places more; none: not said"
    )
    levels: tuple[LevelValue, ...]
    placed: tuple[PlannedCase, ...]
    unplaced: tuple[UnplacedCase, ...]
    findings: tuple[Finding, ...]
    not_judged: tuple[str, ...] = Field(description="hard rules specified but not in the rule book yet")
    policy_changed: tuple[str, ...] = Field(description="policy values that differ from the defaults")
    caveats: tuple[str, ...] = Field(description="what poor knowledge has changed in every answer")
    flag_counts: dict[Flag, int] = Field(description="flag -> cases, or live placements, it is raised for")

    @property
    def flags(self) -> tuple[tuple[CaseId, tuple[Flag, ...]], ...]:
        """The flags of each case of which the file says any, placed ones first."""
        told = [(item.case, item.flags) for item in self.placed] + [(item.case, item.flags) for item in self.unplaced]
        return tuple((case, flags) for case, flags in told if flags is not None)


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def planned_stays(placed: Iterable[Placed], facts: Facts) -> tuple[PlannedStay, ...]:
    """Stays with ids and dates instead of numbers, in order of leg."""
    return tuple(
        PlannedStay(
            facility=facts.names.facilities[item.stay.facility],
            units=tuple(
                PlannedUnit(unit=facts.names.units[item.stay.facility][bed.unit], beds=bed.beds) for bed in item.beds
            ),
            start=_iso(item.stay.start_day),
            end=_iso(item.stay.end_day),
        )
        for item in sorted(placed, key=lambda item: item.leg)
    )


def findings(found: Iterable[Violation], facts: Facts) -> tuple[Finding, ...]:
    """Live breaches with the ids of those concerned and how urgently each asks for action."""
    return tuple(
        Finding(
            rule=item.rule,
            reason=item.reason,
            amount=item.amount,
            on_live=str(item.act),
            presences=tuple(facts.names.presences[number] for kind, number in item.parties if kind == "presence"),
            facilities=tuple(facts.names.facilities[number] for kind, number in item.parties if kind == "facility"),
        )
        for item in found
    )


def plan_file(outcome: Outcome, content: bytes, rules: Sequence[Constraint], *, is_certified: bool = False) -> PlanFile:
    """The file of an outcome.

    Parameters
    ----------
    outcome : from `plan_week`
    content : the scenario document the plan answers; its hash goes into the file
    rules : the rule book
    is_certified : `matching.solver.certificate.certify` has proven that no plan places more
    """
    facts = outcome.facts
    knowledge = flags_of(facts, outcome.plan)
    return PlanFile(
        schema_version="1",
        synthetic=True,
        scenario_sha256=hashlib.sha256(content).hexdigest(),
        rules=tuple(rule.name for rule in rules),
        state="planned" if outcome.is_plan else "nobody_can_be_placed",
        is_proven=all(level.is_proven for level in outcome.levels),
        unplaced_confirmed=outcome.unplaced_confirmed,
        unplaced_proof=(
            "certificate" if is_certified else "two_solvers" if outcome.unplaced_confirmed else "not_proven"
        ),
        levels=tuple(
            LevelValue(name=level.name, value=level.value, bound=level.bound, is_proven=level.is_proven)
            for level in outcome.levels
        ),
        placed=tuple(
            PlannedCase(
                case=facts.names.cases[case],
                stays=planned_stays((item for item in outcome.plan.placed if item.case == case), facts),
                flags=knowledge.cases[case],
            )
            for case in sorted(outcome.plan.cases())
        ),
        unplaced=tuple(
            UnplacedCase(
                case=facts.names.cases[case],
                possible_alone=len(facts.facilities) - len(excluded),
                excluded_by=exclusion_counts(excluded, rules)[0],
                flags=knowledge.cases[case],
            )
            for case, excluded in ((case, exclusions(facts, case, rules)) for case in outcome.unplaced)
        ),
        findings=findings(outcome.judgement.findings, facts),
        not_judged=not_judged(rules),
        policy_changed=policy_changes(facts.policy),
        caveats=caveats(facts),
        flag_counts=knowledge.counts,
    )


def false_claims(
    told: PlanFile, plan: Plan, judgement: Judgement, facts: Facts, *, is_for_this: bool = True
) -> list[str]:
    """What a plan file says that counting again does not confirm.

    Values and flags of a plan for another version of the scenario, or another policy, are no claims about this one.
    """
    claims = []
    if is_for_this and judgement.levels and tuple(level.value for level in told.levels) != judgement.levels:
        claims.append("the values of its levels")
    waiting = set(facts.names.cases) - {facts.names.cases[case] for case in plan.cases()}
    if {item.case for item in told.unplaced} != waiting:
        claims.append("which cases are unplaced")
    knowledge = flags_of(facts, plan)
    by_case = dict(zip(facts.names.cases, knowledge.cases, strict=True))
    flags_differ = told.flag_counts != knowledge.counts or any(flags != by_case.get(case) for case, flags in told.flags)
    if is_for_this and flags_differ:
        claims.append("the flags of its cases")
    return claims


def policy_changes(policy: Policy) -> tuple[str, ...]:
    """Policy values that differ from the defaults, each with both.

    Examples
    --------
    >>> policy_changes(Policy(separation_km=40))
    ('separation_km 40 (default 30)',)
    """
    told, usual = policy.model_dump(), Policy().model_dump()
    weights, usual_weights = told.pop("weights"), usual.pop("weights")
    further = weights.pop("further")
    told |= {f"weights.{name}": value for name, value in weights.items()}
    usual |= {f"weights.{name}": usual_weights[name] for name in weights}
    for name, rule in rule_weights().items():
        told[f"weights.further.{name}"] = further.get(name, rule.default_weight)
        usual[f"weights.further.{name}"] = rule.default_weight
    return tuple(
        f"{name} {_in_words(told[name])} (default {_in_words(usual[name])})"
        for name in told
        if told[name] != usual[name]
    )


def _in_words(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_in_words(one) for one in value) or "none"
    if isinstance(value, dict):
        return " ".join(f"{name} {_in_words(one)}" for name, one in value.items())
    return str(value)


def is_plan_of(plan: PlanFile, content: bytes, policy: Policy) -> bool:
    """Whether a plan was made for exactly this scenario document, under exactly this policy."""
    same_policy = plan.policy_changed == policy_changes(policy)
    return same_policy and plan.scenario_sha256 == hashlib.sha256(content).hexdigest()


def to_bytes(model: BaseModel) -> bytes:
    """Canonical JSON: sorted keys, two spaces, UTF-8, one newline at the end."""
    text = json.dumps(model.model_dump(mode="json"), ensure_ascii=False, indent=2, sort_keys=True)
    return text.encode() + b"\n"


def read_plan(content: bytes, facts: Facts) -> tuple[PlanFile, Plan]:
    """The plan a document describes, in the numbers of its scenario.

    Raises
    ------
    InputRejected : every fault of shape, and every id the scenario does not know
    """
    tree, faults = read_tree(content)
    if isinstance(tree, dict) and {"changes_sha256", "must_move"} <= tree.keys():
        wanted = "a plan of `fristad plan`; docs/repair.md says how a repair is carried into the week"
        raise InputRejected([Fault("the plan file", "is a repair, not a plan", wanted)])
    faults += shape_faults(PlanFile, tree, ())
    if faults:
        raise InputRejected(faults)
    told = PlanFile.model_validate_json(json.dumps(tree))
    placed: list[Placed] = []
    cases = {name: number for number, name in enumerate(facts.names.cases)}
    facilities = {name: number for number, name in enumerate(facts.names.facilities)}
    seen: set[str] = set()
    for place, item in enumerate(told.placed):
        if item.case not in cases:
            faults.append(_unknown(("placed", place, "case"), "a case"))
        if item.case in seen:
            faults.append(Fault(safe_path(("placed", place, "case")), "occurs a second time", "each case once"))
        seen.add(item.case)
        for leg, stay in enumerate(item.stays):
            where: tuple[Any, ...] = ("placed", place, "stays", leg)
            found = _placed(stay, where, cases.get(item.case, -1), leg, facilities, facts, faults)
            if found is not None:
                placed.append(found)
    if faults:
        raise InputRejected(faults)
    return told, Plan(tuple(sorted(placed)))


def _unknown(path: tuple[Any, ...], what: str) -> Fault:
    return Fault(safe_path(path), f"names {what} that does not exist", f"{what} of the scenario")


def _placed(
    stay: PlannedStay,
    where: tuple[Any, ...],
    case: int,
    leg: int,
    facilities: dict[str, int],
    facts: Facts,
    faults: list[Fault],
) -> Placed | None:
    facility = facilities.get(stay.facility, -1)
    if facility < 0:
        faults.append(_unknown((*where, "facility"), "a facility"))
        return None
    units = {name: number for number, name in enumerate(facts.names.units[facility])}
    for place, use in enumerate(stay.units):
        if use.unit not in units:
            faults.append(_unknown((*where, "units", place, "unit"), "a unit"))
    days = []
    for side in ("start", "end"):
        try:
            days.append(date.fromisoformat(getattr(stay, side)).toordinal())
        except ValueError:
            faults.append(Fault(safe_path((*where, side)), "is no day of the calendar", "a date, YYYY-MM-DD"))
    if len(days) < 2:
        return None
    if days[1] <= days[0]:
        faults.append(Fault(safe_path(where), "ends before or when it starts", "an end after the start"))
    beds = tuple(sorted(Bed(units.get(use.unit, 0), use.beds) for use in stay.units))
    return Placed(case, leg, Stay(facility, days[0], days[1]), beds)
