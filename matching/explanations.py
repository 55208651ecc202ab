"""Why a case has no place, or few: one type per audience, as `matching.redaction` does for options.

A coordinator sees what each rule excludes and the minimal set that leaves nothing. An assessor sees which
of the rules about the own case object, in bands and on the catalogue alone, as if nobody else existed. A
requester sees what the own case lacks at the gate, and otherwise one sentence that is always the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from matching.candidates import stay_of
from matching.constraints import hard
from matching.constraints.base import Audience, Constraint, Scope
from matching.constraints.eligibility_gate import EligibilityGate
from matching.facts import Case, Facts
from matching.knowledge import SENTENCES, flags_of
from matching.language import Translate
from matching.plans import Objection, Plan
from matching.redaction import GateCode, exclusion_reasons, for_requester
from matching.refusals import TOGETHER, Refusals, exclusion_counts, exclusions, refusals
from matching.remedies import Overrides, Remedies, overrides, remedies
from matching.requester import own_view, slots
from matching.steps import UNKNOWN_MEMBER, possible_step, turns_on_unknown

if TYPE_CHECKING:  # the requester's side needs no solver
    from matching.solver.cpsat import Limits
    from matching.solver.explain import BlockingSet

__all__ = [
    "AssessorExplanation",
    "AssessorRule",
    "BlockingRule",
    "CoordinatorExplanation",
    "RequesterExplanation",
    "RuleShare",
    "of_facility",
    "to_assessor",
    "to_coordinator",
    "to_requester",
    "told",
]


def N_(text: str) -> str:  # noqa: N802 - the name under which gettext's tools collect messages
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return text


NOTHING_TO_SAY = N_("The query is in progress. Nothing more can be said about it.")
MINIMAL = N_("These rules together leave no facility; each of them is necessary, proven by solving again without it.")
MINIMAL_ONE = N_("This rule alone leaves no facility; without it something is left, proven by solving again.")
NOT_PROVEN = N_("Not proven: the time limit was hit. These rules together leave no facility, but fewer may do.")
SOMETHING_LEFT = N_("The rules leave something to this case alone; other waiting cases may be placed before it.")
LEFT_NOT_PROVEN = N_("Not proven: the time limit was hit. The count by the rules alone finds a facility that is left.")
NO_FACILITY = N_("The catalogue holds no facility.")


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class RuleShare(_View):
    """What one rule excludes, on every day of the window."""

    rule: str
    sentence: str
    excludes: int
    only_it: Annotated[int, Field(description="facilities no other rule excludes")]
    reasons: Annotated[dict[str, int], Field(description="by code, at how many facilities each holds")]


class BlockingRule(_View):
    """A rule of the minimal set."""

    rule: str
    sentence: str
    opens_of_these: Annotated[
        int, Field(description="facilities that open without it if only the rules of the set applied")
    ]
    opens_in_fact: Annotated[
        int, Field(description="facilities that open without it while every other rule still applies")
    ]
    possible_step: Annotated[str | None, Field(description="what could be done about it; none: nothing is known")]


class CoordinatorExplanation(_View):
    """Everything about why."""

    case: str
    facilities: int
    possible_alone: int
    together: Annotated[int, Field(description="facilities only several rules exclude together, on different days")]
    rules: tuple[RuleShare, ...]
    minimal_set: tuple[BlockingRule, ...]
    is_minimal: Annotated[bool, Field(description="the minimal set is proven to be one: none of its rules can go")]
    is_proven: Annotated[bool, Field(description="that, and the same of the set beyond the gate")]
    claim: str
    minimal_set_beyond_gate: Annotated[
        tuple[BlockingRule, ...] | None,
        Field(description="the minimal set if the gate were passed; none: the gate lets the case through"),
    ]
    claim_beyond_gate: str | None
    further_steps: Annotated[tuple[str, ...], Field(description="what could be done beside the rules of the sets")]
    remedies: Annotated[Remedies, Field(description="the cheapest changes of one fact that open a place")]
    overrides: Annotated[
        Overrides | None, Field(description="the least-violating options; none: something is left, or the gate lacks")
    ]
    knowledge: Annotated[tuple[str, ...], Field(description="what to look at before the answer is relied on")]


class AssessorRule(_View):
    """How much of the catalogue a rule about the own case excludes, in bands."""

    rule: str
    sentence: str
    how_many: Literal["all", "most", "some"]


class AssessorExplanation(_View):
    """What the own assessment and case exclude; nobody else is looked at."""

    case: str
    rules: tuple[AssessorRule, ...]


class RequesterExplanation(_View):
    """What the own case lacks at the gate, or that the query is in progress."""

    state: Literal["gate_not_passed", "in_progress"]
    sentences: tuple[str, ...]
    missing: tuple[GateCode, ...]


def told(rule: Constraint, objections: Iterable[Objection], audience: Audience, translate: Translate) -> str | None:
    """A rule's sentence for an audience, its parameters from all these objections: one value, or from-to.

    Parameters
    ----------
    rule, objections : the rule, and what it objects with at one facility or several
    audience : whom it is told; a parameter that is not for it is left open
    translate : from `matching.language.translator`

    Returns
    -------
    none when the rule is withheld from the audience

    Examples
    --------
    >>> from matching.constraints.needs_met import NeedsMet
    >>> found = [Objection("lacks_interpreter", lacking, (("needs", 3),)) for lacking in (2, 1, 3)]
    >>> told(NeedsMet(), found, Audience.COORDINATOR, str)
    'Needs of day one that the facility does not meet: 1–3 of 3.'
    """
    values: dict[str, list[int]] = {}
    for objection in objections:
        for name, value in (("amount", objection.amount), *objection.values):
            if name in rule.parameters:
                values.setdefault(name, []).append(value)
    spans = {
        name: str(min(found)) if min(found) == max(found) else f"{min(found)}–{max(found)}"
        for name, found in values.items()
    }
    return rule.sentence(audience, spans, translate)


def to_coordinator(
    facts: Facts, rules: Sequence[Constraint], case: int, limits: Limits, translate: Translate
) -> CoordinatorExplanation:
    """Which rules exclude how much, the minimal set that leaves nothing, and what could be done.

    Parameters
    ----------
    facts, rules : the queue and the rule book
    case : number of the case
    limits : for all proofs together
    translate : from `matching.language.translator`

    Raises
    ------
    SolverFault : the solver and the plain count disagree
    """
    from matching.solver.explain import blocking_set

    began = time.monotonic()
    every = refusals(facts, case, rules)
    excluded = every.exclusions()
    by, alone, together = exclusion_counts(excluded, rules)
    reasons = exclusion_reasons(_singly(excluded))
    found = blocking_set(every, replace(limits, time_s=limits.left_s(began)))
    beyond = None
    if every.refuses_everything(EligibilityGate.name):
        beyond = blocking_set(every.without(EligibilityGate.name), replace(limits, time_s=limits.left_s(began)))
    throughout = {name: [n for n, own in _singly(excluded).items() if name in own] for name in by}
    return CoordinatorExplanation(
        case=facts.names.cases[case],
        facilities=len(facts.facilities),
        possible_alone=len(facts.facilities) - len(excluded),
        together=together,
        rules=tuple(
            RuleShare(
                rule=rule.name,
                sentence=_at(throughout[rule.name], rule, every, translate),
                excludes=by[rule.name],
                only_it=alone[rule.name],
                reasons=reasons[rule.name],
            )
            for rule in sorted(hard(rules), key=lambda rule: (-by[rule.name], rule.name))
            if by[rule.name]
        ),
        minimal_set=_set(found, rules, every, translate),
        is_minimal=found.is_proven,
        is_proven=found.is_proven and (beyond is None or beyond.is_proven),
        claim=translate(_claim(found, facts)),
        minimal_set_beyond_gate=None if beyond is None else _set(beyond, rules, every, translate),
        claim_beyond_gate=None if beyond is None else translate(_claim(beyond, facts)),
        further_steps=_further_steps(
            facts.cases[case], (*found.rules, *(() if beyond is None else beyond.rules)), translate
        ),
        remedies=remedies(facts, rules, every, replace(limits, time_s=limits.left_s(began)), translate),
        overrides=overrides(facts, rules, every, translate),
        knowledge=tuple(translate(SENTENCES[flag]) for flag in flags_of(facts, Plan()).cases[case]),
    )


def _singly(excluded: Mapping[int, Mapping[str, Objection]]) -> dict[int, Mapping[str, Objection]]:
    """Facilities that a rule excludes alone, on every day."""
    return {
        facility: own
        for facility, own in excluded.items()
        if all(objection.reason != TOGETHER for objection in own.values())
    }


def _at(facilities: Iterable[int], rule: Constraint, every: Refusals, translate: Translate) -> str:
    """The coordinator's sentence on what a rule says of these facilities, on all days and of all stays."""
    by_facility = every.of_rule(rule.name)
    objections = [objection for facility in facilities for objection in by_facility.get(facility, ())]
    return told(rule, objections, Audience.COORDINATOR, translate) or ""


