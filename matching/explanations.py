"""Why a case has no place, or few: one type per audience, as `matching.redaction` does for options.

A coordinator sees what each rule excludes and the minimal set that leaves nothing. An assessor sees which
of the rules about the own case object, in bands and on the catalogue alone, as if nobody else existed. A
requester sees what the own case lacks at the gate, and otherwise one sentence that is always the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from matching.candidates import exclusion_counts, exclusions, stay_of
from matching.constraints import hard
from matching.constraints.base import Audience, Constraint, Origin, Scope
from matching.facts import Facts
from matching.language import Translate, in_words
from matching.plans import Objection
from matching.redaction import exclusion_reasons, for_requester
from matching.requester import own_view, slots

if TYPE_CHECKING:  # the requester's side needs no solver
    from matching.solver.cpsat import Limits

__all__ = [
    "AssessorExplanation",
    "BlockingRule",
    "CoordinatorExplanation",
    "RequesterExplanation",
    "RuleShare",
    "of_facility",
    "to_assessor",
    "to_coordinator",
    "to_requester",
]


def N_(text: str) -> str:  # noqa: N802 - the name under which gettext's tools collect messages
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return text


NOTHING_TO_SAY = N_("The query is in progress. Nothing more can be said about it.")
MINIMAL = N_("These rules together leave no facility; each of them is necessary, proven by solving again without it.")
NOT_PROVEN = N_("Not proven: the time limit was hit. These rules together leave no facility, but fewer may do.")
SOMETHING_LEFT = N_("The rules leave something to this case alone; other waiting cases may be placed before it.")
LEFT_NOT_PROVEN = N_("Not proven: the time limit was hit. The count by the rules alone finds a facility that is left.")


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class RuleShare(_View):
    """What one rule excludes, on every day of the window."""

    rule: str
    sentence: str
    excludes: int
    only_it: Annotated[int, Field(description="facilities no other rule excludes")]
    reasons: dict[str, int]


class BlockingRule(_View):
    """A rule of the minimal set."""

    rule: str
    sentence: str
    opens: Annotated[int, Field(description="facilities that open when this rule alone is dropped from the set")]


class CoordinatorExplanation(_View):
    """Everything about why."""

    case: str
    facilities: int
    possible_alone: int
    together: Annotated[int, Field(description="facilities only several rules exclude together, on different days")]
    rules: tuple[RuleShare, ...]
    minimal_set: tuple[BlockingRule, ...]
    is_proven: bool
    claim: str


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
    missing: tuple[str, ...]


def told(rule: Constraint, objections: Sequence[Objection], audience: Audience, translate: Translate) -> str | None:
    """A rule's sentence for an audience, its parameters from all these objections: one value, or from-to."""
    values: dict[str, list[int]] = {}
    for objection in objections:
        for name, value in (("amount", objection.amount), *objection.values):
            values.setdefault(name, []).append(value)
    spans = {
        name: str(min(found)) if min(found) == max(found) else f"{min(found)}–{max(found)}"
        for name, found in values.items()
    }
    return rule.sentence(audience, spans, translate)


def _of(excluded: Mapping[int, Mapping[str, Objection]], rule: Constraint) -> list[Objection]:
    return [own[rule.name] for own in excluded.values() if rule.name in own]


