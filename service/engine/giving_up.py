"""An offer comes to nothing by the solver's hand: its beds are free, the next slot is tried or somebody takes over."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from service.actors import Role
from service.audit.acts import Outcome, SystemAct
from service.engine.answers import triage_deadline
from service.engine.world import World
from service.store.database import Transaction
from service.store.repository import alarms, coordination, emergencies, tasks
from service.store.repository.holding import release_offer
from service.store.repository.stays import Stay

__all__ = ["give_up"]


def give_up(
    tx: Transaction, world: World, case_id: UUID, offer: Sequence[Stay], code: str, *, is_tried_again: bool
) -> None:
    """Release one offer of a case; the requester sees no more than that the case is in progress.

    Where the municipality has said yes somebody may be on the way: that is told to a coordinator at once.
    """
    if not release_offer(tx, case_id, offer, code):
        return
    is_expired = code == "expired"
    for stay in offer:
        act = SystemAct.EXPIRE_HOLD if is_expired else SystemAct.LOSE_HOLD
        outcome = Outcome.EXPIRED if is_expired else Outcome.DONE
        tx.record(act.value, case=case_id, about=stay.id, outcome=outcome.value)
    case = coordination.get(tx, case_id)
    is_closed = case.state == coordination.CLOSED
    decided = next((stay for stay in offer if stay.state == "decided"), None)
    if decided is not None and not is_closed:
        tasks.add(tx, "placement_withdrawn", Role.COORDINATOR, tx.now, case=case_id, stay=decided.id)
        alarms.raise_alarm(tx, "placement_withdrawn")
    query = next((stay.query for stay in offer if stay.query is not None), None)
    is_emergency = any(stay.kind == "emergency" for stay in offer) and not is_closed
    emergency = emergencies.begin_again(tx, case_id) if is_emergency and is_tried_again else None
    if is_tried_again and query is not None:
        tx.defer("hold_slot", query)
    elif emergency is not None:
        tx.defer("emergency", emergency, priority=emergencies.PRIORITY)
    elif not is_closed:
        due = triage_deadline(world.policy, case.triage, case.received_at, tx.now)
        tasks.add(tx, "handle_manually", Role.COORDINATOR, due, case=case_id)
