"""Standing access of a named person to the address of one case: dated, and ended by somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from service.problems import NotFound
from service.store.database import Transaction
from service.store.tables import standing_access

__all__ = ["Grant", "end", "end_of_case", "get", "give", "holds"]


@dataclass(frozen=True)
class Grant:
    """Who may read the address of which case, until when."""

    id: UUID
    case: UUID
    actor: str
    until_at: datetime
    ended_at: datetime | None


def give(tx: Transaction, case_id: UUID, actor: str, until_at: datetime) -> UUID:
    """Access from now on; its id."""
    access_id = uuid4()
    tx.connection.execute(
        insert(standing_access).values(
            id=access_id, case_id=case_id, actor=actor, given_by=tx.actor.name, from_at=tx.now, until_at=until_at
        )
    )
    return access_id


def get(tx: Transaction, access_id: UUID) -> Grant:
    """One access.

    Raises
    ------
    NotFound : there is none, or the actor may not see it
    """
    row = tx.connection.execute(
        select(
            standing_access.c.id,
            standing_access.c.case_id,
            standing_access.c.actor,
            standing_access.c.until_at,
            standing_access.c.ended_at,
        ).where(standing_access.c.id == access_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    return Grant(*row)


def end(tx: Transaction, access_id: UUID) -> bool:
    """End an access now; False when it had ended before."""
    done = tx.connection.execute(
        update(standing_access)
        .where(standing_access.c.id == access_id, standing_access.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    return done.rowcount == 1


def end_of_case(tx: Transaction, case_id: UUID) -> int:
    """End every access to a case now; how many."""
    done = tx.connection.execute(
        update(standing_access)
        .where(standing_access.c.case_id == case_id, standing_access.c.ended_at.is_(None))
        .values(ended_at=tx.now)
    )
    return int(done.rowcount)


def holds(tx: Transaction, case_id: UUID) -> bool:
    """Whether the actor has access to the case now."""
    asked = select(standing_access.c.id).where(
        standing_access.c.case_id == case_id,
        standing_access.c.actor == tx.actor.name,
        standing_access.c.from_at <= tx.now,
        standing_access.c.until_at > tx.now,
        standing_access.c.ended_at.is_(None),
    )
    return tx.connection.execute(asked.limit(1)).scalar_one_or_none() is not None
