"""`fristad explain`: why a case has no place, or few, in the words its audience may read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from matching.cli.asking import CaseOption, ScenarioArgument, facts_of_own_case
from matching.cli.common import (
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
from matching.cli.ways_out import print_overrides, print_remedies
from matching.errors import Fault, InputRejected
from matching.language import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matching.explanations import (
        AssessorExplanation,
        BlockingRule,
        CoordinatorExplanation,
        RequesterExplanation,
    )
    from matching.language import Translate

__all__ = ["explain"]


def _(text: str) -> str:
    """Marks a text for the catalogues; what it returns is still English."""
    return text


@guarded
def explain(
    scenario: ScenarioArgument,
    case: CaseOption,
    audience: Annotated[
        Literal["coordinator", "assessor", "requester"], typer.Option(help="Who asks: each sees what it may.")
    ] = "coordinator",
    facility: Annotated[str | None, typer.Option(help="Id of one facility: what excludes it (coordinator).")] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="Write why nothing is left, facility by facility, to this file (coordinator)."),
    ] = None,
    language: Annotated[Literal["sv", "en"], typer.Option(help="Language of the answer.")] = "sv",
    time_s: SecondsOption = 10.0,
    policy: PolicyOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Which rules exclude what for one case, and the minimal set of rules that leaves nothing."""
    from matching import explanations
    from matching.constraints import rule_book
    from matching.language import translator
    from matching.options import case_number, facility_number

    if audience != "coordinator":
        asked = {"--certificate": certificate, "--facility": facility, "--policy": policy}
        accepted = "--audience coordinator, or none"
        faults = [Fault(name, "is for the coordinator alone", accepted) for name, value in asked.items() if value]
        if faults:  # limits of one's own choice would ask the catalogue, place by place
            raise InputRejected(faults)
    insist_on_folder(certificate)
    say = translator(language)
    with working("explaining", quiet=as_json) as stage:
        stage("reading")
        loaded = load(scenario, policy) if audience == "coordinator" else None
        facts = facts_of_own_case(scenario) if loaded is None else loaded.queue
        number = case_number(facts, case)
        stage("trying every day of the window")
        if audience == "requester":
            requester = explanations.to_requester(facts, rule_book(), number, say)
        elif audience == "assessor":
            assessor = explanations.to_assessor(facts, rule_book(), number, say)
        elif facility is not None:
            at_one = explanations.of_facility(facts, rule_book(), number, facility_number(facts, facility), say)
        else:
            from matching.solver.cpsat import Limits

            coordinator = explanations.to_coordinator(facts, rule_book(), number, Limits(time_s=time_s), say)
    is_written = False
    if loaded is not None and certificate is not None:
        is_written = _write(certificate, loaded, number, scenario, policy)
    if audience == "requester":
        print_json(requester) if as_json else _print_requester(requester, say)
    elif audience == "assessor":
        print_json(assessor) if as_json else _print_assessor(assessor, say)
    elif facility is not None:
        print_json({"rules": at_one}) if as_json else _print_facility(at_one, say)
    else:
        where = {} if loaded is None else loaded.where
        print_json(coordinator) if as_json else _print_coordinator(coordinator, where, say)
    if certificate is not None and not as_json:
        told = say(_("Written: {path}")).format(path=certificate)
        if not is_written:
            told = say(_("Something is left: nothing is written."))
        out.print(told, markup=False)


def _write(certificate: Path, loaded: Loaded, case: int, scenario: Path, policy: Path | None) -> bool:
    """Write the witnesses of a case that has nothing; whether there are any."""
    from matching.constraints import rule_book
    from matching.planfile import policy_changes
    from matching.refusals import refusals, single_document

    facts = loaded.queue
    digest = hashlib.sha256(loaded.content).hexdigest()
    document = single_document(refusals(facts, case, rule_book()), facts, digest)
    if document is not None:
        document["policy_changed"] = list(policy_changes(facts.policy))
        inputs = (scenario, *([policy] if policy is not None else []))
        write_whole(certificate, json.dumps(document, ensure_ascii=False, sort_keys=True).encode() + b"\n", inputs)
    return document is not None


