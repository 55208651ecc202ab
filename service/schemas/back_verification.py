"""Who vouches for a case that is placed by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from service.flow.verification import Standing
from service.schemas.back_common import Answer, Body, UnitName, example

__all__ = ["VerificationIn", "VerificationOut", "Verified"]


class VerificationIn(Body):
    """How somebody outside vouches for person and threat, and whose word it is."""

    model_config = example(how="second_organisation", unit="bops-vast")

    how: Literal["second_organisation", "own_source", "in_person"]
    unit: UnitName = Field(description="whose word it is: neither the asking nor the assessing unit")


class Verified(Answer):
    """It is recorded, for the facts of the case as they are now."""

    model_config = example(verification_id="8f1e0d9c-8b7a-4695-8473-625140392817")

    verification_id: UUID


class VerificationOut(Answer):
    """Whether somebody must vouch for the case before it is placed by hand, and who did."""

    is_needed: bool
    how: Literal["second_organisation", "own_source", "in_person"] | None = Field(
        description="none: nobody has vouched for the facts that count now"
    )
    unit: str | None
    at: datetime | None

    @staticmethod
    def of(one: Standing) -> VerificationOut:
        """From what the flow found."""
        found = one.found
        return VerificationOut(
            is_needed=one.is_needed,
            how=None if found is None else found.how,  # type: ignore[arg-type]  # the database keeps it one of these
            unit=None if found is None else found.unit,
            at=None if found is None else found.at,
        )
