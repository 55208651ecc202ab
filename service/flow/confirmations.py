"""The provider's word by call-back, and what follows when a hold comes to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from service.actors import Role
from service.flow.claims import insist_on_claim
from service.flow.localities import locality
from service.flow.worklist import deadline, local_day, morning_after
from service.inference import Reason, round_at
from service.policies import Action
from service.problems import Conflict
from service.store.database import Transaction
from service.store.repository import by_hand, catalogue, emergencies, stays, tasks
from service.store.repository.coordination import CaseRow
from service.store.repository.holding import offered_with, release_offer
from service.store.repository.judging import insist_on_judged
from service.store.repository.wider import as_system

__all__ = ["confirm", "due", "give_up", "locality_of", "release"]

_FOLLOW_UP = timedelta(days=5)
_PERSONS_NO = "person_withdrew"
"""A no of the side that asked; what a provider or the police say is a hold that is lost."""


def due(tx: Transaction, case: CaseRow) -> datetime:
    """The deadline of a case's next step: that of its triage class, its next telling round if that is sooner."""
    by_class = max(deadline(case.triage, case.received_at), tx.now)
    return by_class if case.told_from is None else min(by_class, round_at(case.triage, case.told_from, tx.now))


def _asked_by(tx: Transaction, case: CaseRow) -> datetime:
    """Until when the destination is asked: as `due`, but the next round where the deadline of the class has passed."""
    if case.told_from is not None and deadline(case.triage, case.received_at) <= tx.now:
        return round_at(case.triage, case.told_from, tx.now)
    return due(tx, case)


def locality_of(tx: Transaction, stay: stays.Stay) -> str:
    """The locality of a stay, whoever acts.

    Raises
    ------
    Conflict : `facility_gone`
    """
    told = stays.content(tx, stay)
    if "residence" in told:
        return str(told["residence"]["locality"])
    facility_id = UUID(told["placement"]["facility"])
    found = catalogue.facility(tx, facility_id, local_day(tx.now)) or catalogue.facility(tx, facility_id)
    if found is None:
        raise Conflict("facility_gone", "The facility of this stay is not in the catalogue.")
    return str(found.facility["locality"])


def confirm(tx: Transaction, stay_id: UUID, outcome: str, code: str | None) -> Literal["confirmed", "released"]:
    """Record what the provider said; the state of the stay.

    Raises
    ------
    Conflict : `not_claimed`; `out_of_order`, it is not held; `hold_expired`; `not_judged_yet`
    """
    tx.lock_register()
    stay = stays.get(tx, stay_id, lock=True)
    case = insist_on_claim(tx, stay.case)
    if stay.state != "held":
        raise Conflict("out_of_order", "Only a stay that is held waits for the provider.")
    if outcome == "confirmed":
        if stay.held_until is not None and stay.held_until <= tx.now:
            raise Conflict("hold_expired", "The hold has lapsed.")
        insist_on_judged(tx)
        at_once = stay.kind == "emergency"  # who comes tonight may be there: no term gives that bed back
        if not stays.move(tx, stay, "confirmed", held_until=None if at_once else stay.held_until):
            raise Conflict("out_of_order", "Somebody has changed this stay.")
        tasks.finish_for(tx, "confirm_with_provider", stay=stay.id, outcome="confirmed")
        tasks.finish_for(tx, "handle_manually", case=case.id, outcome="confirmed")
        if at_once:
            tasks.add(tx, "missing_arrival", Role.COORDINATOR, morning_after(tx.now), case=case.id, stay=stay.id)
        else:
            region = locality(locality_of(tx, stay)).police_region
            tasks.add(
                tx,
                "check_destination",
                Role.RECEIVING_BOPS,
                _asked_by(tx, case),
                case=case.id,
                stay=stay.id,
                for_unit=f"bops-{region}",
            )
        tx.record(Action.CONFIRM_STAY.value, case=case.id, about=stay.id, outcome="confirmed")
        return "confirmed"
    tasks.finish_for(tx, "confirm_with_provider", stay=stay.id, outcome=outcome)
    if outcome == "declined":
        tasks.add(tx, "decline_follow_up", Role.COORDINATOR, tx.now + _FOLLOW_UP, case=case.id, stay=stay.id)
    give_up(tx, case, stay, code or outcome)
    tx.record(Action.CONFIRM_STAY.value, case=case.id, about=stay.id, outcome=outcome)
    return "released"


def give_up(tx: Transaction, case: CaseRow, stay: stays.Stay, code: str, *, is_next_tried: bool = True) -> None:
    """A hold comes to nothing: the beds of its offer are free (two linked stays are one), and the next slot is tried,
    or a coordinator takes over. What else is held for the case stays held.

    The register's lock is held, so that the beds are given in the order they came free.

    Raises
    ------
    Conflict : `out_of_order`, it is no hold
    """
    if stay.state not in stays.HOLDING:
        raise Conflict("out_of_order", "Only a hold can be released.")
    with as_system(tx):
        offer = offered_with(tx, stay)
    release_offer(tx, case.id, offer, code)
    tasks.finish_for(tx, "handle_manually", case=case.id, outcome="released")
    is_emergency = stay.kind == "emergency"
    emergency = emergencies.begin_again(tx, case.id) if is_emergency and is_next_tried else None
    if stay.query is not None:
        tx.defer("hold_slot", stay.query)
    elif emergency is not None:  # the next best bed tonight
        tx.defer("emergency", emergency, priority=emergencies.PRIORITY)
    else:
        at = tx.now if is_emergency else due(tx, case)
        by_hand.hand_over(tx, case.id, at, Reason.DECLINED if code == _PERSONS_NO else Reason.LOST)
    tx.touch(endangers=False)


def release(tx: Transaction, stay_id: UUID, code: str) -> None:
    """Release a hold of a claimed case.

    Raises
    ------
    Conflict : `not_claimed`; `out_of_order`, somebody lives there or it is no hold any more
    """
    tx.lock_register()
    stay = stays.get(tx, stay_id, lock=True)
    case = insist_on_claim(tx, stay.case)
    give_up(tx, case, stay, code, is_next_tried=stay.kind != "emergency")
    tx.record(Action.RELEASE.value, case=case.id, about=stay.id)
