"""The coordinator's work: tasks, emergencies, plans, alarms."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Uuid, text

from service.store.tables.columns import metadata, moment, one_of, own_id, ref, sealed, word

__all__ = ["alarms", "case_verifications", "emergencies", "hold_orders", "plans", "tasks"]

tasks = Table(
    "tasks",
    metadata,
    own_id(),
    word("kind"),  # see service.flow.worklist
    word("for_role"),
    word("for_unit", nullable=True),  # none: whoever of that role is on duty
    ref("cases", nullable=True),
    Column("stay_ref", Uuid, nullable=True),
    Column("about_ref", Uuid, nullable=True),  # another object: a reveal request, a record of intelligence
    moment("due_at"),
    moment("created_at"),
    moment("done_at", nullable=True),
    word("done_by", nullable=True),
    word("outcome", nullable=True),
    word("reason", nullable=True),  # why a coordinator has a case by hand, see service.inference
    Index("ix_tasks_open", "for_role", "due_at", postgresql_where=text("done_at IS NULL")),
    Index("ix_tasks_case_id", "case_id"),
)

emergencies = Table(
    "emergencies",
    metadata,
    own_id(),
    ref("cases"),
    word("asked_by"),
    moment("asked_at"),
    moment("answered_at", nullable=True),
    moment("facts_due_at"),
    moment("review_due_at"),
    moment("reviewed_at", nullable=True),
    word("reviewed_by", nullable=True),
    word("state"),
    sealed(),  # domain `place`, subject = case id: position, drivable hours, needs; then the answer
    one_of("state", ("working", "answered", "held", "refused", "reviewed")),
)

plans = Table(  # proposed to the coordinator: domain `place`, subject = case id for options, else the plan's own
    "plans",
    metadata,
    own_id(),
    word("kind"),
    word("state"),
    word("asked_by"),
    moment("asked_at"),
    moment("finished_at", nullable=True),
    Column("revision", BigInteger, nullable=True),  # of the register it was made from
    sealed(nullable=True),
    ref("cases", "of_case", nullable=True),  # whose options they are; none: a plan of everybody
    one_of("kind", ("week", "repair", "options")),
    one_of("state", ("working", "proposed", "no_plan", "out_of_time", "failed")),
    Index("ix_plans_of_case", "of_case", "asked_at"),
)

alarms = Table(
    "alarms",
    metadata,
    own_id(),
    word("kind"),
    moment("raised_at"),
    moment("answered_at", nullable=True),
    word("answered_by", nullable=True),
)

hold_orders = Table(  # what the coordinator orders the solver to hold: domain `place`, subject = case id
    "hold_orders",
    metadata,
    own_id(),
    ref("cases"),
    word("kind"),
    word("state"),
    word("asked_by"),
    moment("asked_at"),
    moment("finished_at", nullable=True),
    Column("stay_ref", Uuid, nullable=True),
    sealed(),  # {"facility", "start"} or {"plan", "case"}
    one_of("kind", ("manual", "emergency", "repair")),
    one_of("state", ("working", "held", "refused")),
)

case_verifications = Table(  # who outside the asking and the assessing unit vouches for a case; append-only
    "case_verifications",
    metadata,
    own_id(),
    ref("cases"),
    Column("assessment_version", Integer, nullable=False),
    Column("case_version", Integer, nullable=False),
    word("how"),
    word("vouching_unit"),
    word("actor"),
    moment("verified_at"),
    one_of("how", ("second_organisation", "own_source", "in_person")),
    Index("ix_case_verifications_case_id", "case_id"),
)
