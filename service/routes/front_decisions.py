"""The person's answer, the municipality's view of the offer, its placement decision."""

from __future__ import annotations

import json
from datetime import date
from uuid import UUID

from matching.domain import StayRequest
from service.flow import decisions
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.front_decisions import AnswerIn, AnswerOut, DecisionOut, OfferOut, PlacementIn

__all__ = ["routes"]

routes = Routes("decisions")


@routes.post("/v1/cases/{case_id}/person-answer", Action.RECORD_ANSWER, out=AnswerOut, status=201)
def record_answer(session: Session, case_id: UUID, body: AnswerIn) -> AnswerOut:
    """Record the person's own answer to what is offered."""
    decisions.answer(session.tx, session.settings, case_id, body)
    return AnswerOut(case_id=case_id, outcome=body.outcome)


@routes.get("/v1/cases/{case_id}/offer", Action.READ_OFFER, out=OfferOut)
def read_offer(session: Session, case_id: UUID) -> OfferOut:
    """Read what is offered, without place."""
    offer = decisions.read_offer(session.tx, session.settings, case_id)
    return OfferOut.model_validate(
        {
            "case_id": case_id,
            "legal_form": offer.card["form"],
            "staffing": offer.card["staffing"],
            "privacy": offer.card["privacy"],
            "cost_band": offer.card["cost_band"],
            "stays": tuple(StayRequest.model_validate_json(json.dumps(stay)) for stay in offer.stays),
            "persons": offer.persons,
            "person_answer": offer.person_answer,
            "held_until": None if offer.held_until is None else date.fromisoformat(offer.held_until),
        }
    )


@routes.post("/v1/cases/{case_id}/placement-decision", Action.DECIDE_PLACEMENT, out=DecisionOut, status=201)
def decide_placement(session: Session, case_id: UUID, body: PlacementIn) -> DecisionOut:
    """Decide the placement the person has said yes to."""
    decisions.decide_placement(session.tx, session.settings, case_id, body)
    return DecisionOut(case_id=case_id, outcome=body.outcome, reason_code=body.reason_code)
