"""What is behind the answers: for the judge of a run, for honest people and for modes that show it: no attacker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from benchmarks.inference.naive import options
from benchmarks.inference.office import Office
from matching.requester import LADDER
from service.actors import SYSTEM
from service.engine import holds
from service.store.repository import stays

__all__ = [
    "LADDER",
    "LIVE",
    "facility_of",
    "is_backed",
    "keep",
    "offered",
    "released_at",
    "safe_and_free",
    "stay_of_case",
    "told_from",
]

LIVE: Final = ("held", "confirmed", "checked", "accepted", "decided")
"""States of a stay that keeps a bed for a case."""


def released_at(office: Office, query_id: str) -> datetime:
    """When the answer of a question comes out."""
    ((moment,),) = office.rows("SELECT release_at FROM fristad.queries WHERE id = %s", query_id)
    found: datetime = moment
    return found


def told_from(office: Office, case_id: UUID) -> datetime | None:
    """The first telling round of a case."""
    ((moment,),) = office.rows("SELECT told_from FROM fristad.cases WHERE id = %s", case_id)
    found: datetime | None = moment
    return found


def stay_of_case(office: Office, case_id: UUID, *states: str) -> UUID | None:
    """The stay of a case in one of these states."""
    found = office.rows(
        "SELECT id FROM fristad.stays WHERE case_id = %s AND state = ANY(%s)", case_id, list(states or LIVE)
    )
    return found[0][0] if found else None


def facility_of(office: Office, stay: UUID) -> str:
    """Where a stay is."""
    with office.solver.transaction(SYSTEM) as tx:
        return str(stays.content(tx, stays.get(tx, stay))["placement"]["facility"])


def offered(office: Office, case_id: UUID) -> str | None:
    """Where the live stay of a case is; none: there is no such stay."""
    stay = stay_of_case(office, case_id)
    return None if stay is None else facility_of(office, stay)


def is_backed(office: Office, case_id: UUID, query_id: str) -> bool:
    """Whether something is held behind the slots of an answer."""
    return bool(
        office.rows(
            "SELECT 1 FROM fristad.stays WHERE case_id = %s AND query_id = %s AND state = ANY(%s)",
            case_id,
            query_id,
            list(LIVE),
        )
    )


def safe_and_free(office: Office, case_id: UUID) -> tuple[str, ...]:
    """Facilities that are safe and free for a case on the true picture, the cheapest for the system first."""
    with office.solver.transaction(SYSTEM) as tx:
        picture = office.engine.picture(tx)
    return options(picture, case_id, office.engine.rules)


def keep(office: Office, case_id: UUID, order: Sequence[str]) -> None:
    """Hold the first of these that can be held."""
    wish = holds.Wish(case_id, "manual", tuple(order))
    holds.place(office.solver, office.engine, office.settings, wish, lambda _tx, _held: None)
