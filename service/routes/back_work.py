"""The coordinator's worklist, claims, and what a claim opens."""

from __future__ import annotations

from uuid import UUID

from service.flow import claims, manual, verification, worklist
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.back_manual import ManualOut
from service.schemas.back_verification import VerificationIn, Verified
from service.schemas.back_work import CaseDetail, Claimed, TaskDone, TaskOutcome, Unclaimed, Worklist

__all__ = ["routes"]

routes = Routes("coordinator")


@routes.get("/v1/worklist", Action.READ_WORKLIST, out=Worklist)
def read_worklist(session: Session) -> Worklist:
    """What to do next, by deadline, and how many cases are placed by hand for which reason."""
    return Worklist.of(worklist.read(session.tx, session.settings))


@routes.post("/v1/tasks/{task_id}/done", Action.COMPLETE_TASK, out=TaskDone)
def complete_task(session: Session, task_id: UUID, body: TaskOutcome) -> TaskDone:
    """Tick a task off."""
    worklist.complete(session.tx, task_id, body.outcome)
    return TaskDone(task_id=task_id)


@routes.post("/v1/cases/{case_id}/claim", Action.CLAIM, out=Claimed)
def claim(session: Session, case_id: UUID) -> Claimed:
    """Claim a case: one coordinator at a time sees its detail."""
    return Claimed(case_id=case_id, lapses_at=claims.claim(session.tx, session.settings, case_id))


@routes.post("/v1/cases/{case_id}/claim/take-over", Action.CLAIM, out=Claimed)
def take_over(session: Session, case_id: UUID) -> Claimed:
    """Take a case over from a coordinator who is away; the security officer is told."""
    lapses_at = claims.claim(session.tx, session.settings, case_id, takes_over=True)
    return Claimed(case_id=case_id, lapses_at=lapses_at)


@routes.post("/v1/cases/{case_id}/claim/release", Action.UNCLAIM, out=Unclaimed)
def unclaim(session: Session, case_id: UUID) -> Unclaimed:
    """Let go of a claimed case."""
    claims.unclaim(session.tx, case_id)
    return Unclaimed(case_id=case_id)


@routes.get("/v1/cases/{case_id}/detail", Action.READ_DETAIL, out=CaseDetail)
def read_detail(session: Session, case_id: UUID) -> CaseDetail:
    """Open a claimed case; each opening is recorded."""
    return CaseDetail.of(claims.detail(session.tx, case_id))


@routes.get("/v1/cases/{case_id}/manual", Action.READ_DETAIL, out=ManualOut)
def read_manual(session: Session, case_id: UUID) -> ManualOut:
    """All to place a claimed case by hand: why, until when, its options or what blocks them, what was tried."""
    return ManualOut.of(manual.read(session.tx, session.settings, case_id))


@routes.post("/v1/cases/{case_id}/verification", Action.VERIFY_BY_HAND, out=Verified, status=201)
def verify_by_hand(session: Session, case_id: UUID, body: VerificationIn) -> Verified:
    """Record who outside the asking and the assessing unit vouches for a claimed case, before it is placed by hand."""
    return Verified(verification_id=verification.verify(session.tx, case_id, body.how, body.unit))
