"""Arrival, and whether somebody is still there: presence ends only when it is recorded."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from service.actors import Role
from service.flow.localities import LOCAL
from service.flow.worklist import local_day
from service.policies import Action
from service.problems import Conflict
from service.store.database import Transaction
from service.store.repository import coordination, stays, tasks
from service.store.repository.judging import insist_on_judged

__all__ = ["LOOK_AGAIN", "arrive", "enter", "insist_on_past", "record"]

LOOK_AGAIN = timedelta(days=14)
"""How long it takes until somebody asks again whether the persons are still there."""


def insist_on_past(tx: Transaction, day: date) -> None:
    """What is recorded has happened.

    Raises
    ------
    Conflict : `day_in_future`
    """
    if day > local_day(tx.now):
        raise Conflict("day_in_future", "Only what has happened is recorded.")


def arrive(tx: Transaction, stay_id: UUID, day: date) -> None:
    """Record that the persons have arrived.

    Raises
    ------
    Conflict : `out_of_order`, no decided stay waits for its arrival; `day_in_future`; `day_before_start`;
        `day_after_end`; `not_judged_yet`
    """
    tx.lock_register()
    stay = stays.get(tx, stay_id, lock=True)
    waits_in = "confirmed" if stay.kind == "emergency" else "decided"
    if stay.state != waits_in or stay.case is None:
        raise Conflict("out_of_order", "No arrival is waited for in this stay.")
    insist_on_past(tx, day)
    placement = stays.content(tx, stay)["placement"]
    start, end = date.fromisoformat(placement["start"]), date.fromisoformat(placement["end"])
    if day < start:
        raise Conflict("day_before_start", "The stay has not begun on that day: its beds are not held.")
    if day >= end:
        raise Conflict("day_after_end", "The stay has ended by that day: its beds are not held.")
    insist_on_judged(tx)
    if not stays.move(tx, stay, "placed"):
        raise Conflict("out_of_order", "Somebody has changed this stay.")
    _leave_others(tx, stay, day)
    coordination.move(tx, stay.case, "arrived")
    tasks.finish_for(tx, "missing_arrival", stay=stay.id, outcome="arrived")
    tasks.finish_for(tx, "request_reveal", case=stay.case, outcome="arrived")
    before = min(timedelta(days=7), (end - start) / 2)
    warned = datetime.combine(end, time(9), LOCAL) - before
    tasks.add(tx, "end_of_stay", Role.COORDINATOR, warned, case=stay.case, stay=stay.id)
    tx.record(Action.RECORD_ARRIVAL.value, case=stay.case, about=stay.id)
    tx.touch(endangers=False)
    tx.defer("rejudge", stay.id)


def enter(tx: Transaction, stay: stays.Stay) -> bool:
    """Whether somebody lives in a stay; a confirmed emergency nobody recorded the arrival of is taken for one."""
    if stay.kind == "emergency" and stay.state == "confirmed":
        tasks.finish_for(tx, "missing_arrival", stay=stay.id, outcome="taken_as_arrived")
        return stays.move(tx, stay, "placed", "taken_as_arrived")
    return stay.state == "placed"


def _leave_others(tx: Transaction, stay: stays.Stay, day: date) -> None:
    """Who has arrived somewhere has left the place of an emergency's week or of the first of two linked stays."""
    for other in stays.live_of(tx, stay.case) if stay.case else ():
        if other.id == stay.id or not enter(tx, other):
            continue
        other = stays.get(tx, other.id)
        if stays.end(tx, other, day, "moved_on"):
            stays.depart(tx, stays.get(tx, other.id), max(day, date.fromisoformat(_first_day(tx, other))), "moved_on")
        tasks.finish_for(tx, "end_of_stay", stay=other.id, outcome="moved_on")


def _first_day(tx: Transaction, stay: stays.Stay) -> str:
    return str(stays.content(tx, stay)["placement"]["start"])


def record(tx: Transaction, stay_id: UUID, outcome: str, day: date) -> Literal["placed", "ended", "departed"]:
    """Record that the persons are still there, or that they have left; the state of the stay.

    Raises
    ------
    Conflict : `out_of_order`, nobody is present; `end_first`; `day_in_future`; `day_before_start`
    """
    tx.lock_register()
    stay = stays.get(tx, stay_id, lock=True)
    if stay.state not in ("placed", "ended"):
        raise Conflict("out_of_order", "Nobody is present by this stay.")
    insist_on_past(tx, day)
    if outcome == "still_present":
        stays.event(tx, stay.id, "still_present")
        if tasks.finish_for(tx, "record_departure", stay=stay.id, outcome="still_present"):
            tasks.add(tx, "record_departure", Role.COORDINATOR, tx.now + LOOK_AGAIN, case=stay.case, stay=stay.id)
        if tasks.finish_for(tx, "end_of_stay", stay=stay.id, due_by=tx.now, outcome="still_present"):
            tasks.add(tx, "end_of_stay", Role.COORDINATOR, tx.now + LOOK_AGAIN, case=stay.case, stay=stay.id)
        tx.record(Action.RECORD_PRESENCE.value, case=stay.case, about=stay.id)
        return "placed" if stay.state == "placed" else "ended"
    if stay.state == "placed" and stay.case is not None:
        raise Conflict("end_first", "Record first how the exit ended.")
    if not stays.depart(tx, stay, day):
        raise Conflict("out_of_order", "Somebody has changed this stay.")
    for kind in ("record_departure", "end_of_stay"):
        tasks.finish_for(tx, kind, stay=stay.id, outcome="departed")
    tx.record(Action.RECORD_PRESENCE.value, case=stay.case, about=stay.id)
    tx.touch(endangers=False)
    tx.defer("rejudge", stay.id)
    return "departed"
