"""Secrets that occur nowhere else: each has a kind, and belongs to a case, a facility, a network or a request."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from string import ascii_lowercase
from typing import Final
from uuid import UUID, uuid4

from service.flow.localities import layers

__all__ = ["POINTERS", "Book", "Marker"]

POINTERS: Final = frozenset({"case id", "facility id", "bait id", "record id", "bed number", "officer"})
"""Random ids and pseudonyms: they stand openly in the database, which tells nobody what they are; nowhere else."""

_SHORTEST_NAME: Final = 9


@dataclass(frozen=True)
class Marker:
    """One secret.

    Parameters
    ----------
    kind : what it is; `tests.service.canaries.table` says who may see it
    about : whose it is: a case, a facility, a record
    """

    kind: str
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind} of {self.about}"


@cache
def _names() -> dict[str, str]:
    """Names of localities that are long enough to be no chance, each of one locality only, by id."""
    known = layers().localities.values()
    names = [one.name for one in known]
    ids = " ".join(one.id for one in known)
    return {
        one.id: one.name
        for one in known
        if one.parent is None
        and len(one.name) >= _SHORTEST_NAME
        and sum(one.name in name for name in names) == 1
        and ids.count(one.id) == 1
        and one.lan != "01"
    }


@dataclass
class Book:
    """All secrets of one run."""

    stem: str = field(default_factory=lambda: "zq" + "".join(secrets.choice(ascii_lowercase) for _ in range(9)))
    markers: dict[str, Marker] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _dice: random.Random = field(default_factory=lambda: random.Random(5))

    def _keep(self, kind: str, about: str, text: str) -> str:
        if text in self.markers:
            raise ValueError("a secret is made once")
        self.markers[text] = Marker(kind, about, text)
        return text

    def word(self, kind: str, about: str) -> str:
        """A word that means nothing: for ids, keys and texts."""
        # The number stands inside: base64 shows neither the first two letters nor the last two at every alignment.
        return self._keep(kind, about, f"{self.stem[:5]}{next(self._numbers):04d}{self.stem[5:]}")

    def known(self, kind: str, about: str, text: str) -> str:
        """A secret that the system itself has made, or whose form is given."""
        return self._keep(kind, about, text)

    def id(self, kind: str, about: str) -> UUID:
        """A random id."""
        return UUID(self._keep(kind, about, str(uuid4())))

    def place(self, kind: str, about: str, region: str) -> str:
        """A locality of a police region that nothing else names, by id; its name is as secret."""
        known = layers().localities
        free = [one for one in _names() if one not in self.markers and known[one].police_region == region]
        chosen = self._dice.choice(free)
        self._keep(kind, about, chosen)
        self._keep(kind, about, _names()[chosen])
        return chosen

    def point(self, kind: str, about: str) -> dict[str, float]:
        """Coordinates with enough digits to be no chance."""
        told = {"latitude_deg": 63.0, "longitude_deg": 16.0}
        point = {
            name: round(base + self._dice.randrange(10**6, 10**7) / 10**7 + 1e-7, 7) for name, base in told.items()
        }
        for number in point.values():
            self._keep(kind, about, repr(number))
        return point

    def of(self, texts: Iterable[str]) -> list[Marker]:
        """The markers of these texts."""
        return [self.markers[text] for text in texts]
