"""Stays follow what people have said: the person's answer, the municipality's decision, a term that is over."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from service.actors import Role
from service.audit.acts import Outcome, SystemAct
from service.engine.answers import triage_deadline
from service.engine.world import World
from service.store.database import Transaction
from service.store.repository import coordination, decisions, stays, tasks
from service.store.repository.holding import withdraw_offer
from service.store.repository.stays import HOLDING, Stay

__all__ = ["advance", "release_stale"]

_MOST_STALE = 100


def advance(tx: Transaction, world: World, case_id: UUID) -> None:
    """Move the holds of a case by the newest answer of the person and decision of the municipality about them.

    The case itself was moved by those acts; holds of a closed one are released. A linked pair of stays is answered and
    decided as one: what is said of one of them holds for both.
    """
    tx.lock_register()
    case = coordination.get(tx, case_id, lock=True)
    held = [stay for stay in stays.live_of(tx, case_id) if stay.state in HOLDING]
    if not held:
        return
    if case.state == coordination.CLOSED:
        _give_up(tx, world, case_id, held, "case_closed", is_tried_again=False)
        return
    answer = _newest(decisions.answer_to(tx, case_id, stay.id) for stay in held)
    found = [decisions.on_stay(tx, case_id, stay.id) for stay in held]
    decision = _newest(None if one is None else one.outcome for one in found)
    if answer == "no":
        _give_up(tx, world, case_id, held, "person_declined", is_tried_again=True)
    elif decision in ("no", "disagreement"):
        _give_up(tx, world, case_id, held, f"decision_{decision}", is_tried_again=False)
    elif answer == "yes":
        for stay in held:
            moved = stay
            if moved.state == "checked" and stays.move(tx, moved, "accepted", held_until=moved.held_until):
                moved = stays.get(tx, moved.id)
            if moved.state == "accepted" and decision == "yes":
                stays.move(tx, moved, "decided")  # without a term: from now on only somebody's word ends it


def _newest(told: Iterable[str | None]) -> str | None:
    found = [one for one in told if one is not None]
    return found[-1] if found else None


def _give_up(
    tx: Transaction, world: World, case_id: UUID, held: list[Stay], code: str, *, is_tried_again: bool
) -> None:
    """Release every hold of a case: the next slot is tried, or a coordinator goes on."""
    query: UUID | None = None
    for stay in held:
        if stays.release(tx, stay, code):
            query = query or stay.query
            for kind in ("confirm_with_provider", "check_destination"):
                tasks.finish_for(tx, kind, stay=stay.id, outcome="released")
            outcome = Outcome.EXPIRED.value if code == "expired" else Outcome.DONE.value
            act = SystemAct.EXPIRE_HOLD if code == "expired" else SystemAct.LOSE_HOLD
            tx.record(act.value, case=case_id, about=stay.id, outcome=outcome)
    withdraw_offer(tx, case_id)
    if is_tried_again and query is not None:
        tx.defer("hold_slot", query)
        return
    case = coordination.get(tx, case_id)
    if case.state == coordination.CLOSED:
        return
    due = triage_deadline(world.policy, case.triage, case.received_at, tx.now)
    tasks.add(tx, "handle_manually", Role.COORDINATOR, due, case=case_id)


def release_stale(tx: Transaction, world: World) -> int:
    """Give back the beds of holds whose term is over; how many cases it was."""
    tx.lock_register()
    cases = {stay.case for stay in stays.held_past(tx, tx.now, _MOST_STALE) if stay.case is not None}
    for case_id in sorted(cases):
        held = [stay for stay in stays.live_of(tx, case_id) if stay.state in HOLDING]
        _give_up(tx, world, case_id, held, "expired", is_tried_again=False)
    if cases:
        tx.touch()
    return len(cases)
