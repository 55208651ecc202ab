"""Cases as requesters, assessors and deciders write and read them."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from matching.domain import KnownPlace, Member, Need, StayRequest, Window
from matching.domain.base import Day, KommunCode, LocalityId, Moment, RecordId, own_fault
from service.schemas.common import In, Name, Out, Signature, Slug, words_of

__all__ = [
    "CASE_ID",
    "PERSON",
    "AssessmentLine",
    "AssignIn",
    "AssignmentOut",
    "AssignmentsOut",
    "CaseDetails",
    "CaseLine",
    "CaseOut",
    "CasesOut",
    "CloseIn",
    "GateIn",
    "GateOut",
    "MeasureIn",
    "MeasureOut",
    "OpenIn",
    "SignIn",
    "StateOut",
    "Triage",
    "UpdateIn",
    "VersionOut",
]

CASE_ID = "5f0c7a3e-9d1b-4c62-8a57-3f6e2b90d4c1"
"""The case of all examples."""
PERSON = "7c9e66a1f0d24b58"
JWS = "eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoicG9saWNlLTEifQ.eyJwdXJwb3NlIjoiZnJpc3RhZC5pbnRha2UifQ.c2lnbmF0dXJl"

Triage = Literal["red", "orange", "green"]
State = Literal[
    "opened",
    "signed",
    "in_progress",
    "answer_needed",
    "decision_needed",
    "decided",
    "arrived",
    "completed",
    "interrupted",
    "closed",
]
"""Refusals by a provider or at the destination change nothing of it: the case stays `in_progress`."""

DETAILS_EXAMPLE: Final[JsonDict] = {
    "responsible_municipality": "0180",
    "window": {"earliest": "2026-12-01", "latest": "2026-12-20"},
    "stays": [{"kind": "stable", "nights": 180}],
    "household": [
        {"person_key": PERSON, "role": "defector", "age_years": 24, "gender": "male", "knowledge": "cleared"}
    ],
    "homes": ["0180-kista"],
}
GATE_EXAMPLE: Final[JsonDict] = {
    "definition_version": "sos-2023",
    "definition_met": True,
    "motivated": True,
    "written_consent": True,
    "conditions_signed": True,
    "is_evidence_witness": False,
    "investigation_clearance": True,
    "relocation_expressly_needed": False,
}


class CaseDetails(In):
    """What the search needs to know of a household: no name, no number, no free text."""

    model_config = ConfigDict(json_schema_extra={"examples": [DETAILS_EXAMPLE]})

    responsible_municipality: KommunCode
    window: Window
    stays: Annotated[tuple[StayRequest, ...], Field(min_length=1, max_length=2)]
    household: Annotated[tuple[Member, ...], Field(min_length=1, max_length=12)]
    homes: Annotated[tuple[LocalityId, ...], Field(min_length=1, max_length=20)]
    crime_localities: Annotated[tuple[LocalityId, ...], Field(max_length=50)] = ()
    known_places: Annotated[tuple[KnownPlace, ...], Field(max_length=50)] = ()
    needs: Annotated[tuple[Need, ...], Field(max_length=30)] = ()
    support_intensity: Annotated[int, Field(ge=1, le=4)] | None = None
    permitted_contacts: Annotated[tuple[LocalityId, ...], Field(max_length=20)] = ()


class OpenIn(In):
    """A new case; the opener chooses its id, so that what is signed holds for this case alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_id": CASE_ID,
                    "municipality_unit": "kommun-0180",
                    "triage": "green",
                    "received_at": "2026-11-20T08:00:00+01:00",
                    "previous_case_id": None,
                    "details": DETAILS_EXAMPLE,
                    "signature": JWS,
                }
            ]
        }
    )

    case_id: UUID = Field(description="a random UUID (version 4), made by the opener")
    municipality_unit: Slug
    triage: Triage
    received_at: Moment
    previous_case_id: UUID | None = Field(default=None, description="re-entry: the person's completed or aborted case")
    details: CaseDetails
    signature: Signature


class SignIn(In):
    """The second organisation vouches for the same person."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signature": JWS}]})

    signature: Signature


class UpdateIn(In):
    """The details as they are now, whole; the person stays the same."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"details": DETAILS_EXAMPLE, "triage": "orange"}]})

    details: CaseDetails
    triage: Triage | None = None


class GateIn(In):
    """Gate facts, whole; what is not established is none. The measure decision is the municipality's own act."""

    model_config = ConfigDict(json_schema_extra={"examples": [GATE_EXAMPLE]})

    definition_version: RecordId | None = None
    definition_met: bool | None = None
    motivated: bool | None = None
    written_consent: bool | None = None
    conditions_signed: bool | None = None
    is_evidence_witness: bool | None = None
    investigation_clearance: bool | None = None
    relocation_expressly_needed: bool = False


