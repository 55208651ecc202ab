"""Success of an attacker beside that of a guess without any answer: intervals from paired runs, several targets a run.

In a run attacker and control guess the same targets. Runs are independent, targets of a run are not: everything is
summed by run. What no run has shown yet is not taken for impossible: the bounds add as much made-up success of the
attacker alone as brings the bound of n runs without any difference to the exact one, `-ln(level)` differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = [
    "LEVEL",
    "Tally",
    "area_under_curve",
    "bits",
    "gain_apart",
    "p_value",
    "p_value_risk",
    "shown_by_holm",
    "upper_ratio",
    "upper_risk",
]


Floats = npt.NDArray[np.float64]

LEVEL: Final = 0.05
_NORMAL: Final = NormalDist()
_STEPS: Final = 60
_LEAST_LEVEL: Final = 1e-12


@dataclass(frozen=True)
class Tally:
    """Hits of the attacker and of the control by run, and how many targets each run had.

    Parameters
    ----------
    attacker, control : hits by run
    targets : by run, at least as many as hits

    Raises
    ------
    ValueError : more hits than targets, or not one of each a run
    """

    attacker: tuple[int, ...]
    control: tuple[int, ...]
    targets: tuple[int, ...]

    def __post_init__(self) -> None:
        if not len(self.attacker) == len(self.control) == len(self.targets):
            raise ValueError("attacker, control and targets have one number a run")
        if any(not 0 <= max(a, c) <= n or min(a, c) < 0 for a, c, n in self._rows()):
            raise ValueError("hits lie between 0 and the targets of the run")

    def _rows(self) -> zip[tuple[int, int, int]]:
        return zip(self.attacker, self.control, self.targets, strict=True)

    @property
    def runs(self) -> int:
        """That had a target."""
        return sum(one > 0 for one in self.targets)

    @property
    def success(self) -> float:
        """Share of targets the attacker guessed."""
        return _share(self.attacker, self.targets)

    @property
    def control_success(self) -> float:
        """Share of targets the control guessed."""
        return _share(self.control, self.targets)

    @property
    def leakage_bits(self) -> float:
        """Estimate of the min-entropy leakage, see `bits`; a control that was never right counts as half a hit."""
        return bits(self.success, max(self.control_success, 0.5 / max(1, sum(self.targets))))

    @property
    def residual_risk(self) -> float:
        """(a - c) / (1 - c): how much of what the control cannot guess the attacker can."""
        c = self.control_success
        return (self.success - c) / (1 - c) if c < 1 else 0.0

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Two-sided interval of the attacker's success: Wilson's, with as many targets as the runs are worth."""
        return _wilson(self.attacker, self.targets, level)

    def control_interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The same of the control's success."""
        return _wilson(self.control, self.targets, level)

    def columns(self) -> tuple[Floats, Floats, Floats]:
        """Attacker, control and targets of the runs that had a target."""
        rows = np.array([row for row in self._rows() if row[2] > 0], dtype=np.float64).reshape(-1, 3)
        return rows[:, 0], rows[:, 1], rows[:, 2]


def _share(hits: Sequence[int], targets: Sequence[int]) -> float:
    return sum(hits) / sum(targets) if sum(targets) else 0.0


def _wilson(hits: Sequence[int], targets: Sequence[int], level: float) -> tuple[float, float]:
    total = sum(targets)
    if not total:
        return 0.0, 1.0
    share, z = sum(hits) / total, _NORMAL.inv_cdf(1 - level / 2)
    if 0 < share < 1:
        off = sum((h - share * n) ** 2 for h, n in zip(hits, targets, strict=True))
        worth = min(total, max(1.0, total**2 * share * (1 - share) / off if off else total))
    else:
        worth = total
    middle = (share + z * z / (2 * worth)) / (1 + z * z / worth)
    half = z / (1 + z * z / worth) * math.sqrt(share * (1 - share) / worth + z * z / (4 * worth * worth))
    return max(0.0, middle - half), min(1.0, middle + half)


