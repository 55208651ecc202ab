"""What a coordinator orders the solver to hold; sealed in domain `place`, subject = case id."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from service.crypto import Domain, at
from service.problems import NotFound
from service.store.database import Transaction
from service.store.tables import hold_orders

__all__ = ["Order", "content", "finish", "get", "new", "of_case"]


@dataclass(frozen=True)
class Order:
    """A row of `hold_orders`: `kind` manual, emergency or repair; `state` working, held or refused."""

    id: UUID
    case: UUID
    kind: str
    state: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    stay: UUID | None
    sealed: bytes = field(repr=False)


_COLUMNS: Final = (
    hold_orders.c.id,
    hold_orders.c.case_id,
    hold_orders.c.kind,
    hold_orders.c.state,
    hold_orders.c.asked_by,
    hold_orders.c.asked_at,
    hold_orders.c.finished_at,
    hold_orders.c.stay_ref,
    hold_orders.c.sealed,
)


def new(tx: Transaction, case_id: UUID, kind: str, told: dict[str, Any]) -> UUID:
    """Order a hold: its row, and the job that carries it out; its id.

    Parameters
    ----------
    kind : ``manual`` or ``repair``
    told : ``{"facility": id, "start": day}``, or ``{"plan": plan id}`` for what a proposed plan has for this case, with
        ``"option"``, a rank, of a list of options
    """
    order_id = uuid4()
    tx.new_subject(Domain.PLACE, case_id)
    tx.connection.execute(
        insert(hold_orders).values(
            id=order_id,
            case_id=case_id,
            kind=kind,
            state="working",
            asked_by=tx.actor.name,
            asked_at=tx.now,
            sealed=tx.seal(Domain.PLACE, case_id, _place(order_id), told),
        )
    )
    tx.defer("hold_order", order_id)
    return order_id


def get(tx: Transaction, order_id: UUID) -> Order:
    """One order.

    Raises
    ------
    NotFound : there is none, or the actor may not see it
    """
    row = tx.connection.execute(select(*_COLUMNS).where(hold_orders.c.id == order_id)).one_or_none()
    if row is None:
        raise NotFound
    return Order(*row)


def of_case(tx: Transaction, case_id: UUID, limit: int) -> tuple[Order, ...]:
    """Holds ordered for a case, the newest first."""
    rows = tx.connection.execute(
        select(*_COLUMNS)
        .where(hold_orders.c.case_id == case_id)
        .order_by(hold_orders.c.asked_at.desc(), hold_orders.c.id)
        .limit(limit)
    )
    return tuple(Order(*row) for row in rows)


def content(tx: Transaction, order: Order) -> dict[str, Any]:
    """See `new`."""
    opened: dict[str, Any] = tx.open(Domain.PLACE, order.case, _place(order.id), order.sealed)
    return opened


def finish(tx: Transaction, order: Order, stay_id: UUID | None) -> bool:
    """Carried out, or refused when there is no stay; False when another worker was faster."""
    done = tx.connection.execute(
        update(hold_orders)
        .where(hold_orders.c.id == order.id, hold_orders.c.state == "working")
        .values(state="refused" if stay_id is None else "held", stay_ref=stay_id, finished_at=tx.now)
    )
    return done.rowcount == 1


def _place(order_id: UUID) -> str:
    return at("hold_orders", "sealed", order_id, 1)
