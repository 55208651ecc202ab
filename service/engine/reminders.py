"""Nobody past the end of a stay is without a task: presence ends only when somebody records it."""

from __future__ import annotations

from service.actors import Role
from service.engine.world import today_of
from service.store.database import Transaction
from service.store.repository import reminders, tasks

__all__ = ["remind"]


def remind(tx: Transaction) -> int:
    """Ask about everybody whose stay is over and whom no open task is about; how many that is."""
    found = reminders.unasked(tx, today_of(tx.now))
    for stay, case in found:
        tasks.add(tx, "record_departure", Role.COORDINATOR, tx.now, case=case, stay=stay)
    return len(found)
