"""One type per audience: what it may see of an answer. A type without a field cannot leak it.

`RequesterAnswer` has no field for a locality, kommun, län, distance, travel time, facility,
provider, coordinate or price, and none for a reason that would name one. Every value a card can
take is enumerated here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from matching.constraints import not_judged
from matching.constraints.base import Constraint
from matching.diversity import alike, diverse
from matching.facts import Facts
from matching.knowledge import caveats
from matching.planfile import PlannedStay, planned_stays, policy_changes
from matching.plans import Objection
from matching.refusals import exclusion_counts
from matching.remedies import Overrides
from matching.requester import LADDER, Slots
from matching.solver.program import LEVELS

if TYPE_CHECKING:  # the requester's side needs no solver
    from matching.solver.rank import Option, Ranking

__all__ = [
    "Card",
    "CoordinatorAnswer",
    "CoordinatorOption",
    "GateCode",
    "RequesterAnswer",
    "exclusion_reasons",
    "for_coordinator",
    "for_requester",
]

Withheld = Literal["withheld"]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Card(_View):
    """One slot: a request in order of preference, never a promise."""

    rank: Literal[1, 2, 3]
    form: Literal["protected_housing", "supported_housing", "foster_home", "residential_care_home"] | Withheld
    staffing: Literal["round_the_clock_staff", "daily_contact", "contact_as_agreed"] | Withheld
    privacy: Literal["own_units", "shared_units", "mixed_units"] | Withheld
    cost_band: Literal["below_4000", "4000_to_4999", "5000_or_more"] | Withheld


GateCode = Literal[
    "definition_not_met",
    "not_motivated",
    "no_written_consent",
    "conditions_not_signed",
    "no_measure_decision",
    "blocked",
    "no_assessment",
    "assessment_withdrawn",
    "assessment_not_valid_today",
    "assessment_expires_before_start",
    "threat_not_high",
    "window_passed",
]

_REASON_FREE = frozenset({"evidence_witness_not_excluded", "no_investigation_clearance"})
"""What touches an investigation is a block without a reason to the requester."""


class RequesterAnswer(_View):
    """The requester's answer: three slots, or what the own case lacks at the gate."""

    state: Literal["three_slots", "gate_not_passed"]
    missing: tuple[GateCode, ...] = ()
    slots: tuple[Card, Card, Card] | None = None


class CoordinatorOption(_View):
    """One option with everything the coordinator needs to weigh it."""

    rank: Annotated[int, Field(description="by marginal cost among all that were evaluated")]
    facility: str
    locality: str
    stays: tuple[PlannedStay, ...]
    displaced: Annotated[
        tuple[str, ...],
        Field(description="cases the week's plan places and the best queue around this option does not"),
    ]
    is_in_plan: Annotated[bool, Field(description="the week's plan has the case here")]
    marginal_cost: Annotated[
        dict[str, tuple[int, int]], Field(description="by level: least possible and found; the same when exact")
    ]
    is_exact: bool
    own_costs: dict[str, int]


class CoordinatorAnswer(_View):
    """Options of one case for the coordinator, and what excludes the other facilities."""

    case: str
    state: Literal["options", "no_option"]
    facilities: int
    possible: int
    not_evaluated: int
    excluded_by: dict[str, int]
    only_by: dict[str, int]
    together: int
    options: tuple[CoordinatorOption, ...]
    claim: str
    passed_over: Annotated[
        int, Field(description="evaluated options not shown: others shown share locality, provider and form")
    ]
    overrides: Annotated[
        Overrides | None, Field(description="when nothing is left: the least-violating options, none of them safe")
    ]
    is_placed_by_plan: Annotated[
        bool | None, Field(description="the week's plan has a place for the case; none: that plan is not proven")
    ]
    not_judged: Annotated[tuple[str, ...], Field(description="hard rules specified but not in the rule book yet")]
    policy_changed: Annotated[tuple[str, ...], Field(description="policy values that differ from the defaults")]
    caveats: Annotated[tuple[str, ...], Field(description="what poor knowledge has changed in every answer")]


def for_requester(found: Slots) -> RequesterAnswer:
    """What the requester may see of the slots: the type decides.

    Examples
    --------
    >>> for_requester(Slots(("no_written_consent",), (), ())).state
    'gate_not_passed'
    """
    if not found.cards:
        told = dict.fromkeys("blocked" if code in _REASON_FREE else code for code in found.missing)
        return RequesterAnswer.model_validate({"state": "gate_not_passed", "missing": tuple(told)})
    cards = tuple(
        Card.model_validate({"rank": rank, **dict(zip(LADDER, card.values, strict=True))})
        for rank, card in enumerate(found.cards, start=1)
    )
    return RequesterAnswer.model_validate({"state": "three_slots", "slots": cards})


def exclusion_reasons(excluded: Mapping[int, Mapping[str, Objection]]) -> dict[str, dict[str, int]]:
    """For each rule its reason codes, and for how many facilities each holds."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for objections in excluded.values():
        for name, objection in objections.items():
            found[name].update(objection.reason.split())
    return {name: dict(sorted(codes.items())) for name, codes in sorted(found.items())}


def for_coordinator(
    ranking: Ranking,
    excluded: Mapping[int, Mapping[str, Objection]],
    facts: Facts,
    rules: Sequence[Constraint],
    unsafe: Overrides | None = None,
) -> CoordinatorAnswer:
    """The coordinator's view: places, every cost, and which rules exclude how many facilities.

    Parameters
    ----------
    ranking : options by marginal cost
    excluded : from `matching.refusals.exclusions`
    facts, rules : the queue and the rule book
    unsafe : the least-violating options, for a case that has none
    """
    by, alone, together = exclusion_counts(excluded, rules)
    possible = len(facts.facilities) - len(excluded)
    claim = "exact for the current queue" if ranking.is_exact else "relative to the facilities evaluated"
    if not all(option.is_exact for option in ranking.options):
        claim = "interval: the time limit left a gap"
    if not ranking.options:
        claim = "no facility is possible for this case at any day of its window; each exclusion is judged by the rules"
    planned = ranking.planned or frozenset()
    shown, passed_over = diverse(
        list(enumerate(ranking.options, start=1)),
        lambda one: alike(one[1].facility, facts),
        always=[place for place, option in enumerate(ranking.options) if option.facility in planned],
    )
    return CoordinatorAnswer(
        case=facts.names.cases[ranking.case],
        state="options" if ranking.options else "no_option",
        facilities=len(facts.facilities),
        possible=possible,
        not_evaluated=ranking.not_evaluated,
        excluded_by=by,
        only_by=alone,
        together=together,
        options=tuple(_option(number, option, facts, planned) for number, option in shown),
        claim=claim,
        passed_over=passed_over,
        overrides=unsafe,
        is_placed_by_plan=None if ranking.planned is None else bool(ranking.planned),
        not_judged=not_judged(rules),
        policy_changed=policy_changes(facts.policy),
        caveats=caveats(facts),
    )


def _option(number: int, option: Option, facts: Facts, planned: frozenset[int]) -> CoordinatorOption:
    place = facts.facilities[option.facility].place
    return CoordinatorOption(
        rank=number,
        facility=facts.names.facilities[option.facility],
        locality=facts.names.places[place],
        stays=planned_stays(option.plan.placed, facts),
        displaced=tuple(facts.names.cases[number] for number in option.displaced),
        is_in_plan=option.facility in planned,
        marginal_cost=dict(zip(LEVELS, option.delta, strict=True)),
        is_exact=option.is_exact,
        own_costs=dict(option.costs),
    )
