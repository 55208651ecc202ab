"""Cases, their versions, gate facts and signatures. What identifies a person is opened here and nowhere cached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import ColumnElement, Select, Table, and_, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.actors import Role
from service.crypto import Domain
from service.problems import NotFound
from service.store.database import Transaction
from service.store.repository.assignments import is_live
from service.store.tables import assignments, case_signatures, case_versions, cases, gate_versions

__all__ = [
    "OPEN_STATES",
    "Case",
    "Version",
    "accept",
    "add_gate",
    "add_signature",
    "add_version",
    "insert_case",
    "listed",
    "lock",
    "move",
    "never_signed",
    "newest_gate",
    "newest_version",
    "organisations",
    "read",
    "set_triage",
    "tell_from",
    "unsigned",
    "versions",
]

OPEN_STATES: Final = ("opened", "signed", "in_progress", "answer_needed", "decision_needed", "decided", "arrived")


@dataclass(frozen=True)
class Case:
    """A case as its plain columns tell it.

    Parameters
    ----------
    offer : the stay that is offered now, as a random id that opens nothing here
    told_from : the first telling round of what was asked last; none: nothing was ever asked
    """

    id: UUID
    unit: str
    municipality_unit: str
    person_tag: bytes = field(repr=False)
    state: str
    triage: str
    received_at: datetime
    attempt_no: int
    previous: UUID | None
    is_emergency: bool
    end_reason: str | None
    offer: UUID | None
    told_from: datetime | None


@dataclass(frozen=True)
class Version:
    """One version of something sealed.

    Parameters
    ----------
    sealed : the ciphertext, for the trail's hash of it
    content : what was opened
    """

    version: int
    written_at: datetime
    sealed: bytes = field(repr=False)
    content: dict[str, Any] = field(repr=False)


_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    cases.c.id,
    cases.c.unit,
    cases.c.municipality_unit,
    cases.c.person_tag,
    cases.c.state,
    cases.c.triage,
    cases.c.received_at,
    cases.c.attempt_no,
    cases.c.previous_case_id,
    cases.c.is_emergency,
    cases.c.end_reason,
    cases.c.offer_ref,
    cases.c.told_from,
)


def insert_case(
    tx: Transaction,
    case_id: UUID,
    *,
    municipality_unit: str,
    municipality_organisation: str,
    person_tag: bytes,
    state: str,
    triage: str,
    received_at: datetime,
    attempt_no: int,
    previous: UUID | None,
    end_reason: str | None = None,
) -> bool:
    """A new case of the actor's unit; false when the id is there already. Nobody is compared with anybody."""
    row = insert(cases).values(
        id=case_id,
        unit=tx.actor.unit,
        organisation=tx.actor.organisation,
        municipality_unit=municipality_unit,
        municipality_organisation=municipality_organisation,
        person_tag=person_tag,
        state=state,
        triage=triage,
        received_at=received_at,
        attempt_no=attempt_no,
        previous_case_id=previous,
        is_emergency=False,
        state_since=tx.now,
        end_reason=end_reason,
    )
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(row)
    except IntegrityError as err:
        if isinstance(err.orig, UniqueViolation):
            return False
        raise
    return True


def unsigned(tx: Transaction) -> int:
    """How many cases of the actor's unit wait for a second organisation."""
    mine = select(func.count()).select_from(cases).where(cases.c.unit == tx.actor.unit, cases.c.state == "opened")
    return int(tx.connection.execute(mine).scalar_one())


def accept(tx: Transaction, case_id: UUID) -> bool:
    """Two organisations have signed; false, and nothing is changed, when the person is in another case already."""
    try:
        with tx.connection.begin_nested():
            move(tx, case_id, "signed")
    except IntegrityError as err:
        if isinstance(err.orig, UniqueViolation):
            return False
        raise
    return True


def never_signed(tx: Transaction, opened_before: datetime, limit: int) -> tuple[UUID, ...]:
    """Cases that have waited for a second organisation since before a moment, the longest first."""
    waiting = select(cases.c.id).where(cases.c.state == "opened", cases.c.state_since < opened_before)
    return tuple(tx.connection.execute(waiting.order_by(cases.c.state_since, cases.c.id).limit(limit)).scalars())


def read(tx: Transaction, case_id: UUID) -> Case:
    """A case.

    Raises
    ------
    NotFound : there is none that the actor may know of
    """
    return _one(tx, select(*_COLUMNS).where(cases.c.id == case_id))


def lock(tx: Transaction, case_id: UUID) -> Case:
    """A case, for this transaction alone until it ends: acts on one case follow one another.

    Raises
    ------
    NotFound : there is none that the actor may know of
    """
    return _one(tx, select(*_COLUMNS).where(cases.c.id == case_id).with_for_update(key_share=True))


def _one(tx: Transaction, query: Select[Any]) -> Case:
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return Case(*row)