class MeasureIn(In):
    """The municipality's measure decision; anything but a yes has a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "yes", "reason_code": None}]})

    outcome: Literal["yes", "no", "disagreement"]
    reason_code: (
        Literal[
            "not_eligible",
            "no_consent",
            "other_measure",
            "not_responsible",
            "insufficient_basis",
            "threat_disputed",
            "cost",
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _reason_fits(self) -> Self:
        if (self.outcome == "yes") != (self.reason_code is None):
            accepted = f"none for a yes; else one of {words_of(type(self), 'reason_code')}"
            raise own_fault("the reason_code does not fit the outcome", accepted)
        return self


class AssignIn(In):
    """Somebody of the own unit works on the case: at first, as a dated substitute, or from now on instead."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"actor": "r-12", "role": "requester", "kind": "substitute", "until_at": "2026-12-05T17:00:00+01:00"}
            ]
        }
    )

    actor: Name
    role: Literal["requester", "assessor"]
    kind: Literal["first", "substitute", "hand_over"]
    until_at: Moment | None = None

    @model_validator(mode="after")
    def _substitutes_are_dated(self) -> Self:
        if (self.kind == "substitute") != (self.until_at is not None):
            raise own_fault("the end does not fit the kind", "an end for a substitute, none otherwise")
        return self


class CloseIn(In):
    """The case ends without a placement."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason_code": "withdrawn_by_person"}]})

    reason_code: Literal[
        "withdrawn_by_person", "not_eligible", "other_measure", "no_contact", "opened_by_mistake", "moved_by_themselves"
    ]


class StateOut(Out):
    """A case and where it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"case_id": CASE_ID, "state": "signed"}]})

    case_id: UUID
    state: State


class VersionOut(Out):
    """A version that was written."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"case_id": CASE_ID, "version": 2}]})

    case_id: UUID
    version: int


class AssignmentOut(Out):
    """One person on the case."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "actor": "r-7",
                    "role": "requester",
                    "kind": "first",
                    "from_at": "2026-11-20T08:00:00Z",
                    "until_at": None,
                }
            ]
        }
    )

    actor: str
    role: Literal["requester", "assessor"]
    kind: Literal["first", "substitute", "hand_over"]
    from_at: Moment
    until_at: Moment | None


class AssignmentsOut(Out):
    """Who works on the case now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"case_id": CASE_ID, "assignments": []}]})

    case_id: UUID
    assignments: tuple[AssignmentOut, ...]


class MeasureOut(Out):
    """The measure decision is recorded."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"case_id": CASE_ID, "outcome": "yes", "reason_code": None}]}
    )

    case_id: UUID
    outcome: Literal["yes", "no", "disagreement"]
    reason_code: str | None


class GateOut(Out):
    """Gate facts as they stand, and the measure decision beside them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1, **GATE_EXAMPLE}]})

    version: int
    definition_version: str | None
    definition_met: bool | None
    motivated: bool | None
    written_consent: bool | None
    conditions_signed: bool | None
    is_evidence_witness: bool | None
    investigation_clearance: bool | None
    relocation_expressly_needed: bool


class AssessmentLine(Out):
    """The assessment that counts, without what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"version": 1, "valid_from": "2026-11-20", "valid_until": "2027-02-20", "withdrawn": False}]
        }
    )

    version: int
    valid_from: Day
    valid_until: Day
    withdrawn: bool


CASE_EXAMPLE: Final[JsonDict] = {
    "case_id": CASE_ID,
    "state": "signed",
    "unit": "bops-syd",
    "municipality_unit": "kommun-0180",
    "triage": "green",
    "received_at": "2026-11-20T07:00:00Z",
    "due_at": "2026-12-04T07:00:00Z",
    "next_round_at": None,
    "attempt_no": 1,
    "previous_case_id": None,
    "is_emergency": False,
    "signatures": 2,
    "measure_decision": "yes",
    "assessment": {"version": 1, "valid_from": "2026-11-20", "valid_until": "2027-02-20", "withdrawn": False},
    "query_id": None,
    "assignments": [],
    "version": 1,
    "details": None,
    "gate": None,
}


class CaseOut(Out):
    """A case; a decider's view has neither details nor gate facts."""

    model_config = ConfigDict(json_schema_extra={"examples": [CASE_EXAMPLE]})

    case_id: UUID
    state: State
    unit: str
    municipality_unit: str
    triage: Triage
    received_at: Moment
    due_at: Moment
    next_round_at: Moment | None = Field(
        description="what is ready by then is shown then; none: nothing waits, or it is shown as soon as it is ready"
    )
    attempt_no: int
    previous_case_id: UUID | None
    is_emergency: bool
    signatures: int
    measure_decision: Literal["yes", "no", "disagreement"] | None
    assessment: AssessmentLine | None
    query_id: UUID | None
    assignments: tuple[AssignmentOut, ...]
    version: int
    details: CaseDetails | None
    gate: GateOut | None


class CaseLine(Out):
    """A case in a list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"case_id": CASE_ID, "state": "signed", "triage": "green", "received_at": "2026-11-20T07:00:00Z"}
            ]
        }
    )

    case_id: UUID
    state: State
    triage: Triage
    received_at: Moment


class CasesOut(Out):
    """The actor's cases, open ones first; `more`: there are others that are not shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cases": [], "more": False}]})

    cases: tuple[CaseLine, ...]
    more: bool
