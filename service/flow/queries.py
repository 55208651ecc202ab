"""A question about a case: one stored answer a version, let out at a tick, and one order of its three slots.

Nothing here reads what a free place depends on: a slot is a request. The solver makes the answer in the background.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from matching.errors import Fault
from service.actors import Role
from service.flow.rounds import begin_round
from service.flow.times import next_step, release_at
from service.flow.worklist import local_day
from service.policies import Action
from service.problems import Conflict, Rejected
from service.schemas.front_queries import PreferIn, QueryOut, SlotOut, padded
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import assessments, cases, duties, queries, tasks
from service.store.repository.cases import Case
from service.store.repository.duties import Duty
from service.store.repository.queries import Query
from service.store.repository.tasks import PREFERENCE_NEEDED

__all__ = ["SIGNATURES", "ask", "prefer", "read"]

SIGNATURES: Final = 2
"""Organisations that must have vouched for the person before anything can be asked."""
_STANDS: Final = (
    "offer_open",
    "The order told earlier stands and is gone on with: nothing is to be asked or told now.",
)
_WAITING: Final = ("signed", "in_progress")


def ask(tx: Transaction, settings: Settings, case_id: UUID) -> UUID:
    """Ask about the case as its newest assessment has it; the question's id, the same for the same version.

    A question is asked anew only when its answer named what the own case lacks: nothing of others is in that.

    Raises
    ------
    Conflict : `not_signed`, as an emergency's case may be; `no_valid_assessment`; `offer_open`; `another_duty`;
        `answer_expired`, a new assessment comes first; `with_coordinator`; `out_of_order`
    """
    case = cases.lock(tx, case_id)
    _insist_on_step(case)
    duties.take(tx, case_id, Duty.REQUESTER)
    if len(cases.organisations(tx, case_id)) < SIGNATURES:
        raise Conflict("not_signed", "Two organisations must have signed the person's key.")
    found = assessments.newest(tx, case_id)
    if not found or not found[0].is_valid_on(local_day(tx.now)):
        raise Conflict("no_valid_assessment", "A valid assessment comes first.")
    earlier = queries.of_version(tx, case_id, found[0].version)
    released, expires = _life(tx, settings)
    if earlier is not None:
        if _is_over(tx, earlier):
            if _waits_by_hand(tx, earlier):
                raise Conflict("with_coordinator", "The coordinator on duty places this case: nothing is to be asked.")
            raise Conflict("answer_expired", "The answer to this assessment has expired: a new assessment comes first.")
        answer = queries.answer(tx, earlier) if earlier.release_at <= tx.now else None
        if answer is not None and answer.get("missing"):
            queries.ask_again(tx, earlier.id, released, expires)
            _begin(tx, case, earlier.id, expires, settings)
        tx.record(Action.ASK.value, case=case_id, about=earlier.id)
        return earlier.id
    if queries.has_another_preference(tx, case_id, None):
        raise Conflict(*_STANDS)
    query_id = queries.add(tx, case_id, found[0].version, released, expires)
    _begin(tx, case, query_id, expires, settings)
    tx.record(Action.ASK.value, case=case_id, about=query_id)
    return query_id


def _insist_on_step(case: Case) -> None:
    if case.state == "arrived" and not case.is_emergency:
        raise Conflict("out_of_order", "The case is not at this step.")


def _life(tx: Transaction, settings: Settings) -> tuple[datetime, datetime]:
    released = release_at(tx.now, settings.release_tick_s)
    return released, released + timedelta(hours=settings.answer_life_h)


def _begin(tx: Transaction, case: Case, query_id: UUID, expires: datetime, settings: Settings) -> None:
    # The same whatever the answer will be: that it comes and until when it lives says nothing of it.
    tasks.finish_for(tx, PREFERENCE_NEEDED, case=case.id, outcome="asked_anew")
    due = min(next_step(case.triage, case.received_at, tx.now), expires)
    tasks.add(tx, PREFERENCE_NEEDED, Role.REQUESTER, due, case=case.id, about=query_id, for_unit=case.unit)
    begin_round(tx, settings, case)
    tx.defer("answer_query", query_id)
    tx.defer("expire", query_id, at=expires)


def _is_over(tx: Transaction, query: Query) -> bool:
    return query.state == "expired" or query.expires_at <= tx.now


def _waits_by_hand(tx: Transaction, query: Query) -> bool:
    """Whether the answer was that the coordinator places the case, and the case as assessed now still waits for it."""
    answer = queries.answer(tx, query)
    if answer is None or not answer.get("is_by_hand"):
        return False
    newest = assessments.newest(tx, query.case_id)[0]
    return newest.version == query.assessment_version and cases.read(tx, query.case_id).state in _WAITING


def read(tx: Transaction, settings: Settings, query_id: UUID) -> QueryOut:
    """The stored answer once its tick has come, the same bytes each time; every answer is as long as any other."""
    del settings
    query = queries.read(tx, query_id)
    if _is_over(tx, query):
        if _waits_by_hand(tx, query):  # its slots never were: there is nothing that could expire
            tx.record(Action.READ_QUERY.value, case=query.case_id, about=query_id, sealed=query.sealed)
            return padded("with_coordinator", query.expires_at)
        return padded("expired", query.expires_at)
    answer = queries.answer(tx, query) if query.state == "stored" and query.release_at <= tx.now else None
    if answer is None:
        return padded("in_progress", query.expires_at)
    tx.record(Action.READ_QUERY.value, case=query.case_id, about=query_id, sealed=query.sealed)
    if answer.get("is_by_hand"):
        tasks.finish_for(tx, PREFERENCE_NEEDED, about=query_id, outcome="with_coordinator")
        return padded("with_coordinator", query.expires_at)
    if not answer.get("slots"):
        tasks.finish_for(tx, PREFERENCE_NEEDED, about=query_id, outcome="gate_not_passed")
        return padded("gate_not_passed", query.expires_at, missing=tuple(answer["missing"]))
    first, second, third = (_slot(slot) for slot in answer["slots"])
    return padded("three_slots", query.expires_at, slots=(first, second, third))


def _slot(told: dict[str, object]) -> SlotOut:
    return SlotOut.model_validate(
        {
            "slot_id": UUID(str(told["id"])),
            "rank": told["position"],
            **{name: told[name] for name in ("form", "staffing", "privacy", "cost_band")},
        }
    )


def prefer(tx: Transaction, settings: Settings, query_id: UUID, told: PreferIn) -> None:
    """Tell the order of the three slots, once: what is behind them is tried in it.

    Raises
    ------
    Rejected : they are not the three slots of this answer
    Conflict : `no_answer_yet`; `answer_expired`; `already_preferred`; `superseded`, there is a newer assessment;
        `no_valid_assessment`; `another_duty`
    """
    del settings
    case = cases.lock(tx, queries.read(tx, query_id).case_id)
    query = queries.read(tx, query_id)
    _insist_on_step(case)
    duties.take(tx, case.id, Duty.REQUESTER)
    if _is_over(tx, query):
        raise Conflict("answer_expired", "The slots have expired together.")
    if query.state != "stored" or query.release_at > tx.now:
        raise Conflict("no_answer_yet", "The answer is in progress.")
    newest = assessments.newest(tx, case.id)[0]
    if newest.version != query.assessment_version:
        raise Conflict("superseded", "There is a newer assessment: ask again.")
    if not newest.is_valid_on(local_day(tx.now)):
        raise Conflict("no_valid_assessment", "A valid assessment comes first.")
    if set(told.slots) != set(queries.slot_ids(tx, query_id)):
        raise Rejected([Fault("slots", "are not the three slots of this answer", "each of its slots once")])
    if queries.is_preferred(tx, query_id):
        raise Conflict("already_preferred", "The order was told; it is told once.")
    if queries.has_another_preference(tx, case.id, query_id):
        raise Conflict(*_STANDS)
    queries.prefer(tx, query_id, told.slots)
    tasks.finish_for(tx, PREFERENCE_NEEDED, case=case.id, outcome="preferred")
    if case.state != "arrived":  # who lives in an emergency's week has arrived and stays so until the next step
        cases.move(tx, case.id, "in_progress")
    tx.defer("hold_slot", query_id)
    tx.record(Action.PREFER.value, case=case.id, about=query_id)
