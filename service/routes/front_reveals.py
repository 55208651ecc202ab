"""Reveal requests and their approvals."""

from __future__ import annotations

from uuid import UUID

from service.flow import reveal_requests
from service.flow.reveal_requests import Shown
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.front_reveals import ApprovalIn, RevealIn, RevealOut

__all__ = ["routes"]

routes = Routes("reveals")


@routes.post("/v1/cases/{case_id}/reveals", Action.REQUEST_REVEAL, out=RevealOut, status=201)
def request_reveal(session: Session, case_id: UUID, body: RevealIn) -> RevealOut:
    """Ask that one named receiver may collect the address."""
    return _shown(reveal_requests.ask(session.tx, session.settings, case_id, body))


@routes.get("/v1/reveals/{reveal_id}", Action.READ_REVEAL, out=RevealOut)
def read_reveal(session: Session, reveal_id: UUID) -> RevealOut:
    """Read a request: purpose and receiver, never a place."""
    return _shown(reveal_requests.read(session.tx, session.settings, reveal_id))


@routes.post("/v1/reveals/{reveal_id}/approvals", Action.APPROVE_REVEAL, out=RevealOut, status=201)
def approve_reveal(session: Session, reveal_id: UUID, body: ApprovalIn) -> RevealOut:
    """Approve or refuse for the own organisation."""
    return _shown(reveal_requests.approve(session.tx, session.settings, reveal_id, body))


def _shown(found: Shown) -> RevealOut:
    request = found.request
    return RevealOut.model_validate(
        {
            "reveal_id": request.id,
            "state": found.state,
            "purpose": request.purpose,
            "receiver": request.receiver,
            "unit": request.unit,
            "decided_at": request.decided_at,
            "requested_at": request.requested_at,
            "expires_at": found.expires_at,
            "approvals": found.approvals,
        }
    )