def _set(
    found: BlockingSet, rules: Sequence[Constraint], every: Refusals, translate: Translate
) -> tuple[BlockingRule, ...]:
    named = {rule.name: rule for rule in rules}
    anywhere = sorted({facility for _, facility, _ in every.by_option})
    return tuple(
        BlockingRule(
            rule=name,
            sentence=_at(anywhere, named[name], every, translate),
            opens_of_these=of_these,
            opens_in_fact=in_fact,
            possible_step=None if (step := possible_step(name)) is None else translate(step),
        )
        for name, of_these, in_fact in zip(found.rules, found.opens_of_these, found.opens_in_fact, strict=True)
    )


def _further_steps(case: Case, rules: Iterable[str], translate: Translate) -> tuple[str, ...]:
    return (translate(UNKNOWN_MEMBER),) if case.party.is_unknown and turns_on_unknown(rules) else ()


def _claim(found: BlockingSet, facts: Facts) -> str:
    if not facts.facilities:
        return NO_FACILITY
    minimal = MINIMAL_ONE if len(found.rules) == 1 else MINIMAL
    proven, not_proven = (SOMETHING_LEFT, LEFT_NOT_PROVEN) if found.open_alone else (minimal, NOT_PROVEN)
    return proven if found.is_proven else not_proven


