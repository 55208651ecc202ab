"""`fristad repair`: something changed tonight; who must move, where to, and who has no safe bed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

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

_OUTCOMES = {
    "moves": "moves",
    "stays_safe": "stays: safe once the others have left",
    "stays_unsafe": "STAYS UNSAFE",
    "no_safe_bed": "NO SAFE BED",
}
_LEVELS = {
    "safe_without_bed": "Safe households that would lose their bed",
    "unplaced_move_now": "Must move now, no safe bed (households)",
    "unplaced_move_by": "Must move by a day, no safe bed (households)",
    "persons_moved": "Persons moved",
    "harm": "Harm of the moves (points)",
    "risk": "Risk of uncertain relations, given who moves (thousandths of -ln(1 - p))",
    "soft": "Cost of the soft rules, given who moves (points)",
}


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
    from matching.repair.changes import applied, read_changes

    week = applied(read_changes(changes), loaded.content)
    told = None if policy is None else read_policy(policy, loaded.layers)
    network = TravelNetwork.load(loaded.layers, active_folder())
    try:
        return read(
            week.content,
            place_index(loaded.layers),
            lambda scenario: enrich(scenario, loaded.layers, network),
            told,
            rule_weights(),
        )[1]
    except InputRejected as bad:
        raise week.told(bad.faults) from None


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
    return repair_file(found, loaded.content, told, unsafe=unsafe, waiting=waiting), loaded


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


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_repair(found: RepairFile, loaded: Loaded) -> None:
    """The repair for a tired officer: how many, who has no bed, who goes where; then the rest.

    Parameters
    ----------
    found : the repair
    loaded : the unchanged scenario, for the names of places
    """
    where = loaded.where
    _print_head(found)
    _print_without_bed(found)
    if found.moves:
        table = _table("Moves (coordinator's view)", "who", "from", "to", "on", "beds", "persons", "why")
        for move in sorted(found.moves, key=lambda one: (one.stay.start, one.for_others, one.presence)):
            beds = ", ".join(f"{use.unit}: {use.beds}" for use in move.stay.units)
            to = "another room there" if move.stay.facility == move.from_facility else move.stay.facility
            table.add_row(
                move.presence,
                f"{move.from_facility}, {where.get(move.from_facility, '')}",
                to if to == "another room there" else f"{to}, {where.get(to, '')}",
                move.stay.start,
                beds,
                str(move.persons),
                "makes room for others" if move.for_others else "not safe",
            )
        out.print(table)
    _print_who(found)
    _print_left_over(found)
    _print_rest(found)


def _print_head(found: RepairFile) -> None:
    """How many move now, in the first line; who is not helped, in the second."""
    if not found.must_move:
        out.print("Nobody has to move.", style="bold")
        return
    urgent = {one.presence for one in found.must_move if one.act == "move_now"}
    moving = [move for move in found.moves if move.presence in urgent]
    helped = sum(1 for one in found.must_move if one.act == "move_now" and one.outcome == "stays_safe")
    line = f"Move now: {_households(len(moving))}, {sum(move.persons for move in moving)} persons"
    line += f"; {len(urgent)} in danger, {helped} of them safe once the others have left."
    out.print(line, style="bold")
    lost = sum(1 for one in found.must_move if one.outcome in ("no_safe_bed", "stays_unsafe"))
    told = f"NOT SAFE after the repair: {_households(lost)}." if lost else "Everybody has a safe bed after the repair."
    out.print(told, style="bold")
    by = len(found.must_move) - len(urgent)
    if by:
        out.print(f"To move within the set time: {_households(by)}.")
    others = sum(1 for move in found.moves if move.for_others)
    if others:
        out.print(f"Safe, but moved to make room for others: {_households(others)}.")


def _households(number: int) -> str:
    return f"{number} household{'' if number == 1 else 's'}"


def _print_without_bed(found: RepairFile) -> None:
    from matching.language import in_words

    if not found.no_safe_bed:
        return
    table = _table("NO SAFE BED: find another way for these tonight", "who", "act", "why")
    for one in found.no_safe_bed:
        if not one.has_case_file:
            why = "no case file: nobody can say where it would be safe. Get the file first"
        elif one.rules:
            words = ", ".join(in_words(rule) for rule in one.rules)
            why = f"{words} {'(each of them necessary)' if one.is_minimal else '(perhaps more than needed)'}"
        else:
            why = f"others who must move need the beds; facilities open if alone: {one.open_if_alone}"
        table.add_row(one.presence, in_words(one.act), why)
    out.print(table)
    if not found.room_search_ended:
        asked = found.households_asked_for_room
        out.print(f"Not proven that nobody could make room: {asked} households asked, then the time was up (--time-s).")


def _print_who(found: RepairFile) -> None:
    from matching.language import in_words

    if not found.must_move:
        return
    table = _table("Who is no longer safe, the most urgent first", "who", "act", "since", "what becomes of them")
    for one in found.must_move:
        table.add_row(
            one.presence, in_words(one.act), "the changes" if one.is_new else "before", _OUTCOMES[one.outcome]
        )
    out.print(table)


def _print_left_over(found: RepairFile) -> None:
    from matching.language import in_words
    from matching.wording import reasons_in_words

    if not found.left_over:
        return
    table = _table("Breaches that remain", "rule", "what", "who", "until")
    for left in sorted(found.left_over, key=lambda one: (one.until is not None, one.finding.rule)):
        table.add_row(
            in_words(left.finding.rule),
            reasons_in_words(left.finding.reason),
            "\n".join(left.finding.presences),
            "NOT MENDED" if left.until is None else f"{left.until}, the cool-down of who has left",
        )
    out.print(table)


def _print_rest(found: RepairFile) -> None:
    from matching.language import in_words

    if found.unsafe_stays is not None:
        table = _table(f"Planned stays that are not safe any more: {len(found.unsafe_stays)}", "case", "rules", "since")
        for stay in found.unsafe_stays:
            since = "the changes" if stay.is_new else "before"
            table.add_row(stay.case, ", ".join(in_words(rule) for rule in stay.rules), since)
        out.print(table) if found.unsafe_stays else out.print("Every stay of the plan is still safe.")
    if found.beds_freed:
        beds = sum(use.beds for freed in found.beds_freed for use in freed.units)
        out.print(f"Beds freed by the moves: {beds} (--json lists them).")
    if found.waiting is not None:
        table = _table(f"Waiting cases placed in the repaired week: {len(found.waiting)}", "case", "facility", "start")
        for case in found.waiting:
            for one in case.stays:
                table.add_row(case.case, one.facility, one.start)
        out.print(table)
    tasks = sum(1 for alert in found.alerts if alert.finding.on_live == "task" and alert.since != "before")
    if tasks:
        out.print(f"New tasks, for which nobody has to move: {tasks} (--json lists them).")
    if found.must_move:
        table = _table("Levels, in order", "level", "value", "proven bound", "")
        for level in found.levels:
            proof = "proven" if level.is_proven else "not proven"
            table.add_row(_LEVELS[level.name], str(level.value), str(level.bound), proof)
        out.print(table)
        out.print("Fewest moves: proven." if found.are_fewest_moves else "Fewest moves: not proven.")
