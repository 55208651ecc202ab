"""Holds that must not go on: a hard rule refuses them by now, or their case is no longer what they were held for.

*Whatever changes of a case, its holds go.* If only those went that the change made unsafe, an assessor could find out
by forbidding one region after the other where a bed is held. So every change of the case's own facts ends its holds
alike, and the same slots are tried again on the new facts.

*What is only proposed takes no hold back.* It counts when a bed is given; but if it ended holds, whoever may propose
could ask in this way, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from matching.constraints.base import OnLive
from matching.plans import Violation
from matching.repair.alerts import presences_of
from matching.repair.model import judging_moves
from service.engine.giving_up import give_up
from service.engine.standing import Standing
from service.engine.tonight import NOT_ASKED
from service.engine.world import Picture, World
from service.store.database import Transaction
from service.store.repository import stays
from service.store.repository.holding import CASE_CHANGED, offered_with

__all__ = ["give_up_unsafe"]


_SAYS_MORE_OF_LIVE: Final = frozenset({"provider_vetting", "place_capacity"})
"""A permit that ends after the stay began, a quota that was lowered: a task about those who live there, no refusal."""


def give_up_unsafe(tx: Transaction, world: World, picture: Picture, found: Iterable[Violation]) -> set[UUID]:
    """Give up every hold that must not go on, with what is one offer with it; the stays that are gone."""
    codes = _codes(world, picture, tuple(found))
    gone: set[UUID] = set()
    for standing in picture.standings:
        code = codes.get(standing.stay)
        if code is None or standing.stay in gone:
            continue
        offer = offered_with(tx, stays.get(tx, standing.stay))
        give_up(tx, world, standing.case, offer, code, is_tried_again=True)
        gone |= {stay.id for stay in offer}
    return gone


def _codes(world: World, picture: Picture, found: tuple[Violation, ...]) -> dict[UUID, str]:
    holds = {standing.stay: standing for standing in picture.standings if standing.is_hold}
    codes = {}
    for breach in found:
        for presence in presences_of(breach):
            hold = holds.get(UUID(picture.facts.names.presences[presence]))
            if hold is not None and _is_asked(world, hold, breach):
                codes[hold.stay] = "no_longer_safe"
    for hold in holds.values():
        if hold.is_outdated:
            codes[hold.stay] = CASE_CHANGED
        elif str(hold.case) in picture.blocked:
            codes.setdefault(hold.stay, "no_longer_safe")
    return codes


def _is_asked(world: World, hold: Standing, breach: Violation) -> bool:
    """Whether the rule was asked when the stay was held: some tell of those who live somewhere what they tell later."""
    rule = breach.rule
    if rule in _SAYS_MORE_OF_LIVE and breach.act == OnLive.TASK:
        return False
    if hold.kind == "emergency":
        return rule not in NOT_ASKED
    return hold.kind != "repair" or any(one.name == rule for one in judging_moves(world.rules))
