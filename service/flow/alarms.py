"""Alarms, and who has taken care of them."""

from __future__ import annotations

from uuid import UUID

from service.policies import Action
from service.problems import Conflict
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import alarms
from service.store.repository.alarms import Alarm

__all__ = ["answer", "read"]


def read(tx: Transaction, settings: Settings) -> tuple[tuple[Alarm, ...], bool]:
    """Alarms, unanswered ones first, and whether there are others."""
    found = alarms.unanswered_first(tx, settings.page_limit + 1)
    tx.record(Action.READ_ALARMS.value)
    return found[: settings.page_limit], len(found) > settings.page_limit


def answer(tx: Transaction, settings: Settings, alarm_id: UUID) -> None:
    """The actor has taken care of an alarm.

    Raises
    ------
    Conflict : `already_answered`
    """
    del settings
    if not alarms.answer(tx, alarm_id):
        raise Conflict("already_answered", "Somebody has taken care of this alarm.")
    tx.record(Action.ANSWER_ALARM.value, about=alarm_id)
