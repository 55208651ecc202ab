"""Stays, their persons, beds and history; what a stay says of place and people is sealed in domain `place`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg.errors import ExclusionViolation
from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import INT8RANGE, Range
from sqlalchemy.exc import IntegrityError

from service.crypto import Domain, at
from service.problems import Conflict, NotFound, Unavailable
from service.store.database import Transaction
from service.store.tables import bed_nights, stay_events, stay_persons, stays

__all__ = [
    "HOLDING",
    "LIVE",
    "PRESENT",
    "BedTaken",
    "Nights",
    "Stay",
    "add",
    "book",
    "content",
    "depart",
    "end",
    "free_beds",
    "get",
    "held_past",
    "live_of",
    "move",
    "nights_of",
    "of_case",
    "release",
    "taken",
]

HOLDING: Final = ("held", "confirmed", "checked", "accepted", "decided")
"""States of a stay nobody lives in yet."""
LIVE: Final = (*HOLDING, "placed")
"""States in which a stay fills its beds."""
PRESENT: Final = (*LIVE, "ended")
"""States in which its persons count as present in the town."""

_BED: Final = 1 << 20
"""Days of one bed in the numbers of `bed_nights`: any date of our calendar is less."""


class BedTaken(Conflict):
    """Somebody else holds the bed on one of these nights; nothing of this stay is written."""

    def __init__(self) -> None:
        super().__init__("bed_taken", "The bed has just been taken.")


@dataclass(frozen=True, order=True)
class Nights:
    """One bed on nights ``[start_day, end_day)``, in days of the calendar since year 1."""

    bed: int
    start_day: int
    end_day: int

    @property
    def range(self) -> Range[int]:
        """As the database holds it: no two of them may overlap.

        Examples
        --------
        >>> Nights(1, 2, 4).range == Range(1048578, 1048580, bounds="[)")
        True
        """
        return Range(self.bed * _BED + self.start_day, self.bed * _BED + self.end_day, bounds="[)")


@dataclass(frozen=True)
class Stay:
    """A row of `stays`; `content` opens what is sealed."""

    id: UUID
    case: UUID | None
    query: UUID | None
    kind: str
    state: str
    version: int
    sealed: bytes = field(repr=False)
    offer: UUID | None
    held_until: datetime | None
    created_at: datetime
    state_since: datetime

    @property
    def subject(self) -> UUID:
        """Whose key opens it: the case's, or its own."""
        return self.id if self.case is None else self.case

    @property
    def is_live(self) -> bool:
        """Whether it fills its beds."""
        return self.state in LIVE


_COLUMNS: Final = (
    stays.c.id,
    stays.c.case_id,
    stays.c.query_id,
    stays.c.kind,
    stays.c.state,
    stays.c.version,
    stays.c.sealed,
    stays.c.offer,
    stays.c.held_until,
    stays.c.created_at,
    stays.c.state_since,
)


def _of(row: Any) -> Stay:
    return Stay(*row)


def get(tx: Transaction, stay_id: UUID, *, lock: bool = False) -> Stay:
    """One stay; `lock` keeps others from changing it until the transaction ends.

    Raises
    ------
    NotFound : there is none, or the actor may not see it
    """
    query = select(*_COLUMNS).where(stays.c.id == stay_id)
    row = tx.connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return _of(row)


def of_case(tx: Transaction, case_id: UUID) -> tuple[Stay, ...]:
    """Every stay a case ever had, the newest first."""
    rows = tx.connection.execute(
        select(*_COLUMNS).where(stays.c.case_id == case_id).order_by(stays.c.created_at.desc(), stays.c.id).limit(200)
    )
    return tuple(map(_of, rows))


def live_of(tx: Transaction, case_id: UUID) -> tuple[Stay, ...]:
    """Stays of a case that fill beds, the first to begin first written first."""
    rows = tx.connection.execute(
        select(*_COLUMNS)
        .where(stays.c.case_id == case_id, stays.c.state.in_(LIVE))
        .order_by(stays.c.created_at, stays.c.id)
        .limit(20)
    )
    return tuple(map(_of, rows))


def held_past(tx: Transaction, moment: datetime, limit: int = 100) -> tuple[Stay, ...]:
    """Holds whose time is over."""
    rows = tx.connection.execute(
        select(*_COLUMNS)
        .where(stays.c.state.in_(HOLDING), stays.c.held_until < moment)
        .order_by(stays.c.held_until)
        .limit(limit)
    )
    return tuple(map(_of, rows))


