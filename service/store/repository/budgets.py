"""What has been used of the budgets: a row for each version of an assessment that was tried, never taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, insert, select, text

from service.store.database import Transaction
from service.store.tables import cases, counted_questions

__all__ = ["count", "is_counted", "lock", "of_person", "of_unit"]

_LOCK: Final = text("SELECT pg_advisory_xact_lock(:space, hashtext(:unit))")
_SPACE: Final = 0x66726973
"""Of advisory locks on units, apart from the register's own."""


def lock(tx: Transaction, unit: str) -> None:
    """Let nobody else count for a unit until the transaction ends: two at once cannot both be the last."""
    tx.connection.execute(_LOCK, {"space": _SPACE, "unit": unit})


def is_counted(tx: Transaction, case_id: UUID, version: int) -> bool:
    """Whether a version was counted before: trying again is the same question."""
    told = counted_questions.c
    found = select(exists().where(told.case_id == case_id, told.assessment_version == version))
    return bool(tx.connection.execute(found).scalar_one())


def of_person(tx: Transaction, case_id: UUID, unit: str, since: datetime) -> int:
    """Questions of a unit counted about the person of a case, in every case of theirs.

    What other units have asked about the same person is theirs: a unit is not told by its budget that there were any.
    """
    tag = select(cases.c.person_tag).where(cases.c.id == case_id).scalar_subquery()
    found = (
        select(func.count())
        .select_from(counted_questions)
        .join(cases, cases.c.id == counted_questions.c.case_id)
        .where(
            cases.c.person_tag == tag,
            counted_questions.c.unit == unit,
            counted_questions.c.counted_at > since,
        )
    )
    return int(tx.connection.execute(found).scalar_one())


def of_unit(tx: Transaction, unit: str, since: datetime) -> int:
    """Questions counted of a unit."""
    told = counted_questions.c
    found = select(func.count()).select_from(counted_questions).where(told.unit == unit, told.counted_at > since)
    return int(tx.connection.execute(found).scalar_one())


def count(tx: Transaction, case_id: UUID, version: int, unit: str) -> None:
    """Use one question of the budgets."""
    tx.connection.execute(
        insert(counted_questions).values(case_id=case_id, assessment_version=version, unit=unit, counted_at=tx.now)
    )
