"""Stays and their beds: domain `place`, subject = case id, or the stay's own id when no case is behind it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Uuid
from sqlalchemy.dialects.postgresql import INT8RANGE, ExcludeConstraint

from service.store.tables.columns import metadata, moment, one_of, own_id, ref, sealed, word

__all__ = ["STAY_KINDS", "STAY_STATES", "bed_nights", "stay_events", "stay_persons", "stays"]

STAY_KINDS = ("slot", "manual", "emergency", "repair", "first_load", "residence")
STAY_STATES = (
    "held",
    "confirmed",
    "checked",
    "accepted",
    "decided",
    "placed",
    "ended",  # the beds are free, the persons may still be present
    "departed",  # recorded as having left the locality
    "released",  # a hold that came to nothing
)


stays = Table(  # {"facility", "units", "start", "end", "departed", "household", ...}: see service.engine.records
    "stays",
    metadata,
    own_id(),
    ref("cases", nullable=True),
    ref("queries", nullable=True),
    word("kind"),
    word("state"),
    Column("version", Integer, nullable=False),  # of the sealed content
    sealed(),
    Column("offer", Uuid, nullable=True),  # of what was held by one act: linked stays are offered as one
    moment("held_until", nullable=True),
    moment("created_at"),
    moment("state_since"),
    one_of("kind", STAY_KINDS),
    one_of("state", STAY_STATES),
    Index("ix_stays_case_id", "case_id"),
    Index("ix_stays_state", "state"),
)

stay_persons = Table(  # who is present, as keyed hashes: nobody twice
    "stay_persons",
    metadata,
    ref("stays", primary=True),
    Column("person_tag", LargeBinary, primary_key=True),
    Index("ix_stay_persons_person_tag", "person_tag"),
)

bed_nights = Table(  # a bed-night is held at most once, by the database itself
    "bed_nights",
    metadata,
    ref("stays"),
    Column("nights", INT8RANGE, nullable=False),  # [bed * 2^20 + first day, bed * 2^20 + day after), proleptic ordinals
    ExcludeConstraint(("nights", "&&"), using="gist", name="bed_night_held_once"),
    Index("ix_bed_nights_stay_id", "stay_id"),
)

stay_events = Table(  # what happened to a stay, in codes; append-only
    "stay_events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=True),
    ref("stays"),
    word("event"),
    word("code", nullable=True),
    word("actor"),
    moment("at"),
    Index("ix_stay_events_stay_id", "stay_id"),
)
