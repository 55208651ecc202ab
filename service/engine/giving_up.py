"""An offer comes to nothing by the solver's hand: its beds are free, the next slot is tried or somebody takes over."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from service.actors import Role
from service.audit.acts import Outcome, SystemAct
from service.engine.answers import triage_deadline
from service.engine.by_hand_volume import watch_volume
from service.engine.unseen import said
from service.engine.world import World
from service.inference import Reason
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import alarms, by_hand, coordination, emergencies, tasks
from service.store.repository.holding import release_offer
from service.store.repository.stays import Stay

__all__ = ["give_up", "pass_on"]


def give_up(
    tx: Transaction,
    world: World,
    case_id: UUID,
    offer: Sequence[Stay],
    code: str,
    *,
    reason: Reason,
    is_tried_again: bool,
) -> None:
    """Release one offer of a case; the requester sees no more than that the case is in progress.

    Where the municipality has said yes somebody may be on the way: that is told to a coordinator at once.

    Parameters
    ----------
    code : for the history of the stays
    reason : why a coordinator gets the case, if nothing is tried again
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
    is_decided = any(stay.state == "decided" for stay in offer) or said(tx, case_id, offer)[1] == "yes"
    if is_decided and not is_closed:
        tasks.add(tx, "placement_withdrawn", Role.COORDINATOR, tx.now, case=case_id, stay=offer[0].id)
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
        by_hand.hand_over(tx, case_id, due, reason)


def pass_on(tx: Transaction, world: World, settings: Settings, case_id: UUID, reason: Reason) -> bool:
    """A case comes by hand for a reason; False when it waits for that very reason already.

    One that waits for another comes anew: what must be asked before it is placed hangs on the newest
    (`service.flow.verification`).
    """
    waiting = {one.reason for one in by_hand.handed(tx, case_id) if one.done_at is None}
    if reason.value in waiting:
        return False
    case = coordination.get(tx, case_id)
    by_hand.hand_over(tx, case_id, triage_deadline(world.policy, case.triage, case.received_at, tx.now), reason)
    watch_volume(tx, settings, case_id, reason)
    return True
