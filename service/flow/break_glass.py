"""Break-glass: one address for the security officer, an alarm at once, a review within a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from service.actors import Role
from service.flow.addresses import Address, of_facility, of_stay
from service.policies import Action
from service.problems import NotFound
from service.store.database import Transaction
from service.store.repository import alarms, catalogue, stays, tasks

__all__ = ["REVIEW_WITHIN", "open_one"]

REVIEW_WITHIN: Final = timedelta(days=1)


def open_one(tx: Transaction, facility_id: UUID | None, case_id: UUID | None, reason: str) -> Address:
    """The address of one facility, or of the facility where a case's persons are or are expected.

    Raises
    ------
    NotFound : no such facility, or nobody of that case is anywhere
    Conflict : `no_address`
    """
    found = None if case_id is None else _where(tx, case_id)
    if facility_id is None and found is None:
        raise NotFound
    if facility_id is not None and catalogue.facility(tx, facility_id) is None:
        raise NotFound
    alarms.raise_alarm(tx, f"break_glass_{reason}")
    tasks.add(tx, "review_break_glass", Role.SECURITY_OFFICER, tx.now + REVIEW_WITHIN, case=case_id)
    if found is not None:
        return of_stay(tx, Action.BREAK_GLASS, found)
    if facility_id is None:
        raise NotFound
    return of_facility(tx, Action.BREAK_GLASS, facility_id)


def _where(tx: Transaction, case_id: UUID) -> stays.Stay | None:
    """Where the persons of a case are, or are expected."""
    order = {"placed": 0, "decided": 1, "ended": 2}
    there = [stay for stay in stays.of_case(tx, case_id) if stay.state in stays.PRESENT]
    return min(there, key=lambda stay: order.get(stay.state, 3), default=None)
