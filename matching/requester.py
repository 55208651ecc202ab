"""The requester's three slots: an order and attributes that read the own case and the catalogue only.

Everything here works on `own_view(facts, case)`: facts from which every other case, stay, hold and
residence has been taken out. What is not there cannot leak.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matching.candidates import public_facilities, stay_of
from matching.constraints.base import Constraint, CostRule, Scope
from matching.constraints.eligibility_gate import EligibilityGate
from matching.domain import Policy
from matching.facts import Facility, Facts

__all__ = ["LADDER", "Behind", "Card", "Slots", "attributes", "own_view", "slots", "slots_and_behind"]

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
        cases=(replace(facts.cases[case], housed_until_day=0, housed_at=-1),),
        presences=(),
        bed_uses=(),
        network_feuds={},
        person_feuds={},
        exposures=(),
        live=(),
        ties={},
        stale_networks=frozenset(),
        names=replace(facts.names, cases=(facts.names.cases[case],), places=(), presences=(), networks=()),
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


def _shared(everybody: Sequence[tuple[str, ...]], own: Policy) -> tuple[str, ...]:
    """The longest part of the ladder that enough publicly eligible facilities have in common.

    It depends on that set alone, never on the facility behind a slot.
    """
    if len(everybody) < own.card_least_facilities:
        return ()
    for shown in range(len(LADDER), 0, -1):
        value, count = Counter(values[:shown] for values in sorted(everybody)).most_common(1)[0]
        if count * 100 >= own.card_share_percent * len(everybody):
            return value
    return ()


@dataclass(frozen=True)
class Behind:
    """What an answer is made of; whoever keeps the answer keeps this apart from it.

    Parameters
    ----------
    slots : what is told
    alike : facilities the cards are true of, the best for the own case first
    eligible : all that are publicly eligible, full or free
    """

    slots: Slots
    alike: tuple[int, ...]
    eligible: tuple[int, ...]


def slots(own: Facts, rules: Sequence[Constraint]) -> Slots:
    """Three ranked slots of the one case in `own`; all three cards show the same.

    An attribute is shown only when the case's publicly eligible facilities share it, and the slots
    are taken from those that have it: a card is true and points at none of them.

    Parameters
    ----------
    own : from `own_view`
    rules : the rule book; only rules of scope OWN_CASE are read

    Returns
    -------
    always three like-looking cards once the gate is passed, whether or not anything behind them is
    free, and whether or not three facilities are publicly eligible at all

    Source
    ------
    Domain §4, *Two orders of the options*; docs/decisions/0007-the-requesters-slots.md
    """
    return slots_and_behind(own, rules).slots


def slots_and_behind(own: Facts, rules: Sequence[Constraint]) -> Behind:
    """`slots`, and what they were taken from.

    The service draws which facility a slot means, see `service.inference.draw`: the order here can be computed by
    whoever knows the case and the catalogue.
    """
    (case,) = own.cases
    gate = EligibilityGate()
    stays = [stay_of(case.legs[-1], 0, day) for day in (case.earliest_day, case.latest_day)]
    objections = [gate.objection(case, stay, own) for stay in stays]
    missing = objections[0].reason.split() if objections[0] is not None and objections[1] is not None else []
    missing += ["window_passed"] if case.latest_day < case.earliest_day else []
    if missing:
        return Behind(Slots(tuple(missing), (), ()), (), ())
    soft = [rule for rule in rules if isinstance(rule, CostRule) and rule.scope is Scope.OWN_CASE]
    eligible = tuple(public_facilities(own, 0, rules))

    def cost(facility: int) -> tuple[int, str]:
        stay = stay_of(case.legs[-1], facility, case.earliest_day)
        tie = hashlib.sha256(f"{own.names.cases[0]}/{own.names.facilities[facility]}".encode()).hexdigest()
        return sum(rule.cost(case, stay, own) for rule in soft), tie

    shown = _shared([attributes(own.facilities[facility]) for facility in eligible], own.policy)
    alike = [number for number in eligible if attributes(own.facilities[number])[: len(shown)] == shown]
    card = Card(shown + ("withheld",) * (len(LADDER) - len(shown)))
    ranked = tuple(sorted(alike, key=cost))
    return Behind(Slots((), (card, card, card), ranked[:3]), ranked, eligible)
