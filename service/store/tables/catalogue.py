"""The catalogue: domain `place`, subject = facility or provider id; addresses in domain `address`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Integer, Table, Uuid, text

from service.store.tables.columns import metadata, moment, sealed, word

__all__ = ["addresses", "facility_versions", "provider_versions"]

provider_versions = Table(  # matching.domain.Provider; append-only
    "provider_versions",
    metadata,
    Column("provider_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    word("written_by"),
    moment("written_at"),
    Column("effective_on", Date, nullable=False),  # edits come into force in daily batches
    sealed(),
)

facility_versions = Table(  # {"facility": matching.domain.Facility, "beds": {unit id: [bed numbers]}}; append-only
    "facility_versions",
    metadata,
    Column("facility_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    word("written_by"),
    moment("written_at"),
    Column("effective_on", Date, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default=text("false")),
    sealed(),
)

addresses = Table(  # domain `address`, subject = facility id: street address, contact, call-back number; append-only
    "addresses",
    metadata,
    Column("facility_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    word("written_by"),
    moment("written_at"),
    sealed(),
)
