"""`fristad repair`: something changed tonight; who must move, where to, and who has no safe bed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matching.cli.common import (
    Exit,
    JsonFlag,
    Loaded,
    PolicyOption,
    guarded,
    insist_on_folder,
    load,
    out,
    print_json,
    read_policy,
    working,
    write_whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from matching.facts import Facts
    from matching.repair.file import RepairFile, UnsafeStay, WaitingCase
    from matching.repair.plan import Repair

__all__ = ["repair", "repaired_week"]


def changed_facts(loaded: Loaded, changes: bytes, policy: Path | None) -> Facts:
    """The facts of a loaded week with changes applied, under the same policy.

    Raises
    ------
    InputRejected : every fault of the changes, told of the changes file
    """
    from geodata.enrich import enrich, place_index
    from geodata.layers import active_folder
    from geodata.network import TravelNetwork
    from matching.errors import InputRejected
    from matching.intake import read
    from matching.policyfile import rule_weights
    from matching.repair.changes import read_changes, written

    week, faults = written(read_changes(changes), loaded.content)
    told = None if policy is None else read_policy(policy, loaded.layers)
    network = TravelNetwork.load(loaded.layers, active_folder())
    try:
        found = read(
            week.content,
            place_index(loaded.layers),
            lambda scenario: enrich(scenario, loaded.layers, network),
            told,
            rule_weights(),
        )[1]
    except InputRejected as bad:  # every wrong id of one file in one round
        raise InputRejected([*faults, *week.told(bad.faults).faults]) from None
    if faults:
        raise InputRejected(faults)
    return found


def repaired_week(
    scenario: Path,
    changes: Path,
    *,
    plan: Path | None = None,
    policy: Path | None = None,
    time_s: float = 20.0,
    only_new: bool = False,
    with_waiting: bool = False,
    quiet: bool = True,
) -> tuple[RepairFile, Loaded]:
    """The repair of a scenario file after a file of changes, and the scenario.

    Raises
    ------
    InputRejected : every fault of the scenario, else of the changes, else of the plan
    """
    from matching.constraints import rule_book
    from matching.domain import read_bytes
    from matching.planfile import read_plan
    from matching.repair import repair as repair_facts
    from matching.repair.changes import read_changes
    from matching.repair.dates import doubtful_dates
    from matching.repair.file import repair_file, unsafe_stays
    from matching.solver.cpsat import Limits

    limits = Limits(time_s)
    with working("repairing", quiet=quiet) as stage:
        stage("reading")
        loaded = load(scenario, policy)
        told = read_bytes(changes, "the changes file")
        after = changed_facts(loaded, told, policy)
        planned = None if plan is None else read_plan(read_bytes(plan, "the plan file"), loaded.facts)[1]
        stage("finding who is no longer safe, and where they can go")
        found = repair_facts(loaded.facts, after, rule_book(), limits, only_new=only_new)
        unsafe: tuple[UnsafeStay, ...] | None = None
        if planned is not None:
            unsafe = unsafe_stays(planned, loaded.facts, found, rule_book())
        waiting = _waiting(found, time_s, stage) if with_waiting else None
    warnings = doubtful_dates(read_changes(told), date.fromordinal(loaded.facts.today))
    return repair_file(found, loaded.content, told, unsafe=unsafe, waiting=waiting, warnings=warnings), loaded


def _waiting(found: Repair, time_s: float, stage: Callable[[str], None]) -> tuple[WaitingCase, ...]:
    """The waiting cases, planned in the repaired week: nobody's safety waits for them."""
    from matching.constraints import rule_book
    from matching.pipeline import plan_week
    from matching.planfile import planned_stays
    from matching.repair.file import WaitingCase
    from matching.solver.cpsat import Limits
    from matching.urgency import promoted

    stage("planning the waiting cases")
    outcome = plan_week(promoted(found.after, rule_book()), rule_book(), Limits(time_s))
    return tuple(
        WaitingCase(
            case=outcome.facts.names.cases[case],
            stays=planned_stays((item for item in outcome.plan.placed if item.case == case), outcome.facts),
        )
        for case in sorted(outcome.plan.cases())
    )


@guarded
def repair(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (JSON).")],
    changes: Annotated[
        Path, typer.Option("--changes", metavar="FILE", help="What changed (JSON), see docs/repair.md.")
    ],
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Plan file: name its stays that are unsafe now.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the repair to this file.")] = None,
    only_new: Annotated[
        bool, typer.Option("--only-new", help="Leave what was broken before the changes as it is.")
    ] = False,
    with_waiting: Annotated[
        bool, typer.Option("--with-waiting", help="Then plan the waiting cases in the repaired week.")
    ] = False,
    time_s: Annotated[float, typer.Option("--time-s", min=0.1, help="Time limit of the search, seconds.")] = 20.0,
    policy: PolicyOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Something changed tonight: who is no longer safe, and the fewest, least harmful moves. Shows places.

    Exit code 3: somebody must move and has no safe bed.
    """
    from matching.cli.repair_pages import print_repair
    from matching.planfile import to_bytes

    insist_on_folder(output)
    found, loaded = repaired_week(
        scenario, changes, plan=plan, policy=policy, time_s=time_s, only_new=only_new, with_waiting=with_waiting,
        quiet=as_json,
    )  # fmt: skip
    if output is not None:
        inputs = [path for path in (scenario, changes, plan, policy) if path is not None]
        write_whole(output, to_bytes(found), inputs=inputs)
    if as_json:
        print_json(found)
    else:
        print_repair(found, loaded)
        if output is not None:
            out.print(f"Written: {output}", markup=False)
    if found.state == "somebody_has_no_safe_bed":
        raise typer.Exit(Exit.NO_PLAN)
