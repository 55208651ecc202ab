"""A few reads of the back are wider than what row-level security shows a person: counts, double presence, the address.

Each is a function of its own in a repository module, returns no more than its act may tell, and is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from service.actors import Role
from service.store.database import Transaction

__all__ = ["as_system"]

_SET = text("SELECT set_config('fristad.role', :role, true)")


@contextmanager
def as_system(tx: Transaction) -> Iterator[None]:
    """Rows as our own workers see them, until the block ends; the rights of the database role stay what they are."""
    tx.connection.execute(_SET, {"role": Role.SYSTEM.value})
    yield
    # Not in a finally: after a fault of the database the transaction takes no more statements, and ends.
    tx.connection.execute(_SET, {"role": tx.actor.role.value})
