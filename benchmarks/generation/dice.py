"""Chance that repeats itself: streams by stage, shares met exactly, decks that hold every value."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Generic, TypeVar

__all__ = ["Deck", "Keys", "heavy_tail", "pick", "shared_out", "stream"]

Value = TypeVar("Value")


def stream(seed: int, stage: str) -> random.Random:
    """Random numbers of one stage, untouched by how many another stage draws.

    Examples
    --------
    >>> stream(1, "people").random() == stream(1, "people").random()
    True
    >>> stream(1, "people").random() == stream(1, "places").random()
    False
    """
    return random.Random(f"fristad:{seed}:{stage}")


def pick(rng: random.Random, weights: Mapping[Value, float]) -> Value:
    """One value, by weight.

    Examples
    --------
    >>> pick(stream(1, "any"), {"always": 1.0, "never": 0.0})
    'always'
    """
    return rng.choices(list(weights), list(weights.values()))[0]


def shared_out(rng: random.Random, count: int, share: float) -> list[bool]:
    """`count` flags of which `share` are true, to the nearest whole one up or down, in any order.

    Examples
    --------
    >>> flags = shared_out(stream(1, "women"), 40, 0.10)
    >>> len(flags), sum(flags)
    (40, 4)
    """
    wanted = share * count
    true = int(wanted) + (rng.random() < wanted - int(wanted))
    flags = [number < true for number in range(count)]
    rng.shuffle(flags)
    return flags


def heavy_tail(count: int, exponent: float) -> list[float]:
    """Weights of ranks 1 to `count`, each ``rank ** -exponent``: few are large.

    Examples
    --------
    >>> heavy_tail(4, 1.0)
    [1.0, 0.5, 0.3333333333333333, 0.25]
    """
    return [float(rank) ** -exponent for rank in range(1, count + 1)]


class Deck(Generic[Value]):
    """Values dealt by weight without replacement, so that every value comes up in each deck.

    Parameters
    ----------
    rng : shuffles each new deck
    weights : cards of each value in one deck, at least 1

    Examples
    --------
    >>> deck = Deck(stream(1, "triage"), {"red": 1, "green": 3})
    >>> sorted(deck.deal() for _ in range(4))
    ['green', 'green', 'green', 'red']
    """

    def __init__(self, rng: random.Random, weights: Mapping[Value, int]) -> None:
        self._rng = rng
        self._cards: Sequence[Value] = [value for value, count in weights.items() for _ in range(count)]
        self._left: list[Value] = []

    def deal(self) -> Value:
        """Return the next value."""
        if not self._left:
            self._left = list(self._cards)
            self._rng.shuffle(self._left)
        return self._left.pop()


class Keys:
    """Person keys: digests of seed and counter, 32 hexadecimal characters.

    A digest that is all digits is passed over: it could be taken for a number.

    Examples
    --------
    >>> keys = Keys(1)
    >>> first, second = keys.take(), keys.take()
    >>> len(first), first != second
    (32, True)
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def take(self) -> str:
        """Return the next key."""
        while True:
            self._count += 1
            key = sha256(f"fristad synthetic person {self._seed}:{self._count}".encode()).hexdigest()[:32]
            if not key.isdigit():
                return key
