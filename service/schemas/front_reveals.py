"""Reveal requests and their approvals: purpose and receiver, never a place."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict

from matching.domain.base import Moment
from service.schemas.common import In, Name, Out

__all__ = ["ApprovalIn", "RevealIn", "RevealOut"]

REVEAL_ID = "3d1f5e2c-7b8a-4f60-9c1d-8e2a4b6c0d13"
Purpose = Literal["transport", "follow_up", "provider_packet", "emergency"]


class RevealIn(In):
    """What the address is needed for, and the only one who may collect it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"purpose": "transport", "receiver": "f-3"}]})

    purpose: Purpose
    receiver: Name


class ApprovalIn(In):
    """An approver's word for their organisation; one refusal ends the request."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "approved"}]})

    outcome: Literal["approved", "refused"]


class RevealOut(Out):
    """All that requester and approvers see of a request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reveal_id": REVEAL_ID,
                    "state": "asked",
                    "purpose": "transport",
                    "receiver": "f-3",
                    "unit": "bops-syd",
                    "decided_at": "2026-11-25T13:00:00Z",
                    "requested_at": "2026-11-25T14:00:00Z",
                    "expires_at": "2026-11-26T14:00:00Z",
                    "approvals": 0,
                }
            ]
        }
    )

    reveal_id: UUID
    state: Literal["asked", "approved", "issued", "used", "refused", "expired"]
    purpose: Purpose
    receiver: str
    unit: str
    decided_at: Moment
    requested_at: Moment
    expires_at: Moment
    approvals: int
