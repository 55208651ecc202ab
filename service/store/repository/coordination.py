"""Cases as the back sees them: whose they are, who has claimed them, and what a claim opens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Table, exists, func, insert, literal, or_, select, update

from service.actors import Role
from service.crypto import Domain, at
from service.inference import round_at
from service.problems import NotFound
from service.store.database import Transaction
from service.store.repository import duties, tasks
from service.store.repository.duties import Duty
from service.store.repository.wider import as_system
from service.store.tables import assessment_versions, case_versions, cases, claims, gate_versions, hold_orders, stays

__all__ = [
    "CLAIM_LASTS",
    "CLOSED",
    "TELLING",
    "Assessment",
    "CaseRow",
    "Ordered",
    "Sealed",
    "assessment",
    "case_details",
    "claim",
    "claimed_by_actor",
    "claims_since",
    "gate",
    "get",
    "move",
    "ordered",
    "remember_claim",
    "settle_arrived",
    "show_offer",
    "unclaim",
    "untold",
]

CLAIM_LASTS: Final = timedelta(hours=12)
"""A shift: after it the case is nobody's, so that none is stuck with, or open to, somebody who went home."""
CLOSED: Final = "closed"
"""Never placed: nobody works on the case any more. After an exit somebody may still be present."""
TELLING: Final = ("signed", "in_progress", "arrived")
"""States in which nothing is shown to the asker's side, so that something may be."""


@dataclass(frozen=True)
class CaseRow:
    """What stands open of a case."""

    id: UUID
    unit: str
    municipality_unit: str
    state: str
    triage: str
    received_at: datetime
    attempt_no: int
    is_emergency: bool
    claimed_by: str | None
    claimed_at: datetime | None
    offer: UUID | None
    told_from: datetime | None

    def told_at(self, since: datetime, tick_s: int) -> datetime:
        """When an offer that has been ready since a moment is shown to the asker's side.

        At a round that depends on nothing but what the case's own people did; at once where nothing was ever asked.

        Parameters
        ----------
        tick_s : `Settings.release_tick_s`; 0, in a demonstration: nothing waits for a round
        """
        at_once = not tick_s or self.is_emergency  # who was fetched from danger waits for no later round
        if at_once and self.told_from is not None and self.told_from <= since:
            return since
        return round_at(self.triage, self.told_from, since)

    def is_claimed_by(self, actor: str, now: datetime) -> bool:
        """Whether somebody's claim of the case holds: it lapses for its maker too."""
        return self.claimed_by == actor and self.claimed_at is not None and self.claimed_at + CLAIM_LASTS > now


@dataclass(frozen=True)
class Sealed:
    """The newest version of something sealed, and its ciphertext for the trail."""

    version: int
    told: dict[str, Any] = field(repr=False)
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class Assessment(Sealed):
    """The newest assessment; `told` is a matching.domain.PlacementAssessment."""

    unit: str
    withdrawn: bool


@dataclass(frozen=True)
class Ordered:
    """A hold that was ordered for a case: `state` working, held or refused."""

    id: UUID
    state: str
    asked_at: datetime


_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    cases.c.id,
    cases.c.unit,
    cases.c.municipality_unit,
    cases.c.state,
    cases.c.triage,
    cases.c.received_at,
    cases.c.attempt_no,
    cases.c.is_emergency,
    cases.c.claimed_by,
    cases.c.claimed_at,
    cases.c.offer_ref,
    cases.c.told_from,
)


def get(tx: Transaction, case_id: UUID, *, lock: bool = False) -> CaseRow:
    """One case; `lock` keeps others from changing it until the transaction ends, but not from adding to it.

    Raises
    ------
    NotFound : there is none, or the actor may not see it
    """
    asked = select(*_COLUMNS).where(cases.c.id == case_id)
    row = tx.connection.execute(asked.with_for_update(key_share=True) if lock else asked).one_or_none()
    if row is None:
        raise NotFound
    return CaseRow(*row)


def claim(tx: Transaction, case_id: UUID, *, takes_over: bool = False) -> bool:
    """Claim a case for the actor; False when a claim of it has not lapsed, unless that is taken over."""
    done = tx.connection.execute(
        update(cases)
        .where(
            cases.c.id == case_id,
            cases.c.state != CLOSED,
            or_(literal(takes_over), cases.c.claimed_by.is_(None), cases.c.claimed_at <= tx.now - CLAIM_LASTS),
        )
        .values(claimed_by=tx.actor.name, claimed_at=tx.now)
    )
    if done.rowcount != 1:
        return False
    remember_claim(tx, case_id)
    return True


def remember_claim(tx: Transaction, case_id: UUID) -> None:
    """Count a claim, and keep who coordinates from every other duty on the case.

    Raises
    ------
    Conflict : `another_duty`
    """
    duties.take_in_back(tx, case_id, Duty.COORDINATOR)
    tx.connection.execute(insert(claims).values(id=uuid4(), case_id=case_id, actor=tx.actor.name, claimed_at=tx.now))


