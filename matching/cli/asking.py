"""`fristad options` and `fristad explain`: one case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matching.cli.common import JsonFlag, Loaded, SecondsOption, guarded, load, out, print_json, working
from matching.errors import Fault, InputRejected

if TYPE_CHECKING:
    from matching.redaction import CoordinatorAnswer, RequesterAnswer
    from matching.solver.cpsat import Limits

__all__ = ["coordinator_answer", "explain", "options", "requester_answer"]

ScenarioArgument = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (JSON).")]
CaseOption = Annotated[str, typer.Option("--case", help="Id of a waiting case.")]


def requester_answer(scenario: Path, case: str, *, quiet: bool) -> RequesterAnswer:
    """Three slots of one case, without a place."""
    from matching.constraints import rule_book
    from matching.options import case_number, requester_options

    with working("asking", quiet=quiet) as stage:
        stage("reading")
        try:
            facts = load(scenario).facts
        except InputRejected as bad:  # where the faults lie would tell of other people's records
            if all(fault.path in ("the scenario file", "the document") for fault in bad.faults):
                raise
            told = "a valid scenario; `fristad plan` tells whoever may see all of it what is wrong"
            raise InputRejected([Fault("the scenario file", "cannot be interpreted", told)]) from None
        return requester_options(facts, rule_book(), case_number(facts, case))


def coordinator_answer(
    scenario: Path, case: str, limits: Limits, *, quiet: bool, most: int = 10
) -> tuple[Loaded, CoordinatorAnswer]:
    """Ranked options of one case, with places and every cost."""
    from matching.constraints import rule_book
    from matching.options import case_number, coordinator_options

    with working("asking", quiet=quiet) as stage:
        stage("reading")
        loaded = load(scenario)
        number = case_number(loaded.facts, case)
        return loaded, coordinator_options(loaded.facts, rule_book(), number, limits, stage, most)


@guarded
def options(
    scenario: ScenarioArgument,
    case: CaseOption,
    audience: Annotated[
        Literal["requester", "coordinator"],
        typer.Option(help="requester: three slots without a place; coordinator: places and every cost."),
    ] = "requester",
    time_s: SecondsOption = 30.0,
    most: Annotated[int, typer.Option(min=1, help="Facilities whose marginal cost is worked out (coordinator).")] = 10,
    as_json: JsonFlag = False,
) -> None:
    """Ranked options for one case, as its audience may see them."""
    from matching.cli.printing import print_coordinator, print_requester

    if audience == "requester":
        slots = requester_answer(scenario, case, quiet=as_json)
        print_json(slots) if as_json else print_requester(slots)
        return
    from matching.solver.cpsat import Limits

    loaded, ranked = coordinator_answer(scenario, case, Limits(time_s=time_s), quiet=as_json, most=most)
    print_json(ranked) if as_json else print_coordinator(ranked, loaded.where)


@guarded
def explain(
    scenario: ScenarioArgument,
    case: CaseOption,
    facility: Annotated[str | None, typer.Option(help="Id of one facility: every rule that excludes it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Which rules exclude how many facilities for one case, over every day of its window (coordinator)."""
    from matching.candidates import exclusion_counts, exclusions
    from matching.cli.printing import print_exclusions, print_reasons
    from matching.constraints import rule_book
    from matching.options import case_number, facility_number
    from matching.redaction import exclusion_reasons

    with working("explaining", quiet=as_json) as stage:
        stage("reading")
        facts = load(scenario).facts
        number = case_number(facts, case)
        stage("trying every day of the window")
        excluded = exclusions(facts, number, rule_book())
    if facility is not None:
        only = facility_number(facts, facility)
        excluded = {only: excluded[only]} if only in excluded else {}
    looked_at = 1 if facility is not None else len(facts.facilities)
    by, alone, together = exclusion_counts(excluded, rule_book())
    reasons = exclusion_reasons(excluded)
    if as_json:
        body = {"facilities": looked_at, "possible": looked_at - len(excluded), "together": together}
        print_json({**body, "excluded_by": by, "only_by": alone, "reasons": reasons})
        return
    out.print(f"Possible for this case alone: {looked_at - len(excluded)} of {looked_at} facilities.")
    if excluded:
        print_exclusions(by, alone, together)
        print_reasons(reasons)
