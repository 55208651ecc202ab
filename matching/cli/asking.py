"""`fristad options`: one case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matching.cli.common import (
    JsonFlag,
    Loaded,
    PolicyOption,
    SecondsOption,
    guarded,
    load,
    print_json,
    working,
)
from matching.errors import Fault, InputRejected

if TYPE_CHECKING:
    from matching.facts import Facts
    from matching.redaction import CoordinatorAnswer, RequesterAnswer
    from matching.solver.cpsat import Limits

__all__ = ["CaseOption", "ScenarioArgument", "coordinator_answer", "facts_of_own_case", "options", "requester_answer"]

ScenarioArgument = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (JSON).")]
CaseOption = Annotated[str, typer.Option("--case", help="Id of a waiting case.")]
LanguageOption = Annotated[
    Literal["sv", "en"],
    typer.Option(help="Language of the requester's printed answer (the coordinator's is English)."),
]


def facts_of_own_case(scenario: Path) -> Facts:
    """Facts for somebody who may see the own case only: a rejection does not tell where the faults lie.

    Raises
    ------
    InputRejected : what the command cannot read, or that the scenario has faults
    """
    try:
        return load(scenario).facts
    except InputRejected as bad:  # where the faults lie would tell of other people's records
        if all(fault.path in ("the scenario file", "the document") for fault in bad.faults):
            raise
        told = "a valid scenario; `fristad plan` tells whoever may see all of it what is wrong"
        raise InputRejected([Fault("the scenario file", "cannot be interpreted", told)]) from None


def requester_answer(scenario: Path, case: str, *, quiet: bool) -> RequesterAnswer:
    """Three slots of one case, without a place."""
    from matching.constraints import rule_book
    from matching.options import case_number, requester_options

    with working("asking", quiet=quiet) as stage:
        stage("reading")
        facts = facts_of_own_case(scenario)
        return requester_options(facts, rule_book(), case_number(facts, case))


def coordinator_answer(
    scenario: Path, case: str, limits: Limits, *, quiet: bool, most: int = 10, policy: Path | None = None
) -> tuple[Loaded, CoordinatorAnswer]:
    """Ranked options of one case, with places and every cost."""
    from matching.constraints import rule_book
    from matching.options import case_number, coordinator_options

    with working("asking", quiet=quiet) as stage:
        stage("reading")
        loaded = load(scenario, policy)
        number = case_number(loaded.facts, case)
        return loaded, coordinator_options(loaded.queue, rule_book(), number, limits, stage, most)


@guarded
def options(
    scenario: ScenarioArgument,
    case: CaseOption,
    audience: Annotated[
        Literal["requester", "coordinator"],
        typer.Option(help="requester: three slots without a place; coordinator: places and every cost."),
    ] = "requester",
    language: LanguageOption = "sv",
    time_s: SecondsOption = 30.0,
    most: Annotated[int, typer.Option(min=1, help="Facilities whose marginal cost is worked out (coordinator).")] = 10,
    audit: Annotated[
        bool, typer.Option("--audit", help="The same ranking on any machine: deterministic time (coordinator).")
    ] = False,
    policy: PolicyOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Ranked options for one case, as its audience may see them."""
    from matching.cli.printing import print_coordinator
    from matching.cli.slots import print_requester
    from matching.language import translator

    if audience == "requester":
        if policy is not None:  # limits of one's own choice would ask the catalogue, place by place
            accepted = "--audience coordinator, or none"
            raise InputRejected([Fault("--policy", "is for the coordinator alone", accepted)])
        slots = requester_answer(scenario, case, quiet=as_json)
        print_json(slots) if as_json else print_requester(slots, translator(language))
        return
    from matching.solver.cpsat import Limits

    limits = Limits(time_s=time_s, audit=audit)
    loaded, ranked = coordinator_answer(scenario, case, limits, quiet=as_json, most=most, policy=policy)
    print_json(ranked) if as_json else print_coordinator(ranked, loaded.where)