def ordered(tx: Transaction, case_id: UUID) -> tuple[Ordered, ...]:
    """Holds ordered for a claimed case, the newest first."""
    rows = tx.connection.execute(
        select(hold_orders.c.id, hold_orders.c.state, hold_orders.c.asked_at)
        .where(hold_orders.c.case_id == case_id)
        .order_by(hold_orders.c.asked_at.desc(), hold_orders.c.id)
        .limit(20)
    )
    return tuple(Ordered(*row) for row in rows)


def claimed_by_actor(tx: Transaction) -> frozenset[str]:
    """Ids of the cases the actor has claimed, as text."""
    mine = (cases.c.claimed_by == tx.actor.name, cases.c.claimed_at > tx.now - CLAIM_LASTS)
    found = tx.connection.execute(select(cases.c.id).where(*mine).limit(1000))
    return frozenset(map(str, found.scalars()))


def claims_since(tx: Transaction, moment: datetime) -> int:
    """How many claims the actor has made since a moment."""
    asked = select(func.count()).where(claims.c.actor == tx.actor.name, claims.c.claimed_at >= moment)
    return int(tx.connection.execute(asked).scalar_one())


def unclaim(tx: Transaction, case_id: UUID) -> bool:
    """Let go of a case; False when it was not the actor's."""
    done = tx.connection.execute(
        update(cases)
        .where(cases.c.id == case_id, cases.c.claimed_by == tx.actor.name)
        .values(claimed_by=None, claimed_at=None)
    )
    return done.rowcount == 1


def move(tx: Transaction, case_id: UUID, to: str, *, offer: UUID | None = None, end_reason: str | None = None) -> None:
    """Bring a case to a state; `offer` is the stay that is offered now, kept when none is told."""
    values: dict[str, Any] = {"state": to, "state_since": tx.now}
    if offer is not None:
        values["offer_ref"] = offer
    if end_reason is not None:
        values["end_reason"] = end_reason
    with as_system(tx):  # the police at the destination move the case on without seeing it
        tx.connection.execute(update(cases).where(cases.c.id == case_id).values(**values))


def show_offer(tx: Transaction, case: CaseRow, stay_id: UUID, due_at: datetime) -> None:
    """What is ready for a case is shown to the asker's side: the person can be asked."""
    move(tx, case.id, "answer_needed", offer=stay_id)
    tasks.add(tx, "answer_needed", Role.REQUESTER, due_at, case=case.id, stay=stay_id, for_unit=case.unit)


def settle_arrived(tx: Transaction) -> int:
    """Persons of a case in progress who live in a stay of it have arrived; how many cases that is.

    An act of the front that takes another offer of theirs out of sight, or declines it, sees no stay.
    """
    lives = exists().where(stays.c.case_id == cases.c.id, stays.c.state == "placed")
    done = tx.connection.execute(
        update(cases).where(cases.c.state == "in_progress", lives).values(state="arrived", state_since=tx.now)
    )
    return int(done.rowcount)


def untold(tx: Transaction, now: datetime, limit: int = 500) -> tuple[CaseRow, ...]:
    """Cases to which nothing is shown although something is checked for them and their first round has come."""
    is_ready = exists().where(stays.c.case_id == cases.c.id, stays.c.state == "checked")
    rows = tx.connection.execute(
        select(*_COLUMNS)
        .where(cases.c.state.in_(TELLING), is_ready, or_(cases.c.told_from.is_(None), cases.c.told_from <= now))
        .order_by(cases.c.told_from.desc(), cases.c.id)
        .limit(limit)
    )
    return tuple(CaseRow(*row) for row in rows)


def _newest(tx: Transaction, table: Table, case_id: UUID) -> Any:
    return tx.connection.execute(
        select(table).where(table.c.case_id == case_id).order_by(table.c.version.desc()).limit(1)
    ).one_or_none()


def case_details(tx: Transaction, case_id: UUID) -> Sealed | None:
    """The household, homes, window and needs, as last written."""
    row = _newest(tx, case_versions, case_id)
    if row is None:
        return None
    told = tx.open(Domain.CASE, case_id, at("case_versions", "sealed", case_id, row.version), row.sealed)
    return Sealed(row.version, told, bytes(row.sealed))


def gate(tx: Transaction, case_id: UUID) -> Sealed | None:
    """The gate facts, as last written."""
    row = _newest(tx, gate_versions, case_id)
    if row is None:
        return None
    told = tx.open(Domain.CASE, case_id, at("gate_versions", "sealed", case_id, row.version), row.sealed)
    return Sealed(row.version, told, bytes(row.sealed))


def assessment(tx: Transaction, case_id: UUID) -> Assessment | None:
    """The newest version of the placement assessment, also a withdrawn one."""
    row = _newest(tx, assessment_versions, case_id)
    if row is None:
        return None
    told = tx.open(Domain.CASE, case_id, at("assessment_versions", "sealed", case_id, row.version), row.sealed)
    return Assessment(row.version, told["assessment"], bytes(row.sealed), row.unit, row.withdrawn)
