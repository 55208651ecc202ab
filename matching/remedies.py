"""What the coordinator is shown for a case without a place: the cheapest changes, and the least-violating options.

Types of their own: neither the requester's nor the assessor's answer has a field for them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from matching.constraints.base import Audience, Constraint
from matching.constraints.eligibility_gate import EligibilityGate
from matching.facts import Facts, Stay
from matching.gate import missing_at_gate
from matching.language import Translate, in_words
from matching.overrides import NEVER, AgeIs, Breach, Nearness, least_violating
from matching.refusals import Refusals
from matching.relaxations import Proposed, cheapest, kinds

if TYPE_CHECKING:
    from matching.solver.cpsat import Limits

__all__ = ["BreachShown", "Overrides", "Remedies", "Remedy", "StayShown", "UnsafeOption", "overrides", "remedies"]


def N_(text: str) -> str:  # noqa: N802 - the name under which gettext's tools collect messages
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return text


NONE_ALONE: Final = N_("None of the {kinds} kinds of change that are tried opens a place; a threat is never relaxed.")
NONE_IN_TIME: Final = N_("None found in the time given; {unexamined} changes not examined.")
GATE_FIRST: Final = N_("First the gate: {missing}; then {facilities} facilities are open.")
GATE_FIRST_ONE: Final = N_("First the gate: {missing}; then one facility is open.")
GATE_AND_MORE: Final = N_("First the gate: {missing}; then other rules still leave no facility.")
OF_THE_CASE: Final = N_("Each of these changes alone opens a place, as every rule confirms. A threat is never relaxed.")
OF_THE_QUEUE: Final = N_("Others in the queue may take its places; with each of these changes more are placed in all.")
NONE_FOR_QUEUE: Final = N_("Others in the queue may take its places, and no change that was tried places more in all.")
NOT_CROWDED: Final = N_("Every plan that places as many as can be has a place for this case.")
WARNING: Final = N_(
    "None of these is a safe placement. Each needs an override signed by two persons, and is part of no automatic plan."
)
NO_OVERRIDE: Final = N_("No facility remains even with an override: some rules can never be overridden.")

_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "actor_is_placed": N_("households too near"),
        "concentration_cap": N_("persons too many"),
        "former_network_separation": N_("households too near"),
        "household_together": N_("households not where the assessment wants them"),
        "needs_met": N_("needs not met"),
        "protection_level": N_("security grades too low"),
        "provider_vetting": N_("faults of the provider"),
        "rival_separation": N_("households too near"),
        "unknown_placement_margin": N_("hundred-thousandths of a hostile person too many"),
    }
)
_ANY_UNIT: Final = N_("breaches")
_NEARNESS: Final[Mapping[Nearness, str]] = MappingProxyType(
    {
        "same_facility": N_("the nearest in the same facility"),
        "same_locality": N_("the nearest in the same locality, {km} km away"),
        "neighbouring_locality": N_("the nearest in a neighbouring locality, {km} km away"),
        "farther": N_("the nearest {km} km away"),
    }
)
_CODES: Final = frozenset({N_("room"), N_("flat"), N_("house")})
"""Kinds of unit, for the catalogues."""


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class StayShown(_View):
    """Nights ``[start, end)`` in a facility; beds are found when it is planned."""

    facility: str
    zone: Annotated[str, Field(description="code of the kommun")]
    start: str
    end: str


class Remedy(_View):
    """One change of a fact that opens a place, proven; the stays are those it opens."""

    kind: str
    sentence: str
    cost: Annotated[int, Field(description="working days of administration, an order of what to try first")]
    stays: tuple[StayShown, ...]


class Remedies(_View):
    """The cheapest changes, and how many were not examined."""

    claim: str
    changes: tuple[Remedy, ...]
    unexamined: int


class BreachShown(_View):
    """One rule an option breaks, why and by how much, how near whoever is in the way, and how old the evidence is."""

    rule: str
    sentence: str
    reason: Annotated[str, Field(description="codes, with spaces between; of linked stays all of them")]
    amount: int
    unit: str
    nearness: Annotated[
        Nearness | None,
        Field(description="where the nearest household in the way is; none: the rule is not about anybody too near"),
    ]
    nearest_m: Annotated[int | None, Field(description="its distance from the facility, m, rounded down")]
    nearest: Annotated[str | None, Field(description="both in words")]
    is_threat: bool
    evidence_age_days: int | None
    evidence_age_is: AgeIs


class UnsafeOption(_View):
    """An option that breaks rules; threats last."""

    rank: int
    stays: tuple[StayShown, ...]
    breaches: tuple[BreachShown, ...]


class Overrides(_View):
    """The least-violating options, with the warning that belongs to them."""

    warning: str
    options: tuple[UnsafeOption, ...]
    never_overridden: tuple[str, ...]


def remedies(
    facts: Facts, rules: Sequence[Constraint], found: Refusals, limits: Limits, translate: Translate
) -> Remedies:
    """The cheapest changes that open a place for a case, alone or in the queue.

    Parameters
    ----------
    facts, rules : the queue and the rule book
    found : from `matching.refusals.refusals`
    limits : for all proofs together
    translate : from `matching.language.translator`
    """
    if found.is_shut:
        told = cheapest(found, facts, rules, limits)
        claim = translate(OF_THE_CASE)
        if not told.proposed:
            claim = _none(found, facts, told.unexamined, translate)
    else:
        from matching.relaxations.queue import cheapest_for_queue

        told = cheapest_for_queue(found, facts, rules, limits)
        claim = translate(NOT_CROWDED if not told.is_of_queue else OF_THE_QUEUE if told.proposed else NONE_FOR_QUEUE)
        if not told.proposed and told.unexamined:
            claim = translate(NONE_IN_TIME).format(unexamined=told.unexamined)
    return Remedies(
        claim=claim,
        changes=tuple(_remedy(one, facts, translate) for one in told.proposed),
        unexamined=told.unexamined,
    )


def _none(found: Refusals, facts: Facts, unexamined: int, translate: Translate) -> str:
    """Why no change is proposed: the gate comes first, or time ran out, or none of them helps."""
    if found.refuses_everything(EligibilityGate.name):
        beyond = found.without(EligibilityGate.name)
        left = len(beyond.open_facilities(name for own in beyond.by_option.values() for name in own))
        told = GATE_FIRST if left > 1 else GATE_FIRST_ONE if left else GATE_AND_MORE
        missing = ", ".join(translate(in_words(code)) for code in missing_at_gate(facts, found.case))
        return translate(told).format(missing=missing, facilities=left)
    if unexamined:
        return translate(NONE_IN_TIME).format(unexamined=unexamined)
    return translate(NONE_ALONE).format(kinds=len(kinds()))


def _remedy(one: Proposed, facts: Facts, translate: Translate) -> Remedy:
    kind = next(kind for kind in kinds() if kind.name == one.change.kind)
    values = {
        name: date.fromordinal(int(value)).isoformat()
        if name in kind.days
        else translate(in_words(value))
        if isinstance(value, str)
        else value
        for name, value in one.change.values
    }
    return Remedy(
        kind=kind.name,
        sentence=translate(kind.sentence).format(**values),
        cost=one.change.cost,
        stays=_shown(one.stays, facts),
    )


def _shown(stays: Sequence[Stay], facts: Facts) -> tuple[StayShown, ...]:
    return tuple(
        StayShown(
            facility=facts.names.facilities[stay.facility],
            zone=f"{int(facts.places.kommun[facts.facilities[stay.facility].place]):04d}",
            start=date.fromordinal(stay.start_day).isoformat(),
            end=date.fromordinal(stay.end_day).isoformat(),
        )
        for stay in stays
    )


def overrides(facts: Facts, rules: Sequence[Constraint], found: Refusals, translate: Translate) -> Overrides | None:
    """The least-violating options of a case without a safe place; none: something is left, or the gate lacks.

    Nobody overrides the gate: what is left once it is passed is another question, which `remedies` answers.

    Parameters
    ----------
    facts, rules, found, translate : as for `remedies`
    """
    if not found.is_shut or found.refuses_everything(EligibilityGate.name):
        return None
    options = least_violating(found, facts, rules)
    book = {rule.name: rule for rule in rules}
    return Overrides(
        warning=translate(WARNING if options else NO_OVERRIDE),
        options=tuple(
            UnsafeOption(
                rank=rank,
                stays=_shown(option.stays, facts),
                breaches=tuple(_breach(breach, book[breach.rule], translate) for breach in option.breaches),
            )
            for rank, option in enumerate(options, start=1)
        ),
        never_overridden=tuple(sorted(NEVER)),
    )


def _breach(breach: Breach, rule: Constraint, translate: Translate) -> BreachShown:
    told = {"amount": breach.objection.amount, **dict(breach.objection.values)}
    return BreachShown(
        rule=breach.rule,
        sentence=rule.sentence(Audience.COORDINATOR, told, translate) or "",
        reason=breach.objection.reason,
        amount=breach.objection.amount,
        unit=translate(_UNITS.get(breach.rule, _ANY_UNIT)),
        nearness=breach.nearness,
        nearest_m=breach.nearest_m,
        nearest=_nearest(breach, translate),
        is_threat=breach.is_threat,
        evidence_age_days=breach.age_days,
        evidence_age_is=breach.age_is,
    )


def _nearest(breach: Breach, translate: Translate) -> str | None:
    if breach.nearness is None or breach.nearest_m is None:
        return None
    return translate(_NEARNESS[breach.nearness]).format(km=breach.nearest_m // 1000)
