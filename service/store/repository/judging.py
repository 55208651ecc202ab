"""Whether every live stay was judged since the register changed; nothing gives a place forward before that.

A change that may endanger somebody raises the revision and queues a judgement; the judgement says which revision it
was of. Between the two no stay takes a step towards its person, and no address is handed out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from service.problems import Conflict
from service.store.database import Transaction
from service.store.tables import register_state

__all__ = ["EVERY", "NOT_JUDGED_YET", "insist_on_judged", "is_judged", "is_stale", "judged", "judged_at"]

EVERY: Final = timedelta(hours=2)
"""How old a judgement may become without any change: assessments expire and actors fade."""
NOT_JUDGED_YET: Final = "not_judged_yet"


def is_judged(tx: Transaction) -> bool:
    """Whether the newest judgement was of the register as it is."""
    asked = select(register_state.c.judged_revision == register_state.c.revision)
    return bool(tx.connection.execute(asked).scalar_one())


def insist_on_judged(tx: Transaction) -> None:
    """Refuse to go on with a stay that may have become unsafe a moment ago.

    Raises
    ------
    Conflict : `not_judged_yet`
    """
    if not is_judged(tx):
        raise Conflict(NOT_JUDGED_YET, "Something has changed and is being judged: try again in a moment.")


def judged(tx: Transaction, revision: int) -> None:
    """Every live stay was judged at a revision of the register."""
    tx.connection.execute(update(register_state).values(judged_revision=revision, judged_at=tx.now))


def judged_at(tx: Transaction) -> datetime | None:
    """When everybody was last judged; none: never yet."""
    found: datetime | None = tx.connection.execute(select(register_state.c.judged_at)).scalar_one()
    return found


def is_stale(tx: Transaction, day_began: datetime) -> bool:
    """Whether everybody is to be judged anew: something has changed, a new day has begun, or an hour is over."""
    asked = select(register_state.c.judged_revision == register_state.c.revision, register_state.c.judged_at)
    is_same, at = tx.connection.execute(asked).one()
    return not is_same or at is None or at < day_began or at <= tx.now - EVERY
