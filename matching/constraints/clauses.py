"""The kinds of clause a rule may write; the solver package turns them into CP-SAT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Clauses", "Literal"]

Literal = int
"""Number of a candidate (0 or more) or of an auxiliary made by `any_of` or `meet` (-1 or less)."""


class Clauses(Protocol):
    """What `Constraint.add_to` writes to."""

    def forbid(self, candidate: int) -> None:
        """This candidate is never chosen."""
        ...

    def any_of(self, groups: Sequence[Sequence[int]]) -> Literal:
        """A literal that is true when any of these candidates is chosen; one group a case and leg."""
        ...

    def meet(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Literal:
        """A literal that is true when for any pair both sides are chosen; a side is of one case and leg.

        For costs only: nothing may be forbidden through it.
        """
        ...

    def at_most_one(self, literals: Iterable[Literal]) -> None:
        """At most one of these literals is true; none of them from `meet`."""
        ...

    def at_most(self, terms: Iterable[tuple[Literal, int]], bound: int) -> None:
        """Sum of amount times literal is at most the bound; terms are (literal, amount).

        No literal from `meet`, and an auxiliary with no amount below 0.
        """
        ...

    def charge(self, literal: Literal, amount: int) -> None:
        """This literal, when true, adds so much to the level of the rule; an auxiliary never less than 0."""
        ...

    def charge_always(self, amount: int) -> None:
        """Adds so much to the level of the rule, whatever is chosen."""
        ...

    def charge_near(
        self,
        places: npt.NDArray[np.int64],
        near: npt.NDArray[np.bool_],
        pairs: npt.NDArray[np.int64],
        which: npt.NDArray[np.int64],
        amounts: npt.NDArray[np.int64],
    ) -> None:
        """Each pair of cases adds its amount once when it is near each other at any of their stays.

        Parameters
        ----------
        places : (n,) place of each candidate
        near : (k, places, places), by kind of limit which places are near each other; symmetric
        pairs : (m, 2) cases, the lower number first, each pair once
        which : (m,) the kind of limit of each pair
        amounts : (m,) never below 0
        """
        ...
