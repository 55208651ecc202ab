"""`fristad plan`, `fristad check`, `fristad demo`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from matching.cli.common import (
    Exit,
    JsonFlag,
    Loaded,
    SecondsOption,
    guarded,
    load,
    out,
    print_json,
    working,
    write_whole,
)

__all__ = ["check", "demo", "plan"]

ScenarioArgument = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (JSON).")]


def kommun_of(loaded: Loaded) -> dict[str, str]:
    """Facility id -> name of its kommun."""
    names, facts = loaded.kommun_names, loaded.facts
    return {
        facts.names.facilities[number]: names.get(int(facts.places.kommun[facility.place]), "")
        for number, facility in enumerate(facts.facilities)
    }


@guarded
def plan(
    scenario: ScenarioArgument,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the plan to this file.")] = None,
    time_s: SecondsOption = 60.0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Search workers; 1 is repeatable.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the search.")] = 1,
    audit: Annotated[
        bool, typer.Option("--audit", help="Repeatable on any machine: deterministic time, one worker.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Plan all waiting cases: who goes where, who cannot be placed and why. Shows places."""
    from matching.cli.printing import print_plan
    from matching.constraints import rule_book
    from matching.pipeline import plan_week
    from matching.planfile import plan_file, to_bytes
    from matching.solver.cpsat import Limits

    with working("planning", quiet=as_json) as stage:
        stage("reading")
        loaded = load(scenario)
        outcome = plan_week(loaded.facts, rule_book(), Limits(time_s, workers, seed, audit), stage)
        stage("explaining who is unplaced")
        found = plan_file(outcome, loaded.content, rule_book())
    if output is not None:
        write_whole(output, to_bytes(found))
    if as_json:
        print_json(found)
    else:
        print_plan(found, kommun_of(loaded))
        if output is not None:
            out.print(f"Written: {output}", markup=False)
    if found.state == "nobody_can_be_placed":
        raise typer.Exit(Exit.NO_PLAN)


@guarded
def check(
    scenario: ScenarioArgument,
    plan_path: Annotated[Path, typer.Argument(metavar="PLAN", help="Plan file (JSON).")],
    as_json: JsonFlag = False,
) -> None:
    """Judge a plan by every rule, without any solver. Exit code 1 and the list when it breaks a hard rule."""
    from matching.cli.printing import print_findings
    from matching.constraints import rule_book
    from matching.domain import read_bytes
    from matching.planfile import findings, is_plan_of, read_plan
    from matching.solver.check import judge
    from matching.solver.program import LEVELS

    loaded = load(scenario)
    facts = loaded.facts
    told, stays = read_plan(read_bytes(plan_path, "the plan file"), facts)
    judgement = judge(stays, facts, rule_book())
    is_same = is_plan_of(told, loaded.content)
    names = {"case": facts.names.cases, "presence": facts.names.presences, "facility": facts.names.facilities}
    breaches = [
        {
            "rule": breach.rule,
            "reason": breach.reason,
            "amount": breach.amount,
            "parties": [{"kind": kind, "id": names[kind][number]} for kind, number in breach.parties],
        }
        for breach in judgement.breaches
    ]
    live = findings(judgement.findings, facts, rule_book())
    if as_json:
        print_json(
            {
                "breaks_hard_rule": bool(breaches),
                "breaches": breaches,
                "levels": dict(zip(LEVELS, judgement.levels, strict=True)),
                "findings": [finding.model_dump(mode="json") for finding in live],
                "is_for_this_scenario": is_same,
            }
        )
    else:
        if not is_same:
            out.print("Note: the plan was made for another version of this scenario; it is judged against this one.")
        for breach in judgement.breaches:
            parties = ", ".join(f"{kind} {names[kind][number]}" for kind, number in breach.parties)
            out.print(f"BREACH {breach.rule}: {breach.reason} ({parties})", markup=False)
        if not breaches:
            out.print(f"The plan breaks no hard rule: {len(stays.cases())} of {len(facts.cases)} cases placed.")
        print_findings(live)
    if breaches:
        raise typer.Exit(Exit.BREACH)


@guarded
def demo(
    to: Annotated[Path, typer.Option("--to", help="Folder for the scenario, the plan and the report.")] = Path("out"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of the week.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """A whole week: generate, plan, check, options for both audiences, report."""
    import json

    from matching.cli import asking, showing
    from matching.cli.common import err

    began = time.monotonic()
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError:
        err.print("The folder cannot be made; choose another with --to.")
        raise typer.Exit(Exit.REJECTED) from None
    week, planned, page = to / "week.json", to / "plan.json", to / "report.html"

    def heading(text: str) -> None:
        if not as_json:
            out.rule(f"[bold]{text}")

    heading("1 A synthetic national week: 40 waiting, 240 placed, 180 facilities, 80 networks")
    showing.generate(output=week, size="demo", seed=seed, as_json=False, quiet=as_json)
    heading("2 The plan of the week (coordinator)")
    plan(scenario=week, output=planned, as_json=as_json)
    heading("3 The plan judged again by the rules alone")
    check(scenario=week, plan_path=planned, as_json=as_json)
    case = json.loads(planned.read_bytes())["placed"][0]["case"]
    heading("4 What the requester of one case sees: three slots, no place")
    asking.options(scenario=week, case=case, audience="requester", as_json=as_json)
    heading("5 What the coordinator sees of the same case")
    asking.options(scenario=week, case=case, audience="coordinator", as_json=as_json)
    heading("6 The report")
    showing.report(scenario=week, plan_path=planned, output=page, as_json=False, quiet=as_json)
    if not as_json:
        out.print(f"Whole demo: {time.monotonic() - began:.1f} s. Open {page} in a browser.", markup=False)
