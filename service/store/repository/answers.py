"""The stored answer of a query, its slots, and what is behind them.

The answer is sealed in domain `case`; which facilities are behind a slot in domain `place`, which the process that
shows the answer cannot open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, delete, insert, or_, select, update

from service.crypto import Domain, at
from service.problems import NotFound
from service.store.database import Transaction
from service.store.repository.world import WAITING
from service.store.tables import cases, queries, slot_backing, slots

__all__ = [
    "Drawn",
    "Query",
    "Slot",
    "answer",
    "backing",
    "destroy_outlived",
    "eligible",
    "expire",
    "get",
    "lost",
    "overdue",
    "preferred",
    "seed",
    "store",
]


@dataclass(frozen=True)
class Query:
    """A row of `queries`: `state` working, stored or expired."""

    id: UUID
    case: UUID
    assessment_version: int
    unit: str
    asked_at: datetime
    release_at: datetime
    expires_at: datetime
    state: str
    sealed: bytes | None = field(repr=False)


@dataclass(frozen=True)
class Slot:
    """One slot of an answer: a random id, its place among the three and in the requester's order."""

    id: UUID
    query: UUID
    position: int
    preference: int | None


@dataclass(frozen=True)
class Drawn:
    """What is behind the slots of an answer; destroyed at its end, or if they were put in order at the case's.

    Parameters
    ----------
    behind : for each slot, in order of position, its id and the ids of the facilities behind it as they are tried
    seed : of the draw
    eligible : ids of all facilities that were publicly eligible
    """

    behind: Sequence[tuple[UUID, Sequence[str]]] = field(repr=False)
    seed: bytes = field(repr=False)
    eligible: Sequence[str] = field(repr=False)


_TRIED: Final = (*WAITING, "decided")
"""States of a case whose slots may be tried again: what was decided can be lost before anybody arrives."""
_COLUMNS: Final = (
    queries.c.id,
    queries.c.case_id,
    queries.c.assessment_version,
    queries.c.unit,
    queries.c.asked_at,
    queries.c.release_at,
    queries.c.expires_at,
    queries.c.state,
    queries.c.sealed,
)


def get(tx: Transaction, query_id: UUID, *, lock: bool = False) -> Query:
    """One query; `lock` keeps others from changing it until the transaction ends.

    Raises
    ------
    NotFound : there is none, or the actor may not see it
    """
    asked = select(*_COLUMNS).where(queries.c.id == query_id)
    row = tx.connection.execute(asked.with_for_update() if lock else asked).one_or_none()
    if row is None:
        raise NotFound
    return Query(*row)


def store(tx: Transaction, query: Query, told: dict[str, Any], drawn: Drawn | None) -> bytes | None:
    """Store an answer once; its ciphertext, or none when it was stored before.

    Parameters
    ----------
    told : ``{"slots": [{"id", "position", …}], "missing": [codes]}``
    drawn : what is behind the slots; none without slots
    """
    sealed = tx.seal(Domain.CASE, query.case, at("queries", "sealed", query.id, 1), told)
    done = tx.connection.execute(
        update(queries)
        .where(queries.c.id == query.id, queries.c.state == "working")
        .values(state="stored", sealed=sealed)
    )
    if done.rowcount != 1:
        return None
    if drawn is None:
        return sealed
    tx.new_subject(Domain.PLACE, query.case)
    for position, (slot_id, facilities) in enumerate(drawn.behind, start=1):
        tx.connection.execute(insert(slots).values(id=slot_id, query_id=query.id, position=position))
        place = at("slot_backing", "sealed", slot_id, 1)
        content = {"facilities": list(facilities), "seed": drawn.seed.hex(), "eligible": list(drawn.eligible)}
        hidden = tx.seal(Domain.PLACE, query.case, place, content)
        tx.connection.execute(insert(slot_backing).values(slot_id=slot_id, sealed=hidden))
    return sealed


def answer(tx: Transaction, query: Query) -> dict[str, Any]:
    """What was stored; empty before."""
    if query.sealed is None:
        return {}
    opened: dict[str, Any] = tx.open(Domain.CASE, query.case, at("queries", "sealed", query.id, 1), query.sealed)
    return opened


