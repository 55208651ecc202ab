"""What the person answers, what the municipality sees and decides."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from matching.domain import StayRequest
from matching.domain.base import own_fault
from service.schemas.common import In, Out, words_of
from service.schemas.front_cases import CASE_ID
from service.schemas.front_queries import CostBand, Form, Privacy, Staffing

__all__ = ["AnswerIn", "AnswerOut", "DecisionOut", "OfferOut", "PlacementIn"]

_UNFIT = "the reason_code does not fit the outcome"


class AnswerIn(In):
    """The person's own answer to what is offered."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "yes", "reason_code": None}]})

    outcome: Literal["yes", "no"]
    reason_code: (
        Literal["form_unsuitable", "family_reasons", "changed_mind", "other_solution", "not_ready", "no_reason_given"]
        | None
    ) = None

    @model_validator(mode="after")
    def _reason_fits(self) -> Self:
        if (self.outcome == "yes") != (self.reason_code is None):
            raise own_fault(_UNFIT, f"none for a yes; else one of {words_of(type(self), 'reason_code')}")
        return self


class AnswerOut(Out):
    """The answer is recorded."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"case_id": CASE_ID, "outcome": "yes"}]})

    case_id: UUID
    outcome: Literal["yes", "no"]


class OfferOut(Out):
    """What is offered, without place: legal form, staffing, privacy, ceiling of the day rate, stays asked for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_id": CASE_ID,
                    "legal_form": "protected_housing",
                    "staffing": "daily_contact",
                    "privacy": "withheld",
                    "cost_band": "4000_to_4999",
                    "stays": [{"kind": "stable", "nights": 180}],
                    "persons": 1,
                    "person_answer": "yes",
                    "held_until": "2026-12-09",
                }
            ]
        }
    )

    case_id: UUID
    legal_form: Form
    staffing: Staffing
    privacy: Privacy
    cost_band: CostBand
    stays: tuple[StayRequest, ...]
    persons: int
    person_answer: Literal["yes", "no"] | None
    held_until: date | None = Field(description="the day on which it lapses unless it is answered and decided before")


class PlacementIn(In):
    """The municipality's placement decision; disagreement with the assessment is recorded as such."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "disagreement", "reason_code": "form_unsuitable"}]}
    )

    outcome: Literal["yes", "no", "disagreement"]
    reason_code: (
        Literal[
            "form_unsuitable",
            "cost_ceiling",
            "insufficient_basis",
            "legal_obstacle",
            "other_measure",
            "threat_disputed",
            "not_responsible",
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _reason_fits(self) -> Self:
        if (self.outcome == "yes") != (self.reason_code is None):
            raise own_fault(_UNFIT, f"none for a yes; else one of {words_of(type(self), 'reason_code')}")
        return self


class DecisionOut(Out):
    """The decision is recorded."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"case_id": CASE_ID, "outcome": "yes", "reason_code": None}]}
    )

    case_id: UUID
    outcome: Literal["yes", "no", "disagreement"]
    reason_code: str | None
