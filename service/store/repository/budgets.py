"""What has been used of the budgets: a row for each set of a case's own facts that was tried, never taken back.

Own facts are a version of the assessment and a version of the case's details: whoever changes either asks anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ScalarSelect, exists, func, insert, select, text

from service.store.database import Transaction
from service.store.tables import case_versions, cases, counted_questions

__all__ = ["count", "is_counted", "lock", "of_person", "of_unit"]

_LOCK: Final = text("SELECT pg_advisory_xact_lock(:space, hashtext(:unit))")
_SPACE: Final = 0x66726973
"""Of advisory locks on units, apart from the register's own."""


def lock(tx: Transaction, unit: str) -> None:
    """Let nobody else count for a unit until the transaction ends: two at once cannot both be the last."""
    tx.connection.execute(_LOCK, {"space": _SPACE, "unit": unit})


def is_counted(tx: Transaction, case_id: UUID, version: int) -> bool:
    """Whether a version of the assessment was counted with the case's details as they are now."""
    told = counted_questions.c
    found = select(
        exists().where(
            told.case_id == case_id, told.assessment_version == version, told.case_version == _details(case_id)
        )
    )
    return bool(tx.connection.execute(found).scalar_one())


def _details(case_id: UUID) -> ScalarSelect[Any]:
    newest = select(func.coalesce(func.max(case_versions.c.version), 0)).where(case_versions.c.case_id == case_id)
    return newest.scalar_subquery()


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
        insert(counted_questions).values(
            case_id=case_id,
            assessment_version=version,
            case_version=_details(case_id),
            unit=unit,
            counted_at=tx.now,
        )
    )
