"""Which cases to free next: the adaptive part of the large neighbourhood search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from matching.solver.cpsat import Limits
from matching.solver.neighbourhood import Neighbourhood

__all__ = ["improve"]

Ints = npt.NDArray[np.int64]

_SMALLEST, _FIRST, _LARGEST = 6, 14, 60
_PART_S = 1.0
"""Limit of one part, seconds (deterministic ones in audit mode)."""
_QUICK_S = 0.25
_MEMORY = 0.9


def improve(
    around: Neighbourhood,
    limits: Limits,
    time_s: float,
    watch: Callable[[tuple[int, ...]], None] | None = None,
    is_reached: Callable[[tuple[int, ...]], bool] = lambda _: False,
    *,
    in_vain: int,
) -> None:
    """Free parts of a choice until the time is up or nothing is gained any more.

    Parameters
    ----------
    around : the choice, which is changed
    limits : seed; in audit mode one second stands for four parts, so that every machine does the same
    time_s : limit in seconds
    watch : told each better choice
    is_reached : whether values of the levels cannot be undercut: then the search ends
    in_vain : parts without any gain after which it ends
    """
    dice = np.random.default_rng(limits.seed)
    ends, parts = time.monotonic() + time_s, int(4 * time_s)
    operators = (_neighbours, _burdened, _crowd, _anybody, _left_out)
    scores = np.ones(len(operators))
    size, idle, number = _FIRST, 0, 0
    while idle < in_vain and (number < parts if limits.audit else time.monotonic() < ends):
        if is_reached(around.values()):
            return
        number += 1
        operator = int(dice.choice(len(operators), p=scores / scores.sum()))
        cases = _first(operators[operator](around, dice), size)
        began = time.monotonic()
        limit_s = _PART_S if limits.audit else max(0.01, min(_PART_S, ends - began))
        part = around.free(cases, limit_s, limits.seed + number, is_audit=limits.audit)
        scores[operator] = max(0.1, _MEMORY * scores[operator] + (1 - _MEMORY) * 5 * part.is_better)
        idle = 0 if part.is_better else idle + 1
        if part.is_better and watch is not None:
            watch(part.chosen)
        if not part.is_proven:
            size = max(_SMALLEST, size - 2)
        elif limits.audit or time.monotonic() - began < _QUICK_S:
            size = min(_LARGEST, size + (number % 2))


def _first(cases: Iterator[int], size: int) -> list[int]:
    found: dict[int, None] = {}
    for case in cases:
        found[case] = None
        if len(found) == size:
            break
    return list(found)


def _anybody(around: Neighbourhood, dice: np.random.Generator) -> Iterator[int]:
    """Cases drawn alike."""
    yield from dice.permutation(around.waiting).tolist()


def _zone(around: Neighbourhood, dice: np.random.Generator, case: int) -> Iterator[int]:
    """A case, those who live near it, then those who could."""
    yield case
    here, could = around.beside(case)
    yield from dice.permutation(here).tolist()
    yield from dice.permutation(could).tolist()
    yield from _anybody(around, dice)


def _neighbours(around: Neighbourhood, dice: np.random.Generator) -> Iterator[int]:
    """Around anybody."""
    yield from _zone(around, dice, int(dice.choice(around.waiting)))


def _burdened(around: Neighbourhood, dice: np.random.Generator) -> Iterator[int]:
    """Around one of those whose neighbours cost most."""
    burden = around.burden()[around.waiting] + 1.0
    yield from _zone(around, dice, int(dice.choice(around.waiting, p=burden / burden.sum())))


def _crowd(around: Neighbourhood, dice: np.random.Generator) -> Iterator[int]:
    """The most burdened of all, drawn by what they cost, wherever they are."""
    burden = around.burden()[around.waiting] + 1.0
    yield from dice.choice(around.waiting, size=len(around.waiting), replace=False, p=burden / burden.sum()).tolist()


def _left_out(around: Neighbourhood, dice: np.random.Generator) -> Iterator[int]:
    """Somebody without a place, whoever is in the way, and others without a place."""
    unplaced = around.unplaced()
    if len(unplaced):
        case = int(dice.choice(unplaced))
        yield case
        yield from dice.permutation(around.in_the_way(case)).tolist()
        yield from dice.permutation(unplaced).tolist()
    yield from _anybody(around, dice)
