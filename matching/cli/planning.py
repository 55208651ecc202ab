"""`fristad plan`, `fristad check`, `fristad demo`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from matching.cli.common import (
    Exit,
    JsonFlag,
    Loaded,
    PolicyOption,
    SecondsOption,
    guarded,
    insist_on_folder,
    load,
    out,
    print_json,
    working,
    write_whole,
)
from matching.errors import Fault, InputRejected

if TYPE_CHECKING:
    from matching.facts import Facts
    from matching.planfile import Finding, PlanFile
    from matching.plans import Plan
    from matching.solver.cpsat import Limits

__all__ = ["check", "demo", "plan"]

ScenarioArgument = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (JSON).")]
TasksFlag = Annotated[bool, typer.Option("--tasks", help="List live breaches that ask for a task, not their number.")]


_CERTIFYING_S = 10.0
"""The most a certificate may take, seconds: what it proves is proven already, or never will be."""


class Planned(NamedTuple):
    """A planned week; `uncertain_pairs` are the pairs of households its level RISK counts."""

    loaded: Loaded
    found: PlanFile
    uncertain_pairs: int


def planned(
    scenario: Path,
    output: Path | None,
    limits: Limits,
    *,
    quiet: bool,
    policy: Path | None = None,
    certificate: Path | None = None,
) -> Planned:
    """Plan a scenario file, and write the plan, and the certificate if there is one, when a path is given."""
    from matching.constraints import rule_book
    from matching.pipeline import plan_week
    from matching.planfile import plan_file, to_bytes
    from matching.solver.certificate import certify, joint_document, placed_value
    from service.report_plan import uncertain_pairs

    insist_on_folder(output)
    insist_on_folder(certificate)
    if certificate is not None and output is not None and certificate.resolve() == output.resolve():
        raise InputRejected([Fault("--certificate", "is the file of the plan", "another path")])
    with working("planning", quiet=quiet) as stage:
        stage("reading")
        loaded = load(scenario, policy)
        outcome = plan_week(loaded.queue, rule_book(), limits, stage)
        stage("certifying that no plan places more")
        value = placed_value(outcome.program, outcome.chosen)
        proof = certify(outcome.program, value, min(limits.time_s, _CERTIFYING_S))
        stage("explaining who is unplaced")
        found = plan_file(outcome, loaded.content, rule_book(), is_certified=proof is not None)
    inputs = (scenario, *([policy] if policy is not None else []))
    if certificate is not None and proof is not None:
        document = joint_document(proof, outcome.program, outcome.facts, found.scenario_sha256)
        document["policy_changed"] = list(found.policy_changed)
        write_whole(certificate, json.dumps(document, sort_keys=True).encode() + b"\n", inputs=inputs)
    if output is not None:
        write_whole(output, to_bytes(found), inputs=inputs)
    return Planned(loaded, found, uncertain_pairs(outcome.judgement.costs, rule_book()))


@guarded
def plan(
    scenario: ScenarioArgument,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the plan to this file.")] = None,
    time_s: SecondsOption = 60.0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Search workers; 1 is repeatable.")] = 1,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the search.")] = 1,
    tasks: TasksFlag = False,
    audit: Annotated[
        bool,
        typer.Option(
            "--audit",
            help="Repeatable plan on any machine: one worker, deterministic time. The second opinion keeps the clock.",
        ),
    ] = False,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Write the proof that no plan places more to this file, if it can be checked by anybody."),
    ] = None,
    policy: PolicyOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Plan all waiting cases: who goes where, who cannot be placed and why. Shows places."""
    from matching.cli.printing import print_plan
    from matching.solver.cpsat import Limits

    limits = Limits(time_s, workers, seed, audit)
    week = planned(scenario, output, limits, quiet=as_json, policy=policy, certificate=certificate)
    if as_json:
        print_json(week.found)
    else:
        print_plan(week.found, week.loaded, week.uncertain_pairs, every_task=tasks)
        if output is not None:
            out.print(f"Written: {output}", markup=False)
        if certificate is not None:
            is_written = week.found.unplaced_proof == "certificate"
            told = f"Written: {certificate}" if is_written else "No certificate was found; none is written."
            out.print(told, markup=False)
    if week.found.state == "nobody_can_be_placed":
        raise typer.Exit(Exit.NO_PLAN)