def content(tx: Transaction, stay: Stay) -> dict[str, Any]:
    """What is sealed: ``placement`` or ``residence``, ``beds``, and of a first load ``case_file``."""
    opened: dict[str, Any] = tx.open(
        Domain.PLACE, stay.subject, at("stays", "sealed", stay.id, stay.version), stay.sealed
    )
    return opened


def add(
    tx: Transaction,
    told: dict[str, Any],
    *,
    kind: str,
    state: str,
    nights: Iterable[Nights] = (),
    persons: Iterable[str] = (),
    case: UUID | None = None,
    query: UUID | None = None,
    offer: UUID | None = None,
    held_until: datetime | None = None,
    code: str | None = None,
    stay_id: UUID | None = None,
    leg: int = 0,
) -> tuple[Stay, bytes]:
    """A new stay with its beds, persons and first event; the stay, and the ciphertext for the trail.

    Parameters
    ----------
    told : see `content`; what is written under ``beds`` is taken from `nights`
    kind, state : see `service.store.tables.stays`
    nights : the beds it fills
    persons : keys of the persons, stored as tags
    offer : of the act that holds it, see `service.store.tables.stays`
    code : why, for its history
    leg : of linked stays, counted from 0: they keep their order

    Raises
    ------
    BedTaken : one of the beds is taken; the transaction goes on without the stay
    """
    booked = tuple(nights)
    stay_id = uuid4() if stay_id is None else stay_id
    subject = stay_id if case is None else case
    tx.new_subject(Domain.PLACE, subject)
    told = {**told, "beds": sorted({one.bed for one in booked})}
    sealed = tx.seal(Domain.PLACE, subject, at("stays", "sealed", stay_id, 1), told)
    created_at = tx.now + timedelta(microseconds=leg)
    stay = Stay(stay_id, case, query, kind, state, 1, sealed, offer, held_until, created_at, tx.now)
    try:
        with tx.connection.begin_nested():
            tx.connection.execute(
                insert(stays).values(
                    id=stay_id,
                    case_id=case,
                    query_id=query,
                    kind=kind,
                    state=state,
                    version=1,
                    sealed=sealed,
                    offer=offer,
                    held_until=held_until,
                    created_at=created_at,
                    state_since=tx.now,
                )
            )
            _insert_nights(tx, stay_id, booked)
    except IntegrityError as err:
        raise _taken_or(err) from None
    tags = sorted(_tags(tx, persons))
    if tags:
        tx.connection.execute(insert(stay_persons), [{"stay_id": stay_id, "person_tag": tag} for tag in tags])
    event(tx, stay_id, state, code)
    return stay, sealed


def _tags(tx: Transaction, persons: Iterable[str]) -> set[bytes]:
    if tx.tagger is None:
        raise Unavailable
    return {tx.tagger.person(key) for key in persons}


def book(tx: Transaction, stay_id: UUID, nights: Iterable[Nights]) -> None:
    """More beds for a stay.

    Raises
    ------
    BedTaken : one of them is taken; none is booked
    """
    try:
        with tx.connection.begin_nested():
            _insert_nights(tx, stay_id, tuple(nights))
    except IntegrityError as err:
        raise _taken_or(err) from None


def _insert_nights(tx: Transaction, stay_id: UUID, nights: tuple[Nights, ...]) -> None:
    if nights:
        tx.connection.execute(insert(bed_nights), [{"stay_id": stay_id, "nights": one.range} for one in sorted(nights)])


def _taken_or(err: IntegrityError) -> Exception:
    return BedTaken() if isinstance(err.orig, ExclusionViolation) else err


def taken(tx: Transaction, beds: Iterable[int], start_day: int, end_day: int) -> tuple[Nights, ...]:
    """What is booked of some beds on nights ``[start_day, end_day)``."""
    found: list[Nights] = []
    for bed in sorted(set(beds)):
        asked = Nights(bed, start_day, end_day).range
        rows = tx.connection.execute(
            select(func.lower(bed_nights.c.nights), func.upper(bed_nights.c.nights)).where(
                bed_nights.c.nights.op("&&")(literal(asked, INT8RANGE))
            )
        )
        found += (Nights(bed, low - bed * _BED, high - bed * _BED) for low, high in rows)
    return tuple(sorted(found))


