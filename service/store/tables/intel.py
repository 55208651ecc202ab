"""Intelligence: domain `intel`, subject = record id."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, text

from service.store.tables.columns import metadata, moment, one_of, sealed, word

__all__ = ["intel_confirmations", "intel_versions"]

intel_versions = Table(  # Network, Relation, PersonConflict or Exposure of matching.domain; append-only
    "intel_versions",
    metadata,
    Column("record_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    word("kind"),
    word("written_by"),
    word("unit"),
    moment("written_at"),
    Column("withdrawn", Boolean, nullable=False, server_default=text("false")),
    sealed(),
    one_of("kind", ("network", "relation", "person_conflict", "exposure")),
)

intel_confirmations = Table(  # a second source, or the network keeper: before anybody is moved for it
    "intel_confirmations",
    metadata,
    Column("record_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("actor", Text, primary_key=True),
    word("unit"),
    word("role"),
    moment("confirmed_at"),
)
