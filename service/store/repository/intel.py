"""Intelligence: networks, relations, conflicts between persons, exposed places; versions and who confirms them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_once

from service.crypto import Domain
from service.problems import NotFound
from service.store.database import Transaction
from service.store.tables import intel_confirmations, intel_versions

__all__ = ["Confirmation", "Record", "add", "confirm", "confirmations", "is_network", "newest", "opened", "owner"]


@dataclass(frozen=True)
class Record:
    """One version of one record.

    Parameters
    ----------
    kind : network, relation, person_conflict, exposure
    unit : of who wrote this version: a second source is of another one
    """

    id: UUID
    version: int
    kind: str
    written_by: str
    unit: str
    written_at: datetime
    withdrawn: bool
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class Confirmation:
    """Somebody's word for a version."""

    actor: str
    unit: str
    role: str


def add(
    tx: Transaction, record_id: UUID, version: int, kind: str, content: dict[str, Any], *, withdrawn: bool = False
) -> bytes:
    """Another version of a record; its ciphertext. Two at once: the primary key lets one through.

    Parameters
    ----------
    content : the record of `matching.domain`; its id is that of the record
    """
    sealed = tx.seal(Domain.INTEL, record_id, _place(record_id, version), {**content, "id": str(record_id)})
    tx.connection.execute(
        insert(intel_versions).values(
            record_id=record_id,
            version=version,
            kind=kind,
            written_by=tx.actor.name,
            unit=tx.actor.unit,
            written_at=tx.now,
            withdrawn=withdrawn,
            sealed=sealed,
        )
    )
    return sealed


def newest(tx: Transaction, record_id: UUID) -> Record:
    """A record as it stands.

    Raises
    ------
    NotFound : there is none that the actor may know of
    """
    row = tx.connection.execute(
        select(
            intel_versions.c.record_id,
            intel_versions.c.version,
            intel_versions.c.kind,
            intel_versions.c.written_by,
            intel_versions.c.unit,
            intel_versions.c.written_at,
            intel_versions.c.withdrawn,
            intel_versions.c.sealed,
        )
        .where(intel_versions.c.record_id == record_id)
        .order_by(intel_versions.c.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotFound
    return Record(*row)


def owner(tx: Transaction, record_id: UUID) -> str | None:
    """The unit that wrote a record first, if there is one."""
    found: str | None = tx.connection.execute(
        select(intel_versions.c.unit).where(intel_versions.c.record_id == record_id, intel_versions.c.version == 1)
    ).scalar_one_or_none()
    return found


def opened(tx: Transaction, record: Record) -> dict[str, Any]:
    """What a version says."""
    content: dict[str, Any] = tx.open(Domain.INTEL, record.id, _place(record.id, record.version), record.sealed)
    return content


def confirm(tx: Transaction, record_id: UUID, version: int) -> bool:
    """The actor's word for a version; false when it was given before."""
    done = tx.connection.execute(
        insert_once(intel_confirmations)
        .values(
            record_id=record_id,
            version=version,
            actor=tx.actor.name,
            unit=tx.actor.unit,
            role=tx.actor.role.value,
            confirmed_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(intel_confirmations.c.actor)  # an insert that may do nothing does not count its rows
    )
    return done.scalar_one_or_none() is not None


def confirmations(tx: Transaction, record_id: UUID, version: int) -> tuple[Confirmation, ...]:
    """Who has given their word for a version."""
    rows = tx.connection.execute(
        select(intel_confirmations.c.actor, intel_confirmations.c.unit, intel_confirmations.c.role)
        .where(intel_confirmations.c.record_id == record_id, intel_confirmations.c.version == version)
        .order_by(intel_confirmations.c.confirmed_at, intel_confirmations.c.actor)
    )
    return tuple(Confirmation(*row) for row in rows)


def is_network(tx: Transaction, record_id: UUID) -> bool:
    """Whether there is a network of this id, for those who may name one."""
    known = func.fristad.known_networks().column_valued("known")
    return bool(tx.connection.execute(select(exists().where(known == record_id))).scalar_one())


def _place(record_id: UUID, version: int) -> str:
    return f"intel_versions/sealed/{record_id}/{version}"
