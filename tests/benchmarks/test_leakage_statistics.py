"""Bounds of the leakage bench: what they are by hand, how often they hold, what they let pass."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.inference.sizing import Table, leak_free, passing, runs_needed
from benchmarks.inference.statistics import (
    Tally,
    area_under_curve,
    bits,
    gain_apart,
    p_value,
    shown_by_holm,
    upper_ratio,
    upper_risk,
)


def _of(attacker: list[int], control: list[int], targets: int = 1) -> Tally:
    return Tally(tuple(attacker), tuple(control), (targets,) * len(attacker))


def test_without_any_difference_the_bound_is_the_exact_one() -> None:
    # 40 hits of 400 each, none apart: -ln(0.05) = 3.0 more hits may have been missed, and 43 / 40 = 1.075.
    same = _of([1] * 40 + [0] * 360, [1] * 40 + [0] * 360)
    assert upper_ratio(same, 0.05) == pytest.approx(1 - math.log(0.05) / 40, abs=0.005)


def test_a_control_that_was_never_right_bounds_nothing() -> None:
    assert upper_ratio(_of([1, 0, 1], [0, 0, 0])) == math.inf


def test_one_run_bounds_nothing() -> None:
    assert upper_ratio(_of([1], [1])) == math.inf
    assert upper_risk(_of([1], [1])) == 1


def test_targets_of_one_run_are_not_taken_for_independent() -> None:
    dice = np.random.default_rng(1)
    control = dice.random(2000) < 0.3
    attacker = np.where(dice.random(2000) < 0.2, dice.random(2000) < 0.3, control)
    alone = Tally(tuple(attacker.astype(int)), tuple(control.astype(int)), (1,) * 2000)
    # The same hits, ten alike in each run: as much as 200 runs can show, not 2,000.
    together = Tally(tuple(10 * attacker[:200]), tuple(10 * control[:200]), (10,) * 200)
    assert upper_ratio(together) > upper_ratio(alone)
    assert together.interval()[1] - together.interval()[0] > 2 * (alone.interval()[1] - alone.interval()[0])


@pytest.mark.parametrize(("runs", "targets", "changed"), [(60, 1, 0.2), (150, 4, 0.05), (40, 8, 0.5)])
def test_the_bound_is_too_low_in_no_more_than_its_share(runs: int, targets: int, changed: float) -> None:
    dice = np.random.default_rng(7)
    table = Table(1, targets, 0.15, changed, 0.3)
    missed = 0
    for _ in range(400):
        told = leak_free(table, runs, dice)
        more = dice.binomial(told.targets[0] - np.array(told.attacker), 0.05)
        leaking = Tally(tuple((np.array(told.attacker) + more).tolist()), told.control, told.targets)
        truth = (0.15 + 0.05 * 0.85) / 0.15
        missed += upper_ratio(leaking, 0.05) < truth
    assert missed <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)


def test_a_leak_is_not_hidden() -> None:
    dice = np.random.default_rng(3)
    control = dice.random(500) < 0.1
    attacker = control | (dice.random(500) < 0.1)
    told = Tally(tuple(attacker.astype(int)), tuple(control.astype(int)), (1,) * 500)
    assert told.leakage_bits > 0.7
    assert p_value(told, 0.3) == 0.5
    assert upper_ratio(told) > 2**0.9


def test_residual_risk_by_hand() -> None:
    # The attacker has 6 of 10, the control 2 of 10: half of the 8 that the control cannot guess.
    told = _of([1] * 6 + [0] * 4, [1] * 2 + [0] * 8)
    assert told.residual_risk == pytest.approx(0.5)
    assert told.leakage_bits == pytest.approx(math.log2(3))
    assert upper_risk(told) > 0.7


def test_bits_are_none_where_the_control_is_as_good() -> None:
    assert bits(0.2, 0.2) == bits(0.1, 0.2) == 0


def test_hits_above_the_targets_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0"):
        Tally((2,), (1,), (1,))
    with pytest.raises(ValueError, match="one number a run"):
        Tally((1,), (1, 1), (1, 1))


@pytest.mark.parametrize("count", [1, 2, 40])
def test_verdicts_of_holm_pay_for_all_cells(count: int) -> None:
    just = [0.05 / (count - number) for number in range(count)]
    assert shown_by_holm(just) == [True] * count
    assert shown_by_holm([just[0] * 1.01, *just[1:]]) == [False] * count


def test_bounds_at_one_level_hold_together() -> None:
    # Twenty cells with a true leak: in how many tables does any bound lie below the truth?
    dice = np.random.default_rng(11)
    table, cells, missed = Table(1, 1, 0.2, 0.1, 0.3), 20, 0
    for _ in range(40):
        low = False
        for _ in range(cells):
            told = leak_free(table, 200, dice)
            more = dice.binomial(1 - np.array(told.attacker), 0.02)
            leaking = Tally(tuple((np.array(told.attacker) + more).tolist()), told.control, told.targets)
            low |= upper_ratio(leaking, 0.05 / cells) < (0.2 + 0.02 * 0.8) / 0.2
        missed += low
    assert missed <= 40 * 0.05 + 3 * math.sqrt(40 * 0.05 * 0.95)


def test_a_gain_without_a_defence_is_told_from_one_with_it() -> None:
    without = _of([1] * 12 + [0] * 4, [0] * 16)
    with_it = _of([0, 1] * 8, [1, 0] * 8)
    found, least = gain_apart(without, with_it)
    assert found == pytest.approx(12 / 16)
    assert 0 < least < found
    assert gain_apart(_of([1], [0]), with_it) == (1.0, -1.0)


def test_area_by_hand() -> None:
    # Of the 3 x 2 pairs the first is above in 4, alike in 1: 4.5 / 6.
    area, low, high = area_under_curve([1, 3, 4], [1, 2])
    assert area == pytest.approx(4.5 / 6)
    assert low < area <= high


def test_more_runs_let_a_service_without_a_leak_pass() -> None:
    table = Table(cells=4, targets=5, control=0.2, changed=0.05, bar_bits=0.3)
    assert passing(table, 10, trials=20).passed < 0.5
    needed = runs_needed(table, (10, 100, 400), trials=40)
    assert needed is not None
    assert needed.runs > 10
