"""Standing access of the follow-up team after arrival: named, dated, ended, recorded at each use."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from matching.errors import Fault
from service.flow.addresses import Address, of_stay
from service.policies import Action
from service.problems import Conflict, NotFound, Rejected
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import duties, grants, stays
from service.store.repository.duties import Duty

__all__ = ["address", "end", "give"]


def give(tx: Transaction, settings: Settings, case_id: UUID, actor: str, days: int) -> tuple[UUID, datetime]:
    """Name somebody of the follow-up team; the id of the access, and when it ends.

    Raises
    ------
    Rejected : longer than the setting allows
    Conflict : `not_yourself`; `out_of_order`, nobody has been placed; `another_duty`, of the person named
    """
    if days > settings.standing_access_days:
        raise Rejected([Fault("days", "is out of bounds", f"at most {settings.standing_access_days}")])
    if actor == tx.actor.name:
        raise Conflict("not_yourself", "Access is given to another person.")
    if not any(stay.state in ("placed", "ended") for stay in stays.of_case(tx, case_id)):
        raise Conflict("out_of_order", "Follow-up begins with the arrival.")
    duties.take_in_back(tx, case_id, Duty.RECEIVER, actor)
    until = tx.now + timedelta(days=days)
    access_id = grants.give(tx, case_id, actor, until)
    tx.record(Action.GIVE_ACCESS.value, case=case_id, about=access_id)
    return access_id, until


def end(tx: Transaction, access_id: UUID) -> None:
    """End an access now.

    Raises
    ------
    Conflict : `already_ended`
    """
    held = grants.get(tx, access_id)
    if not grants.end(tx, access_id):
        raise Conflict("already_ended", "This access has ended.")
    tx.record(Action.END_ACCESS.value, case=held.case, about=access_id)


def address(tx: Transaction, case_id: UUID) -> Address:
    """The address where the persons of a case are.

    Raises
    ------
    NotFound : no access now
    Conflict : `out_of_order`, nobody is present
    """
    if not grants.holds(tx, case_id):
        raise NotFound
    present = [stay for stay in stays.of_case(tx, case_id) if stay.state in ("placed", "ended")]
    if not present:
        raise Conflict("out_of_order", "Nobody is present by this case.")
    present.sort(key=lambda stay: stay.state != "placed")  # where they live, before where they have lived
    return of_stay(tx, Action.READ_ADDRESS, present[0])
