"""What is offered, the person's answer, the municipality's placement decision.

Each moves the case at once, so that it is made once; the solver moves the stay after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.actors import Role
from service.flow.times import next_step
from service.policies import Action
from service.problems import Conflict
from service.schemas.front_decisions import AnswerIn, PlacementIn
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import cases, decisions, duties, tasks
from service.store.repository.cases import Case
from service.store.repository.duties import Duty

__all__ = ["Offer", "answer", "decide_placement", "read_offer"]


@dataclass(frozen=True)
class Offer:
    """A card without place, and what the case asks for.

    Parameters
    ----------
    card : form, staffing, privacy, cost_band
    stays, persons : what was asked for
    held_until : the day on which the hold lapses, while an answer or a decision is waited for
    """

    card: dict[str, str]
    stays: Any
    persons: int
    person_answer: str | None
    held_until: str | None


def _open_offer(case: Case) -> UUID:
    if case.offer is None:
        raise Conflict("out_of_order", "Nothing is offered now.")
    return case.offer


def answer(tx: Transaction, settings: Settings, case_id: UUID, told: AnswerIn) -> None:
    """Record the person's own answer to what is offered, once.

    Raises
    ------
    Conflict : `out_of_order`; `already_answered`; `another_duty`
    """
    del settings
    case = cases.lock(tx, case_id)
    stay = _open_offer(case)
    duties.take(tx, case_id, Duty.REQUESTER)
    if case.state != "answer_needed":
        raise Conflict("out_of_order", "The person is not asked now.")
    if decisions.answer_to(tx, case_id, stay) is not None:
        raise Conflict("already_answered", "The person has answered to this offer.")
    answer_id = decisions.add_answer(tx, case_id, told.outcome, told.reason_code, stay)
    tasks.finish_for(tx, "answer_needed", case=case_id, outcome=told.outcome)
    if told.outcome == "yes":
        cases.move(tx, case_id, "decision_needed")
        due = next_step(case.triage, case.received_at, tx.now)
        tasks.add(tx, "decide_placement", Role.DECIDER, due, case=case_id, stay=stay, for_unit=case.municipality_unit)
    else:
        cases.move(tx, case_id, "in_progress")
    tx.defer("advance", case_id)
    tx.record(Action.RECORD_ANSWER.value, case=case_id, about=answer_id, outcome=told.outcome)


def read_offer(tx: Transaction, settings: Settings, case_id: UUID) -> Offer:
    """What is offered, as the municipality sees it.

    Raises
    ------
    Conflict : `out_of_order`, nothing is offered now
    """
    del settings
    case = cases.read(tx, case_id)
    stay = _open_offer(case)
    found = decisions.offered(tx, case_id, stay)
    details = cases.newest_version(tx, case_id)
    if found is None or details is None:
        raise Conflict("out_of_order", "Nothing is offered now.")
    card, sealed = found
    tx.record(Action.READ_OFFER.value, case=case_id, about=stay, sealed=sealed)
    return Offer(
        card,
        details.content["stays"],
        len(details.content["household"]),
        decisions.answer_to(tx, case_id, stay),
        card.get("held_until") if case.state in ("answer_needed", "decision_needed") else None,
    )


def decide_placement(tx: Transaction, settings: Settings, case_id: UUID, told: PlacementIn) -> None:
    """The municipality decides the placement, once for an offer the person has said yes to.

    Raises
    ------
    Conflict : `out_of_order`; `already_decided`; `another_duty`
    """
    del settings
    case = cases.lock(tx, case_id)
    stay = _open_offer(case)
    duties.take(tx, case_id, Duty.DECIDER)
    if case.state != "decision_needed" or decisions.answer_to(tx, case_id, stay) != "yes":
        raise Conflict("out_of_order", "The person's yes comes first.")
    if decisions.on_stay(tx, case_id, stay) is not None:
        raise Conflict("already_decided", "This offer was decided on.")
    decision_id = decisions.add(tx, case_id, "placement", told.outcome, told.reason_code, stay)
    tasks.finish_for(tx, "decide_placement", case=case_id, outcome=told.outcome)
    cases.move(tx, case_id, "decided" if told.outcome == "yes" else "in_progress")
    if told.outcome == "yes":  # it waits with somebody until the persons are there
        due = next_step(case.triage, case.received_at, tx.now)
        tasks.add(tx, "request_reveal", Role.REQUESTER, due, case=case_id, stay=stay, for_unit=case.unit)
    tx.defer("advance", case_id)
    tx.record(Action.DECIDE_PLACEMENT.value, case=case_id, about=decision_id, outcome=told.outcome)
