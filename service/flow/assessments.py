"""Placement assessments: signed by a unit, one version after the other, corrected, withdrawn, never changed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from matching.domain import PlacementAssessment
from matching.errors import Fault
from service.flow.cases import rejudge
from service.flow.front_told import assessment_faults, network_faults
from service.flow.rounds import begin_anew
from service.flow.worklist import local_day
from service.policies import Action
from service.problems import Conflict, Rejected
from service.schemas.front_assessments import AssessmentIn, WithdrawalIn
from service.settings import Settings
from service.signatures import Signers
from service.store.database import Transaction
from service.store.repository import assessments, cases, duties, tasks
from service.store.repository.assessments import Assessment
from service.store.repository.duties import Duty

__all__ = ["MOST_SHOWN", "read", "sign", "withdraw"]

MOST_SHOWN = 10
"""Versions in one answer."""


def sign(tx: Transaction, settings: Settings, signers: Signers, case_id: UUID, told: AssessmentIn) -> Assessment:
    """The next version of a case's assessment.

    Raises
    ------
    Rejected : `signature_rejected`, of another case or version too; or every fault of the assessment
    Conflict : `another_duty`; `not_a_correction`, there is nothing to correct
    """
    case = cases.lock(tx, case_id)
    earlier = assessments.newest(tx, case_id)
    version = earlier[0].version + 1 if earlier else 1
    statement = signers.assessment(told.signature, tx.actor, case_id, version, tx.now, settings.clock_skew_s)
    assessment = statement.assessment
    details = cases.newest_version(tx, case_id)
    faults = _faults(tx, settings, assessment, version)
    faults += assessment_faults(assessment, [] if details is None else details.content["household"])
    faults += network_faults(tx, assessment.model_dump(mode="json"), "assessment")
    if faults:
        raise Rejected(faults)
    if told.corrects is not None and not earlier:
        raise Conflict("not_a_correction", "There is no earlier version to correct.")
    duties.take(tx, case_id, Duty.ASSESSOR)
    sealed = assessments.add(tx, case_id, assessment, told.signature, unit=tx.actor.unit, corrects=told.corrects)
    for kind in ("sign_assessment", "renew_assessment"):
        tasks.finish_for(tx, kind, case=case_id, outcome="done")
    begin_anew(tx, settings, case)
    tx.record(Action.SIGN_ASSESSMENT.value, case=case_id, sealed=sealed)
    rejudge(tx, case)
    return assessments.newest(tx, case_id)[0]


def _faults(tx: Transaction, settings: Settings, told: PlacementAssessment, version: int) -> list[Fault]:
    latest = local_day(tx.now + timedelta(seconds=settings.clock_skew_s))
    judged = (
        (told.version == version, "version", "is not the next version", "the number of the statement"),
        (told.assessor_unit == tx.actor.unit, "assessor_unit", "is another unit", "the unit that signs"),
        (not told.withdrawn, "withdrawn", "is true", "false: a withdrawal is an act of its own"),
        (told.signed_on <= latest, "signed_on", "lies ahead", "a day that has come"),
        (told.valid_until >= local_day(tx.now), "valid_until", "lies behind", "a day to come"),
    )
    return [Fault(f"assessment.{path}", wrong, accepted) for holds, path, wrong, accepted in judged if not holds]


def withdraw(tx: Transaction, settings: Settings, case_id: UUID, told: WithdrawalIn) -> Assessment:
    """The newest version no longer holds: a version that says so follows it, and the case is blocked.

    Raises
    ------
    Conflict : `another_duty`; `no_assessment`, there is none or it is withdrawn already
    """
    case = cases.lock(tx, case_id)
    found = assessments.newest(tx, case_id)
    if not found or found[0].withdrawn:
        raise Conflict("no_assessment", "There is no assessment to withdraw.")
    duties.take(tx, case_id, Duty.ASSESSOR)
    content, signature = assessments.opened(tx, case_id, found[0])
    following = assessments.as_model({**content, "version": found[0].version + 1, "withdrawn": True})
    sealed = assessments.add(tx, case_id, following, signature, unit=tx.actor.unit, corrects=told.reason_code)
    tasks.add(tx, "renew_assessment", "assessor", tx.now + timedelta(days=1), case=case_id, for_unit=case.unit)
    begin_anew(tx, settings, case)
    tx.record(Action.WITHDRAW_ASSESSMENT.value, case=case_id, outcome="withdrawn", sealed=sealed)
    rejudge(tx, case)
    return assessments.newest(tx, case_id)[0]


def read(
    tx: Transaction, settings: Settings, case_id: UUID
) -> tuple[tuple[tuple[Assessment, PlacementAssessment, str], ...], bool]:
    """The newest versions with their signatures, and whether there are older ones."""
    del settings
    found = assessments.newest(tx, case_id, MOST_SHOWN + 1)
    shown = []
    for one in found[:MOST_SHOWN]:
        content, signature = assessments.opened(tx, case_id, one)
        shown.append((one, assessments.as_model(content), signature))
        tx.record(Action.READ_ASSESSMENTS.value, case=case_id, sealed=one.sealed)
    if not shown:
        tx.record(Action.READ_ASSESSMENTS.value, case=case_id)
    return tuple(shown), len(found) > MOST_SHOWN
