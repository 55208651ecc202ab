"""Tokens, addresses, standing access, threat packets, break-glass: each answer with an address is given once."""

from __future__ import annotations

from uuid import UUID

from service.flow import break_glass, follow_up, packets, reveals
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.back_reveals import (
    AccessEnded,
    AccessGiven,
    AddressOut,
    BreakGlass,
    GiveAccess,
    Packet,
    Token,
    TokenTold,
)

__all__ = ["routes"]

routes = Routes("reveals")


@routes.post("/v1/reveals/{reveal_id}/token", Action.COLLECT_TOKEN, out=Token, once=True)
def collect_token(session: Session, reveal_id: UUID) -> Token:
    """Collect the single-use token of an approved request; the named receiver alone."""
    token, until = reveals.collect(session.tx, session.settings, reveal_id)
    return Token(token=token, expires_at=until)


@routes.post("/v1/reveals/{reveal_id}/address", Action.REVEAL_ADDRESS, out=AddressOut, once=True)
def reveal_address(session: Session, reveal_id: UUID, body: TokenTold) -> AddressOut:
    """The address, once, for the token."""
    return AddressOut.of(reveals.address(session.tx, reveal_id, body.token))


@routes.post("/v1/cases/{case_id}/access", Action.GIVE_ACCESS, out=AccessGiven, status=201)
def give_access(session: Session, case_id: UUID, body: GiveAccess) -> AccessGiven:
    """Name somebody of the follow-up team, for a number of days."""
    access_id, until = follow_up.give(session.tx, session.settings, case_id, body.actor, body.days)
    return AccessGiven(access_id=access_id, until=until)


@routes.post("/v1/access/{access_id}/end", Action.END_ACCESS, out=AccessEnded)
def end_access(session: Session, access_id: UUID) -> AccessEnded:
    """End somebody's access now."""
    follow_up.end(session.tx, access_id)
    return AccessEnded(access_id=access_id)


@routes.get("/v1/cases/{case_id}/address", Action.READ_ADDRESS, out=AddressOut)
def read_address(session: Session, case_id: UUID) -> AddressOut:
    """The address where the persons of a case are, for the named follow-up team; each reading is recorded."""
    return AddressOut.of(follow_up.address(session.tx, case_id))


@routes.post("/v1/cases/{case_id}/threat-packet", Action.READ_PACKET, out=Packet)
def read_packet(session: Session, case_id: UUID) -> Packet:
    """What the provider has to know of the threat, sealed to the provider's key."""
    return Packet(jwe=packets.packet(session.tx, case_id))


@routes.post("/v1/break-glass", Action.BREAK_GLASS, out=AddressOut, once=True)
def break_the_glass(session: Session, body: BreakGlass) -> AddressOut:
    """One address without approvals: an alarm at once, a review within a day."""
    return AddressOut.of(break_glass.open_one(session.tx, body.facility_id, body.case_id, body.reason))
