"""Levels packed into objectives: exact as long as the numbers stay small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matching.solver.program import LEVELS, Program

__all__ = ["Stage", "stages"]


@dataclass(frozen=True)
class Stage:
    """Consecutive levels in one exact objective: a unit of a level outweighs all that follow in it."""

    levels: tuple[str, ...]
    weights: tuple[int, ...]
    constant: int
    coefficients: Mapping[int, int]

    def by_level(self, total: int) -> tuple[int, ...]:
        """A weighted total taken apart again into its levels."""
        parts = []
        for weight in self.weights:
            part, total = divmod(total, weight)
            parts.append(part)
        return tuple(parts)


_MOST = 2**45
"""An objective stays below it: the solver's integers end at 2**63, its linear relaxation is exact to 2**53."""


def stages(program: Program, levels: Sequence[str] = LEVELS) -> tuple[Stage, ...]:
    """Levels in order, as few exact objectives as stay small enough.

    Parameters
    ----------
    program : whose levels
    levels : consecutive ones, in the order of `LEVELS`
    """
    groups: list[list[str]] = []
    size = 0
    for level in levels:
        span = _span(program, level) + 1
        if groups and size * span < _MOST:
            groups[-1].append(level)
            size *= span
        else:
            groups.append([level])
            size = span
    return tuple(_stage(program, levels) for levels in groups)


def _span(program: Program, level: str) -> int:
    """No plan has more than this on a level."""
    constant, terms = program.levels[level]
    worst: dict[object, int] = {}
    for literal, amount in terms.items():
        item = program.candidates.items[literal] if literal >= 0 else None
        leg: object = literal if item is None else (item.case, item.leg)
        worst[leg] = max(worst.get(leg, 0), amount)
    return constant + sum(worst.values())


def _stage(program: Program, levels: Sequence[str]) -> Stage:
    weights = [1] * len(levels)
    for place in range(len(levels) - 2, -1, -1):
        weights[place] = weights[place + 1] * (_span(program, levels[place + 1]) + 1)
    constant = 0
    coefficients: dict[int, int] = {}
    for weight, level in zip(weights, levels, strict=True):
        offset, terms = program.levels[level]
        constant += weight * offset
        for literal, amount in terms.items():
            coefficients[literal] = coefficients.get(literal, 0) + weight * amount
    return Stage(tuple(levels), tuple(weights), constant, coefficients)
