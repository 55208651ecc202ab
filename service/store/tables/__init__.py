"""The tables of the register, as SQLAlchemy Core; the migrations create exactly these.

What identifies a person or a place is only ever in a column named ``sealed``: bytes of `service.crypto`.
Plain columns hold random ids, pseudonyms of officers, organisations, dates of the work itself and words
of a closed vocabulary. Which key domain opens a sealed column, and which subject, is said beside it.
"""

from service.store.tables.cases import (
    CASE_STATES,
    assessment_versions,
    assignments,
    case_duties,
    case_signatures,
    case_versions,
    cases,
    claims,
    decisions,
    destination_duties,
    gate_versions,
    offers,
    person_answers,
)
from service.store.tables.catalogue import addresses, facility_versions, provider_versions
from service.store.tables.columns import SCHEMA, metadata
from service.store.tables.intel import intel_confirmations, intel_versions
from service.store.tables.machinery import idempotency, register_state
from service.store.tables.queries import counted_questions, queries, slot_backing, slots
from service.store.tables.reveals import reveal_approvals, reveal_requests, reveal_tokens, standing_access
from service.store.tables.stays import STAY_KINDS, STAY_STATES, bed_nights, stay_events, stay_persons, stays
from service.store.tables.work import alarms, case_verifications, emergencies, hold_orders, plans, tasks

__all__ = [
    "CASE_STATES",
    "SCHEMA",
    "STAY_KINDS",
    "STAY_STATES",
    "addresses",
    "alarms",
    "assessment_versions",
    "assignments",
    "bed_nights",
    "case_duties",
    "case_signatures",
    "case_verifications",
    "case_versions",
    "cases",
    "claims",
    "counted_questions",
    "decisions",
    "destination_duties",
    "emergencies",
    "facility_versions",
    "gate_versions",
    "hold_orders",
    "idempotency",
    "intel_confirmations",
    "intel_versions",
    "metadata",
    "offers",
    "person_answers",
    "plans",
    "provider_versions",
    "queries",
    "register_state",
    "reveal_approvals",
    "reveal_requests",
    "reveal_tokens",
    "slot_backing",
    "slots",
    "standing_access",
    "stay_events",
    "stay_persons",
    "stays",
    "tasks",
]