def preferred(tx: Transaction, query_id: UUID) -> tuple[Slot, ...]:
    """The slots in the requester's order; none before there is one."""
    rows = tx.connection.execute(
        select(slots.c.id, slots.c.query_id, slots.c.position, slots.c.preference)
        .where(slots.c.query_id == query_id, slots.c.preference.is_not(None))
        .order_by(slots.c.preference)
    )
    return tuple(Slot(*row) for row in rows)


def backing(tx: Transaction, query: Query, slot: Slot) -> tuple[str, ...]:
    """Ids of the facilities behind a slot, in the order they are tried; none once they are destroyed."""
    return tuple(_behind(tx, query, slot).get("facilities", ()))


def eligible(tx: Transaction, query: Query, slot: Slot) -> frozenset[str]:
    """Ids of the facilities that were publicly eligible when the slots were drawn; none once destroyed."""
    return frozenset(_behind(tx, query, slot).get("eligible", ()))


def seed(tx: Transaction, query: Query, slot: Slot) -> str:
    """Seed of the draw, as hexadecimal digits: with it an audit draws the same; nothing once destroyed."""
    return str(_behind(tx, query, slot).get("seed", ""))


def _behind(tx: Transaction, query: Query, slot: Slot) -> dict[str, Any]:
    sealed = tx.connection.execute(
        select(slot_backing.c.sealed).where(slot_backing.c.slot_id == slot.id)
    ).scalar_one_or_none()
    if sealed is None:
        return {}
    told: dict[str, Any] = tx.open(Domain.PLACE, query.case, at("slot_backing", "sealed", slot.id, 1), sealed)
    return told


def expire(tx: Transaction, query: Query) -> bool:
    """Let the answer end; False when it had ended before.

    What is behind its slots is destroyed, unless they were put in order: then they are still tried for the case.
    """
    if not preferred(tx, query.id):
        _destroy(tx, query.id)
    done = tx.connection.execute(
        update(queries).where(queries.c.id == query.id, queries.c.state != "expired").values(state="expired")
    )
    return done.rowcount == 1


def destroy_outlived(tx: Transaction, asked_before: datetime, limit: int = 100) -> int:
    """Destroy what was kept behind ended answers and is not tried any more; of how many answers it was.

    Parameters
    ----------
    asked_before : answers of questions asked before are too old, whatever their case waits for
    """
    waits = or_(cases.c.state.in_(_TRIED), and_(cases.c.is_emergency, cases.c.state == "arrived"))
    asked = (
        select(queries.c.id)
        .distinct()
        .join(slots, slots.c.query_id == queries.c.id)
        .join(slot_backing, slot_backing.c.slot_id == slots.c.id)
        .join(cases, cases.c.id == queries.c.case_id)
        .where(queries.c.state == "expired", or_(queries.c.asked_at < asked_before, ~waits))
        .order_by(queries.c.id)
        .limit(limit)
    )
    found = tx.connection.execute(asked).scalars().all()
    for query_id in found:
        _destroy(tx, query_id)
    return len(found)


def _destroy(tx: Transaction, query_id: UUID) -> None:
    own = select(slots.c.id).where(slots.c.query_id == query_id)
    tx.connection.execute(delete(slot_backing).where(slot_backing.c.slot_id.in_(own)))


def lost(tx: Transaction, before: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """Queries asked before a moment that have no answer: their job was lost."""
    rows = tx.connection.execute(
        select(queries.c.id)
        .where(queries.c.state == "working", queries.c.asked_at < before)
        .order_by(queries.c.asked_at)
        .limit(limit)
    )
    return tuple(rows.scalars())


def overdue(tx: Transaction, moment: datetime, limit: int = 100) -> tuple[UUID, ...]:
    """Queries whose answer should have ended."""
    rows = tx.connection.execute(
        select(queries.c.id)
        .where(queries.c.state != "expired", queries.c.expires_at < moment)
        .order_by(queries.c.expires_at)
        .limit(limit)
    )
    return tuple(rows.scalars())
