"""What has been used of the budgets: a row for each set of a case's own facts that was tried, never taken back.

Own facts are a version of the assessment, the case's details, its gate facts and what the municipality decided of the
measure: whoever writes any of them anew asks anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, insert, literal, select, text

from service.store.database import Transaction
from service.store.tables import case_versions, cases, counted_questions, decisions, gate_versions

__all__ = ["count", "facts_no", "is_counted", "lock", "of_person", "of_unit"]

_LOCK: Final = text("SELECT pg_advisory_xact_lock(:space, hashtext(:unit))")
_SPACE: Final = 0x66726973
"""Of advisory locks on units, apart from the register's own."""


def lock(tx: Transaction, unit: str) -> None:
    """Let nobody else count for a unit until the transaction ends: two at once cannot both be the last."""
    tx.connection.execute(_LOCK, {"space": _SPACE, "unit": unit})


def is_counted(tx: Transaction, case_id: UUID, version: int) -> bool:
    """Whether a version of the assessment was counted with the case's other facts as they are now."""
    told = counted_questions.c
    found = select(
        exists().where(
            told.case_id == case_id, told.assessment_version == version, told.facts_no == facts_no(literal(case_id))
        )
    )
    return bool(tx.connection.execute(found).scalar_one())


def facts_no(case_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """How often a case's own facts were written, its assessments apart: it grows with each of them."""
    written = (
        select(func.count()).select_from(table).where(table.c.case_id == case_id).scalar_subquery()
        for table in (case_versions, gate_versions)
    )
    measures = (
        select(func.count())
        .select_from(decisions)
        .where(decisions.c.case_id == case_id, decisions.c.kind == "measure")
        .scalar_subquery()
    )
    return sum(written, measures)


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
            facts_no=facts_no(literal(case_id)),
            unit=unit,
            counted_at=tx.now,
        )
    )
