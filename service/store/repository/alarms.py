"""Alarms for the security officer: a kind and a moment; never whom or what it was about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from service.audit.acts import SystemAct
from service.store.database import Transaction
from service.store.tables import alarms

__all__ = ["MOST_READ", "Alarm", "answer", "raise_alarm", "unanswered_first"]

MOST_READ: Final = 200
"""Alarms in one answer."""


@dataclass(frozen=True)
class Alarm:
    """One alarm, and whether anybody has answered it."""

    id: UUID
    kind: str
    raised_at: datetime
    answered_at: datetime | None
    answered_by: str | None


def raise_alarm(tx: Transaction, kind: str) -> UUID:
    """A new alarm, and its row of the trail; its id. The transaction must commit, or nobody hears it."""
    alarm_id = uuid4()
    tx.connection.execute(insert(alarms).values(id=alarm_id, kind=kind, raised_at=tx.now))
    tx.record(SystemAct.RAISE_ALARM.value, about=alarm_id)
    return alarm_id


def unanswered_first(tx: Transaction, limit: int = MOST_READ) -> tuple[Alarm, ...]:
    """Alarms, the unanswered before the others, the newest first."""
    rows = tx.connection.execute(
        select(alarms.c.id, alarms.c.kind, alarms.c.raised_at, alarms.c.answered_at, alarms.c.answered_by)
        .order_by(alarms.c.answered_at.is_not(None), alarms.c.raised_at.desc(), alarms.c.id)
        .limit(min(limit, MOST_READ))
    )
    return tuple(Alarm(*row) for row in rows)


def answer(tx: Transaction, alarm_id: UUID) -> bool:
    """Say that the actor has taken care of an alarm; whether it was unanswered."""
    done = tx.connection.execute(
        update(alarms)
        .where(alarms.c.id == alarm_id, alarms.c.answered_at.is_(None))
        .values(answered_at=tx.now, answered_by=tx.actor.name)
    )
    return done.rowcount == 1
