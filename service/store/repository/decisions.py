"""The municipality's decisions, the person's answers, and the offers they are about; only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from service.crypto import Domain
from service.store.database import Transaction
from service.store.tables import decisions, offers, person_answers

__all__ = ["Decision", "add", "add_answer", "answer_to", "newest", "offered", "on_stay", "put_offer"]


@dataclass(frozen=True)
class Decision:
    """One decision: the outcome, with a code unless it is a yes."""

    id: UUID
    outcome: str
    reason_code: str | None
    decided_at: datetime


_COLUMNS = (decisions.c.id, decisions.c.outcome, decisions.c.reason_code, decisions.c.decided_at)


def add(
    tx: Transaction, case_id: UUID, kind: str, outcome: str, reason_code: str | None, stay: UUID | None = None
) -> UUID:
    """A decision of the kind `measure` or `placement`; its id."""
    decision_id = uuid4()
    tx.connection.execute(
        insert(decisions).values(
            id=decision_id,
            case_id=case_id,
            kind=kind,
            outcome=outcome,
            reason_code=reason_code,
            decided_by=tx.actor.name,
            decided_at=tx.now,
            stay_ref=stay,
        )
    )
    return decision_id


def newest(tx: Transaction, case_id: UUID, kind: str) -> Decision | None:
    """The decision that counts: the newest of its kind."""
    row = tx.connection.execute(
        select(*_COLUMNS)
        .where(decisions.c.case_id == case_id, decisions.c.kind == kind)
        .order_by(decisions.c.decided_at.desc(), decisions.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Decision(*row)


def on_stay(tx: Transaction, case_id: UUID, stay: UUID) -> Decision | None:
    """The placement decision about one stay, if it was made."""
    row = tx.connection.execute(
        select(*_COLUMNS)
        .where(decisions.c.case_id == case_id, decisions.c.kind == "placement", decisions.c.stay_ref == stay)
        .order_by(decisions.c.decided_at.desc(), decisions.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Decision(*row)


def add_answer(tx: Transaction, case_id: UUID, outcome: str, reason_code: str | None, stay: UUID) -> UUID:
    """The person's own answer to what is offered; its id."""
    answer_id = uuid4()
    tx.connection.execute(
        insert(person_answers).values(
            id=answer_id,
            case_id=case_id,
            outcome=outcome,
            reason_code=reason_code,
            recorded_by=tx.actor.name,
            recorded_at=tx.now,
            stay_ref=stay,
        )
    )
    return answer_id


def answer_to(tx: Transaction, case_id: UUID, stay: UUID) -> str | None:
    """How the person answered to one stay, if they did: the newest answer."""
    found: Any = tx.connection.execute(
        select(person_answers.c.outcome)
        .where(person_answers.c.case_id == case_id, person_answers.c.stay_ref == stay)
        .order_by(person_answers.c.recorded_at.desc(), person_answers.c.id)
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else str(found)


def put_offer(tx: Transaction, case_id: UUID, stay: UUID, card: dict[str, str]) -> None:
    """What person and municipality see of a stay that is held for a case: the words of a card, never a place.

    Parameters
    ----------
    card : form, staffing, privacy and cost_band, as `matching.redaction.Card` words them, and held_until, a day
    """
    sealed = tx.seal(Domain.CASE, case_id, f"offers/sealed/{stay}/1", card)
    tx.connection.execute(insert(offers).values(stay_ref=stay, case_id=case_id, offered_at=tx.now, sealed=sealed))


def offered(tx: Transaction, case_id: UUID, stay: UUID) -> tuple[dict[str, str], bytes] | None:
    """The card of a stay held for a case, and its ciphertext."""
    sealed: bytes | None = tx.connection.execute(
        select(offers.c.sealed).where(offers.c.case_id == case_id, offers.c.stay_ref == stay)
    ).scalar_one_or_none()
    if sealed is None:
        return None
    return tx.open(Domain.CASE, case_id, f"offers/sealed/{stay}/1", sealed), sealed
