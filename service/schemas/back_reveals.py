"""Tokens, addresses, standing access, threat packets, break-glass."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from matching.domain.base import own_fault
from service.flow.addresses import Address
from service.schemas.back_common import Answer, Body, Pseudonym, example

__all__ = [
    "AccessEnded",
    "AccessGiven",
    "AddressOut",
    "BreakGlass",
    "GiveAccess",
    "Packet",
    "Token",
    "TokenTold",
]

_ID = "3c5b2f0e-1a2b-4c3d-9e8f-7a6b5c4d3e2f"


class Token(Answer):
    """The token of one address: for the named receiver, once, until `expires_at`."""

    model_config = example(token="k3Jx0w4nq7mUe2vB9sYtR1pZcD5hLgFoA8iNbV6uWyE", expires_at="2030-01-02T08:10:00Z")

    token: str
    expires_at: datetime


class TokenTold(Body):
    """The token, in the body and nowhere else."""

    model_config = example(token="k3Jx0w4nq7mUe2vB9sYtR1pZcD5hLgFoA8iNbV6uWyE")

    token: str = Field(min_length=1, max_length=128)


class AddressOut(Answer):
    """Where to go and whom to ask for."""

    model_config = example(street="Exempelgatan 1", postal_code="000 00", town="Exempelstad", contact="the manager")

    street: str
    postal_code: str
    town: str
    contact: str

    @staticmethod
    def of(found: Address) -> AddressOut:
        """From what the flow opened."""
        return AddressOut(street=found.street, postal_code=found.postal_code, town=found.town, contact=found.contact)


class GiveAccess(Body):
    """Who of the follow-up team may read the address, for how many days."""

    model_config = example(actor="f-12", days=30)

    actor: Pseudonym
    days: int = Field(ge=1, le=366)


class AccessGiven(Answer):
    """The access and its end."""

    model_config = example(access_id=_ID, until="2030-02-02T08:00:00Z")

    access_id: UUID
    until: datetime


class AccessEnded(Answer):
    """The access has ended."""

    model_config = example(access_id=_ID)

    access_id: UUID


class Packet(Answer):
    """The threat packet, sealed to the provider's key: only the provider opens it."""

    model_config = example(jwe="eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d")

    jwe: str


class BreakGlass(Body):
    """One facility or one case, and why."""

    model_config = example(facility_id=_ID, reason="danger_to_life")

    facility_id: UUID | None = None
    case_id: UUID | None = None
    reason: Literal["danger_to_life", "fire_or_disaster", "court_order"]

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.facility_id is None) == (self.case_id is None):
            raise own_fault("names no object or two", "either a facility or a case")
        return self
