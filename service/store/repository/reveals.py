"""Carrying out a reveal: the approvals counted again, one token, used once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update

from service.problems import NotFound
from service.store.database import Transaction
from service.store.tables import reveal_approvals, reveal_requests, reveal_tokens

__all__ = ["Request", "approvals", "close_of_case", "get", "issue", "miss", "set_state", "use", "was_used"]


@dataclass(frozen=True)
class Request:
    """A request for one address, for one named receiver."""

    id: UUID
    case: UUID
    stay: UUID
    purpose: str
    receiver: str
    state: str
    requested_at: datetime


def get(tx: Transaction, reveal_id: UUID) -> Request:
    """One request, locked until the transaction ends.

    Raises
    ------
    NotFound : there is none, or the actor may not see it
    """
    row = tx.connection.execute(
        select(
            reveal_requests.c.id,
            reveal_requests.c.case_id,
            reveal_requests.c.stay_ref,
            reveal_requests.c.purpose,
            reveal_requests.c.receiver,
            reveal_requests.c.state,
            reveal_requests.c.requested_at,
        )
        .where(reveal_requests.c.id == reveal_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound
    return Request(*row)


def approvals(tx: Transaction, reveal_id: UUID) -> tuple[int, int, int]:
    """Number of persons and of organisations that approve, and of refusals: counted, not remembered."""
    said = reveal_approvals.c.outcome
    row = tx.connection.execute(
        select(
            func.count(reveal_approvals.c.actor.distinct()).filter(said == "approved"),
            func.count(reveal_approvals.c.organisation.distinct()).filter(said == "approved"),
            func.count().filter(said != "approved"),
        ).where(reveal_approvals.c.request_id == reveal_id)
    ).one()
    return int(row[0]), int(row[1]), int(row[2])


def set_state(tx: Transaction, reveal_id: UUID, state: str, *, was: str) -> bool:
    """Move a request on; False when it was not in the state told."""
    done = tx.connection.execute(
        update(reveal_requests)
        .where(reveal_requests.c.id == reveal_id, reveal_requests.c.state == was)
        .values(state=state)
    )
    return done.rowcount == 1


def close_of_case(tx: Transaction, case_id: UUID) -> int:
    """No request of a case leads to an address any more; how many did."""
    done = tx.connection.execute(
        update(reveal_requests)
        .where(reveal_requests.c.case_id == case_id, reveal_requests.c.state.in_(("asked", "approved", "issued")))
        .values(state="expired")
    )
    return int(done.rowcount)


def issue(tx: Transaction, reveal_id: UUID, token_hash: bytes, expires_at: datetime) -> None:
    """Store the hash of the one token of a request, bound to the actor."""
    tx.connection.execute(
        insert(reveal_tokens).values(
            request_id=reveal_id,
            token_hash=token_hash,
            receiver=tx.actor.name,
            issued_at=tx.now,
            expires_at=expires_at,
        )
    )


def use(tx: Transaction, reveal_id: UUID, token_hash: bytes) -> bool:
    """Use the token: of many at once, exactly one does."""
    done = tx.connection.execute(
        update(reveal_tokens)
        .where(
            reveal_tokens.c.request_id == reveal_id,
            reveal_tokens.c.token_hash == token_hash,
            reveal_tokens.c.receiver == tx.actor.name,
            reveal_tokens.c.used_at.is_(None),
            reveal_tokens.c.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(reveal_tokens.c.request_id)
    )
    return done.one_or_none() is not None


def miss(tx: Transaction, reveal_id: UUID) -> None:
    """Count a use that failed."""
    tx.connection.execute(
        update(reveal_tokens)
        .where(reveal_tokens.c.request_id == reveal_id)
        .values(failed_uses=reveal_tokens.c.failed_uses + 1)
    )


def was_used(tx: Transaction, reveal_id: UUID, token_hash: bytes) -> bool:
    """Whether this very token was used before."""
    asked = select(reveal_tokens.c.used_at).where(
        reveal_tokens.c.request_id == reveal_id, reveal_tokens.c.token_hash == token_hash
    )
    return tx.connection.execute(asked).scalar_one_or_none() is not None
