"""What facts are made of: first which rows count, by id and version, then the sealed ones that are not at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Table, and_, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from service.store.database import Transaction
from service.store.repository.stays import PRESENT
from service.store.tables import (
    assessment_versions,
    case_versions,
    cases,
    decisions,
    facility_versions,
    gate_versions,
    intel_confirmations,
    intel_versions,
    provider_versions,
    stays,
)

__all__ = [
    "WAITING",
    "CaseRow",
    "CatalogueRow",
    "IntelRow",
    "Key",
    "Snapshot",
    "StayRow",
    "assessments",
    "facilities",
    "gates",
    "is_revision",
    "knowledge",
    "providers",
    "revision",
    "snapshot",
    "stays_sealed",
    "told",
    "waits",
]

WAITING: Final = ("signed", "in_progress", "answer_needed", "decision_needed")
"""States of a case that may get a stay."""


def waits(state: str, *, is_emergency: bool) -> bool:
    """Whether a case may get a stay; one in an emergency's week waits for a lasting place.

    Examples
    --------
    >>> waits("arrived", is_emergency=False), waits("arrived", is_emergency=True)
    (False, True)
    """
    return state in WAITING or (is_emergency and state == "arrived")


Key = tuple[UUID, int]
"""A row of a versioned table."""

_CHUNK: Final = 500


@dataclass(frozen=True)
class CaseRow:
    """A case, and which version of what counts; versions of 0 are not there."""

    id: UUID
    unit: str
    state: str
    triage: str
    received_at: datetime
    attempt_no: int
    is_emergency: bool
    details: int
    gate: int
    measure: str | None
    assessments: tuple[tuple[int, bool], ...]

    @property
    def basis(self) -> str:
        """Which versions of the case's own facts count; a hold is made for one basis and no other."""
        assessed = ",".join(f"{version}{'w' if withdrawn else ''}" for version, withdrawn in self.assessments)
        return f"{self.details}/{self.gate}/{self.measure}/{assessed}"


@dataclass(frozen=True)
class StayRow:
    """A stay whose persons are present, or whose cool-down may not be over."""

    id: UUID
    case: UUID | None
    kind: str
    state: str
    version: int


@dataclass(frozen=True)
class IntelRow:
    """A version of a record of knowledge, and whether a second source or the keeper has confirmed it."""

    id: UUID
    version: int
    kind: str
    is_withdrawn: bool
    is_confirmed: bool


@dataclass(frozen=True)
class CatalogueRow:
    """The version of a provider or facility that is in force."""

    id: UUID
    version: int
    effective_on: date
    is_withdrawn: bool


@dataclass(frozen=True)
class Snapshot:
    """Every row that counts, in order of ids: two equal snapshots make equal facts on one day.

    Parameters
    ----------
    coming_providers, coming_facilities : of those that come into force later, the first version
    """

    cases: tuple[CaseRow, ...]
    stays: tuple[StayRow, ...]
    knowledge: tuple[IntelRow, ...]
    providers: tuple[CatalogueRow, ...]
    facilities: tuple[CatalogueRow, ...]
    coming_providers: tuple[CatalogueRow, ...] = ()
    coming_facilities: tuple[CatalogueRow, ...] = ()


def revision(tx: Transaction) -> int:
    """The register's revision as committed so far."""
    return int(tx.connection.execute(text("SELECT revision FROM fristad.register_state")).scalar_one())


def is_revision(tx: Transaction, seen: int) -> bool:
    """Whether nothing was changed since a revision was read; nobody changes anything until this transaction ends.

    The last thing before the end: whoever waits here holds rows that others may wait for.
    """
    now = tx.connection.execute(text("SELECT revision FROM fristad.register_state FOR NO KEY UPDATE")).scalar_one()
    return int(now) == seen


def snapshot(tx: Transaction, today: date, gone_since: datetime) -> Snapshot:
    """What counts today.

    Parameters
    ----------
    today : versions of the catalogue that come into force later do not count yet, but for who is there already
    gone_since : whoever was recorded as departed before is forgotten
    """
    stays_there = tuple(_stays(tx, gone_since))
    return Snapshot(
        cases=tuple(_cases(tx, {row.case for row in stays_there if row.case is not None})),
        stays=stays_there,
        knowledge=tuple(_knowledge(tx)),
        providers=tuple(_catalogue(tx, provider_versions, provider_versions.c.provider_id, today)),
        facilities=tuple(_catalogue(tx, facility_versions, facility_versions.c.facility_id, today)),
        coming_providers=tuple(_coming(tx, provider_versions, provider_versions.c.provider_id, today)),
        coming_facilities=tuple(_coming(tx, facility_versions, facility_versions.c.facility_id, today)),
    )


def _stays(tx: Transaction, gone_since: datetime) -> Iterator[StayRow]:
    rows = tx.connection.execute(
        select(stays.c.id, stays.c.case_id, stays.c.kind, stays.c.state, stays.c.version)
        .where(or_(stays.c.state.in_(PRESENT), and_(stays.c.state == "departed", stays.c.state_since >= gone_since)))
        .order_by(stays.c.id)
    )
    return (StayRow(*row) for row in rows)


