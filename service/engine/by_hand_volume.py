"""An alarm when a unit's cases come by hand more often than its people can need it; it never says no."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from service.inference import Reason, budget_begins
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import alarms, verifications

__all__ = ["ALARM", "watch_volume"]

ALARM: Final = "by_hand_volume"
_COUNTED: Final = frozenset({Reason.NOT_ADMITTED, Reason.BUDGET})


def watch_volume(tx: Transaction, settings: Settings, case_id: UUID, reason: Reason) -> None:
    """Raise the alarm if a case has just come by hand, too narrow or over budget, once more than its unit may."""
    if reason not in _COUNTED:
        return
    since = budget_begins(tx.now, settings)
    if verifications.handed_by_unit(tx, case_id, _COUNTED, since) > settings.unit_by_hand:
        alarms.raise_alarm(tx, ALARM)
