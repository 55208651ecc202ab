"""Placement assessments: handed in as what a unit has signed, read by the unit."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from pydantic import ConfigDict
from pydantic.config import JsonDict

from matching.domain import PlacementAssessment
from matching.domain.base import Day, Moment
from service.schemas.common import In, Out, Signature
from service.schemas.front_cases import CASE_ID, JWS

__all__ = ["ASSESSMENT_EXAMPLE", "AssessmentIn", "AssessmentOut", "AssessmentsOut", "SignedOut", "WithdrawalIn"]

ASSESSMENT_EXAMPLE: Final[JsonDict] = {
    "version": 1,
    "assessor_unit": "bops-syd",
    "method_version": "m-2026",
    "signed_on": "2026-11-20",
    "valid_from": "2026-11-20",
    "valid_until": "2027-02-20",
    "confidence": "high",
    "threat_level": "high",
    "forbidden": [{"kind": "lan", "lan": "01"}],
}


class AssessmentIn(In):
    """One signed version; the payload of the signature is the assessment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signature": JWS, "corrects": None}]})

    signature: Signature
    corrects: Literal["factual_error", "new_information", "method_changed"] | None = None


class WithdrawalIn(In):
    """Why the assessment no longer holds: the case is blocked until there is a new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason_code": "new_information"}]})

    reason_code: Literal["factual_error", "new_information", "threat_ended", "wrong_case"]


class SignedOut(Out):
    """A version that was written."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_id": CASE_ID,
                    "version": 1,
                    "valid_from": "2026-11-20",
                    "valid_until": "2027-02-20",
                    "withdrawn": False,
                }
            ]
        }
    )

    case_id: UUID
    version: int
    valid_from: Day
    valid_until: Day
    withdrawn: bool


class AssessmentOut(Out):
    """One version, whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "unit": "bops-syd",
                    "valid_from": "2026-11-20",
                    "valid_until": "2027-02-20",
                    "withdrawn": False,
                    "reason_code": None,
                    "written_at": "2026-11-20T08:00:00Z",
                    "assessment": ASSESSMENT_EXAMPLE,
                    "signature": JWS,
                }
            ]
        }
    )

    version: int
    unit: str
    valid_from: Day
    valid_until: Day
    withdrawn: bool
    reason_code: str | None
    written_at: Moment
    assessment: PlacementAssessment
    signature: str


class AssessmentsOut(Out):
    """The versions of a case, the newest first; `more`: there are older ones that are not shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"versions": [], "more": False}]})

    versions: tuple[AssessmentOut, ...]
    more: bool
