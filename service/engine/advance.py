"""Stays follow what people have said: the person's answer, the municipality's decision, a term that is over.

Before a stay takes its next step it has been judged on what is true now; a yes to what has become unsafe moves nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

from matching.assemble import SWEDEN
from service.actors import Role
from service.engine.giving_up import give_up
from service.engine.rejudge import rejudge
from service.engine.unseen import said
from service.engine.world import World, today_of
from service.inference import Reason
from service.problems import Unavailable
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import coordination, stays, tasks
from service.store.repository.holding import offers_of, unused_by
from service.store.repository.judging import is_judged
from service.store.repository.stays import Stay

__all__ = ["advance", "release_stale"]

_MOST_STALE = 100


def advance(tx: Transaction, world: World, settings: Settings, case_id: UUID) -> None:
    """Move each offer of a case by the newest answer of the person and decision of the municipality about it.

    The case itself was moved by those acts; holds of a closed one are released. A linked pair of stays is answered and
    decided as one: what is said of one of them holds for both.

    Raises
    ------
    Unavailable : it is not known yet whether the stay is still safe; the job is done again
    """
    tx.lock_register()
    if not all(_moved(tx, world, settings, case_id)):
        raise Unavailable


def _moved(tx: Transaction, world: World, settings: Settings, case_id: UUID) -> list[bool]:
    if offers_of(tx, case_id) and not is_judged(tx):
        rejudge(tx, world, settings)
    case = coordination.get(tx, case_id, lock=True)
    return [_follow(tx, world, case, offer) for offer in offers_of(tx, case_id)]


def _follow(tx: Transaction, world: World, case: coordination.CaseRow, offer: Sequence[Stay]) -> bool:
    """Move one offer; False when it must be judged first."""
    if case.state == coordination.CLOSED:
        give_up(tx, world, case.id, offer, "case_closed", reason=Reason.LOST, is_tried_again=False)
        return True
    answer, decision = said(tx, case.id, offer)
    if answer == "no":  # no other slot is tried: each hold that is shown and refused is a question
        tonight = any(stay.kind == "emergency" for stay in offer)
        give_up(tx, world, case.id, offer, "person_declined", reason=Reason.DECLINED, is_tried_again=tonight)
    elif decision in ("no", "disagreement"):
        give_up(tx, world, case.id, offer, f"decision_{decision}", reason=Reason.DECLINED, is_tried_again=False)
    elif answer == "yes" and any(stay.state in ("checked", "accepted") for stay in offer):
        if not is_judged(tx):
            return False
        for stay in offer:
            moved = stay
            if moved.state == "checked" and stays.move(tx, moved, "accepted", held_until=moved.held_until):
                moved = stays.get(tx, moved.id)
            if moved.state == "accepted" and decision == "yes":
                stays.move(tx, moved, "decided")  # without a term: from now on only somebody's word ends it
                _expect(tx, moved)
    return True


def _expect(tx: Transaction, stay: Stay) -> None:
    """On the first day of a decided stay somebody asks whether the persons are there."""
    start = date.fromisoformat(stays.content(tx, stay)["placement"]["start"])
    noon = max(datetime.combine(start, time(12), SWEDEN), tx.now)
    tasks.add(tx, "missing_arrival", Role.COORDINATOR, noon, case=stay.case, stay=stay.id)


def release_stale(tx: Transaction, world: World, settings: Settings) -> int:
    """Give back the beds of holds whose term is over, and of decided stays nobody came to; how many offers it was.

    What people have said in time counts first, also when its job comes late: nothing the municipality has said yes to
    is given up for its term.
    """
    tx.lock_register()
    today = today_of(tx.now)
    late = [*stays.held_past(tx, tx.now, _MOST_STALE), *unused_by(tx, today, _MOST_STALE)]
    given_up = 0
    for case_id in sorted({stay.case for stay in late if stay.case is not None}):
        _moved(tx, world, settings, case_id)
        unused = {stay.id for stay in unused_by(tx, today, _MOST_STALE)}
        for offer in offers_of(tx, case_id):
            if _is_over(tx, case_id, offer, unused):
                give_up(tx, world, case_id, offer, "expired", reason=Reason.EXPIRED, is_tried_again=False)
                given_up += 1
    if given_up:
        tx.touch(endangers=False)
    return given_up


def _is_over(tx: Transaction, case_id: UUID, offer: Sequence[Stay], unused: set[UUID]) -> bool:
    if all(stay.id in unused for stay in offer):
        return True
    past = any(stay.held_until is not None and stay.held_until < tx.now for stay in offer)
    return past and said(tx, case_id, offer)[1] != "yes"
