"""The police where somebody would come say yes or no, without a reason; they see a locality and its conditions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from service.flow.confirmations import give_up, locality_of
from service.flow.localities import locality
from service.policies import Action
from service.problems import Conflict
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import coordination, duties, stays, tasks
from service.store.repository.holding import offered_with
from service.store.repository.judging import insist_on_judged
from service.store.repository.wider import as_system

__all__ = ["Destination", "check", "read"]


@dataclass(frozen=True)
class Destination:
    """What the police at a destination are asked about: no facility, no bed, no person.

    Parameters
    ----------
    networks : the household's own networks and those that threaten it, as ids of the picture of intelligence
    """

    locality_id: str = field(repr=False)
    name: str = field(repr=False)
    kommun: str = field(repr=False)
    start: date
    persons: int
    threat_level: str
    protection_level: int | None
    separations: tuple[dict[str, Any], ...] = field(repr=False)
    networks: tuple[str, ...] = field(repr=False)


def read(tx: Transaction, stay_id: UUID) -> Destination:
    """Show the locality and the conditions of one confirmed stay.

    Raises
    ------
    Conflict : `out_of_order`, the stay is not at this step
    """
    with as_system(tx):  # the question reaches its unit by an open task; the rows behind it stay closed to it
        stay = stays.get(tx, stay_id)
        if stay.case is None or stay.state != "confirmed":
            raise Conflict("out_of_order", "Only a confirmed stay is checked.")
        assessment = coordination.assessment(tx, stay.case)
        place = locality(locality_of(tx, stay))
        placement = stays.content(tx, stay)["placement"]
    if assessment is None:
        raise Conflict("out_of_order", "There is no assessment.")
    duties.take_destination(tx, stay.case)
    told = assessment.told
    own = {each["network"] for member in placement["household"] for each in member["memberships"]}
    threats = {actor["network"] for actor in told.get("actors", ()) if actor.get("network")}
    for sealed in (stay.sealed, assessment.sealed):
        tx.record(Action.READ_DESTINATION.value, about=stay.id, sealed=sealed)
    return Destination(
        locality_id=place.id,
        name=place.name,
        kommun=place.kommun,
        start=date.fromisoformat(placement["start"]),
        persons=len(placement["household"]),
        threat_level=told["threat_level"],
        protection_level=told.get("protection_level"),
        separations=tuple(told.get("separations", ())),
        networks=tuple(sorted(own | threats)),
    )


def check(tx: Transaction, settings: Settings, stay_id: UUID, outcome: str) -> None:
    """Record the yes or the no. Nobody in front sees either: what is ready is shown at the case's telling round.

    Raises
    ------
    Conflict : `out_of_order`, the stay is not at this step; `another_duty`; `not_judged_yet`
    """
    tx.lock_register()
    with as_system(tx):
        stay = stays.get(tx, stay_id, lock=True)
    if stay.case is None or stay.state != "confirmed":
        raise Conflict("out_of_order", "Only a confirmed stay is checked.")
    duties.take_destination(tx, stay.case)
    with as_system(tx):
        case = coordination.get(tx, stay.case, lock=True)
    if outcome == "yes":
        insist_on_judged(tx)
        _go_on(tx, settings, case, stay)
    else:
        give_up(tx, case, stay, "destination_no")
    # Last: with the task goes the right to see the stay.
    tasks.finish_for(tx, "check_destination", stay=stay.id, outcome=outcome)
    tx.record(Action.CHECK_DESTINATION.value, about=stay.id, outcome=outcome)


def _go_on(tx: Transaction, settings: Settings, case: coordination.CaseRow, stay: stays.Stay) -> None:
    with as_system(tx):
        if not stays.move(tx, stay, "checked", held_until=stay.held_until):
            raise Conflict("out_of_order", "Somebody has changed this stay.")
        offer = offered_with(tx, stay)
    if any(one.state in ("held", "confirmed") for one in offer):  # two linked stays are offered together
        return
    told_at = case.told_at(tx.now, settings.release_tick_s)
    tx.defer("tell", case.id, at=told_at if told_at > tx.now else None)