def to_coordinator(
    facts: Facts, rules: Sequence[Constraint], case: int, limits: Limits, translate: Translate
) -> CoordinatorExplanation:
    """Which rules exclude how much, and the minimal set that leaves nothing.

    Raises
    ------
    SolverFault : the solver and the plain count disagree
    """
    from matching.solver.explain import blocking_set, refusals

    excluded = exclusions(facts, case, rules)
    by, alone, together = exclusion_counts(excluded, rules)
    reasons = exclusion_reasons(excluded)
    found = blocking_set(refusals(facts, case, rules), limits)
    sentences = {
        rule.name: told(rule, _of(excluded, rule), Audience.COORDINATOR, translate) or "" for rule in hard(rules)
    }
    claims = (MINIMAL, NOT_PROVEN) if not found.open_alone else (SOMETHING_LEFT, LEFT_NOT_PROVEN)
    return CoordinatorExplanation(
        case=facts.names.cases[case],
        facilities=len(facts.facilities),
        possible_alone=len(facts.facilities) - len(excluded),
        together=together,
        rules=tuple(
            RuleShare(
                rule=name,
                sentence=sentences[name],
                excludes=count,
                only_it=alone[name],
                reasons={translate(in_words(code)): many for code, many in reasons.get(name, {}).items()},
            )
            for name, count in sorted(by.items(), key=lambda pair: (-pair[1], pair[0]))
            if count
        ),
        minimal_set=tuple(
            BlockingRule(rule=name, sentence=sentences[name], opens=opens)
            for name, opens in zip(found.rules, found.opens, strict=True)
        ),
        is_proven=found.is_proven,
        claim=translate(claims[not found.is_proven]),
    )


def of_facility(
    facts: Facts, rules: Sequence[Constraint], case: int, facility: int, translate: Translate
) -> dict[str, str]:
    """For the coordinator: each rule that excludes one facility on every day of the window, and its sentence."""
    objections = exclusions(facts, case, rules).get(facility, {})
    return {
        rule.name: told(rule, [objections[rule.name]], Audience.COORDINATOR, translate) or ""
        for rule in hard(rules)
        if rule.name in objections
    }


def to_assessor(facts: Facts, rules: Sequence[Constraint], case: int, translate: Translate) -> AssessorExplanation:
    """Which rules about the own case exclude how much of the catalogue, as if nobody else existed."""
    own = own_view(facts, case)
    book = [rule for rule in hard(rules) if rule.scope is Scope.OWN_CASE and Audience.ASSESSOR in rule.messages]
    excluded = exclusions(own, 0, book)
    by, _, _ = exclusion_counts(excluded, book)
    return AssessorExplanation(
        case=facts.names.cases[case],
        rules=tuple(
            AssessorRule(
                rule=rule.name,
                sentence=_of_own_case(rule, _of(excluded, rule), translate),
                how_many=_band(by[rule.name], len(own.facilities)),
            )
            for rule in book
            if by[rule.name]
        ),
    )


def _of_own_case(rule: Constraint, objections: Sequence[Objection], translate: Translate) -> str:
    """The assessor's sentence; what depends on where facilities lie, or on others, is left open."""
    known = {name for name, origin in rule.parameters.items() if origin in (Origin.OWN_CASE, Origin.POLICY)}
    kept = [
        Objection(one.reason, one.amount, tuple(pair for pair in one.values if pair[0] in known)) for one in objections
    ]
    return told(rule, kept if "amount" in known or not rule.parameters else [], Audience.ASSESSOR, translate) or ""


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
    told_of = (
        told(rule, objections, Audience.REQUESTER, translate) for rule, objections in _objecting_throughout(own, rules)
    )
    return RequesterExplanation(
        state="gate_not_passed",
        sentences=tuple(sentence for sentence in told_of if sentence is not None),
        missing=tuple(translate(in_words(code)) for code in answer.missing),
    )


def _objecting_throughout(own: Facts, rules: Sequence[Constraint]) -> Iterator[tuple[Constraint, list[Objection]]]:
    """Rules with a sentence for the requester that object at every facility on every day of the window."""
    (case,) = own.cases
    window = range(case.earliest_day, case.latest_day + 1) or range(case.earliest_day, case.earliest_day + 1)
    stays = [stay_of(case.legs[-1], facility, day) for facility in range(len(own.facilities)) for day in window] or [
        stay_of(case.legs[-1], 0, day) for day in window
    ]
    for rule in hard(rules):
        if rule.scope is Scope.OWN_CASE and Audience.REQUESTER in rule.messages:
            found = [rule.objection(case, stay, own) for stay in stays]
            objections = [objection for objection in found if objection is not None]
            if len(objections) == len(stays):
                yield rule, objections
