"""The revision of the register, and what an Idempotency-Key was answered with."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, LargeBinary, SmallInteger, Table, Text, text

from service.store.tables.columns import metadata, moment, sealed

__all__ = ["idempotency", "register_state"]

register_state = Table(  # one row: bumped by every change that facts are made of
    "register_state",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("judged_revision", BigInteger, nullable=False, server_default=text("0")),  # every live stay was judged at it
    moment("judged_at", nullable=True),
    CheckConstraint("one", name="one_row"),
)

idempotency = Table(  # what an Idempotency-Key was answered with, in the transaction of the act itself
    "idempotency",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("key_hash", LargeBinary, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("process", Text, nullable=False),
    sealed(nullable=True),  # none: an answer that is given once only
    moment("at"),
    Index("ix_idempotency_at", "at"),
)
