"""What the engine passes on: candidates, plans, objections, violations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from matching.facts import Bed, Stay

__all__ = ["Candidate", "Candidates", "Objection", "Placed", "Plan", "PoolUse", "Violation"]


@dataclass(frozen=True)
class Objection:
    """Why a stay is refused: a reason code of the rule, by how much (at least 1), and what a message may name.

    Examples
    --------
    >>> Objection("too_near").amount
    1
    """

    reason: str
    amount: int = 1
    values: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, order=True)
class PoolUse:
    """So many interchangeable beds (or whole units) of one pool of a facility."""

    pool: int
    amount: int


@dataclass(frozen=True, order=True)
class Candidate:
    """One way to serve one leg of one case: where, when, with which beds.

    `first_day` is the start of the case's first leg; the legs of a case share it.
    """

    case: int
    leg: int
    first_day: int
    stay: Stay
    uses: tuple[PoolUse, ...]


@dataclass(frozen=True)
class Candidates:
    """Candidates in order, and the names of the rules whose objections were filtered out already."""

    items: tuple[Candidate, ...]
    filtered_by: frozenset[str] = frozenset()

    @cached_property
    def homes(self) -> tuple[Sequence[int], Sequence[int]]:
        """The first candidate of each case and facility, and for each candidate which of these it is like.

        Examples
        --------
        >>> stays = Stay(4, 10, 20), Stay(5, 10, 20), Stay(4, 11, 21)
        >>> Candidates(tuple(Candidate(0, 0, stay.start_day, stay, ()) for stay in stays)).homes
        ([0, 1], [0, 1, 0])
        """
        firsts: list[int] = []
        places: dict[tuple[int, int], int] = {}
        alike: list[int] = []
        for number, item in enumerate(self.items):
            place = places.setdefault((item.case, item.stay.facility), len(firsts))
            if place == len(firsts):
                firsts.append(number)
            alike.append(place)
        return firsts, alike


@dataclass(frozen=True, order=True)
class Placed:
    """One stay of a plan, with the beds it fills."""

    case: int
    leg: int
    stay: Stay
    beds: tuple[Bed, ...]


@dataclass(frozen=True)
class Plan:
    """The stays of a plan, in order of case and leg; cases without one are unplaced."""

    placed: tuple[Placed, ...] = ()

    def cases(self) -> frozenset[int]:
        """Numbers of the cases that are placed."""
        return frozenset(item.case for item in self.placed)


@dataclass(frozen=True)
class Violation:
    """One breach of a hard rule, or one cost of a soft one.

    `parties` are (kind, number) pairs: case, presence or facility. `is_live` tells a breach among
    those already present, which no plan has caused: `act` is what it asks for, and it alone has one.

    Raises
    ------
    ValueError : a live breach asks for nothing, or a plan's asks for something

    Examples
    --------
    >>> Violation("needs_met", "lacks_needs", 1, (("presence", 0),), is_live=True, act="move_by").act
    'move_by'
    """

    rule: str
    reason: str
    amount: int
    parties: tuple[tuple[str, int], ...]
    is_live: bool = False
    act: str | None = None

    def __post_init__(self) -> None:
        if self.is_live == (self.act is None):
            raise ValueError("a live breach says what it asks for, and no other does")
