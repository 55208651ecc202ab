"""Queries, their stored answers and the order of their slots; what is behind a slot is read by another process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, exists, insert, select, update

from service.crypto import Domain
from service.problems import NotFound
from service.store.database import Transaction
from service.store.tables import queries, slots

__all__ = [
    "Query",
    "add",
    "answer",
    "ask_again",
    "has_another_preference",
    "is_preferred",
    "of_version",
    "prefer",
    "read",
    "slot_ids",
]


@dataclass(frozen=True)
class Query:
    """One question about one version of one case."""

    id: UUID
    case_id: UUID
    assessment_version: int
    asked_at: datetime
    release_at: datetime
    expires_at: datetime
    state: str
    sealed: bytes | None = field(repr=False)


_COLUMNS = (
    queries.c.id,
    queries.c.case_id,
    queries.c.assessment_version,
    queries.c.asked_at,
    queries.c.release_at,
    queries.c.expires_at,
    queries.c.state,
    queries.c.sealed,
)


def add(tx: Transaction, case_id: UUID, version: int, release_at: datetime, expires_at: datetime) -> UUID:
    """A new question; its id. There is one for a case and version, by the database itself."""
    query_id = uuid4()
    tx.connection.execute(
        insert(queries).values(
            id=query_id,
            case_id=case_id,
            assessment_version=version,
            asked_by=tx.actor.name,
            unit=tx.actor.unit,
            asked_at=tx.now,
            release_at=release_at,
            expires_at=expires_at,
            state="working",
        )
    )
    return query_id


def of_version(tx: Transaction, case_id: UUID, version: int) -> Query | None:
    """The question about a case's version, if it was asked."""
    return _found(tx, select(*_COLUMNS).where(queries.c.case_id == case_id, queries.c.assessment_version == version))


def read(tx: Transaction, query_id: UUID) -> Query:
    """A question.

    Raises
    ------
    NotFound : there is none that the actor may know of
    """
    found = _found(tx, select(*_COLUMNS).where(queries.c.id == query_id))
    if found is None:
        raise NotFound
    return found


def _found(tx: Transaction, query: Select[Any]) -> Query | None:
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else Query(*row)


def answer(tx: Transaction, found: Query) -> dict[str, Any] | None:
    """What was stored as the answer, if anything was."""
    if found.sealed is None:
        return None
    told: dict[str, Any] = tx.open(Domain.CASE, found.case_id, f"queries/sealed/{found.id}/1", found.sealed)
    return told


def slot_ids(tx: Transaction, query_id: UUID) -> Sequence[UUID]:
    """The slots of an answer, in its order."""
    return (
        tx.connection.execute(select(slots.c.id).where(slots.c.query_id == query_id).order_by(slots.c.position))
        .scalars()
        .all()
    )


def is_preferred(tx: Transaction, query_id: UUID) -> bool:
    """Whether an order of preference was told for an answer's slots."""
    return bool(
        tx.connection.execute(
            select(exists().where(slots.c.query_id == query_id, slots.c.preferred_at.is_not(None)))
        ).scalar_one()
    )


def has_another_preference(tx: Transaction, case_id: UUID, query_id: UUID | None) -> bool:
    """Whether an order was told for an answer to another question of the case that still lives."""
    another = (
        select(queries.c.id)
        .join(slots, slots.c.query_id == queries.c.id)
        .where(
            queries.c.case_id == case_id,
            queries.c.expires_at > tx.now,
            queries.c.state != "expired",
            slots.c.preferred_at.is_not(None),
        )
        .limit(2)
    )
    return any(found != query_id for found in tx.connection.execute(another).scalars())


def prefer(tx: Transaction, query_id: UUID, order: Sequence[UUID]) -> None:
    """Store the order of preference, the first choice first."""
    for preference, slot in enumerate(order, start=1):
        tx.connection.execute(
            update(slots)
            .where(slots.c.id == slot, slots.c.query_id == query_id)
            .values(preference=preference, preferred_at=tx.now)
        )


def ask_again(tx: Transaction, query_id: UUID, release_at: datetime, expires_at: datetime) -> None:
    """Put a question whose answer named only what the own case lacks back to work; an answer with slots never is."""
    tx.connection.execute(
        update(queries)
        .where(queries.c.id == query_id, ~exists().where(slots.c.query_id == query_id))
        .values(state="working", sealed=None, asked_at=tx.now, release_at=release_at, expires_at=expires_at)
    )
