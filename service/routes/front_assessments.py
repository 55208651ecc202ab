"""Placement assessments: signed, read, withdrawn."""

from __future__ import annotations

from uuid import UUID

from service.flow import assessments
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.front_assessments import AssessmentIn, AssessmentOut, AssessmentsOut, SignedOut, WithdrawalIn
from service.signatures import Signers
from service.store.repository.assessments import Assessment

__all__ = ["routes"]

routes = Routes("assessments")


@routes.post("/v1/cases/{case_id}/assessments", Action.SIGN_ASSESSMENT, out=SignedOut, status=201)
def sign_assessment(session: Session, case_id: UUID, body: AssessmentIn) -> SignedOut:
    """Hand in the next version of the assessment, signed by the unit."""
    return _line(case_id, assessments.sign(session.tx, session.settings, Signers.of(session.data), case_id, body))


@routes.get("/v1/cases/{case_id}/assessments", Action.READ_ASSESSMENTS, out=AssessmentsOut)
def read_assessments(session: Session, case_id: UUID) -> AssessmentsOut:
    """Read the newest versions with their signatures."""
    found, more = assessments.read(session.tx, session.settings, case_id)
    versions = tuple(
        AssessmentOut(
            version=one.version,
            unit=one.unit,
            valid_from=one.valid_from,
            valid_until=one.valid_until,
            withdrawn=one.withdrawn,
            reason_code=one.corrects,
            written_at=one.written_at,
            assessment=assessment,
            signature=signature,
        )
        for one, assessment, signature in found
    )
    return AssessmentsOut(versions=versions, more=more)


@routes.post("/v1/cases/{case_id}/assessments/withdrawal", Action.WITHDRAW_ASSESSMENT, out=SignedOut, status=201)
def withdraw_assessment(session: Session, case_id: UUID, body: WithdrawalIn) -> SignedOut:
    """Withdraw the assessment: the case is blocked until there is a new one."""
    return _line(case_id, assessments.withdraw(session.tx, session.settings, case_id, body))


def _line(case_id: UUID, one: Assessment) -> SignedOut:
    return SignedOut(
        case_id=case_id,
        version=one.version,
        valid_from=one.valid_from,
        valid_until=one.valid_until,
        withdrawn=one.withdrawn,
    )
