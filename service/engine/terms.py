"""How long a bed is held behind slots, for whom no more is held, and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from service.inference import Reason
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import hold_limits
from service.store.repository.coordination import CaseRow

__all__ = ["held_until", "limit_reached", "slot_held_until", "working_days_after"]


def working_days_after(moment: datetime, days: int) -> datetime:
    """The same hour so many working days later: Saturdays and Sundays do not count.

    Examples
    --------
    >>> from datetime import UTC
    >>> working_days_after(datetime(2026, 11, 20, 12, tzinfo=UTC), 5).date().isoformat()  # from a Friday
    '2026-11-27'
    """
    left = days
    while left:
        moment += timedelta(days=1)
        left -= moment.weekday() < 5
    return moment


def held_until(case: CaseRow, now: datetime, settings: Settings) -> datetime:
    """Until when a new hold lasts if nobody decides: its days begin when it can be shown to the asker's side."""
    return working_days_after(max(now, case.told_at(now, settings.release_tick_s)), settings.hold_working_days)


def slot_held_until(tx: Transaction, case: CaseRow, settings: Settings) -> datetime:
    """Until when a hold behind slots lasts: `held_until`, but no longer than one case may keep beds in all."""
    left = timedelta(days=settings.case_hold_days) - hold_limits.held_for(tx, case.id)
    return min(held_until(case, tx.now, settings), tx.now + left)


def limit_reached(tx: Transaction, case: CaseRow, settings: Settings) -> Reason | None:
    """Why no bed is held behind the slots of a case; none when one may be. The asker's side sees no difference.

    A hold that would lapse before it can be shown holds a bed for nobody.
    """
    until = slot_held_until(tx, case, settings)
    if until <= tx.now or until < case.told_at(tx.now, settings.release_tick_s):
        return Reason.EXPIRED
    if hold_limits.held_of_unit(tx, case.id) >= settings.unit_holds:
        return Reason.UNIT_HOLDS
    return None
