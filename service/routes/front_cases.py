"""Cases: intake, details, gate facts, the measure decision, who works on them, their end."""

from __future__ import annotations

import json
from uuid import UUID

from service.flow import case_views, cases, gate
from service.flow.case_views import View
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.front_cases import (
    AssessmentLine,
    AssignIn,
    AssignmentOut,
    AssignmentsOut,
    CaseDetails,
    CaseLine,
    CaseOut,
    CasesOut,
    CloseIn,
    GateIn,
    GateOut,
    MeasureIn,
    MeasureOut,
    OpenIn,
    SignIn,
    StateOut,
    UpdateIn,
    VersionOut,
)
from service.signatures import Signers
from service.store.repository.assignments import Assignment
from service.store.repository.cases import Version

__all__ = ["routes"]

routes = Routes("cases")


@routes.post("/v1/cases", Action.OPEN_CASE, out=StateOut, status=201)
def open_case(session: Session, body: OpenIn) -> StateOut:
    """Open a case, signed by the first organisation."""
    case = cases.open_case(session.tx, session.settings, Signers.of(session.data), body)
    return StateOut.model_validate({"case_id": case.id, "state": case.state})


@routes.post("/v1/cases/{case_id}/signatures", Action.SIGN_CASE, out=StateOut, status=201)
def sign_case(session: Session, case_id: UUID, body: SignIn) -> StateOut:
    """Sign the person's key for a second organisation."""
    case = cases.sign(session.tx, session.settings, Signers.of(session.data), case_id, body)
    return StateOut.model_validate({"case_id": case.id, "state": case.state})


@routes.get("/v1/cases", Action.LIST_CASES, out=CasesOut)
def list_cases(session: Session) -> CasesOut:
    """List the cases of whoever asks."""
    found, more = case_views.listed(session.tx, session.settings)
    lines = tuple(
        CaseLine.model_validate(
            {"case_id": case.id, "state": case.state, "triage": case.triage, "received_at": case.received_at}
        )
        for case in found
    )
    return CasesOut(cases=lines, more=more)


@routes.get("/v1/cases/{case_id}", Action.READ_CASE, out=CaseOut)
def read_case(session: Session, case_id: UUID) -> CaseOut:
    """Read a case; a decider sees neither details nor gate facts."""
    return _shown(case_views.view(session.tx, session.settings, case_id))


@routes.post("/v1/cases/{case_id}/versions", Action.UPDATE_CASE, out=VersionOut, status=201)
def update_case(session: Session, case_id: UUID, body: UpdateIn) -> VersionOut:
    """Write the details as they are now."""
    return VersionOut(case_id=case_id, version=cases.update(session.tx, session.settings, case_id, body))


@routes.post("/v1/cases/{case_id}/gate", Action.RECORD_GATE, out=VersionOut, status=201)
def record_gate(session: Session, case_id: UUID, body: GateIn) -> VersionOut:
    """Write the gate facts as they are now."""
    return VersionOut(case_id=case_id, version=gate.record(session.tx, session.settings, case_id, body))


@routes.post("/v1/cases/{case_id}/measure-decision", Action.DECIDE_MEASURE, out=MeasureOut, status=201)
def decide_measure(session: Session, case_id: UUID, body: MeasureIn) -> MeasureOut:
    """Decide the measure."""
    made = gate.decide_measure(session.tx, session.settings, case_id, body)
    return MeasureOut.model_validate({"case_id": case_id, "outcome": made.outcome, "reason_code": made.reason_code})


@routes.post("/v1/cases/{case_id}/assignments", Action.ASSIGN, out=AssignmentsOut, status=201)
def assign(session: Session, case_id: UUID, body: AssignIn) -> AssignmentsOut:
    """Let somebody of the unit work on the case, as a substitute or from now on."""
    live = cases.assign(session.tx, session.settings, case_id, body)
    return AssignmentsOut(case_id=case_id, assignments=tuple(_assignment(one) for one in live))


@routes.post("/v1/cases/{case_id}/closure", Action.CLOSE_CASE, out=StateOut, status=201)
def close_case(session: Session, case_id: UUID, body: CloseIn) -> StateOut:
    """End the case without a placement."""
    case = cases.close(session.tx, session.settings, case_id, body)
    return StateOut.model_validate({"case_id": case.id, "state": case.state})


def _shown(view: View) -> CaseOut:
    case, found = view.case, view.assessment
    line = None
    if found is not None:
        line = AssessmentLine(
            version=found.version,
            valid_from=found.valid_from,
            valid_until=found.valid_until,
            withdrawn=found.withdrawn,
        )
    return CaseOut.model_validate(
        {
            "case_id": case.id,
            "state": case.state,
            "unit": case.unit,
            "municipality_unit": case.municipality_unit,
            "triage": case.triage,
            "received_at": case.received_at,
            "due_at": view.due_at,
            "next_round_at": view.next_round_at,
            "attempt_no": case.attempt_no,
            "previous_case_id": case.previous,
            "is_emergency": case.is_emergency,
            "signatures": view.signatures,
            "measure_decision": view.measure,
            "assessment": line,
            "query_id": view.query,
            "assignments": tuple(_assignment(one) for one in view.assignments),
            "version": view.version,
            "details": None if view.details is None else _details(view.details),
            "gate": None if view.gate is None else _gate(view.gate),
        }
    )


def _details(found: Version) -> CaseDetails:
    return CaseDetails.model_validate_json(json.dumps(found.content))


def _gate(found: Version) -> GateOut:
    told = {name: found.content[name] for name in GateIn.model_fields if name in found.content}
    facts = GateIn.model_validate(told).model_dump()  # an emergency's gate is empty until its unit writes it
    return GateOut.model_validate({**facts, "version": found.version})


def _assignment(one: Assignment) -> AssignmentOut:
    return AssignmentOut.model_validate(
        {
            "actor": one.actor,
            "role": one.role,
            "kind": one.kind,
            "from_at": one.from_at,
            "until_at": one.until_at,
        }
    )