def _table(title: str | None, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print_coordinator(told: CoordinatorExplanation, where: Mapping[str, str], say: Translate) -> None:
    line = say(_("Possible for this case alone: {possible} of {facilities} facilities."))
    out.print(line.format(possible=told.possible_alone, facilities=told.facilities))
    if told.rules:
        title = say(_("What excludes facilities, on every day of the window"))
        table = _table(title, say(_("rule")), say(_("excludes")), say(_("only it")), say(_("why")))
        for rule in told.rules:
            reasons = "\n".join(f"{say(in_words(code))}: {count}" for code, count in rule.reasons.items())
            table.add_row(f"{rule.sentence}\n({rule.rule})", str(rule.excludes), str(rule.only_it), reasons)
        out.print(table)
    if told.together:
        line = say(_("Excluded only by several rules on different days: {together}."))
        out.print(line.format(together=told.together))
    if told.minimal_set:
        minimal, perhaps_fewer = _("The minimal set that leaves nothing"), _("Rules that together leave nothing")
        out.print(say(minimal if told.is_minimal else perhaps_fewer), style="bold")
    _print_set(told.minimal_set, told.claim, say)
    if told.minimal_set_beyond_gate is not None:
        out.print(say(_("What would be left if the gate were passed")), style="bold")
        _print_set(told.minimal_set_beyond_gate, told.claim_beyond_gate or "", say)
    if told.further_steps:
        out.print(say(_("Beside the rules:")))
    for step in told.further_steps:
        out.print(f"  - {step}", markup=False)
    print_remedies(told.remedies, where, say)
    if told.overrides is not None:
        print_overrides(told.overrides, where, say)
    if told.knowledge:
        out.print(say(_("What to look at before relying on this:")))
        for sentence in told.knowledge:
            out.print(f"  - {sentence}", markup=False)


def _print_set(rules: Sequence[BlockingRule], claim: str, say: Translate) -> None:
    if rules:
        table = _table(
            None,
            say(_("rule")),
            say(_("opens without it, of these rules alone")),
            say(_("opens in fact (all other rules still apply)")),
        )
        for item in rules:
            table.add_row(f"{item.sentence}\n({item.rule})", str(item.opens_of_these), str(item.opens_in_fact))
        out.print(table)
    out.print(claim)
    if any(item.possible_step for item in rules):
        out.print(say(_("A possible step, by rule:")))
    for item in rules:
        if item.possible_step:
            out.print(f"  - {item.rule}: {item.possible_step}", markup=False)


def _print_assessor(told: AssessorExplanation, say: Translate) -> None:
    silence = say(_("What areas, distances and reaches exclude is not told: it would say where facilities lie."))
    if not told.rules:
        out.print(say(_("Nothing else of the case or its assessment excludes any facility of the catalogue.")))
        out.print(silence)
        return
    bands = {"all": _("all facilities"), "most": _("more than half"), "some": _("some")}
    title = say(_("What the case and its assessment exclude in the catalogue; other people play no part"))
    table = _table(title, say(_("rule")), say(_("excludes")))
    for rule in told.rules:
        table.add_row(rule.sentence, say(bands[rule.how_many]))
    out.print(table)
    out.print(silence)


def _print_requester(told: RequesterExplanation, say: Translate) -> None:
    for sentence in told.sentences:
        out.print(sentence)
    if told.missing:
        out.print(say(_("Missing:")))
        for code in told.missing:
            out.print(f"  - {say(in_words(code))}", markup=False)


def _print_facility(told: dict[str, str], say: Translate) -> None:
    if not told:
        out.print(say(_("Nothing excludes this facility for the case alone.")))
    for rule, sentence in told.items():
        out.print(f"{sentence} ({rule})", markup=False)
