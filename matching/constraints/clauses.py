"""The four kinds of clause a rule may write; the solver package turns them into CP-SAT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

__all__ = ["Clauses", "Literal"]

Literal = int
"""Number of a candidate (0 or more) or of an auxiliary made by `any_of` (-1 or less)."""


class Clauses(Protocol):
    """What `Constraint.add_to` writes to."""

    def forbid(self, candidate: int) -> None:
        """This candidate is never chosen."""
        ...

    def any_of(self, groups: Sequence[Sequence[int]]) -> Literal:
        """A literal that is true when any of these candidates is chosen; one group a case and leg."""
        ...

    def at_most_one(self, literals: Iterable[Literal]) -> None:
        """At most one of these literals is true."""
        ...

    def at_most(self, terms: Iterable[tuple[int, int]], bound: int) -> None:
        """Sum of amount times candidate is at most the bound; terms are (candidate, amount)."""
        ...

    def charge(self, candidate: int, amount: int) -> None:
        """Choosing this candidate adds so much to the SOFT level."""
        ...
