"""What is ready for a case is shown to the asker's side at the case's telling round, and at no other moment.

When a bed was found, a provider called back, the police at a destination asked: all of that depends on others. So the
case stays in progress until a round that depends on nothing but what its own people did and when; what is ready by
then is shown then, what becomes ready later at the next round. See docs/privacy.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from service.audit.acts import SystemAct
from service.engine.answers import triage_deadline
from service.engine.rejudge import rejudge
from service.engine.world import World
from service.problems import Unavailable
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import coordination, decisions
from service.store.repository.holding import offers_of
from service.store.repository.judging import is_judged
from service.store.repository.stays import Stay

__all__ = ["late", "tell"]

_TIME_TO_ASK: Final = timedelta(hours=1)
"""Least time for the person's answer, also when the deadline of the case's class has passed."""


def tell(tx: Transaction, world: World, settings: Settings, case_id: UUID) -> bool:
    """Show what is ready for a case, if its round has come and nothing else is shown; whether something was.

    Called before the round it does nothing: jobs can come early, and an assessment signed meanwhile begins anew.

    Raises
    ------
    Unavailable : it is not known yet whether the stay is still safe; the job is done again
    """
    tx.lock_register()
    if _ready(tx, settings, coordination.get(tx, case_id)) is None:
        return False
    if not is_judged(tx):
        rejudge(tx, world, settings)  # which may give it up
    case = coordination.get(tx, case_id, lock=True)  # not before: its own people do not wait while others are judged
    ready = _ready(tx, settings, case)
    if ready is None:
        return False
    if not is_judged(tx):
        raise Unavailable
    offer, told_at = ready
    # From the round on, not from when this job runs: a deadline must not tell how busy the register is.
    due = triage_deadline(world.policy, case.triage, case.received_at, told_at + _TIME_TO_ASK)
    coordination.show_offer(tx, case, offer[0].id, due)
    tx.record(SystemAct.TELL_OFFER.value, case=case_id, about=offer[0].id)
    return True


def late(tx: Transaction, settings: Settings) -> tuple[UUID, ...]:
    """Cases whose round has come without their being told: their job was lost, or it came before the round."""
    return tuple(case.id for case in coordination.untold(tx, tx.now) if _ready(tx, settings, case) is not None)


def _ready(tx: Transaction, settings: Settings, case: coordination.CaseRow) -> tuple[Sequence[Stay], datetime] | None:
    """The first offer of a case that may be shown now, and its round."""
    if case.state in coordination.TELLING:
        for offer in offers_of(tx, case.id):
            told_at = case.told_at(max(stay.state_since for stay in offer), settings.release_tick_s)
            if told_at <= tx.now and all(_is_open(tx, case.id, stay) for stay in offer):
                return offer, told_at
    return None


def _is_open(tx: Transaction, case_id: UUID, stay: Stay) -> bool:
    """Whether a stay is ready and nobody has answered to it: what was declined is not shown again."""
    return (
        stay.state == "checked"
        and decisions.answer_to(tx, case_id, stay.id) is None
        and decisions.on_stay(tx, case_id, stay.id) is None
    )
