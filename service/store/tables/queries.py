"""Queries, slots and what is behind them: domain `case` (the answer) and `place` (the backing), subject = case id."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, SmallInteger, Table, UniqueConstraint

from service.store.tables.columns import metadata, moment, one_of, own_id, ref, sealed, word

__all__ = ["counted_questions", "queries", "slot_backing", "slots"]

queries = Table(
    "queries",
    metadata,
    own_id(),
    ref("cases"),
    Column("assessment_version", Integer, nullable=False),
    word("asked_by"),
    word("unit"),
    moment("asked_at"),
    moment("release_at"),
    moment("expires_at"),
    word("state"),
    sealed(nullable=True),  # the answer's bytes, replayed for its life
    one_of("state", ("working", "stored", "expired")),
    UniqueConstraint("case_id", "assessment_version"),  # one stored answer per case and version
    Index("ix_queries_unit_asked_at", "unit", "asked_at"),
)

slots = Table(
    "slots",
    metadata,
    own_id(),  # 128 random bits, of this answer alone
    ref("queries"),
    Column("position", SmallInteger, nullable=False),
    Column("preference", SmallInteger, nullable=True),
    moment("preferred_at", nullable=True),
    UniqueConstraint("query_id", "position"),
)

slot_backing = Table(  # domain `place`, subject = case id: facilities behind a slot; see `answers.expire`
    "slot_backing",
    metadata,
    ref("slots", primary=True),
    sealed(),
)

counted_questions = Table(  # what an asker has used of the budgets: one row for each set of own facts that was tried
    "counted_questions",
    metadata,
    ref("cases", primary=True),
    Column("assessment_version", Integer, primary_key=True, autoincrement=False),
    Column("facts_no", Integer, primary_key=True, autoincrement=False),  # of details, gate facts, measure decisions
    word("unit"),
    moment("counted_at"),
    Index("ix_counted_questions_unit_counted_at", "unit", "counted_at"),
)
