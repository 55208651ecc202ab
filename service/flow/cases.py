"""A case from its intake on: two organisations vouch for the person, people are assigned, it ends unplaced.

Whether a person is known to the register is told to nobody who opens a case: opening compares with nobody. Only when a
second organisation has vouched for the person is the key compared; one that is in another case already is refused with
the answer of every other refusal, and the coordinator gets a task.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from matching.errors import Fault
from service.actors import Role
from service.audit.acts import Outcome
from service.crypto import Domain
from service.flow.front_told import case_faults, defector_key, network_faults
from service.flow.rounds import begin_anew, begin_round
from service.flow.times import next_step
from service.inference import TRIAGE_LIMITS
from service.policies import Action
from service.problems import Conflict, KeptConflict, NotFound, Rejected, Unavailable
from service.schemas.front_cases import AssignIn, CloseIn, OpenIn, SignIn, UpdateIn
from service.settings import Settings
from service.signatures import Signers
from service.store.database import Transaction
from service.store.repository import alarms, assignments, cases, duties, tasks
from service.store.repository.cases import Case
from service.store.repository.duties import Duty

__all__ = ["assign", "close", "open_case", "rejudge", "sign", "update", "write_new"]

_UUID_VERSION: Final = 4
_LONGEST_SUBSTITUTE: Final = timedelta(days=366)
_NOT_ACCEPTED: Final = ("not_accepted", "This case is not accepted here; the coordinator on duty can be asked.")


def open_case(tx: Transaction, settings: Settings, signers: Signers, told: OpenIn) -> Case:
    """A new case of the actor's unit, signed by the first organisation.

    Raises
    ------
    Rejected : the details cannot mean anything
    Conflict : `too_many_open` of the own unit wait for a signature; `not_accepted`, whatever else is the matter
    """
    organisation, unit = settings.deciding_unit(told.details.responsible_municipality)
    faults = [*case_faults(told.details), *network_faults(tx, told.details.model_dump(mode="json"), "details")]
    if told.municipality_unit != unit:
        faults.append(Fault("municipality_unit", "does not decide for the responsible municipality", "its own unit"))
    if faults:
        raise Rejected(faults)
    key = defector_key(told.details)
    if tx.tagger is None:
        raise Unavailable
    tag = tx.tagger.person(key)
    if not _is_vouched_for(tx, settings, signers, told, key):
        raise Conflict(*_NOT_ACCEPTED)
    attempt_no = _attempt_no(tx, told.previous_case_id, tag)
    if cases.unsigned(tx) >= settings.unsigned_cases:
        raise Conflict("too_many_open", "Too many cases of your unit wait for a second organisation's signature.")
    return write_new(tx, told, organisation, tag, attempt_no)


def write_new(tx: Transaction, told: OpenIn, municipality_organisation: str, tag: bytes, attempt_no: int = 1) -> Case:
    """Write a new case of the actor's unit with everything that its opening leaves; whoever calls this has judged it.

    Raises
    ------
    Conflict : `not_accepted`, a case of this id is there
    """
    if not cases.insert_case(
        tx,
        told.case_id,
        municipality_unit=told.municipality_unit,
        municipality_organisation=municipality_organisation,
        person_tag=tag,
        state="opened",
        triage=told.triage,
        received_at=told.received_at,
        attempt_no=attempt_no,
        previous=told.previous_case_id,
    ):
        raise Conflict(*_NOT_ACCEPTED)
    tx.new_subject(Domain.CASE, told.case_id)
    cases.add_signature(tx, told.case_id, told.signature)
    sealed = cases.add_version(tx, told.case_id, 1, told.details.model_dump(mode="json"))
    assignments.add(tx, told.case_id, tx.actor.name, Role.REQUESTER.value, "first")
    duties.take(tx, told.case_id, Duty.REQUESTER)
    due = next_step(told.triage, told.received_at, tx.now)
    tasks.add(tx, "sign_case", Role.DECIDER, due, case=told.case_id, for_unit=told.municipality_unit)
    tx.record(Action.OPEN_CASE.value, case=told.case_id, sealed=sealed)
    tx.touch()
    return cases.read(tx, told.case_id)


def _is_vouched_for(tx: Transaction, settings: Settings, signers: Signers, told: OpenIn, key: str) -> bool:
    try:
        statement = signers.intake(told.signature, tx.actor, tx.now, settings.clock_skew_s)
    except Rejected:
        return False
    return (
        statement.case_id == told.case_id
        and statement.person_key == key
        and told.case_id.version == _UUID_VERSION
        and told.received_at <= tx.now + timedelta(seconds=settings.clock_skew_s)
    )


def _attempt_no(tx: Transaction, previous_id: UUID | None, tag: bytes) -> int:
    """Which attempt of the person this is: a case before it must be theirs, of this unit, and have ended."""
    if previous_id is None:
        return 1
    try:
        previous = cases.read(tx, previous_id)
    except NotFound:
        raise Conflict(*_NOT_ACCEPTED) from None
    is_theirs = previous.person_tag == tag and previous.unit == tx.actor.unit
    if not is_theirs or previous.state not in ("completed", "interrupted"):
        raise Conflict(*_NOT_ACCEPTED)
    return previous.attempt_no + 1


def sign(tx: Transaction, settings: Settings, signers: Signers, case_id: UUID, told: SignIn) -> Case:
    """A second organisation vouches for the same person: the case can be worked on.

    Raises
    ------
    Rejected : `signature_rejected`
    Conflict : `same_organisation`; `not_accepted`, it vouches for somebody else, or the person is in another case;
        `another_duty`; `out_of_order`
    """
    case = cases.lock(tx, case_id)
    is_decider = tx.actor.role is Role.DECIDER
    if case.state != "opened" and not case.is_emergency:
        raise Conflict("out_of_order", "Two organisations have signed already.")
    if not is_decider and not case.is_emergency:
        raise Conflict("same_organisation", "Your organisation has signed: another one is needed.")
    if tx.actor.organisation in cases.organisations(tx, case_id):
        raise Conflict("same_organisation", "Your organisation has signed: another one is needed.")
    statement = signers.intake(told.signature, tx.actor, tx.now, settings.clock_skew_s)
    if tx.tagger is None:
        raise Unavailable
    if statement.case_id != case_id or tx.tagger.person(statement.person_key) != case.person_tag:
        raise Conflict(*_NOT_ACCEPTED)
    if not case.is_emergency and not cases.accept(tx, case_id):
        _refuse(tx, case)
        raise KeptConflict(*_NOT_ACCEPTED)
    duties.take(tx, case_id, Duty.DECIDER if is_decider else Duty.REQUESTER)
    sealed = cases.add_signature(tx, case_id, told.signature)
    if is_decider:
        tasks.finish_for(tx, "sign_case", case=case_id, outcome="done")
    if case.is_emergency:  # its other tasks wait since it was opened, and it is further on by now
        tx.record(Action.SIGN_CASE.value, case=case_id, sealed=sealed)
        return cases.read(tx, case_id)
    due = next_step(case.triage, case.received_at, tx.now)
    tasks.add(tx, "decide_measure", Role.DECIDER, due, case=case_id, for_unit=case.municipality_unit)
    tasks.add(tx, "sign_assessment", Role.ASSESSOR, due, case=case_id, for_unit=case.unit)
    tx.record(Action.SIGN_CASE.value, case=case_id, sealed=sealed)
    return cases.read(tx, case_id)


def _refuse(tx: Transaction, case: Case) -> None:
    """The person is in another case: the coordinator is told, once a case, however often it is tried."""
    if tasks.finish_for(tx, "sign_case", case=case.id, outcome="refused"):
        due = next_step(case.triage, case.received_at, tx.now)
        tasks.add(tx, "neutral_refusal", Role.COORDINATOR, due, case=case.id)
        alarms.raise_alarm(tx, "person_in_two_cases")
    tx.record(Action.SIGN_CASE.value, case=case.id, outcome=Outcome.REFUSED.value)


def update(tx: Transaction, settings: Settings, case_id: UUID, told: UpdateIn) -> int:
    """The details as they are now; the number of their version.

    Another triage class with the same details is no new version: no place is judged by it. A higher one sets the round
    anew unless something is shown already; what is held for the case, if anything is, stays as it is.

    Raises
    ------
    Rejected : they cannot mean anything
    Conflict : `another_person`, the defector is somebody else; `another_duty`
    """
    case = cases.lock(tx, case_id)
    duties.take(tx, case_id, Duty.REQUESTER)
    faults = [*case_faults(told.details), *network_faults(tx, told.details.model_dump(mode="json"), "details")]
    if settings.deciding_unit(told.details.responsible_municipality)[1] != case.municipality_unit:
        wrong = "is decided for by another unit than the case is"
        faults.append(Fault("details.responsible_municipality", wrong, "the municipality of the case"))
    if faults:
        raise Rejected(faults)
    if tx.tagger is None:
        raise Unavailable
    if tx.tagger.person(defector_key(told.details)) != case.person_tag:
        raise Conflict("another_person", "The case is of another person: open one of its own.")
    before = cases.newest_version(tx, case_id)
    content = told.details.model_dump(mode="json")
    if told.triage is not None:
        cases.set_triage(tx, case_id, told.triage)
    if before is not None and before.content == content and told.triage not in (None, case.triage):
        _begin_sooner(tx, settings, case.triage, cases.read(tx, case_id))
        tx.record(Action.UPDATE_CASE.value, case=case_id, sealed=before.sealed)
        rejudge(tx, case)
        return before.version
    version = 1 if before is None else before.version + 1
    sealed = cases.add_version(tx, case_id, version, content)
    begin_anew(tx, settings, cases.read(tx, case_id))
    tx.record(Action.UPDATE_CASE.value, case=case_id, sealed=sealed)
    rejudge(tx, case)
    return version


def _begin_sooner(tx: Transaction, settings: Settings, triage_before: str, case: Case) -> None:
    """Another round begins when the class of a case is raised; not while something is shown, and no later one."""
    is_raised = TRIAGE_LIMITS[case.triage] < TRIAGE_LIMITS[triage_before]
    if is_raised and case.told_from is not None and case.state in ("signed", "in_progress"):
        begin_round(tx, settings, case)


def assign(tx: Transaction, settings: Settings, case_id: UUID, told: AssignIn) -> tuple[assignments.Assignment, ...]:
    """Somebody of the own unit works on the case; a hand-over ends what others have of that role. Who works on it now.

    A colleague of the unit who is not assigned may hand over the case of somebody who is away; that is an alarm.

    Raises
    ------
    Rejected : the end of a substitute lies behind or too far ahead
    Conflict : `already_assigned`; `another_duty`, of the person to be assigned
    """
    del settings
    cases.lock(tx, case_id)
    now = assignments.live(tx, case_id)
    if told.until_at is not None and not tx.now < told.until_at <= tx.now + _LONGEST_SUBSTITUTE:
        raise Rejected([Fault("until_at", "is out of bounds", "a time to come, within a year")])
    if assignments.duty_in_front(tx, case_id, told.actor) not in (None, told.role):
        raise Conflict("another_duty", "That person has done another duty on this case.")
    if any((one.actor, one.role) == (told.actor, told.role) for one in now) and told.kind != "hand_over":
        raise Conflict("already_assigned", "That person is assigned already.")
    if told.kind == "first" and any(one.role == told.role for one in now):
        raise Conflict("already_assigned", "Somebody has that role: hand over, or name a substitute.")
    if told.kind == "hand_over":
        for one in now:
            if one.role == told.role:
                assignments.end(tx, case_id, one.actor, one.role)
    requesters = {one.actor for one in now if one.role == Role.REQUESTER.value}
    if requesters and tx.actor.name not in requesters:
        alarms.raise_alarm(tx, "case_taken_over")
    added = assignments.add(tx, case_id, told.actor, told.role, told.kind, told.until_at)
    tx.record(Action.ASSIGN.value, case=case_id, about=added)
    return assignments.live(tx, case_id)


def close(tx: Transaction, settings: Settings, case_id: UUID, told: CloseIn) -> Case:
    """The case ends without a placement; what was held for it is released.

    Raises
    ------
    Conflict : `another_duty`
    """
    del settings
    if cases.lock(tx, case_id).is_emergency:  # somebody may be on the way, or there: only the back can tell
        raise Conflict("out_of_order", "The coordinator on duty ends an emergency.")
    duties.take(tx, case_id, Duty.REQUESTER)
    cases.move(tx, case_id, "closed", told.reason_code)
    tasks.finish_all(tx, case_id, "closed")
    tx.defer("advance", case_id)
    tx.record(Action.CLOSE_CASE.value, case=case_id)
    return cases.read(tx, case_id)


def rejudge(tx: Transaction, case: Case) -> None:
    """The case's facts have changed: what is planned and held is judged again."""
    tx.touch()
    tx.defer(
        "rejudge", case.id
    )  # also before any offer: a coordinator may have ordered a hold, which the front cannot see
