"""Bait: whoever reads it raises an alarm, and is told what anybody would be told."""

from __future__ import annotations

from uuid import UUID

from service.audit.acts import SystemAct
from service.store.database import Transaction
from service.store.repository import alarms

__all__ = ["watch"]


def watch(tx: Transaction, *subjects: UUID | None) -> None:
    """Raise an alarm if one of these is bait."""
    if tx.reveal_store().is_honey(*subjects):
        alarms.raise_alarm(tx, "honey_read")
        tx.record(SystemAct.READ_HONEY.value)  # which one stands beside it, as far as the act may say
