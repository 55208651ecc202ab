"""Asking for an address: purpose and one named receiver, then two organisations say yes. No place is near it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from service.actors import Role
from service.policies import Action
from service.problems import Conflict, KeptConflict
from service.schemas.front_reveals import ApprovalIn, RevealIn
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import assignments, cases, decisions, duties, reveal_requests, tasks
from service.store.repository.duties import Duty
from service.store.repository.reveal_requests import RevealRequest

__all__ = ["LIFE", "NEEDED", "Shown", "approve", "ask", "read"]

LIFE: Final = timedelta(hours=24)
"""How long a request may wait for its approvals."""
NEEDED: Final = 2
"""Approvals, each of another organisation."""


@dataclass(frozen=True)
class Shown:
    """A request as requester and approvers see it."""

    request: RevealRequest
    state: str
    approvals: int
    expires_at: datetime


def ask(tx: Transaction, settings: Settings, case_id: UUID, told: RevealIn) -> Shown:
    """Ask for the address of the decided stay, for one receiver.

    Raises
    ------
    Conflict : `out_of_order`, no placement was decided; `already_asked`; `another_duty`, also of the receiver
    """
    del settings
    case = cases.lock(tx, case_id)
    duties.take(tx, case_id, Duty.REQUESTER)
    decision = None if case.offer is None else decisions.on_stay(tx, case_id, case.offer)
    if case.offer is None or decision is None or decision.outcome != "yes":
        raise Conflict("out_of_order", "The placement decision comes first.")
    # The duties of the back that would tell a place are asked when the token is collected.
    if assignments.duty_of(tx, case_id, told.receiver) not in (None, Duty.RECEIVER.value):
        raise Conflict("another_duty", "That person has done another duty on this case.")
    if reveal_requests.is_waiting(tx, case_id, case.offer, told.receiver, tx.now - LIFE):
        raise Conflict("already_asked", "A request for this receiver waits for its approvals.")
    request_id = reveal_requests.add(tx, case_id, case.offer, told.purpose, told.receiver, decision.decided_at)
    tasks.add(tx, "approve_reveal", Role.APPROVER, tx.now + LIFE, case=case_id, about=request_id)
    tx.record(Action.REQUEST_REVEAL.value, case=case_id, about=request_id)
    return _shown(tx, reveal_requests.read(tx, request_id))


def read(tx: Transaction, settings: Settings, request_id: UUID) -> Shown:
    """A request, without place and without anything sealed."""
    del settings
    request = reveal_requests.read(tx, request_id)
    tx.record(Action.READ_REVEAL.value, case=request.case_id, about=request_id)
    return _shown(tx, request)


def approve(tx: Transaction, settings: Settings, request_id: UUID, told: ApprovalIn) -> Shown:
    """An approver's word for their organisation; the second yes approves, the first no refuses.

    Raises
    ------
    Conflict : `already_decided`; `expired`; `same_organisation`; `own_request`, the approver would receive it or has
        asked for it; `another_duty`
    """
    del settings
    request = reveal_requests.lock(tx, request_id)
    if request.state != "asked":
        raise Conflict("already_decided", "This request was decided on.")
    if _is_late(tx, request):
        reveal_requests.move(tx, request_id, "expired")
        tasks.finish_for(tx, "approve_reveal", about=request_id, outcome="expired")
        tx.record(Action.APPROVE_REVEAL.value, case=request.case_id, about=request_id, outcome="expired")
        raise KeptConflict("expired", "This request has waited too long: ask anew.")
    if tx.actor.name in (request.receiver, request.requested_by):
        raise Conflict("own_request", "Somebody else must approve what is for you or was asked by you.")
    duties.take(tx, request.case_id, Duty.APPROVER)
    reveal_requests.approve(tx, request_id, told.outcome)
    spoken = reveal_requests.approvals(tx, request_id)
    if told.outcome == "refused":
        _end(tx, request_id, "refused")
    elif len({one.organisation for one in spoken if one.outcome == "approved"}) >= NEEDED:
        _end(tx, request_id, "approved")
    tx.record(Action.APPROVE_REVEAL.value, case=request.case_id, about=request_id, outcome=told.outcome)
    return _shown(tx, reveal_requests.read(tx, request_id))


def _end(tx: Transaction, request_id: UUID, state: str) -> None:
    reveal_requests.move(tx, request_id, state)
    tasks.finish_for(tx, "approve_reveal", about=request_id, outcome=state)


def _is_late(tx: Transaction, request: RevealRequest) -> bool:
    return request.requested_at + LIFE <= tx.now


def _shown(tx: Transaction, request: RevealRequest) -> Shown:
    spoken = reveal_requests.approvals(tx, request.id)
    state = "expired" if request.state == "asked" and _is_late(tx, request) else request.state
    approved = sum(one.outcome == "approved" for one in spoken)
    return Shown(request, state, approved, request.requested_at + LIFE)
