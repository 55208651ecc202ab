"""What a hold does to its case: an offer that is gone, and the facilities tried before."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import case as choose
from sqlalchemy import exists, update

from service.store.database import Transaction
from service.store.tables import cases, stays

__all__ = ["withdraw_offer"]


def withdraw_offer(tx: Transaction, case_id: UUID) -> None:
    """Nothing is offered any more; a case that waited for an answer to it is where it was before.

    That is in progress, or arrived when somebody lives in another stay of it and was to move.
    """
    asked = ("answer_needed", "decision_needed", "decided")
    lives = exists().where(stays.c.case_id == case_id, stays.c.state == "placed")
    before = choose((lives, "arrived"), else_="in_progress")
    tx.connection.execute(
        update(cases)
        .where(cases.c.id == case_id)
        .values(
            offer_ref=None,
            state=choose((cases.c.state.in_(asked), before), else_=cases.c.state),
            state_since=choose((cases.c.state.in_(asked), tx.now), else_=cases.c.state_since),
        )
    )
