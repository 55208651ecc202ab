"""A few reads of the back are wider than what row-level security shows a person: counts, double presence, the address.

Each is a function of its own in a repository module, returns no more than its act may tell, and is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.actors import Role
from service.store.database import Transaction

__all__ = ["as_system"]

_ROLE = text("SELECT current_setting('fristad.role')")
_SET = text("SELECT set_config('fristad.role', :role, true)")


@contextmanager
def as_system(tx: Transaction) -> Iterator[None]:
    """Rows as our own workers see them, until the block ends; the rights of the database role stay what they are."""
    before = tx.connection.execute(_ROLE).scalar_one()
    tx.connection.execute(_SET, {"role": Role.SYSTEM.value})
    try:
        yield
    except DBAPIError:  # the transaction takes no more statements, and ends
        raise
    except BaseException:
        tx.connection.execute(_SET, {"role": before})
        raise
    tx.connection.execute(_SET, {"role": before})
