"""Options that differ in more than the facility's name: of those alike in all that matters, so many are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Final, TypeVar

from matching.facts import Facts

__all__ = ["LEAST_SHOWN", "MOST_ALIKE", "alike", "diverse"]

MOST_ALIKE: Final = 2
"""So many options may share locality, provider and form: one, and one to fall back on."""

LEAST_SHOWN: Final = 3
"""With fewer left than these, options are shown although they are alike: the coordinator is to have a choice."""

_Shown = TypeVar("_Shown")


def alike(facility: int, facts: Facts) -> tuple[int, int, str]:
    """Locality (its districts included), provider and form of a facility."""
    told = facts.facilities[facility]
    return int(facts.places.root[told.place]), told.provider, told.form


def diverse(
    options: Sequence[_Shown], key: Callable[[_Shown], Hashable], always: Collection[int] = ()
) -> tuple[tuple[_Shown, ...], int]:
    """Options in their order, at most `MOST_ALIKE` of one key, and how many were passed over.

    Parameters
    ----------
    options : in order; it is kept
    key : what makes two alike
    always : places in the order that are never passed over

    Examples
    --------
    >>> diverse(["a1", "a2", "a3", "b1"], key=lambda option: option[0])
    (('a1', 'a2', 'b1'), 1)
    >>> diverse(["a1", "a2", "a3", "a4"], key=lambda option: option[0])  # nothing else is left
    (('a1', 'a2', 'a3'), 1)
    """
    seen: Counter[Hashable] = Counter()
    kept: set[int] = set()
    for place, option in enumerate(options):
        if place in always or seen[key(option)] < MOST_ALIKE:
            kept.add(place)
            seen[key(option)] += 1
    others = [place for place in range(len(options)) if place not in kept]
    kept.update(others[: max(0, LEAST_SHOWN - len(kept))])
    shown = tuple(option for place, option in enumerate(options) if place in kept)
    return shown, len(options) - len(shown)
