"""Whether a question is answered with slots: decided from the own case, the catalogue and what was asked before.

Nothing here reads who lives where or what is free: a refusal tells nothing of others. Who is refused loses no time, a
coordinator places the case by hand. See `service.inference` and docs/decisions/0029-inference-control.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from matching.candidates import open_facilities
from matching.constraints.base import Constraint
from matching.facts import Facts
from matching.requester import own_view
from service.engine.world import World
from service.inference import Reason, budget_begins, is_narrow, is_over_budget
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import budgets

__all__ = ["farthest_apart", "is_left_narrow", "is_too_narrow", "refusal"]


def farthest_apart(facts: Facts, number: int) -> tuple[int, int]:
    """The largest limits within which the case may not live near somebody, whoever that is: metres, minutes.

    What the assessment asks, what is known or proposed of conflicts of its persons, and the policy; widened as for
    somebody who is poorly known. Whoever writes such a limit chooses how much of the map a single person shuts.

    Parameters
    ----------
    facts : with the case as `number` and what is known of the persons in it
    """
    party = facts.cases[number].party
    limits = [(facts.policy.separation_km * 1000, facts.policy.separation_min)]
    limits += [(metres, minutes) for _, metres, minutes in party.separations]
    limits += [(link.limit_m, link.limit_min) for link in party.links if link.kind == "more_than"]
    limits += [
        (feud.limit_m, feud.limit_min)
        for (one, other), feuds in facts.person_feuds.items()
        if not party.keys.isdisjoint((one, other))
        for feud in feuds
    ]
    share = 100 + facts.policy.poor_knowledge_widening_percent
    metres, minutes = (max(values) for values in zip(*limits, strict=True))
    return -(-metres * share // 100), -(-minutes * share // 100)


def is_too_narrow(settings: Settings, facts: Facts, number: int, eligible: Sequence[int]) -> bool:
    """Whether what is left to a case lies in so few places that an answer out of it would point at somebody.

    Asked of all that is eligible, and of what would be left of it if one person lived anywhere on the map: no answer
    may turn on where a single person is.

    Parameters
    ----------
    facts : in which facilities and the case have the numbers told
    """
    homes = np.array([facts.facilities[facility].place for facility in eligible], dtype=np.int64)
    places = facts.places
    zones = [(places.kommun[home], places.lan[home]) for home in homes.tolist()]
    if _is_narrow(settings, zones):
        return True
    metres, minutes = farthest_apart(facts, number)
    anywhere = np.array(sorted({facility.place for facility in facts.facilities}), dtype=np.int64)
    is_left = (places.gap_m[np.ix_(anywhere, homes)] > metres) & (places.safe_min[np.ix_(anywhere, homes)] > minutes)
    return any(
        _is_narrow(settings, [zone for zone, is_there in zip(zones, row, strict=True) if is_there])
        for row in {tuple(row) for row in is_left.tolist()}
    )


def _is_narrow(settings: Settings, zones: Sequence[tuple[int, int]]) -> bool:
    return is_narrow({kommun for kommun, _ in zones}, {lan for _, lan in zones}, len(zones), settings)


def is_left_narrow(settings: Settings, facts: Facts, number: int, rules: Sequence[Constraint]) -> bool:
    """`is_too_narrow` of each of the linked stays of a case."""
    own = own_view(facts, number)
    legs = facts.cases[number].legs
    return any(is_too_narrow(settings, facts, number, tuple(open_facilities(own, 0, rules, leg))) for leg in legs)


def refusal(
    tx: Transaction,
    world: World,
    settings: Settings,
    facts: Facts,
    number: int,
    *,
    case_id: UUID,
    unit: str,
    version: int,
) -> Reason | None:
    """Why a version of a case is not answered with slots; none when it is, and then it is counted.

    Parameters
    ----------
    facts : the own case, as `number`, and the catalogue
    unit : whose budget is used

    Notes
    -----
    What is refused uses nothing of a budget: it tells nothing. What was counted is not counted again.
    """
    if is_left_narrow(settings, facts, number, world.rules):
        return Reason.NOT_ADMITTED
    budgets.lock(tx, unit)
    if budgets.is_counted(tx, case_id, version):
        return None
    since = budget_begins(tx.now, settings)
    of_person, of_unit = budgets.of_person(tx, case_id, unit, since), budgets.of_unit(tx, unit, since)
    if is_over_budget(of_person, of_unit, unit, settings):
        return Reason.BUDGET
    budgets.count(tx, case_id, version, unit)
    return None
