"""Open tasks about live breaches and about records that lack something: one of each, never two."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from sqlalchemy import or_, select

from service.store.database import Transaction
from service.store.tables import tasks

__all__ = ["BREACHES", "ONE_SIDED", "SET_ASIDE", "open_now", "rule_ref"]

BREACHES = ("breach_move_now", "breach_move_by", "breach_task")
SET_ASIDE = "record_set_aside"
ONE_SIDED = "link_to_be_confirmed"

_RULES = UUID("6f2b1c9e-7d1a-5d0f-9a63-0f6f0a2f7f11")


def rule_ref(rule: str) -> UUID:
    """The id a rule has in `tasks.about_ref`.

    Examples
    --------
    >>> rule_ref("needs_met") == rule_ref("needs_met") != rule_ref("contract")
    True
    """
    return uuid5(_RULES, rule)


def open_now(tx: Transaction, kinds: Iterable[str]) -> dict[tuple[str, UUID | None, UUID | None], UUID]:
    """Open tasks of some kinds: kind, stay and what it is about -> its id."""
    rows = tx.connection.execute(
        select(tasks.c.kind, tasks.c.stay_ref, tasks.c.about_ref, tasks.c.id).where(
            tasks.c.done_at.is_(None), or_(*(tasks.c.kind == kind for kind in kinds))
        )
    )
    return {(kind, stay, about): task for kind, stay, about, task in rows}