def listed(tx: Transaction, limit: int) -> tuple[Case, ...]:
    """Cases of the actor, open ones first, then the newest.

    A requester's are those assigned, an assessor's those of the unit, a decider's those of the municipality. A case
    that was not accepted is in nobody's list.
    """
    actor = tx.actor
    mine = {
        Role.REQUESTER: exists().where(
            assignments.c.case_id == cases.c.id,
            assignments.c.actor == actor.name,
            assignments.c.role == actor.role.value,
            assignments.c.unit == actor.unit,
            cases.c.organisation == actor.organisation,
            is_live(tx.now),
        ),
        Role.ASSESSOR: and_(cases.c.unit == actor.unit, cases.c.organisation == actor.organisation),
        Role.DECIDER: and_(
            cases.c.municipality_unit == actor.unit, cases.c.municipality_organisation == actor.organisation
        ),
    }.get(actor.role)
    if mine is None:
        return ()
    rows = tx.connection.execute(
        select(*_COLUMNS)
        .where(mine, func.coalesce(cases.c.end_reason, "") != "not_accepted")
        .order_by(cases.c.state.not_in(OPEN_STATES), cases.c.received_at.desc(), cases.c.id)
        .limit(limit)
    )
    return tuple(Case(*row) for row in rows)


def tell_from(tx: Transaction, case_id: UUID, moment: datetime) -> None:
    """Keep the first telling round of what was asked last, see `service.inference.first_round`."""
    tx.connection.execute(update(cases).where(cases.c.id == case_id).values(told_from=moment))


def move(tx: Transaction, case_id: UUID, state: str, end_reason: str | None = None) -> None:
    """Put a case into another state."""
    tx.connection.execute(
        update(cases).where(cases.c.id == case_id).values(state=state, state_since=tx.now, end_reason=end_reason)
    )


def set_triage(tx: Transaction, case_id: UUID, triage: str) -> None:
    """Change a case's triage class."""
    tx.connection.execute(update(cases).where(cases.c.id == case_id).values(triage=triage))


def add_version(tx: Transaction, case_id: UUID, version: int, content: dict[str, Any]) -> bytes:
    """Another version of what is known of a case; its ciphertext."""
    return _add(tx, case_versions, case_id, version, content)


def newest_version(tx: Transaction, case_id: UUID) -> Version | None:
    """What is known of a case, if anything."""
    return _newest(tx, case_versions, case_id)


def versions(tx: Transaction, case_id: UUID) -> int:
    """How many versions of a case's details there are; nothing is opened."""
    newest = select(func.coalesce(func.max(case_versions.c.version), 0)).where(case_versions.c.case_id == case_id)
    return int(tx.connection.execute(newest).scalar_one())


def add_gate(tx: Transaction, case_id: UUID, version: int, content: dict[str, Any]) -> bytes:
    """Another version of the gate facts; its ciphertext."""
    return _add(tx, gate_versions, case_id, version, content)


def newest_gate(tx: Transaction, case_id: UUID) -> Version | None:
    """The gate facts, if any."""
    return _newest(tx, gate_versions, case_id)


def _add(tx: Transaction, table: Table, case_id: UUID, version: int, content: dict[str, Any]) -> bytes:
    sealed = tx.seal(Domain.CASE, case_id, f"{table.name}/sealed/{case_id}/{version}", content)
    tx.connection.execute(
        insert(table).values(
            case_id=case_id, version=version, written_by=tx.actor.name, written_at=tx.now, sealed=sealed
        )
    )
    return sealed


def _newest(tx: Transaction, table: Table, case_id: UUID) -> Version | None:
    row = tx.connection.execute(
        select(table.c.version, table.c.written_at, table.c.sealed)
        .where(table.c.case_id == case_id)
        .order_by(table.c.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    version, written_at, sealed = row
    content = tx.open(Domain.CASE, case_id, f"{table.name}/sealed/{case_id}/{version}", sealed)
    return Version(version, written_at, sealed, content)


def add_signature(tx: Transaction, case_id: UUID, jws: str) -> bytes:
    """The actor's organisation vouches for the person; the ciphertext of its signature."""
    place = f"case_signatures/sealed/{case_id}/{tx.actor.organisation}"
    sealed = tx.seal(Domain.CASE, case_id, place, {"jws": jws})
    tx.connection.execute(
        insert(case_signatures).values(
            case_id=case_id,
            organisation=tx.actor.organisation,
            signed_by=tx.actor.name,
            signed_at=tx.now,
            sealed=sealed,
        )
    )
    return sealed


def organisations(tx: Transaction, case_id: UUID) -> Sequence[str]:
    """Which organisations have signed, in alphabetical order."""
    return (
        tx.connection.execute(
            select(case_signatures.c.organisation)
            .where(case_signatures.c.case_id == case_id)
            .order_by(case_signatures.c.organisation)
        )
        .scalars()
        .all()
    )