def _cases(tx: Transaction, present: set[UUID]) -> Iterator[CaseRow]:
    """Cases that wait or have somebody present, each with the versions that count, in one question."""
    details, gate, assessed, measure = (
        case_versions.alias("d"),
        gate_versions.alias("g"),
        assessment_versions.alias("a"),
        decisions.alias("m"),
    )
    versions = (
        select(func.array_agg(aggregate_order_by(assessed.c.version, assessed.c.version)))
        .where(assessed.c.case_id == cases.c.id)
        .scalar_subquery()
    )
    withdrawn = (
        select(func.array_agg(aggregate_order_by(assessed.c.withdrawn, assessed.c.version)))
        .where(assessed.c.case_id == cases.c.id)
        .scalar_subquery()
    )
    decided = (
        select(measure.c.outcome)
        .where(measure.c.kind == "measure", measure.c.case_id == cases.c.id)
        .order_by(measure.c.decided_at.desc(), measure.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = tx.connection.execute(
        select(
            cases.c.id,
            cases.c.unit,
            cases.c.state,
            cases.c.triage,
            cases.c.received_at,
            cases.c.attempt_no,
            cases.c.is_emergency,
            select(func.max(details.c.version)).where(details.c.case_id == cases.c.id).scalar_subquery(),
            select(func.max(gate.c.version)).where(gate.c.case_id == cases.c.id).scalar_subquery(),
            decided,
            versions,
            withdrawn,
        )
        .where(or_(cases.c.state.in_(WAITING), cases.c.id.in_(present)))
        .order_by(cases.c.id)
    )
    for row in rows:
        *told, known, checked, outcome, numbers, flags = row
        given = tuple(zip(numbers or (), flags or (), strict=True))
        yield CaseRow(*[*told, known or 0, checked or 0, outcome, given])


def _knowledge(tx: Transaction) -> Iterator[IntelRow]:
    confirmations, versions = intel_confirmations.c, intel_versions.c
    confirmed = (
        select(confirmations.record_id)
        .where(
            confirmations.record_id == versions.record_id,
            confirmations.version == versions.version,
            or_(confirmations.role == "network_keeper", confirmations.unit != versions.unit),
        )
        .exists()
    )
    rows = tx.connection.execute(
        select(versions.record_id, versions.version, versions.kind, versions.withdrawn, confirmed).order_by(
            versions.record_id, versions.version
        )
    )
    return (IntelRow(*row) for row in rows)


def _catalogue(tx: Transaction, table: Table, own: Column[Any], today: date) -> Iterator[CatalogueRow]:
    withdrawn = table.c.withdrawn if "withdrawn" in table.c else text("false")
    rows = tx.connection.execute(
        select(own, table.c.version, table.c.effective_on, withdrawn)
        .ext(distinct_on(own))
        .where(table.c.effective_on <= today)
        .order_by(own, table.c.version.desc())
    )
    return (CatalogueRow(*row) for row in rows)


def _coming(tx: Transaction, table: Table, own: Column[Any], today: date) -> Iterator[CatalogueRow]:
    """The first version of each record that no version is in force of yet."""
    rows = tx.connection.execute(
        select(own, func.min(table.c.version), func.min(table.c.effective_on))
        .group_by(own)
        .having(func.min(table.c.effective_on) > today)
        .order_by(own)
    )
    return (CatalogueRow(*row, is_withdrawn=False) for row in rows)


def _chunks(keys: Iterable[Key]) -> Iterator[list[Key]]:
    rest = iter(sorted(set(keys)))
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


def _sealed(tx: Transaction, table: Table, own: Column[Any], keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
    for chunk in _chunks(keys):
        rows = tx.connection.execute(
            select(own, table.c.version, table.c.sealed).where(tuple_(own, table.c.version).in_(chunk))
        )
        yield from (((row[0], row[1]), row[2]) for row in rows)


def told(tx: Transaction, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
    """Sealed versions of cases."""
    return _sealed(tx, case_versions, case_versions.c.case_id, keys)


def gates(tx: Transaction, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
    """Sealed versions of gate facts."""
    return _sealed(tx, gate_versions, gate_versions.c.case_id, keys)


def assessments(tx: Transaction, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
    """Sealed versions of assessments."""
    return _sealed(tx, assessment_versions, assessment_versions.c.case_id, keys)


def knowledge(tx: Transaction, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
    """Sealed versions of knowledge."""
    return _sealed(tx, intel_versions, intel_versions.c.record_id, keys)


def providers(tx: Transaction, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
    """Sealed versions of providers."""
    return _sealed(tx, provider_versions, provider_versions.c.provider_id, keys)


def facilities(tx: Transaction, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
    """Sealed versions of facilities."""
    return _sealed(tx, facility_versions, facility_versions.c.facility_id, keys)


def stays_sealed(tx: Transaction, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
    """Sealed versions of stays; one that was rewritten meanwhile is left out."""
    return _sealed(tx, stays, stays.c.id, keys)
