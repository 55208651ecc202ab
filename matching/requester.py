"""The requester's three slots: an order and attributes that read the own case and the catalogue only.

Everything here works on `own_view(facts, case)`: facts from which every other case, stay, hold and
residence has been taken out. What is not there cannot leak.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matching.candidates import public_facilities, stay_of
from matching.constraints.base import Constraint, CostRule, Scope
from matching.constraints.eligibility_gate import EligibilityGate
from matching.facts import Facility, Facts

__all__ = ["LADDER", "Card", "Slots", "attributes", "own_view", "slots"]

LADDER = ("form", "staffing", "privacy", "cost_band")
"""Attributes of a card; the last is withheld first, until enough facilities share the rest."""

_COST_BANDS = ((4000, "below_4000"), (5000, "4000_to_4999"))


@dataclass(frozen=True)
class Card:
    """What one slot shows: values of `LADDER`, or `withheld`."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Slots:
    """Three slots in order, or none while the own case has not passed the gate."""

    missing: tuple[str, ...]
    cards: tuple[Card, ...]
    facilities: tuple[int, ...]


def own_view(facts: Facts, case: int) -> Facts:
    """The facts of one case and the catalogue; the case becomes number 0.

    Taken out are all other cases, stays, holds, residences and feuds, and until when somebody of the
    own household fills a bed: that is another record's knowledge. What stays of the intelligence is
    what the own assessment's threat actors are made of: where their networks are present.

    Examples
    --------
    >>> from dataclasses import fields
    >>> sorted(field.name for field in fields(Facts) if "uses" in field.name or "feuds" in field.name)
    ['bed_uses', 'network_feuds', 'person_feuds']
    """
    return replace(
        facts,
        cases=(replace(facts.cases[case], housed_until_day=0),),
        presences=(),
        bed_uses=(),
        network_feuds={},
        person_feuds={},
        names=replace(facts.names, cases=(facts.names.cases[case],), presences=(), networks=()),
        memo={},
    )


def attributes(facility: Facility) -> tuple[str, ...]:
    """A facility's values from the closed vocabulary, in the order of `LADDER`."""
    staffing = next(
        (tag for tag in ("round_the_clock_staff", "daily_contact") if tag in facility.offers), "contact_as_agreed"
    )
    shared = {unit.is_shared for unit in facility.units}
    privacy = "mixed_units" if len(shared) == 2 else ("shared_units" if True in shared else "own_units")
    cost = next((band for limit, band in _COST_BANDS if facility.day_rate_sek < limit), "5000_or_more")
    return (facility.form, staffing, privacy, cost)


def _card(own: tuple[str, ...], everybody: Sequence[tuple[str, ...]], share_percent: int) -> Card:
    """The longest part of the ladder that enough publicly eligible facilities share, the rest withheld."""
    for shown in range(len(LADDER), 0, -1):
        alike = sum(1 for other in everybody if other[:shown] == own[:shown])
        if alike * 100 >= share_percent * len(everybody):
            return Card(own[:shown] + ("withheld",) * (len(LADDER) - shown))
    return Card(("withheld",) * len(LADDER))


def slots(own: Facts, rules: Sequence[Constraint]) -> Slots:
    """Three ranked slots of the one case in `own`.

    Parameters
    ----------
    own : from `own_view`
    rules : the rule book; only rules of scope OWN_CASE are read

    Returns
    -------
    always three cards once the gate is passed, whether or not anything behind them is free; with
    fewer than three publicly eligible facilities the rest are requests without any attribute

    Source
    ------
    Domain §4, *Two orders of the options*; docs/decisions/0007-the-requesters-slots.md
    """
    (case,) = own.cases
    gate = EligibilityGate()
    stays = [stay_of(case.legs[-1], 0, day) for day in (case.earliest_day, case.latest_day)]
    objections = [gate.objection(case, stay, own) for stay in stays]
    if objections[0] is not None and objections[1] is not None:
        return Slots(tuple(objections[0].reason.split()), (), ())
    soft = [rule for rule in rules if isinstance(rule, CostRule) and rule.scope is Scope.OWN_CASE]
    eligible = list(public_facilities(own, 0, rules))

    def cost(facility: int) -> tuple[int, str]:
        stay = stay_of(case.legs[-1], facility, case.earliest_day)
        tie = hashlib.sha256(f"{own.names.cases[0]}/{own.names.facilities[facility]}".encode()).hexdigest()
        return sum(rule.cost(case, stay, own) for rule in soft), tie

    ordered = sorted(eligible, key=cost)[:3]
    everybody = [attributes(own.facilities[facility]) for facility in eligible]
    enough = len(eligible) >= own.policy.card_least_facilities
    blank = Card(("withheld",) * len(LADDER))
    cards = [
        _card(attributes(own.facilities[facility]), everybody, own.policy.card_share_percent) if enough else blank
        for facility in ordered
    ]
    return Slots((), tuple([*cards, blank, blank, blank][:3]), tuple(ordered))