def of_facility(
    facts: Facts, rules: Sequence[Constraint], case: int, facility: int, translate: Translate
) -> dict[str, str]:
    """For the coordinator: the rules that exclude one facility throughout the window, each with its sentence.

    Where no rule excludes it on every day but several do together, those of the last day.
    """
    every = refusals(facts, case, rules)
    objections = every.exclusions().get(facility, {})
    return {rule.name: _at([facility], rule, every, translate) for rule in hard(rules) if rule.name in objections}


def to_assessor(facts: Facts, rules: Sequence[Constraint], case: int, translate: Translate) -> AssessorExplanation:
    """Which rules about the own case exclude how much of the catalogue, as if nobody else existed.

    Rules that read where facilities lie are left out: whoever writes the areas could otherwise ask, area by
    area, whether a facility lies there.
    """
    own = own_view(facts, case)
    book = [
        rule
        for rule in hard(rules)
        if rule.scope is Scope.OWN_CASE and rule.speaks_to(Audience.ASSESSOR) and not _reads_places(rule)
    ]
    excluded = exclusions(own, 0, book)
    by, _, _ = exclusion_counts(excluded, book)
    found = {rule.name: [one[rule.name] for one in _singly(excluded).values() if rule.name in one] for rule in book}
    return AssessorExplanation(
        case=facts.names.cases[case],
        rules=tuple(
            AssessorRule(
                rule=rule.name,
                sentence=told(rule, found[rule.name], Audience.ASSESSOR, translate) or "",
                how_many=_band(by[rule.name], len(own.facilities)),
            )
            for rule in book
            if by[rule.name]
        ),
    )


def _reads_places(rule: Constraint) -> bool:
    return any(read.startswith("Places.") for read in rule.reads)


def _band(count: int, whole: int) -> Literal["all", "most", "some"]:
    if count == whole:
        return "all"
    return "most" if 2 * count > whole else "some"


def to_requester(facts: Facts, rules: Sequence[Constraint], case: int, translate: Translate) -> RequesterExplanation:
    """What the own case lacks at the gate; nothing that anybody else, or a place, could change."""
    own = own_view(facts, case)
    answer = for_requester(slots(own, rules))
    if answer.state == "three_slots":
        return RequesterExplanation(state="in_progress", sentences=(translate(NOTHING_TO_SAY),), missing=())
    sentences = (
        told(rule, objections, Audience.REQUESTER, translate)
        for rule in hard(rules)
        if (objections := _throughout(own, rule))
    )
    return RequesterExplanation(
        state="gate_not_passed",
        sentences=tuple(sentence for sentence in sentences if sentence is not None),
        missing=answer.missing,
    )


def _throughout(own: Facts, rule: Constraint) -> list[Objection]:
    """What a rule with a sentence for the requester says, if it objects everywhere at both ends of the window."""
    if rule.scope is not Scope.OWN_CASE or not rule.speaks_to(Audience.REQUESTER):
        return []
    (case,) = own.cases
    # As the slots are: `load_rule` lets no such rule read a facility, so the first stands for none at all; and
    # none asks for what a later start would bring.
    stays = [stay_of(case.legs[-1], 0, day) for day in (case.earliest_day, case.latest_day)]
    found = [rule.objection(case, stay, own) for stay in stays]
    return [objection for objection in found if objection is not None] if None not in found else []