def bits(success: float, control: float) -> float:
    """Min-entropy leakage: by how many bits the best guess has become better; never below 0.

    Examples
    --------
    >>> bits(0.4, 0.1), bits(0.1, 0.1), bits(0.05, 0.1)
    (2.0, 0.0, 0.0)
    >>> bits(0.1, 0.0), bits(0.0, 0.0)
    (inf, 0.0)
    """
    if success <= control:
        return 0.0
    return math.log2(success / control) if control else math.inf


def _unseen(level: float) -> tuple[float, float]:
    """The normal quantile of a level, and made-up hits `k` with ``k + z sqrt(k) = -ln(level)``."""
    z = _NORMAL.inv_cdf(1 - level)
    root = (-z + math.sqrt(z * z - 4 * math.log(level))) / 2
    return z, root * root


def _spread(values: Floats) -> float:
    """Variance of the sum over runs, as estimated from the runs."""
    count = len(values)
    return float(((values - values.mean()) ** 2).sum()) * count / (count - 1) if count > 1 else math.inf


def _is_possible(ratio: float, attacker: Floats, control: Floats, z: float, unseen: float) -> bool:
    """Whether success of the attacker over that of the control may be so large."""
    rest = attacker - ratio * control
    return float(rest.sum()) + unseen + z * math.sqrt(_spread(rest) + unseen) >= 0


def upper_ratio(tally: Tally, level: float = LEVEL) -> float:
    """One-sided upper bound of success over control success: Fieller's, from the differences by run.

    Parameters
    ----------
    tally : of one cell
    level : how often it may be too low

    Returns
    -------
    at least 1; where the control was right too seldom to bound a ratio: infinite

    Examples
    --------
    >>> same = Tally((1, 0) * 200, (1, 0) * 200, (1,) * 400)
    >>> round(upper_ratio(same), 2), round(upper_ratio(same, 0.0005), 2)
    (1.02, 1.04)
    >>> upper_ratio(Tally((1,), (1,), (1,)))
    inf
    """
    attacker, control, _ = tally.columns()
    z, unseen = _unseen(level)
    if len(attacker) < 2 or not control.any() or _is_possible(1e6, attacker, control, z, unseen):
        return math.inf
    low, high = 0.0, 1e6
    for _ in range(_STEPS):
        middle = (low + high) / 2 if low > 1 else math.sqrt(max(low, 1e-3) * high)
        low, high = (middle, high) if _is_possible(middle, attacker, control, z, unseen) else (low, middle)
    return max(1.0, high)


def _risk_parts(tally: Tally) -> tuple[float, float, float] | None:
    """Residual risk, what the control leaves to be guessed, and the spread of the risk's numerator; None: nothing."""
    attacker, control, targets = tally.columns()
    left = float((targets - control).sum())
    if left <= 0:
        return None
    risk = tally.residual_risk
    # A ratio of sums over runs: its spread is that of what is left of each run at the estimate.
    return risk, left, _spread(attacker - control - risk * (targets - control))


def upper_risk(tally: Tally, level: float = LEVEL) -> float:
    """One-sided upper bound of the residual risk (a - c) / (1 - c).

    Examples
    --------
    >>> same = Tally((1, 0) * 200, (1, 0) * 200, (1,) * 400)
    >>> round(upper_risk(same), 3)
    0.015
    """
    if len(tally.columns()[0]) < 2:
        return 1.0
    parts = _risk_parts(tally)
    if parts is None:
        return 0.0
    risk, left, spread = parts
    z, unseen = _unseen(level)
    return min(1.0, max(0.0, risk + (unseen + z * math.sqrt(spread + unseen)) / left))


