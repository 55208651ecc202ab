"""`fristad policy show` and `fristad policy check`: every setting and weight, and what is wrong with a policy file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from matching.cli.common import JsonFlag, PolicyOption, guarded, out, print_json, read_policy
from matching.domain import Policy

if TYPE_CHECKING:
    from matching.policyfile import Effect, Setting

__all__ = ["check", "policy_app", "show"]

policy_app = typer.Typer(
    no_args_is_help=True, help="Limits and weights: what they are, and whether a file of them is valid."
)

_MARKS: dict[Effect, str] = {
    "none": "",
    "tightens": "tightens",
    "loosens": "LOOSENS",
    "both": "tightens and LOOSENS",
    "differs": "differs",
}


@guarded
def show(
    scenario: Annotated[
        Path | None, typer.Argument(metavar="SCENARIO", help="Scenario file (JSON); none: the defaults.")
    ] = None,
    policy: PolicyOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Every setting and weight: value, default, bounds, what it says, source; marks what differs from the default."""
    from geodata.enrich import place_index
    from geodata.layers import Layers, active_folder
    from matching.domain import parse, read_bytes
    from matching.intake import overlaid
    from matching.policyfile import rule_weights, settings

    chosen = Policy()
    if scenario is not None or policy is not None:
        layers = Layers.load(active_folder())
        told = None if policy is None else read_policy(policy, layers)
        if scenario is not None:
            chosen = parse(read_bytes(scenario, "the scenario file"), place_index(layers), rule_weights()).policy
        chosen = overlaid(chosen, told) if told is not None else chosen
    rows = settings(chosen)
    if as_json:
        print_json([_as_json(row) for row in rows])
        return
    _print_settings(rows)
    _print_summary(rows)


@guarded
def check(
    policy_path: Annotated[Path, typer.Argument(metavar="FILE", help="Policy file (JSON).")],
    as_json: JsonFlag = False,
) -> None:
    """Whether a policy file is valid: every fault at once, exit code 2; else what it changes."""
    from geodata.layers import Layers, active_folder
    from matching.policyfile import settings

    rows = settings(read_policy(policy_path, Layers.load(active_folder())))
    changed = [row for row in rows if row.value != row.default]
    if as_json:
        print_json({"is_valid": True, "changed": [_as_json(row) for row in changed]})
        return
    if changed:
        out.print("What the file changes:")
        _print_settings(changed)
    out.print("The policy file is valid.", end=" ")
    _print_summary(rows)


def _as_json(row: Setting) -> dict[str, object]:
    return {**asdict(row), "differs": row.value != row.default}


def _words(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(_words(one) for one in value) or "none"
    if isinstance(value, dict):
        return " ".join(_words(one) for one in value.values())
    return str(value).replace("_", " ")


def _print_settings(rows: Sequence[Setting]) -> None:
    for row in rows:
        bounds = f"{row.least} to {row.most}" if row.least is not None else _words(row.choices)
        differs = row.value != row.default
        mark = f", default {_words(row.default)}: {_MARKS[row.effect]}" if differs else ""
        out.print(f"{row.name} = {_words(row.value)} ({bounds}{mark})", markup=False, style="bold" if differs else None)
        out.print(Padding(Text(f"{row.sentence}. Source: {row.source}"), (0, 0, 0, 4)))


def _print_summary(rows: Sequence[Setting]) -> None:
    """How many values differ from the defaults, and which of them are laxer."""
    changed = [row for row in rows if row.value != row.default]
    if not changed:
        out.print("Every value is the default.")
        return
    out.print(f"{len(changed)} of {len(rows)} values differ from the defaults.")
    laxer = [row.name for row in changed if row.effect in ("loosens", "both")]
    if laxer:
        out.print(f"Looser than the default: {', '.join(laxer)}.", style="bold")


policy_app.command()(show)
policy_app.command()(check)
