"""Reveal requests and their approvals: who asks for whom, and which organisations say yes. No place is near them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.problems import Conflict, NotFound
from service.store.database import Transaction
from service.store.tables import reveal_approvals, reveal_requests

__all__ = ["Approval", "RevealRequest", "add", "approvals", "approve", "is_waiting", "lock", "move", "read"]


@dataclass(frozen=True)
class RevealRequest:
    """What an approver may know: purpose, receiver, unit and when it was decided.

    Parameters
    ----------
    receiver : the pseudonym of the only one who may collect the address
    state : asked, approved, issued, used, refused, expired
    """

    id: UUID
    case_id: UUID
    stay: UUID
    purpose: str
    receiver: str
    requested_by: str
    unit: str
    decided_at: datetime
    requested_at: datetime
    state: str


@dataclass(frozen=True)
class Approval:
    """One approver's word, and of which organisation they are."""

    actor: str
    organisation: str
    outcome: str


_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    reveal_requests.c.id,
    reveal_requests.c.case_id,
    reveal_requests.c.stay_ref,
    reveal_requests.c.purpose,
    reveal_requests.c.receiver,
    reveal_requests.c.requested_by,
    reveal_requests.c.unit,
    reveal_requests.c.decided_at,
    reveal_requests.c.requested_at,
    reveal_requests.c.state,
)


def add(tx: Transaction, case_id: UUID, stay: UUID, purpose: str, receiver: str, decided_at: datetime) -> UUID:
    """A new request of the actor's; its id."""
    request_id = uuid4()
    tx.connection.execute(
        insert(reveal_requests).values(
            id=request_id,
            case_id=case_id,
            stay_ref=stay,
            purpose=purpose,
            receiver=receiver,
            requested_by=tx.actor.name,
            unit=tx.actor.unit,
            decided_at=decided_at,
            requested_at=tx.now,
            state="asked",
        )
    )
    return request_id


def read(tx: Transaction, request_id: UUID) -> RevealRequest:
    """A request.

    Raises
    ------
    NotFound : there is none that the actor may know of
    """
    row = tx.connection.execute(select(*_COLUMNS).where(reveal_requests.c.id == request_id)).one_or_none()
    if row is None:
        raise NotFound
    return RevealRequest(*row)


def lock(tx: Transaction, request_id: UUID) -> RevealRequest:
    """A request, for this transaction alone until it ends: two approvals at once are counted one after the other.

    Raises
    ------
    NotFound : there is none that the actor may know of
    """
    query = select(*_COLUMNS).where(reveal_requests.c.id == request_id).with_for_update()
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return RevealRequest(*row)


def is_waiting(tx: Transaction, case_id: UUID, stay: UUID, receiver: str, since: datetime) -> bool:
    """Whether a request about this stay for this receiver, asked later than a moment, waits for its approvals."""
    waiting = exists().where(
        reveal_requests.c.case_id == case_id,
        reveal_requests.c.stay_ref == stay,
        reveal_requests.c.receiver == receiver,
        reveal_requests.c.state == "asked",
        reveal_requests.c.requested_at > since,
    )
    return bool(tx.connection.execute(select(waiting)).scalar_one())


def move(tx: Transaction, request_id: UUID, state: str) -> None:
    """Put a request into another state."""
    tx.connection.execute(update(reveal_requests).where(reveal_requests.c.id == request_id).values(state=state))


def approve(tx: Transaction, request_id: UUID, outcome: str) -> None:
    """The actor's word for their organisation; one word an organisation, by the database itself.

    Raises
    ------
    Conflict : `same_organisation`, it has spoken before
    """
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(
                insert(reveal_approvals).values(
                    request_id=request_id,
                    actor=tx.actor.name,
                    organisation=tx.actor.organisation,
                    outcome=outcome,
                    at=tx.now,
                )
            )
    except IntegrityError as err:
        if isinstance(err.orig, UniqueViolation):
            raise Conflict(
                "same_organisation", "Your organisation has spoken: somebody of another one is needed."
            ) from None
        raise


def approvals(tx: Transaction, request_id: UUID) -> tuple[Approval, ...]:
    """What approvers have said of a request, in order."""
    rows = tx.connection.execute(
        select(reveal_approvals.c.actor, reveal_approvals.c.organisation, reveal_approvals.c.outcome)
        .where(reveal_approvals.c.request_id == request_id)
        .order_by(reveal_approvals.c.at, reveal_approvals.c.actor)
    )
    return tuple(Approval(*row) for row in rows)
