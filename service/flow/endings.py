"""The end of an exit, completed or interrupted: the beds are free, the persons are present until they have left."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from service.actors import Role
from service.flow.claims import insist_on_claim
from service.flow.presence import LOOK_AGAIN, enter, insist_on_past
from service.policies import Action
from service.problems import Conflict
from service.store.database import Transaction
from service.store.repository import coordination, grants, reveals, stays, tasks

__all__ = ["end"]


def end(tx: Transaction, case_id: UUID, outcome: str, reason: str, from_day: date) -> int:
    """End a case; the number of stays whose persons still count as present.

    Parameters
    ----------
    outcome : "completed" or "interrupted"
    from_day : the first day on which the beds are free

    Raises
    ------
    Conflict : `not_claimed`; `day_in_future`
    """
    tx.lock_register()
    case = insist_on_claim(tx, case_id)
    insist_on_past(tx, from_day)
    present = 0
    for stay in stays.live_of(tx, case.id):
        if enter(tx, stay):
            done = stays.end(tx, stays.get(tx, stay.id), from_day, reason)
            tasks.finish_for(tx, "record_departure", stay=stay.id, outcome=outcome)
            tasks.add(tx, "record_departure", Role.COORDINATOR, tx.now + LOOK_AGAIN, case=case.id, stay=stay.id)
            present += 1
        else:
            done = stays.release(tx, stay, reason)
        if not done:
            raise Conflict("out_of_order", "Somebody has changed a stay of this case.")
    coordination.move(tx, case.id, outcome, end_reason=reason)
    grants.end_of_case(tx, case.id)
    reveals.close_of_case(tx, case.id)
    tasks.finish_all(tx, case.id, outcome, but=tasks.AFTER_THE_END)
    tx.record(Action.END_CASE.value, case=case.id)
    tx.touch(endangers=False)
    tx.defer("rejudge", case.id)
    return present
