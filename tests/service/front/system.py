"""What back and solver would do meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.actors import SYSTEM
from service.store.database import Transaction
from tests.service.harness import Harness

__all__ = ["as_system"]


@contextmanager
def as_system(harness: Harness) -> Iterator[Transaction]:
    """A transaction of the solver's."""
    with harness.solver.transaction(SYSTEM) as tx:
        yield tx
