"""Everything that is needed when the system is down: open cases, live stays, the catalogue with its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Table, select
from sqlalchemy.dialects.postgresql import distinct_on

from service.crypto import CannotOpen, Domain, KeyGone, at
from service.store.database import Transaction
from service.store.tables import (
    addresses,
    assessment_versions,
    case_versions,
    cases,
    facility_versions,
    provider_versions,
    stays,
)

__all__ = ["Record", "records"]

_OVER: Final = ("completed", "interrupted", "closed")
_GONE: Final = ("departed", "released")


@dataclass(frozen=True)
class Record:
    """One opened record, or one that should have opened and did not.

    Parameters
    ----------
    kind : case, assessment, stay, provider, facility or address
    plain : ids, states and dates beside it
    content : none: it does not open, although its subject was not deleted
    """

    kind: str
    plain: dict[str, str | None]
    content: Any = field(repr=False)


def records(tx: Transaction, today: date) -> Iterator[Record]:
    """Every record in its newest version, those in force today of the catalogue; deleted subjects are left out."""
    yield from _cases(tx)
    yield from _stays(tx)
    yield from _newest(tx, "provider", provider_versions, provider_versions.c.provider_id, Domain.PLACE, today)
    yield from _newest(tx, "facility", facility_versions, facility_versions.c.facility_id, Domain.PLACE, today)
    yield from _newest(tx, "address", addresses, addresses.c.facility_id, Domain.ADDRESS, today)


def _cases(tx: Transaction) -> Iterator[Record]:
    live = select(stays.c.case_id).where(stays.c.state.not_in(_GONE), stays.c.case_id.is_not(None))
    wanted = select(cases).where(cases.c.state.not_in(_OVER) | cases.c.id.in_(live)).order_by(cases.c.id)
    for case in tx.connection.execute(wanted):
        plain = {
            "case": str(case.id),
            "unit": case.unit,
            "municipality_unit": case.municipality_unit,
            "state": case.state,
            "triage": case.triage,
            "received_at": case.received_at.isoformat(),
        }
        yield from _of_case(tx, "case", case_versions, case.id, plain)
        yield from _of_case(tx, "assessment", assessment_versions, case.id, {"case": str(case.id)})


def _of_case(tx: Transaction, kind: str, table: Table, case: UUID, plain: dict[str, str | None]) -> Iterator[Record]:
    row = tx.connection.execute(
        select(table.c.version, table.c.sealed).where(table.c.case_id == case).order_by(table.c.version.desc()).limit(1)
    ).one_or_none()
    if row is not None:
        yield from _opened(tx, kind, plain, Domain.CASE, case, table, case, row.version, row.sealed)


def _stays(tx: Transaction) -> Iterator[Record]:
    for stay in tx.connection.execute(select(stays).where(stays.c.state.not_in(_GONE)).order_by(stays.c.id)):
        plain = {
            "stay": str(stay.id),
            "case": None if stay.case_id is None else str(stay.case_id),
            "kind": stay.kind,
            "state": stay.state,
        }
        subject = stay.case_id or stay.id
        yield from _opened(tx, "stay", plain, Domain.PLACE, subject, stays, stay.id, stay.version, stay.sealed)


def _newest(
    tx: Transaction, kind: str, table: Table, own: Column[Any], domain: Domain, today: date
) -> Iterator[Record]:
    wanted = select(own.label("own"), table.c.version, table.c.sealed).ext(distinct_on(own))
    if "effective_on" in table.c:
        wanted = wanted.where(table.c.effective_on <= today)
    for row in tx.connection.execute(wanted.order_by(own, table.c.version.desc())):
        plain: dict[str, str | None] = {own.name.removesuffix("_id"): str(row.own)}
        yield from _opened(tx, kind, plain, domain, row.own, table, row.own, row.version, row.sealed)


def _opened(
    tx: Transaction,
    kind: str,
    plain: dict[str, str | None],
    domain: Domain,
    subject: UUID,
    table: Table,
    row: UUID,
    version: int,
    sealed: bytes,
) -> Iterator[Record]:
    try:
        yield Record(kind, plain, tx.open(domain, subject, at(table.name, "sealed", row, version), sealed))
    except KeyGone:  # deleted for good
        return
    except CannotOpen:
        yield Record(kind, plain, None)