def _meets(is_shown: Callable[[float], bool]) -> float:
    """The smallest level at which something is shown; a half if it is not even then."""
    low, high = math.log(_LEAST_LEVEL), math.log(0.5)
    if not is_shown(0.5):
        return 0.5
    for _ in range(_STEPS // 2):
        middle = (low + high) / 2
        low, high = (low, middle) if is_shown(math.exp(middle)) else (middle, high)
    return math.exp(high)


def p_value(tally: Tally, bar_bits: float) -> float:
    """How surprising the runs would be if the cell leaked as much as the bar or more.

    It is the level at which `upper_ratio` meets the bar.

    Examples
    --------
    >>> same = Tally((1, 0) * 200, (1, 0) * 200, (1,) * 400)
    >>> p_value(same, 0.3) < 1e-6, p_value(same, 0.001)
    (True, 0.5)
    """
    attacker, control, _ = tally.columns()
    bar = 2**bar_bits
    if len(attacker) < 2 or not control.any():
        return 0.5
    return _meets(lambda level: not _is_possible(bar, attacker, control, *_unseen(level)))


def p_value_risk(tally: Tally, bar: float) -> float:
    """The same for the residual risk: the level at which `upper_risk` meets the bar.

    Examples
    --------
    >>> same = Tally((1, 0) * 200, (1, 0) * 200, (1,) * 400)
    >>> p_value_risk(same, 0.05) < 1e-4, p_value_risk(same, 0.0)
    (True, 0.5)
    """
    return _meets(lambda level: upper_risk(tally, level) < bar)


def shown_by_holm(p_values: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Which of several hypotheses are rejected, all of them together with this chance of an error (Holm 1979).

    The decisions hold together; bounds at the same levels would not: those are taken at one level for all.

    Examples
    --------
    >>> shown_by_holm([0.001, 0.4, 0.0001], 0.06)
    [True, False, True]
    >>> shown_by_holm([0.03, 0.04, 0.2], 0.05)
    [False, False, False]
    """
    found = [False] * len(p_values)
    for rank, number in enumerate(sorted(range(len(p_values)), key=lambda number: (p_values[number], number))):
        if p_values[number] > level / (len(p_values) - rank):
            break
        found[number] = True
    return found


def gain_apart(first: Tally, second: Tally, level: float = LEVEL) -> tuple[float, float]:
    """By how much the attacker's gain over the control is larger in the first; and its one-sided lower bound.

    Parameters
    ----------
    first, second : with runs of their own

    Examples
    --------
    >>> gain_apart(Tally((1, 1, 0), (0, 0, 0), (1, 1, 1)), Tally((0, 0, 0), (0, 0, 0), (1, 1, 1)))[0]
    0.6666666666666666
    """
    gains = []
    for tally in (first, second):
        attacker, control, targets = tally.columns()
        gains.append((attacker - control) / targets)
    found = float(gains[0].mean() - gains[1].mean()) if all(len(own) for own in gains) else 0.0
    if min(len(own) for own in gains) < 2:
        return found, -1.0
    z = _NORMAL.inv_cdf(1 - level)
    return found, found - z * math.sqrt(sum(float(own.var(ddof=1)) / len(own) for own in gains))


def area_under_curve(ones: Sequence[float], others: Sequence[float]) -> tuple[float, float, float]:
    """How often a value of the first class is above one of the second, ties half; with a 95 % interval.

    0.5: they cannot be told apart. The interval is DeLong's (1988).

    Parameters
    ----------
    ones, others : values of the two classes, two of each at least

    Returns
    -------
    area, low, high

    Examples
    --------
    >>> area_under_curve([3, 4], [1, 2])
    (1.0, 1.0, 1.0)
    >>> area_under_curve([1, 1, 1], [1, 1, 1])
    (0.5, 0.5, 0.5)
    """
    first, second = (np.asarray(values, dtype=np.float64) for values in (ones, others))
    ranked = np.sort(second)
    above = (np.searchsorted(ranked, first, "left") + np.searchsorted(ranked, first, "right")) / (2 * len(second))
    ranked = np.sort(first)
    below = 1 - (np.searchsorted(ranked, second, "left") + np.searchsorted(ranked, second, "right")) / (2 * len(first))
    area = float(above.mean())
    half = _NORMAL.inv_cdf(0.975) * math.sqrt(above.var(ddof=1) / len(first) + below.var(ddof=1) / len(second))
    return area, max(0.0, area - half), min(1.0, area + half)
