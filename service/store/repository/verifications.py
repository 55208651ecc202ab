"""Who vouches for a case that is placed by hand: which of its versions, how, and when; only ever added to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import distinct, func, insert, select

from service.store.database import Transaction
from service.store.repository.by_hand import KIND
from service.store.tables import assessment_versions, case_verifications, case_versions, cases, tasks

__all__ = ["Facts", "Verification", "add", "facts_of", "handed_by_unit", "newest"]


@dataclass(frozen=True)
class Facts:
    """Which of a case's own facts count, and since when they do; versions of 0 are not there."""

    assessment_version: int
    case_version: int
    since: datetime | None


@dataclass(frozen=True)
class Verification:
    """That somebody has vouched for one set of facts of a case."""

    how: str
    unit: str
    at: datetime


def facts_of(tx: Transaction, case_id: UUID) -> Facts:
    """The newest versions of a claimed case's own facts."""
    found: list[tuple[int, datetime | None]] = []
    for table in (assessment_versions, case_versions):
        newest_one = select(table.c.version, table.c.written_at).where(table.c.case_id == case_id)
        row = tx.connection.execute(newest_one.order_by(table.c.version.desc()).limit(1)).one_or_none()
        found.append((0, None) if row is None else (row.version, row.written_at))
    return Facts(found[0][0], found[1][0], max((at for _, at in found if at is not None), default=None))


def add(tx: Transaction, case_id: UUID, facts: Facts, how: str, unit: str) -> UUID:
    """Record that somebody vouches for these facts; the id."""
    verification_id = uuid4()
    tx.connection.execute(
        insert(case_verifications).values(
            id=verification_id,
            case_id=case_id,
            assessment_version=facts.assessment_version,
            case_version=facts.case_version,
            how=how,
            vouching_unit=unit,
            actor=tx.actor.name,
            verified_at=tx.now,
        )
    )
    return verification_id


def newest(tx: Transaction, case_id: UUID, facts: Facts) -> Verification | None:
    """Who vouched last for just these facts."""
    told = case_verifications.c
    row = tx.connection.execute(
        select(told.how, told.vouching_unit, told.verified_at)
        .where(
            told.case_id == case_id,
            told.assessment_version == facts.assessment_version,
            told.case_version == facts.case_version,
        )
        .order_by(told.verified_at.desc(), told.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Verification(*row)


def handed_by_unit(tx: Transaction, case_id: UUID, reasons: Collection[str], since: datetime) -> int:
    """How many cases of the same unit came by hand for one of these reasons, however often each did."""
    unit = select(cases.c.unit).where(cases.c.id == case_id).scalar_subquery()
    asked = (
        select(func.count(distinct(cases.c.id)))
        .select_from(tasks.join(cases, tasks.c.case_id == cases.c.id))
        .where(
            tasks.c.kind == KIND,
            tasks.c.reason.in_([str(one) for one in reasons]),
            tasks.c.created_at > since,
            cases.c.unit == unit,
        )
    )
    return int(tx.connection.execute(asked).scalar_one())
