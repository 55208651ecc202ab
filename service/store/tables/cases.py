"""Cases: domain `case`, subject = case id."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, SmallInteger, Table, Text, Uuid, text

from service.store.tables.columns import metadata, moment, one_of, own_id, ref, sealed, word

__all__ = [
    "CASE_STATES",
    "assessment_versions",
    "assignments",
    "case_duties",
    "case_signatures",
    "case_versions",
    "cases",
    "claims",
    "decisions",
    "destination_duties",
    "gate_versions",
    "offers",
    "person_answers",
]

CASE_STATES = (
    "opened",  # one organisation has signed the person's key
    "signed",  # two have: gate facts, measure decision, assessments, queries
    "in_progress",  # slots have been sent or the coordinator handles it
    "answer_needed",  # a bed is confirmed and the destination checked: the person is asked
    "decision_needed",  # the person said yes: the municipality decides
    "decided",  # yes: a reveal may be asked for
    "arrived",
    "completed",
    "interrupted",
    "closed",  # never placed, withdrawn
)
cases = Table(
    "cases",
    metadata,
    own_id(),
    word("unit"),  # the police unit that owns the case: tenant, with its organisation
    word("organisation"),
    word("municipality_unit"),  # the deciding municipality's unit, by the settings
    word("municipality_organisation"),
    Column("person_tag", LargeBinary, nullable=False),  # keyed hash of the person_key
    word("state"),
    word("triage"),
    moment("received_at"),
    Column("attempt_no", SmallInteger, nullable=False),
    ref("cases", "previous_case_id", nullable=True),
    Column("is_emergency", Boolean, nullable=False, server_default=text("false")),
    word("claimed_by", nullable=True),  # the coordinator who sees its detail
    moment("claimed_at", nullable=True),
    moment("state_since"),
    word("end_reason", nullable=True),
    Column("offer_ref", Uuid, nullable=True),  # the stay that is offered now: a random id the front cannot open
    moment("told_from", nullable=True),  # the first telling round of what was last asked; none: at once
    one_of("state", CASE_STATES),
    one_of("triage", ("red", "orange", "green")),
    # One person's key in two cases is blocked by the database itself, once two organisations have signed: before that
    # whoever opens a case would be told whether the person is known.
    Index(
        "one_open_case_per_person",
        "person_tag",
        unique=True,
        postgresql_where=text("state NOT IN ('opened', 'completed', 'interrupted', 'closed')"),
    ),
)

case_signatures = Table(  # two organisations sign the person's key; the JWS is sealed
    "case_signatures",
    metadata,
    ref("cases", primary=True),
    Column("organisation", Text, primary_key=True),
    word("signed_by"),
    moment("signed_at"),
    sealed(),
)

case_versions = Table(  # {household, homes, ..., window, stays, needs}: fields of matching.domain.Case; append-only
    "case_versions",
    metadata,
    ref("cases", primary=True),
    Column("version", Integer, primary_key=True),
    word("written_by"),
    moment("written_at"),
    sealed(),
)

gate_versions = Table(  # fields of matching.domain.Gate but measure_decision; append-only
    "gate_versions",
    metadata,
    ref("cases", primary=True),
    Column("version", Integer, primary_key=True),
    word("written_by"),
    moment("written_at"),
    sealed(),
)

assignments = Table(  # explicit and dated: who works on a case, in which role; substitutes and hand-overs included
    "assignments",
    metadata,
    own_id(),
    ref("cases"),
    word("actor"),
    word("role"),
    word("unit"),
    word("kind"),
    moment("from_at"),
    moment("until_at", nullable=True),
    word("given_by"),
    one_of("kind", ("first", "substitute", "hand_over")),
    Index("ix_assignments_case_id", "case_id"),
    Index("ix_assignments_actor", "actor"),
)

case_duties = Table(  # one person does at most one duty on a case, ever
    "case_duties",
    metadata,
    ref("cases", primary=True),
    Column("actor", Text, primary_key=True),
    word("duty"),
    moment("since"),
    one_of("duty", ("assessor", "requester", "decider", "approver", "coordinator", "receiver")),
)

destination_duties = Table(  # who was asked about the case's destination, by pseudonym: never the front's
    "destination_duties",
    metadata,
    ref("cases", primary=True),
    Column("actor", Text, primary_key=True),
    moment("since"),
)

assessment_versions = Table(  # the signed JWS with a matching.domain.PlacementAssessment as payload; append-only
    "assessment_versions",
    metadata,
    ref("cases", primary=True),
    Column("version", Integer, primary_key=True),
    word("signed_by"),
    word("unit"),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    word("corrects", nullable=True),  # reason code when it corrects an earlier version
    moment("written_at"),
    sealed(),
)

decisions = Table(  # the municipality's: measure before, placement after; append-only
    "decisions",
    metadata,
    own_id(),
    ref("cases"),
    word("kind"),
    word("outcome"),
    word("reason_code", nullable=True),
    word("decided_by"),
    moment("decided_at"),
    Column(
        "stay_ref", Uuid, nullable=True
    ),  # of the stay it is about: a random id, no foreign key the front could read
    one_of("kind", ("measure", "placement")),
    one_of("outcome", ("yes", "no", "disagreement")),
    Index("ix_decisions_case_id", "case_id"),
)

person_answers = Table(  # the person's own yes or no to what is offered; append-only
    "person_answers",
    metadata,
    own_id(),
    ref("cases"),
    word("outcome"),
    word("reason_code", nullable=True),
    word("recorded_by"),
    moment("recorded_at"),
    Column("stay_ref", Uuid, nullable=False),
    one_of("outcome", ("yes", "no")),
)

claims = Table(  # every claim ever made: who opened how many cases a day; append-only
    "claims",
    metadata,
    own_id(),
    ref("cases"),
    word("actor"),
    moment("claimed_at"),
    Index("ix_claims_actor_claimed_at", "actor", "claimed_at"),
)

offers = Table(  # what the municipality sees of a held stay: a card without place; domain `case`, subject = case id
    "offers",
    metadata,
    Column("stay_ref", Uuid, primary_key=True),  # place offers/sealed/{stay id}/1, written when the stay is held
    ref("cases"),
    moment("offered_at"),
    sealed(),  # {"form", "staffing", "privacy", "cost_band"}: the words of matching.redaction.Card
    Index("ix_offers_case_id", "case_id"),
)
