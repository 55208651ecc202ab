"""`fristad generate`, `fristad report`, `fristad rules`, `fristad schema`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from matching.cli.common import (
    Exit,
    JsonFlag,
    PolicyOption,
    guarded,
    insist_on_folder,
    load,
    out,
    print_json,
    working,
    write_whole,
)
from matching.errors import Fault, InputRejected

__all__ = ["generate", "report", "rules", "schema"]


@guarded
def generate(
    output: Annotated[Path, typer.Option("-o", "--output", help="Write the scenario to this file.")],
    size: Annotated[str, typer.Option(help="A size of the generator; an unknown one lists them.")] = "demo",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 1,
    day: Annotated[str | None, typer.Option(metavar="DAY", help="Day of planning; default its own.")] = None,
    as_json: JsonFlag = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
) -> None:
    """Generate a synthetic national week on real localities."""
    from dataclasses import replace

    from benchmarks.generate import SIZES, to_bytes
    from benchmarks.generate import generate as generate_week
    from geodata.layers import Layers, active_folder
    from geodata.network import TravelNetwork

    if size not in SIZES:
        raise InputRejected([Fault("--size", "is no size of the generator", " ".join(sorted(SIZES)))])
    spec = replace(SIZES[size], seed=seed)
    if day is not None:
        try:
            told = date.fromisoformat(day)
            spec = replace(spec, now=datetime.combine(told, spec.moment.timetz()).isoformat())
        except ValueError:
            raise InputRejected([Fault("--day", "is no day", "YYYY-MM-DD")]) from None
    folder = active_folder()
    with working("generating", quiet=quiet or as_json):
        layers = Layers.load(folder)
        week = generate_week(spec, layers, TravelNetwork.load(layers, folder))
    write_whole(output, to_bytes(week))
    counts = {name: len(found) for name, found in week.items() if isinstance(found, list)}
    if as_json:
        print_json({"written": str(output), **counts})
    elif not quiet:
        out.print(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))
        out.print(f"Written: {output}", markup=False)


@guarded
def report(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (JSON).")],
    plan_path: Annotated[Path, typer.Argument(metavar="PLAN", help="Plan file (JSON).")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Write the page to this file.")],
    policy: PolicyOption = None,
    as_json: JsonFlag = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
) -> None:
    """One self-contained page for the coordinator: map, tables, what is unplaced and why. Shows places."""
    from matching.constraints import rule_book
    from matching.domain import read_bytes
    from matching.planfile import is_plan_of, read_plan
    from matching.solver.check import judge
    from matching.solver.run import LevelResult
    from service.report import render, report_view

    insist_on_folder(output)
    with working("reporting", quiet=quiet or as_json) as stage:
        stage("reading")
        loaded = load(scenario, policy)
        told, stays = read_plan(read_bytes(plan_path, "the plan file"), loaded.queue)
        stage("judging")
        facts = loaded.queue
        judgement = judge(stays, facts, rule_book())
        claimed = tuple(LevelResult(level.name, level.value, level.bound) for level in told.levels)
        is_as_claimed = (
            not judgement.breaches
            and tuple(level.value for level in claimed) == judgement.levels
            and is_plan_of(told, loaded.content, facts.policy)
        )
        stage("drawing")
        page = render(
            report_view(
                facts,
                loaded.layers,
                loaded.scenario,
                stays,
                judgement,
                rule_book(),
                levels=claimed if is_as_claimed else None,
                unplaced_confirmed=told.unplaced_confirmed if is_as_claimed else None,
            )
        )
    write_whole(output, page.encode(), inputs=(scenario, plan_path, *([policy] if policy is not None else [])))
    if as_json:
        print_json({"written": str(output), "bytes": len(page.encode())})
    elif not quiet:
        out.print(f"Written: {output} ({len(page.encode()) // 1000} kB)", markup=False)
    if judgement.breaches:
        if not as_json:
            out.print("The plan breaks hard rules: the page says which; do not use the plan.", style="bold")
        raise typer.Exit(Exit.BREACH)


@guarded
def rules(as_json: JsonFlag = False) -> None:
    """The rule book: name, level, what must hold, source."""
    from matching.cli.rule_table import rule_rows, rule_table

    if as_json:
        print_json(rule_rows())
    else:
        print(rule_table(), end="")


@guarded
def schema(as_json: JsonFlag = False) -> None:  # noqa: ARG001 - the schema is JSON either way
    """The JSON Schema of a scenario file."""
    from matching.domain import Scenario

    print_json(Scenario.model_json_schema())
