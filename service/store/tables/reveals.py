"""Reveals: requests, approvals, tokens, standing access."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text

from service.store.tables.columns import metadata, moment, one_of, own_id, ref, word

__all__ = ["reveal_approvals", "reveal_requests", "reveal_tokens", "standing_access"]

reveal_requests = Table(
    "reveal_requests",
    metadata,
    own_id(),
    ref("cases"),
    Column("stay_ref", Uuid, nullable=False),
    word("purpose"),
    word("receiver"),  # the pseudonym of the one who will receive it
    word("requested_by"),
    word("unit"),  # of the case, and when its placement was decided: all an approver needs of it
    moment("decided_at"),
    moment("requested_at"),
    word("state"),
    one_of("purpose", ("transport", "follow_up", "provider_packet", "emergency")),
    one_of("state", ("asked", "approved", "issued", "used", "refused", "expired")),
)

reveal_approvals = Table(
    "reveal_approvals",
    metadata,
    ref("reveal_requests", "request_id", primary=True),
    Column("actor", Text, primary_key=True),
    word("organisation"),
    word("outcome"),
    moment("at"),
    UniqueConstraint("request_id", "organisation"),  # two organisations, never one twice
    one_of("outcome", ("approved", "refused")),
)

reveal_tokens = Table(  # hashed; single use; bound to the receiver
    "reveal_tokens",
    metadata,
    ref("reveal_requests", "request_id", primary=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    word("receiver"),
    moment("issued_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
    Column("failed_uses", Integer, nullable=False, server_default=text("0")),
)

standing_access = Table(  # the follow-up team's, dated
    "standing_access",
    metadata,
    own_id(),
    ref("cases"),
    word("actor"),
    word("given_by"),
    moment("from_at"),
    moment("until_at"),
    moment("ended_at", nullable=True),
)
