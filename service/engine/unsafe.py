"""Holds that must not go on as they are: a hard rule refuses them by now, or their case is no longer what it was.

*Whatever changes of a case, its holds go on or go, and nobody in front sees which.* If a hold that a new assessment
made unsafe were seen to go, an assessor could find out by forbidding one region after the other where a bed is held.
So every change of the case's own facts ends its holds alike and the same slots are tried again on the new facts, but
for a tightening: under it a hold that is safe stands, unseen (`service.engine.unseen`).

*Every change is a question.* Admission and budget are asked of it before anything stands or is tried again, and whether
or not anything is held: else what is left of a budget would tell whether something was.

*What is only proposed takes no hold back.* It counts when a bed is given; but if it ended holds, whoever may propose
could ask in this way, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from matching.constraints.base import OnLive
from matching.plans import Violation
from matching.repair.alerts import presences_of
from matching.repair.model import judging_moves
from service.engine.giving_up import give_up, pass_on
from service.engine.standing import Standing
from service.engine.tonight import NOT_ASKED
from service.engine.unseen import OwnSide, admitted, confirm_unseen, own_side, said
from service.engine.world import Picture, World
from service.inference import Reason
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import answers, by_hand, stays
from service.store.repository.hold_limits import asked_anew
from service.store.repository.holding import CASE_CHANGED, offered_with
from service.store.repository.judging import judged_at
from service.store.repository.stays import Stay

__all__ = ["give_up_unsafe"]


_SAYS_MORE_OF_LIVE: Final = frozenset({"provider_vetting", "place_capacity"})
"""A permit that ends after the stay began, a quota that was lowered: a task about those who live there, no refusal."""
_OVERLAP: Final = timedelta(hours=1)
"""How long before the last judgement something may have been written that it did not see."""


class _Asked:
    """Admission and budget of cases as they are now, each asked once."""

    def __init__(self, tx: Transaction, world: World, settings: Settings) -> None:
        self._of = tx, world, settings
        self._known: dict[UUID, tuple[OwnSide | None, Reason | None]] = {}

    def about(self, case_id: UUID, unit: str) -> tuple[OwnSide | None, Reason | None]:
        """The case as its own people know it, and why its slots are not tried; none when they are."""
        if case_id not in self._known:
            tx, world, settings = self._of
            own = own_side(tx, world, case_id)
            self._known[case_id] = own, admitted(tx, world, settings, own, case_id, unit)
        return self._known[case_id]


def give_up_unsafe(
    tx: Transaction, world: World, settings: Settings, picture: Picture, found: Iterable[Violation]
) -> set[UUID]:
    """Hold on or give up every hold that must not go on as it is, with what is one offer with it; the stays gone."""
    asked = _Asked(tx, world, settings)
    since = judged_at(tx)
    changed = asked_anew(tx, None if since is None else since - _OVERLAP)
    refused = [(case_id, asked.about(case_id, unit)[1]) for case_id, unit in changed]
    unsafe = _unsafe(world, picture, tuple(found))
    standings = {standing.stay: standing for standing in picture.standings}
    gone: set[UUID] = set()
    ending = []
    for standing in picture.standings:
        if standing.stay in gone or not (standing.stay in unsafe or standing.is_outdated):
            continue
        offer = offered_with(tx, stays.get(tx, standing.stay))
        ids = {stay.id for stay in offer}
        gone |= ids
        is_safe = ids.isdisjoint(unsafe) and all(one in standings and standings[one].is_reassessed for one in ids)
        own = _admitted(tx, picture, asked, offer) if is_safe else None
        is_outdated = any(standings[one].is_outdated for one in ids if one in standings)
        ending.append((standing.case, offer, own, CASE_CHANGED if is_outdated else "no_longer_safe"))
    for case_id, offer, own, code in ending:  # rows of cases are locked from here on, and for no longer
        if own is None or not confirm_unseen(tx, world, settings, picture, offer, own):
            _end(tx, world, offer, case_id, code)
    for case_id, reason in refused:
        if reason is not None and by_hand.waits(tx, case_id):  # for what it was: what it is now must be vouched for
            pass_on(tx, world, settings, case_id, reason)
    return gone


def _admitted(tx: Transaction, picture: Picture, asked: _Asked, offer: tuple[Stay, ...]) -> OwnSide | None:
    """The case of an offer that may stand, as its own people know it now; none when it may not."""
    query = next((stay.query for stay in offer if stay.query is not None), None)
    case_id = offer[0].case if offer else None
    if query is None or case_id is None:
        return None
    own, reason = asked.about(case_id, answers.get(tx, query).unit)
    return own if own is not None and reason is None and own.basis == picture.bases.get(case_id) else None


def _end(tx: Transaction, world: World, offer: tuple[Stay, ...], case_id: UUID, code: str) -> None:
    answer, _ = said(tx, case_id, offer)
    if answer == "no" and all(stay.kind != "emergency" for stay in offer):  # said before the change: it counts first
        give_up(tx, world, case_id, offer, "person_declined", reason=Reason.DECLINED, is_tried_again=False)
    else:
        give_up(tx, world, case_id, offer, code, reason=Reason.LOST, is_tried_again=True)


def _unsafe(world: World, picture: Picture, found: tuple[Violation, ...]) -> set[UUID]:
    """Holds that a hard rule refuses now, and those of cases nobody may be placed for."""
    holds = {standing.stay: standing for standing in picture.standings if standing.is_hold}
    refused = set()
    for breach in found:
        for presence in presences_of(breach):
            hold = holds.get(UUID(picture.facts.names.presences[presence]))
            if hold is not None and _is_asked(world, hold, breach):
                refused.add(hold.stay)
    return refused | {hold.stay for hold in holds.values() if str(hold.case) in picture.blocked}


def _is_asked(world: World, hold: Standing, breach: Violation) -> bool:
    """Whether the rule was asked when the stay was held: some tell of those who live somewhere what they tell later."""
    rule = breach.rule
    if rule in _SAYS_MORE_OF_LIVE and breach.act == OnLive.TASK:
        return False
    if hold.kind == "emergency":
        return rule not in NOT_ASKED
    return hold.kind != "repair" or any(one.name == rule for one in judging_moves(world.rules))
