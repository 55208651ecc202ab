"""The ways that break the fewest rules, for a case without a safe place: for the coordinator, and in no automatic plan.

None of them is a safe placement. What nobody could do (no bed, another start) and what nobody may do (the law, the
gate) is no option at all: `NEVER` names those rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from matching.candidates import stay_of
from matching.constraints.base import Constraint
from matching.facts import Case, Facts, Stay
from matching.plans import Objection, Placed, Plan
from matching.refusals import Refusals
from matching.steps import THREATS

__all__ = ["NEVER", "AgeIs", "Breach", "Override", "least_violating"]

NEVER: Final = frozenset({"eligibility_gate", "legal_form", "place_capacity", "start_in_time"})
"""Rules that no two persons can override: nobody sleeps in a bed that is not there, and the law and the gate hold."""

AgeIs = Literal["exact", "at_most", "perhaps_more"]

_OF_HOUSEHOLDS: Final = frozenset(
    {"actor_is_placed", "former_network_separation", "household_together", "rival_separation"}
)
"""An objection of these names one household in the way: for an override all of them count."""

_COUNTED: Final = 30
"""So many options, the best by number of rules, have their households counted: it takes a look at everybody present."""

_FROM_ASSESSMENT: Final = frozenset({"forbidden_locality", "protection_level", "threat_reach"})
_FROM_RELATIONS: Final = frozenset({"rival_separation"})


@dataclass(frozen=True)
class Breach:
    """One rule an option breaks.

    Parameters
    ----------
    rule, objection : which, and why and by how much
    is_threat : the rule stands between the household and a threat
    age_days : of the evidence behind it, days; none: the facts do not know
    age_is : whether it is just that, at most that, or perhaps more
    """

    rule: str
    objection: Objection
    is_threat: bool
    age_days: int | None
    age_is: AgeIs


@dataclass(frozen=True)
class Override:
    """A stay for each leg, and every rule it breaks: threats last. Not a safe placement."""

    stays: tuple[Stay, ...]
    breaches: tuple[Breach, ...]

    @property
    def facility(self) -> int:
        """Of the last leg."""
        return self.stays[-1].facility


_Way = tuple[tuple[int, int, int], int, Mapping[str, Objection]]


def least_violating(found: Refusals, facts: Facts, rules: Sequence[Constraint], most: int = 5) -> tuple[Override, ...]:
    """The options with the fewest and least breaches, of each facility its best start.

    Parameters
    ----------
    found : from `matching.refusals.refusals`
    facts, rules : the same
    most : options

    Returns
    -------
    in order: fewest threats, then fewest rules, then least amounts, then the earliest start; none when the rules
    leave the case something, since nothing is to be overridden then
    """
    if not found.is_shut:
        return ()
    case = facts.cases[found.case]
    ways: dict[tuple[int, int], list[_Way]] = defaultdict(list)
    for (leg, facility, day), objections in found.by_option.items():
        if NEVER.isdisjoint(objections):
            ways[leg, day].append((_weight(objections), facility, objections))
    best: dict[int, tuple[tuple[int, int, int], int, Override]] = {}
    for day in sorted({day for _, day in ways}):
        before = [min(ways[leg, day], key=_in_order, default=None) for leg in range(found.legs - 1)]
        for last in ways[found.legs - 1, day]:
            whole = [*before, last]
            if None in whole:
                continue
            chosen = [way for way in whole if way is not None]
            option = _override(case, chosen, day, facts)
            key = _weight(_of(option))
            if option.facility not in best or key < best[option.facility][0]:
                best[option.facility] = key, day, option
    ranked = [option for _, _, option in sorted(best.values(), key=lambda one: (one[:2], one[2].facility))]
    counted = [_counted(found.case, option, facts, rules) for option in ranked[:_COUNTED]]
    counted.sort(key=lambda one: (_weight(_of(one)), one.stays[0].start_day, one.facility))
    return tuple(counted[:most])


def _of(option: Override) -> dict[str, Objection]:
    return {breach.rule: breach.objection for breach in option.breaches}


def _counted(case: int, option: Override, facts: Facts, rules: Sequence[Constraint]) -> Override:
    """The option with the number of households in the way as the amount of the rules about them."""
    plan = Plan(tuple(Placed(case, leg, stay, ()) for leg, stay in enumerate(option.stays)))
    amounts = {
        rule.name: len({violation.parties for violation in rule.violations(plan, facts)})
        for rule in rules
        if rule.name in _OF_HOUSEHOLDS.intersection(_of(option))
    }
    breaches = tuple(
        replace(one, objection=replace(one.objection, amount=max(1, amounts.get(one.rule, one.objection.amount))))
        for one in option.breaches
    )
    return replace(option, breaches=breaches)


def _in_order(way: _Way) -> tuple[tuple[int, int, int], int]:
    return way[0], way[1]


def _weight(objections: Mapping[str, Objection]) -> tuple[int, int, int]:
    """How bad: rules about threats, rules, amounts."""
    threats = sum(name in THREATS for name in objections)
    return threats, len(objections), sum(objection.amount for objection in objections.values())


def _override(case: Case, ways: list[_Way], day: int, facts: Facts) -> Override:
    worst: dict[str, Objection] = {}
    for _, _, objections in ways:
        for name, objection in objections.items():
            if name not in worst or objection.amount > worst[name].amount:
                worst[name] = objection
    stays = tuple(stay_of(leg, facility, day) for leg, (_, facility, _) in zip(case.legs, ways, strict=True))
    return Override(stays, tuple(sorted(_breaches(case, worst, facts), key=lambda one: (one.is_threat, one.rule))))


def _breaches(case: Case, objections: Mapping[str, Objection], facts: Facts) -> Iterator[Breach]:
    for name, objection in objections.items():
        age_days, age_is = _age(name, case, facts)
        yield Breach(name, objection, name in THREATS, age_days, age_is)


def _age(rule: str, case: Case, facts: Facts) -> tuple[int | None, AgeIs]:
    """How old the evidence is on which a rule objects."""
    if rule in _FROM_ASSESSMENT and case.assessment is not None:
        return max(0, facts.today - case.assessment.valid_from_day), "exact"
    if rule in _FROM_RELATIONS and case.party.networks:
        is_stale = not case.party.networks.isdisjoint(facts.stale_networks)
        return facts.policy.confirmation_age_days, "perhaps_more" if is_stale else "at_most"
    return None, "exact"
