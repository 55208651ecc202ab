"""Finding many byte strings in much data at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tests.service.canaries.forms import SHORTEST, forms

__all__ = ["Found", "Scanner", "scanner_of"]


@dataclass(frozen=True)
class Found:
    """A secret that was found, and how it was written."""

    text: str
    form: str
    offset: int


class Scanner:
    """Looks for secrets in every form of theirs.

    The first two bytes of each position are looked up in a table, those left by their first six in a dictionary, and
    what is left is compared whole: a hundred megabytes take a second or two, however many secrets there are.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._needles: dict[bytes, list[tuple[bytes, str, str]]] = {}
        self._pairs: NDArray[np.bool_] = np.zeros(65_536, dtype=np.bool_)
        self._words: NDArray[np.uint32] = np.zeros(0, dtype=np.uint32)
        words = set()
        for secret in secrets:
            for needle, form in forms(secret).items():
                self._needles.setdefault(needle[:SHORTEST], []).append((needle, secret, form))
                self._pairs[needle[0] << 8 | needle[1]] = True
                words.add(int.from_bytes(needle[:4], "big"))
        self._words = np.array(sorted(words), dtype=np.uint32)

    def _places(self, content: bytes) -> Iterable[int]:
        """Positions at which a needle's first four bytes stand."""
        data = np.frombuffer(content, dtype=np.uint8)
        if len(data) < SHORTEST:
            return ()
        pairs = data[:-1].astype(np.uint16) << 8 | data[1:]
        places = np.flatnonzero(self._pairs[pairs[: len(data) - 3]])
        words = pairs[places].astype(np.uint32) << 16 | pairs[places + 2]
        found = np.searchsorted(self._words, words)
        found[found == len(self._words)] = 0
        kept: list[int] = places[self._words[found] == words].tolist()
        return kept

    def found(self, content: bytes) -> Iterator[Found]:
        """Every secret that stands in the content."""
        if not len(self._words):
            return
        for place in self._places(content):
            for needle, secret, form in self._needles.get(content[place : place + SHORTEST], ()):
                if content.startswith(needle, place):
                    yield Found(secret, form, place)

    def names(self, content: bytes) -> dict[str, str]:
        """Secrets that stand in the content, each with one form it was found in."""
        return {one.text: one.form for one in self.found(content)}


@lru_cache(maxsize=4)
def scanner_of(secrets: frozenset[str]) -> Scanner:
    """A scanner, made once for the same secrets."""
    return Scanner(secrets)
