"""Gate facts by the requester, the measure decision by the municipality: two acts of two persons."""

from __future__ import annotations

from uuid import UUID

from service.flow.cases import rejudge
from service.flow.rounds import begin_anew
from service.policies import Action
from service.schemas.front_cases import GateIn, MeasureIn
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import cases, decisions, duties, tasks
from service.store.repository.decisions import Decision
from service.store.repository.duties import Duty

__all__ = ["decide_measure", "record"]


def record(tx: Transaction, settings: Settings, case_id: UUID, told: GateIn) -> int:
    """The gate facts as they are now, whole; the number of their version. An emergency stays one until it is decided.

    Raises
    ------
    Conflict : `another_duty`
    """
    case = cases.lock(tx, case_id)
    duties.take(tx, case_id, Duty.REQUESTER)
    before = cases.newest_gate(tx, case_id)
    version = 1 if before is None else before.version + 1
    content = {**told.model_dump(mode="json"), "is_emergency": case.is_emergency}
    sealed = cases.add_gate(tx, case_id, version, content)
    begin_anew(tx, settings, case)
    tasks.finish_for(tx, "facts_due", case=case_id, outcome="done")
    tx.record(Action.RECORD_GATE.value, case=case_id, sealed=sealed)
    rejudge(tx, case)
    return version


def decide_measure(tx: Transaction, settings: Settings, case_id: UUID, told: MeasureIn) -> Decision:
    """The municipality decides the measure; the newest decision counts.

    Raises
    ------
    Conflict : `another_duty`
    """
    case = cases.lock(tx, case_id)
    duties.take(tx, case_id, Duty.DECIDER)
    before = decisions.newest(tx, case_id, "measure")
    decision_id = decisions.add(tx, case_id, "measure", told.outcome, told.reason_code)
    if before is None or before.outcome != told.outcome:
        begin_anew(tx, settings, case)
    tasks.finish_for(tx, "decide_measure", case=case_id, outcome=told.outcome)
    tx.record(Action.DECIDE_MEASURE.value, case=case_id, about=decision_id, outcome=told.outcome)
    rejudge(tx, case)
    return Decision(decision_id, told.outcome, told.reason_code, tx.now)
