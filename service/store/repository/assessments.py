"""Signed versions of placement assessments; only ever added to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from matching.domain import PlacementAssessment
from service.crypto import Domain
from service.store.database import Transaction
from service.store.tables import assessment_versions

__all__ = ["MOST_READ", "Assessment", "add", "as_model", "newest", "opened"]

MOST_READ: Final = 50
"""Versions in one answer, the newest first."""


@dataclass(frozen=True)
class Assessment:
    """One version as its plain columns tell it, and its ciphertext."""

    version: int
    signed_by: str
    unit: str
    valid_from: date
    valid_until: date
    withdrawn: bool
    corrects: str | None
    written_at: datetime
    sealed: bytes = field(repr=False)

    def is_valid_on(self, day: date) -> bool:
        """Whether it counts on a day: not withdrawn, and within its validity, both days included."""
        return not self.withdrawn and self.valid_from <= day <= self.valid_until


def _place(case_id: UUID, version: int) -> str:
    return f"assessment_versions/sealed/{case_id}/{version}"


def add(
    tx: Transaction,
    case_id: UUID,
    assessment: PlacementAssessment,
    jws: str,
    *,
    unit: str,
    corrects: str | None = None,
) -> bytes:
    """Another version; its ciphertext. Two at once: the primary key lets one through."""
    content = {"jws": jws, "assessment": assessment.model_dump(mode="json")}
    sealed = tx.seal(Domain.CASE, case_id, _place(case_id, assessment.version), content)
    tx.connection.execute(
        insert(assessment_versions).values(
            case_id=case_id,
            version=assessment.version,
            signed_by=tx.actor.name,
            unit=unit,
            valid_from=assessment.valid_from,
            valid_until=assessment.valid_until,
            withdrawn=assessment.withdrawn,
            corrects=corrects,
            written_at=tx.now,
            sealed=sealed,
        )
    )
    return sealed


def newest(tx: Transaction, case_id: UUID, limit: int = 1) -> tuple[Assessment, ...]:
    """Versions of a case, the newest first."""
    rows = tx.connection.execute(
        select(
            assessment_versions.c.version,
            assessment_versions.c.signed_by,
            assessment_versions.c.unit,
            assessment_versions.c.valid_from,
            assessment_versions.c.valid_until,
            assessment_versions.c.withdrawn,
            assessment_versions.c.corrects,
            assessment_versions.c.written_at,
            assessment_versions.c.sealed,
        )
        .where(assessment_versions.c.case_id == case_id)
        .order_by(assessment_versions.c.version.desc())
        .limit(min(limit, MOST_READ))
    )
    return tuple(Assessment(*row) for row in rows)


def opened(tx: Transaction, case_id: UUID, found: Assessment) -> tuple[dict[str, Any], str]:
    """What a version says, and its signature as it was handed in."""
    content = tx.open(Domain.CASE, case_id, _place(case_id, found.version), found.sealed)
    return content["assessment"], content["jws"]


def as_model(content: dict[str, Any]) -> PlacementAssessment:
    """What was opened, as the engine's own type."""
    return PlacementAssessment.model_validate_json(json.dumps(content))