def nights_of(tx: Transaction, stay_id: UUID) -> tuple[Nights, ...]:
    """The beds a stay fills, and when."""
    rows = tx.connection.execute(
        select(func.lower(bed_nights.c.nights), func.upper(bed_nights.c.nights)).where(bed_nights.c.stay_id == stay_id)
    )
    return tuple(sorted(Nights(low // _BED, low % _BED, low % _BED + high - low) for low, high in rows))


def move(tx: Transaction, stay: Stay, to: str, code: str | None = None, *, held_until: datetime | None = None) -> bool:
    """Bring a stay from the state it was read in to another one; False when somebody else was faster.

    `held_until` of none ends the hold's term: from a decision on, a hold lasts until somebody ends it.
    """
    done = tx.connection.execute(
        update(stays)
        .where(stays.c.id == stay.id, stays.c.state == stay.state)
        .values(state=to, state_since=tx.now, held_until=held_until)
    )
    if done.rowcount != 1:
        return False
    event(tx, stay.id, to, code)
    tx.touch(endangers=False)
    return True


def release(tx: Transaction, stay: Stay, code: str) -> bool:
    """A hold that comes to nothing: its beds are free at once; False when it is no hold any more."""
    if stay.state not in HOLDING or not move(tx, stay, "released", code):
        return False
    tx.connection.execute(delete(bed_nights).where(bed_nights.c.stay_id == stay.id))
    return True


def end(tx: Transaction, stay: Stay, day: date, code: str) -> bool:
    """The beds are free from a day on; the persons stay present. False when nobody lives there (any more).

    The first night stays taken whatever day is told: it was slept.
    """
    if stay.state != "placed" or not move(tx, stay, "ended", code):
        return False
    told = content(tx, stay)
    placement = told.get("placement")
    if placement is not None:
        first = date.fromisoformat(placement["start"])
        last = max(day.toordinal(), first.toordinal() + 1)
        last = min(last, date.fromisoformat(placement["end"]).toordinal())
        free_beds(tx, stay.id, last)
        _rewrite(tx, stay, {**told, "placement": {**placement, "end": date.fromordinal(last).isoformat()}})
    return True


def depart(tx: Transaction, stay: Stay, day: date, code: str | None = None) -> bool:
    """Its persons have left the town on a day: the cool-down begins; False when they are not present.

    Raises
    ------
    Conflict : `day_in_future`, nobody has left who leaves tomorrow; `day_before_start`
    """
    if day.toordinal() > tx.now.date().toordinal() + 1:  # a day more: the register's clock is UTC
        raise Conflict("day_in_future", "A departure is recorded when it has happened.")
    told = content(tx, stay)
    key = "placement" if "placement" in told else "residence"
    if day < date.fromisoformat(told[key]["start"]):
        raise Conflict("day_before_start", "A departure is on or after the first day.")
    if stay.state not in ("placed", "ended") or not move(tx, stay, "departed", code):
        return False
    free_beds(tx, stay.id, day.toordinal())
    _rewrite(tx, stay, {**told, key: {**told[key], "departed": day.isoformat()}})
    return True


def free_beds(tx: Transaction, stay_id: UUID, from_day: int) -> None:
    """Give the beds of a stay back from a day on."""
    there = nights_of(tx, stay_id)
    tx.connection.execute(delete(bed_nights).where(bed_nights.c.stay_id == stay_id))
    kept = (Nights(one.bed, one.start_day, min(one.end_day, from_day)) for one in there)
    _insert_nights(tx, stay_id, tuple(one for one in kept if one.start_day < one.end_day))


def _rewrite(tx: Transaction, stay: Stay, told: dict[str, Any]) -> None:
    version = stay.version + 1
    sealed = tx.seal(Domain.PLACE, stay.subject, at("stays", "sealed", stay.id, version), told)
    tx.connection.execute(update(stays).where(stays.c.id == stay.id).values(version=version, sealed=sealed))


def event(tx: Transaction, stay_id: UUID, name: str, code: str | None = None) -> None:
    """A line of a stay's history, in codes."""
    tx.connection.execute(
        insert(stay_events).values(stay_id=stay_id, event=name, code=code, actor=tx.pseudonym, at=tx.now)
    )
