"""The reveal: one token for the one named receiver, used once; every other try raises an alarm and counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from service.actors import Role
from service.audit.acts import SystemAct
from service.crypto import new_token, token_hash
from service.flow.addresses import Address, of_stay
from service.flow.worklist import morning_after
from service.policies import Action
from service.problems import Conflict, KeptConflict, NotFound
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import alarms, duties, reveals, stays, tasks
from service.store.repository.duties import Duty
from service.store.repository.judging import insist_on_judged
from service.store.repository.wider import as_system

__all__ = ["COLLECT_WITHIN", "address", "collect"]

COLLECT_WITHIN: Final = timedelta(hours=48)
"""How long after the request its token may be collected: an approval is for now."""

_REVEALED_IN: Final = ("decided", "placed")


def collect(tx: Transaction, settings: Settings, reveal_id: UUID) -> tuple[str, datetime]:
    """The token of an approved request, and when it ends; given once.

    Raises
    ------
    NotFound : the actor is not its receiver
    Conflict : `out_of_order`, it is not approved or the stay is not decided; `expired`; `not_judged_yet`;
        `not_approved`, and an alarm: the approvals do not add up; `another_duty`, of the receiver or of who
        was asked about the destination
    """
    request = _own(tx, reveal_id)
    if request.state != "approved":
        raise Conflict("out_of_order", "No approved request waits for you here.")
    persons, organisations, refusals = reveals.approvals(tx, reveal_id)
    if persons < 2 or organisations < 2 or refusals:
        alarms.raise_alarm(tx, "reveal_not_approved")
        tx.record(Action.COLLECT_TOKEN.value, case=request.case, about=reveal_id, outcome="denied")
        raise KeptConflict("not_approved", "Two persons of two organisations have to approve.")
    if tx.now > request.requested_at + COLLECT_WITHIN:
        raise Conflict("expired", "The request is too old; ask anew.")
    _insist_on_stay(tx, request)
    duties.take_in_back(tx, request.case, Duty.RECEIVER)
    duties.insist_on_different(tx, request.case)
    token = new_token()
    until = tx.now + timedelta(seconds=settings.reveal_token_s)
    if not reveals.set_state(tx, reveal_id, "issued", was="approved"):
        raise Conflict("out_of_order", "No approved request waits for you here.")
    reveals.issue(tx, reveal_id, token_hash(token.encode()), until)
    tx.record(Action.COLLECT_TOKEN.value, case=request.case, about=reveal_id)
    return token, until


def address(tx: Transaction, reveal_id: UUID, token: str) -> Address:
    """The address, for the token; of any number of uses one succeeds.

    Raises
    ------
    NotFound : the actor is not its receiver
    Conflict : `not_judged_yet`; `token_refused`, and an alarm: wrong, too old or used before, all told alike
    """
    request = _own(tx, reveal_id)
    hashed = token_hash(token.encode(errors="surrogatepass"))
    if request.state == "issued" and reveals.use(tx, reveal_id, hashed):
        stay = _insist_on_stay(tx, request)
        reveals.set_state(tx, reveal_id, "used", was="issued")
        if stay.state == "decided":
            with as_system(tx):  # the receiver does not see the coordinators' tasks
                tasks.finish_for(tx, "missing_arrival", stay=stay.id, outcome="address_opened")
            tasks.add(
                tx, "missing_arrival", Role.COORDINATOR, morning_after(tx.now, 12), case=request.case, stay=stay.id
            )
        found = of_stay(tx, Action.REVEAL_ADDRESS, stay)
        tx.record(Action.REVEAL_ADDRESS.value, case=request.case, about=reveal_id)
        return found
    used_twice = reveals.was_used(tx, reveal_id, hashed)
    reveals.miss(tx, reveal_id)
    alarms.raise_alarm(tx, "reveal_token_used_twice" if used_twice else "reveal_token_wrong")
    act = SystemAct.USE_TOKEN_TWICE.value if used_twice else Action.REVEAL_ADDRESS.value
    tx.record(act, case=request.case, about=reveal_id, outcome="denied")
    raise KeptConflict("token_refused", "This token opens nothing.")


def _own(tx: Transaction, reveal_id: UUID) -> reveals.Request:
    request = reveals.get(tx, reveal_id)
    if request.receiver != tx.actor.name:
        raise NotFound
    return request


def _insist_on_stay(tx: Transaction, request: reveals.Request) -> stays.Stay:
    stay = stays.get(tx, request.stay)
    if stay.state not in _REVEALED_IN or stay.case != request.case:
        raise Conflict("out_of_order", "The stay is not at this step any more.")
    if stay.state == "decided":  # who lives there may have to leave, and for that too the way must be known
        insist_on_judged(tx)
    return stay
