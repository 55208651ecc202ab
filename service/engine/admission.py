"""Whether a question is answered with slots: decided from the own case, the catalogue and what was asked before.

Nothing here reads who lives where or what is free: a refusal tells nothing of others. Who is refused loses no time, a
coordinator places the case by hand. See `service.inference` and docs/decisions/0029-inference-control.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from matching.candidates import public_facilities
from matching.constraints.base import Constraint
from matching.facts import Facts
from matching.requester import own_view
from service.engine.world import World
from service.inference import Reason, budget_begins, is_narrow, is_over_budget
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import budgets

__all__ = ["admit", "eligible_names", "is_too_narrow", "refusal"]


def eligible_names(facts: Facts, number: int, rules: Sequence[Constraint]) -> frozenset[str]:
    """Ids of the facilities that are publicly eligible for a case, full or free.

    Parameters
    ----------
    facts : with the case as `number`; everybody else in them is taken out first
    """
    own = own_view(facts, number)
    return frozenset(own.names.facilities[facility] for facility in public_facilities(own, 0, rules))


def is_too_narrow(world: World, settings: Settings, facts: Facts, eligible: Iterable[int]) -> bool:
    """Whether facilities lie in so few places that an answer out of them would point at somebody.

    Parameters
    ----------
    facts : in which the facilities have the numbers told, with the names of places
    """
    homes = [world.layers.resolve(facts.names.places[facts.facilities[one].place]) for one in eligible]
    return is_narrow({home.kommun for home in homes}, {home.lan for home in homes}, len(homes), settings)


def refusal(
    tx: Transaction,
    world: World,
    settings: Settings,
    facts: Facts,
    eligible: Iterable[int],
    *,
    case_id: UUID,
    unit: str,
    version: int,
) -> Reason | None:
    """Why a version of a case is not answered with slots; none when it is, and then it is counted.

    Parameters
    ----------
    facts : in which the facilities have the numbers told, with the names of places
    eligible : numbers of the facilities that are publicly eligible
    unit : whose budget is used

    Notes
    -----
    What is refused uses nothing of a budget: it tells nothing. A version that was counted is not counted again.
    """
    if is_too_narrow(world, settings, facts, eligible):
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


def admit(tx: Transaction, world: World, settings: Settings, case_id: UUID, unit: str, version: int) -> Reason | None:
    """`refusal` of a case as its newest assessment has it: asked before its slots are tried on new facts.

    Raises
    ------
    Unavailable : the register changes faster than it can be read
    """
    picture = world.own(tx, case_id)
    number = picture.number(case_id)
    if number is None:
        return Reason.BLOCKED
    eligible = public_facilities(own_view(picture.facts, number), 0, world.rules)
    return refusal(
        tx, world, settings, picture.facts, eligible, case_id=case_id, unit=unit, version=version
    )  # fmt: skip
