"""Summaries of times and of wins: shifted geometric means, bootstrap intervals, performance profiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from benchmarks.peers.record import Record, better

__all__ = ["SHIFT_S", "charged_s", "duels", "interval", "profile", "ratio_interval", "shifted_mean"]

SHIFT_S: Final = 1.0
"""Added before the logarithm and taken off after it: differences far below a second should not decide."""

_DRAWS: Final = 2_000
_COVERED: Final = (0.025, 0.975)


def charged_s(record: Record) -> float:
    """Seconds a solver is charged for an instance: to the proof, or the whole limit where it proved nothing.

    "Penalised average running time" with factor 1: what is not solved within the limit counts as the limit.

    Examples
    --------
    >>> charged_s(Record("a", "N", 1, 3, 60.0, "optimal", time_to_proof_s=2.5))
    2.5
    >>> charged_s(Record("a", "N", 1, 3, 60.0, "feasible"))
    60.0
    """
    return record.time_limit_s if record.proven_s is None else record.proven_s


def shifted_mean(values: Sequence[float], shift: float = SHIFT_S) -> float:
    """Shifted geometric mean: ``exp(mean(log(v + shift))) - shift``.

    Examples
    --------
    >>> round(shifted_mean([1.0, 7.0]), 9), round(shifted_mean([2.0, 8.0], 0.0), 9)
    (3.0, 4.0)

    Raises
    ------
    ValueError : no values, or one that is not above minus the shift
    """
    if not values or min(values) + shift <= 0:
        raise ValueError("a geometric mean needs values, all of them above minus the shift")
    return math.exp(math.fsum(math.log(value + shift) for value in values) / len(values)) - shift


def interval(values: Sequence[float], shift: float = SHIFT_S, seed: int = 1) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the shifted geometric mean over instances.

    Parameters
    ----------
    values : one an instance
    shift : as in `shifted_mean`
    seed : of the draws, so that the same results give the same interval

    Examples
    --------
    >>> interval([2.0, 2.0, 2.0])
    (2.0, 2.0)
    """
    logs = np.log(np.asarray(values, dtype=np.float64) + shift)
    draws = np.random.default_rng(seed).integers(0, len(logs), (_DRAWS, len(logs)))
    low, high = np.quantile(np.exp(logs[draws].mean(axis=1)) - shift, _COVERED)
    return round(float(low), 9), round(float(high), 9)


def ratio_interval(
    ours: Sequence[float], theirs: Sequence[float], shift: float = SHIFT_S, seed: int = 1
) -> tuple[float, float, float]:
    """Shifted geometric mean of one solver over that of another, and its 95 % bootstrap interval.

    Parameters
    ----------
    ours, theirs : by instance, in the same order: both are drawn together
    shift, seed : as in `interval`

    Returns
    -------
    ratio, low, high; above 1: the first is slower

    Examples
    --------
    >>> ratio_interval([9.0, 9.0], [1.0, 1.0])
    (9.0, 9.0, 9.0)
    """
    draws = np.random.default_rng(seed).integers(0, len(ours), (_DRAWS, len(ours)))
    means = [
        np.exp(np.log(np.asarray(values, dtype=np.float64) + shift)[draws].mean(axis=1)) - shift
        for values in (ours, theirs)
    ]
    low, high = np.quantile(means[0] / np.maximum(means[1], 1e-9), _COVERED)
    ratio = shifted_mean(ours, shift) / max(shifted_mean(theirs, shift), 1e-9)
    return round(ratio, 9), round(float(low), 9), round(float(high), 9)


def duels(ours: Sequence[Record], theirs: Sequence[Record]) -> tuple[int, int, int]:
    """Wins, ties and losses of the objective vectors at equal time, instance by instance.

    Parameters
    ----------
    ours, theirs : records of two solvers; only instances that both were given count

    Examples
    --------
    >>> one = [Record("a", "N", 1, 3, 9.0, "failed")]
    >>> duels(one, one)
    (0, 1, 0)
    """
    found = {_instance(record): record for record in theirs}
    outcomes = [better(record.vector, found[_instance(record)].vector) for record in ours if _instance(record) in found]
    return outcomes.count(-1), outcomes.count(0), outcomes.count(1)


def _instance(record: Record) -> tuple[str, int, int]:
    return record.size, record.starts, record.seed


def profile(times: Mapping[str, Sequence[float | None]], ratios: Sequence[float]) -> dict[str, list[float]]:
    """Performance profile (Dolan and Moré 2002): share of instances solved within a ratio of the fastest.

    Parameters
    ----------
    times : by solver, one an instance in the same order; none: not solved
    ratios : at which the shares are wanted, 1 or more

    Returns
    -------
    by solver the share at each ratio; an instance that nobody solved counts in nobody's favour

    Examples
    --------
    >>> profile({"a": [1.0, 4.0], "b": [2.0, None]}, [1, 2])
    {'a': [1.0, 1.0], 'b': [0.0, 0.5]}
    """
    told = {solver: [math.inf if value is None else value for value in own] for solver, own in times.items()}
    fastest = [min(values) for values in zip(*told.values(), strict=True)]
    found: dict[str, list[float]] = {}
    for solver, own in told.items():
        over = [
            math.inf if math.isinf(v) else max(1.0, v / max(best, 1e-9)) for v, best in zip(own, fastest, strict=True)
        ]
        found[solver] = [sum(one <= ratio for one in over) / max(1, len(over)) for ratio in ratios]
    return found