def checked(
    scenario: Path, plan_path: Path, *, quiet: bool, policy: Path | None = None
) -> tuple[dict[str, Any], tuple[Finding, ...], Loaded]:
    """What the rules say of a plan file, as a tree; the live breaches, and the scenario, beside it."""
    from matching.constraints import not_judged, rule_book
    from matching.domain import read_bytes
    from matching.knowledge import caveats
    from matching.planfile import false_claims, findings, is_plan_of, policy_changes, read_plan
    from matching.solver.check import judge
    from matching.solver.program import LEVELS

    with working("judging", quiet=quiet) as stage:
        stage("reading")
        loaded = load(scenario, policy)
        facts = loaded.queue
        told, stays = read_plan(read_bytes(plan_path, "the plan file"), facts)
        stage("asking every rule")
        judgement = judge(stays, facts, rule_book())
    names = {"case": facts.names.cases, "presence": facts.names.presences, "facility": facts.names.facilities}
    is_for_this = is_plan_of(told, loaded.content, facts.policy)
    breaches = [
        {
            "rule": breach.rule,
            "reason": breach.reason,
            "amount": breach.amount,
            "parties": [
                {"kind": kind, "id": names[kind][number], "facilities": _facilities(kind, number, stays, facts)}
                for kind, number in breach.parties
            ],
        }
        for breach in judgement.breaches
    ]
    live = findings(judgement.findings, facts)
    verdict = {
        "breaks_hard_rule": bool(breaches),
        "breaches": breaches,
        "cases_waiting": len(facts.cases),
        "cases_placed": len(stays.cases()),
        "levels": dict(zip(LEVELS, judgement.levels, strict=False)),
        "false_claims": false_claims(told, stays, judgement, facts, is_for_this=is_for_this),
        "not_judged": list(not_judged(rule_book())),
        "policy_changed": list(policy_changes(facts.policy)),
        "caveats": list(caveats(facts)),
        "findings": [finding.model_dump(mode="json") for finding in live],
        "is_for_this_scenario": is_for_this,
    }
    return verdict, live, loaded


def _facilities(kind: str, number: int, plan: Plan, facts: Facts) -> list[str]:
    """Ids of the facilities a party of a breach is in, in order of its stays; none for a residence."""
    if kind == "case":
        found = [item.stay.facility for item in sorted(plan.placed) if item.case == number]
    else:
        found = [number if kind == "facility" else facts.presences[number].facility]
    return [facts.names.facilities[facility] for facility in dict.fromkeys(found) if facility >= 0]


@guarded
def check(
    scenario: ScenarioArgument,
    plan_path: Annotated[Path, typer.Argument(metavar="PLAN", help="Plan file (JSON).")],
    tasks: TasksFlag = False,
    policy: PolicyOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge a plan by every rule, without any solver. Exit code 1 and the list when it breaks a hard rule."""
    from matching.cli.printing import print_check

    verdict, live, loaded = checked(scenario, plan_path, quiet=as_json, policy=policy)
    if as_json:
        print_json(verdict)
    else:
        print_check(verdict, live, loaded, every_task=tasks)
    if verdict["breaks_hard_rule"]:
        raise typer.Exit(Exit.BREACH)


@guarded
def demo(
    to: Annotated[Path, typer.Option("--to", help="Folder for the scenario, the plan and the report.")] = Path("out"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of the week.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """A whole week: generate, plan, check, options for both audiences, report."""
    from matching.cli import asking, showing
    from matching.cli.printing import print_check, print_coordinator, print_plan
    from matching.cli.slots import print_requester
    from matching.solver.cpsat import Limits

    began = time.monotonic()
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as bad:
        raise InputRejected([Fault("--to", "cannot be made", "a folder you may write to")]) from bad
    week, plan_path, page = to / "week.json", to / "plan.json", to / "report.html"

    def heading(text: str) -> None:
        if not as_json:
            out.rule(f"[bold]{text}")

    heading("1 A synthetic national week")
    showing.generate(output=week, size="demo", seed=seed, as_json=False, quiet=as_json)
    heading("2 The plan of the week (coordinator)")
    loaded, found, uncertain_pairs = planned(week, plan_path, Limits(), quiet=as_json)
    if not as_json:
        print_plan(found, loaded, uncertain_pairs)
    heading("3 The plan judged again by the rules alone")
    verdict, live, _ = checked(week, plan_path, quiet=as_json)
    if not as_json:
        print_check(verdict, live, loaded)
    case = found.placed[0].case if found.placed else found.unplaced[0].case
    heading(f"4 What the requester of {case} sees: three slots, no place")
    slots = asking.requester_answer(week, case, quiet=as_json)
    if not as_json:
        print_requester(slots)
    heading("5 What the coordinator sees of the same case")
    _, ranked = asking.coordinator_answer(week, case, Limits(), quiet=as_json)
    if not as_json:
        print_coordinator(ranked, loaded.where)
    heading("6 The report")
    showing.report(scenario=week, plan_path=plan_path, output=page, as_json=False, quiet=as_json)
    if as_json:
        parts = {"plan": found, "requester": slots, "coordinator": ranked}
        print_json({"check": verdict, **{name: part.model_dump(mode="json") for name, part in parts.items()}})
    else:
        out.print(f"Whole demo: {time.monotonic() - began:.1f} s. Open {page} in a browser.", markup=False)
