"""The walk, step by step: the one source of `fristad demo-service` and of the calls in docs/api.md."""

from __future__ import annotations

from typing import Final

from service.walk.bodies import ADDRESS, ASSESSMENT, DETAILS, GATE
from service.walk.step import Chapter, Signing, Step

__all__ = ["CHAPTERS", "Chapter", "Signing", "Step"]

_MY_TASK: Final = "items.kind=confirm_with_provider&case_id={case}.stay_id"

_INTAKE: Final = Chapter(
    "Intake: two organisations vouch for the person",
    (
        Step(
            "requester",
            "Opens the case; the police sign the person's key.",
            "POST /v1/cases",
            {
                "case_id": "{case}",
                "municipality_unit": "kommun-1280",
                "triage": "red",
                "received_at": "{now}",
                "details": DETAILS,
                "signature": "{signature}",
            },
            signs=Signing("police"),
            shows=("state",),
        ),
        Step(
            "decider",
            "Signs for the municipality.",
            "POST /v1/cases/{case}/signatures",
            {"signature": "{signature}"},
            signs=Signing("kommun-1280"),
            shows=("state",),
        ),
        Step("requester", "Writes the gate facts.", "POST /v1/cases/{case}/gate", GATE, shows=("version",)),
        Step(
            "decider",
            "Decides the measure.",
            "POST /v1/cases/{case}/measure-decision",
            {"outcome": "yes"},
            shows=("outcome",),
        ),
        Step(
            "assessor",
            "Signs the placement assessment.",
            "POST /v1/cases/{case}/assessments",
            {"signature": "{signature}"},
            signs=Signing("police", "bops-syd", ASSESSMENT),
            shows=("version", "valid_until"),
        ),
    ),
)
_QUERY: Final = Chapter(
    "The query: three slots without a place",
    (
        Step(
            "requester",
            "Asks.",
            "POST /v1/cases/{case}/queries",
            keeps={"query": "query_id"},
            shows=("state",),
        ),
        Step(
            "requester",
            "Reads the stored answer when its tick has come.",
            "GET /v1/queries/{query}",
            keeps={"slot_1": "slots.0.slot_id", "slot_2": "slots.1.slot_id", "slot_3": "slots.2.slot_id"},
            until=("state", "three_slots"),
            shows=("state", "slots.0.form", "slots.1.form", "slots.2.form"),
        ),
        Step(
            "requester",
            "Tells the order of preference.",
            "POST /v1/queries/{query}/preference",
            {"slots": ["{slot_2}", "{slot_1}", "{slot_3}"]},
            shows=("state",),
        ),
    ),
)
_HOLD: Final = Chapter(
    "A bed is held; provider and destination say yes",
    (
        Step(
            "coordinator",
            "Reads the worklist: a hold waits for its confirmation.",
            "GET /v1/worklist",
            until=("items.kind=confirm_with_provider&case_id={case}.kind", "confirm_with_provider"),
            keeps={"stay": _MY_TASK},
            shows=("items.kind=confirm_with_provider&case_id={case}.what_to_do",),
        ),
        Step("coordinator", "Claims the case.", "POST /v1/cases/{case}/claim", shows=("lapses_at",)),
        Step(
            "coordinator",
            "Opens its detail; that is recorded.",
            "GET /v1/cases/{case}/detail",
            keeps={"facility": "stays.0.facility_id", "locality": "stays.0.locality", "start": "stays.0.start"},
            shows=("stays.0.locality", "stays.0.form", "stays.0.start", "stays.0.end", "stays.0.call_back"),
        ),
        Step(
            "registrar",
            "Writes the facility's address and the provider's public key; sees nobody who lives there.",
            "POST /v1/facilities/{facility}/address",
            ADDRESS,
            shows=("version",),
        ),
        Step(
            "coordinator",
            "Has called the provider back.",
            "POST /v1/stays/{stay}/confirmation",
            {"outcome": "confirmed"},
            shows=("state",),
        ),
        Step(
            "destination",
            "Police at the destination find their question.",
            "GET /v1/tasks",
            shows=("tasks.0.kind", "tasks.0.what_to_do"),
        ),
        Step(
            "destination",
            "Reads the locality and the conditions of the case.",
            "GET /v1/stays/{stay}/destination",
            shows=("name", "kommun", "start", "persons", "threat_level"),
        ),
        Step(
            "destination",
            "Says yes, without a reason.",
            "POST /v1/stays/{stay}/destination-check",
            {"outcome": "yes"},
            shows=("state",),
        ),
    ),
)
_DECISION: Final = Chapter(
    "The person and the municipality decide",
    (
        Step(
            "requester",
            "Sees that the person is to be asked, and no more.",
            "GET /v1/cases/{case}",
            until=("state", "answer_needed"),
            shows=("state", "triage", "signatures"),
        ),
        Step(
            "requester",
            "Records the person's answer.",
            "POST /v1/cases/{case}/person-answer",
            {"outcome": "yes"},
            shows=("outcome",),
        ),
        Step(
            "decider",
            "Sees the case at its step.",
            "GET /v1/cases/{case}",
            until=("state", "decision_needed"),
            shows=("state",),
        ),
        Step(
            "decider",
            "Reads the offer: legal form and cost ceiling, never the place.",
            "GET /v1/cases/{case}/offer",
            shows=("legal_form", "staffing", "cost_band", "stays.0.nights", "persons"),
        ),
        Step(
            "decider",
            "Decides the placement.",
            "POST /v1/cases/{case}/placement-decision",
            {"outcome": "yes"},
            shows=("outcome",),
        ),
        Step(
            "coordinator",
            "Sees the stay decided.",
            "GET /v1/cases/{case}/detail",
            until=("stays.0.state", "decided"),
            shows=("state", "stays.0.state"),
        ),
    ),
)
_REVEAL: Final = Chapter(
    "The reveal: two approvals from two organisations, one use",
    (
        Step(
            "requester",
            "Asks that one named receiver may collect the address.",
            "POST /v1/cases/{case}/reveals",
            {"purpose": "transport", "receiver": "b-1"},
            keeps={"reveal": "reveal_id"},
            shows=("state", "purpose", "receiver"),
        ),
        Step(
            "approver",
            "Sees purpose and receiver, not the address.",
            "GET /v1/reveals/{reveal}",
            shows=("purpose", "receiver", "unit", "approvals"),
        ),
        Step(
            "approver",
            "Approves for the police.",
            "POST /v1/reveals/{reveal}/approvals",
            {"outcome": "approved"},
            shows=("state", "approvals"),
        ),
        Step(
            "second_approver",
            "Approves for a second organisation.",
            "POST /v1/reveals/{reveal}/approvals",
            {"outcome": "approved"},
            shows=("state", "approvals"),
        ),
        Step(
            "receiver",
            "Collects the single-use token.",
            "POST /v1/reveals/{reveal}/token",
            keeps={"token": "token"},
            shows=("expires_at",),
        ),
        Step(
            "receiver",
            "Gets the address for it.",
            "POST /v1/reveals/{reveal}/address",
            {"token": "{token}"},
            shows=("street", "postal_code", "town", "contact"),
        ),
        Step(
            "receiver",
            "The same token again opens nothing, and raises an alarm.",
            "POST /v1/reveals/{reveal}/address",
            {"token": "{token}"},
            shows=("code",),
            is_refused="token_refused",
        ),
        Step(
            "coordinator",
            "Gets the threat packet, sealed to the provider's key.",
            "POST /v1/cases/{case}/threat-packet",
            shows=("jwe",),
        ),
    ),
)
_ARRIVAL: Final = Chapter(
    "Arrival, follow-up, ending, departure",
    (
        Step(
            "coordinator",
            "Records the arrival.",
            "POST /v1/stays/{stay}/arrival",
            {"arrived_on": "{start}"},
            shows=("state",),
        ),
        Step(
            "coordinator",
            "Gives the follow-up team access for thirty days.",
            "POST /v1/cases/{case}/access",
            {"actor": "f-1", "days": 30},
            shows=("until",),
        ),
        Step(
            "follow_up",
            "Reads the address; each reading is recorded.",
            "GET /v1/cases/{case}/address",
            shows=("street", "town"),
        ),
        Step("requester", "Sees that the person has arrived.", "GET /v1/cases/{case}", shows=("state",)),
        Step(
            "coordinator",
            "Records how the exit ended; the bed is free, the person still counts as present.",
            "POST /v1/cases/{case}/ending",
            {"outcome": "interrupted", "reason": "own_choice", "from_day": "{today}"},
            shows=("state", "present_stays"),
        ),
        Step(
            "coordinator",
            "Records that the person has left the town.",
            "POST /v1/stays/{stay}/presence",
            {"outcome": "departed", "on": "{today}"},
            shows=("state",),
        ),
    ),
)
_EMERGENCY: Final = Chapter(
    "An emergency: a bed within a minute",
    (
        Step(
            "coordinator",
            "Asks for a bed tonight, from where the person is.",
            "POST /v1/emergencies",
            {
                "position": {"locality": "1280-holma"},
                "drivable_hours": 8,
                "household": [
                    {
                        "person_key": "{second_person}",
                        "role": "defector",
                        "age_years": 31,
                        "gender": "female",
                        "knowledge": "cleared",
                    }
                ],
                "needs": [],
                "nights": 3,
                "responsible_municipality": "1280",
                "municipality_unit": "kommun-1280",
                "oral_consent": True,
            },
            keeps={"emergency": "emergency_id", "emergency_case": "case_id"},
            shows=("state",),
        ),
        Step(
            "coordinator",
            "Reads the answer: a bed is held.",
            "GET /v1/emergencies/{emergency}",
            until=("state", "held"),
            keeps={"emergency_stay": "stay_id"},
            shows=("state", "locality", "start", "end", "road_min", "facts_due_at"),
        ),
        Step(
            "coordinator",
            "Has called the provider.",
            "POST /v1/stays/{emergency_stay}/confirmation",
            {"outcome": "confirmed"},
            shows=("state",),
        ),
        Step(
            "coordinator",
            "Records the arrival.",
            "POST /v1/stays/{emergency_stay}/arrival",
            {"arrived_on": "{today}"},
            shows=("state",),
        ),
        Step(
            "second_coordinator",
            "Another coordinator reviews it.",
            "POST /v1/emergencies/{emergency}/review",
            {"outcome": "justified"},
            shows=("state",),
        ),
    ),
)
_SUPERVISION: Final = Chapter(
    "Supervision",
    (
        Step(
            "security_officer",
            "Sees the alarm that the second use of the token raised.",
            "GET /v1/alarms",
            shows=("alarms.kind=reveal_token_used_twice.kind",),
        ),
        Step(
            "auditor",
            "Reads the trail: acts and pseudonyms, nothing of the case.",
            "GET /v1/trail?after=20&limit=3",
            shows=("entries.0.act", "entries.0.role", "entries.0.outcome"),
        ),
    ),
)

CHAPTERS: Final = (_INTAKE, _QUERY, _HOLD, _DECISION, _REVEAL, _ARRIVAL, _EMERGENCY, _SUPERVISION)
"""The walk from intake to departure, an emergency, and what supervision sees."""
