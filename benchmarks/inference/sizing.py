"""How many runs it takes to show that nothing leaks: a service that tells nothing, judged again and again.

The transcript of such a service is worth nothing, so its attacker is a second control: where it changes its mind, the
new guess is as good as the old one. ``python -m benchmarks.inference.sizing`` prints, for numbers of runs, the share of
whole tables in which every cell is shown to be below both bars.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.inference.statistics import LEVEL, Tally, p_value, p_value_risk, shown_by_holm
from benchmarks.inference.targets import RISK_BAR

__all__ = ["Passing", "Table", "leak_free", "main", "passing", "runs_needed"]

WANTED = 0.95


@dataclass(frozen=True)
class Table:
    """A table of cells that leak nothing.

    Parameters
    ----------
    cells : bounds hold for so many together
    targets : of each run
    control : chance that the control's guess is right
    changed : chance that the attacker guesses another place, as good as the control's
    bar_bits, bar_risk : the cells are to be shown to be below, leakage and residual risk
    """

    cells: int
    targets: int
    control: float
    changed: float
    bar_bits: float
    bar_risk: float = RISK_BAR


def leak_free(table: Table, runs: int, dice: np.random.Generator) -> Tally:
    """One cell: hits of attacker and control in runs where the answers say nothing.

    Examples
    --------
    >>> told = leak_free(Table(1, 5, 0.2, 0.0, 0.3), 40, np.random.default_rng(1))
    >>> told.attacker == told.control, told.runs
    (True, 40)
    """
    control = dice.random((runs, table.targets)) < table.control
    other = (dice.random((runs, table.targets)) < table.control / (1 - table.control)) & ~control
    # Minds change with the transcript: for all targets of a run or for none.
    changed = dice.random((runs, 1)) < table.changed
    attacker = np.where(changed, other, control)
    return Tally(tuple(attacker.sum(axis=1).tolist()), tuple(control.sum(axis=1).tolist()), (table.targets,) * runs)


@dataclass(frozen=True)
class Passing:
    """Share of leak-free tables in which every cell was shown to be below both bars."""

    runs: int
    passed: float
    trials: int


def passing(table: Table, runs: int, trials: int = 100, seed: int = 1) -> Passing:
    """Judge leak-free tables with the bench's own statistics.

    Parameters
    ----------
    runs : of every cell
    trials : tables
    """
    dice = np.random.default_rng(seed)
    passed = 0
    for _ in range(trials):
        tallies = [leak_free(table, runs, dice) for _ in range(table.cells)]
        p_values = [p_value(tally, table.bar_bits) for tally in tallies]
        p_values += [p_value_risk(tally, table.bar_risk) for tally in tallies]
        passed += all(shown_by_holm(p_values, LEVEL))
    return Passing(runs, passed / trials, trials)


def runs_needed(table: Table, choices: Sequence[int], trials: int = 100) -> Passing | None:
    """The smallest of some numbers of runs with which a leak-free table passes with 95 %; none: none does."""
    for runs in choices:
        found = passing(table, runs, trials)
        if found.passed >= WANTED:
            return found
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    reader = argparse.ArgumentParser(prog="python -m benchmarks.inference.sizing", description=__doc__)
    reader.add_argument("--cells", type=int, default=40)
    reader.add_argument("--targets", type=int, default=7, help="of a run")
    reader.add_argument("--control", type=float, default=0.08)
    reader.add_argument("--changed", type=float, action="append", help="may be given again")
    reader.add_argument("--bar", type=float, default=0.3, help="bits")
    reader.add_argument("--runs", type=int, action="append")
    reader.add_argument("--trials", type=int, default=100)
    told = reader.parse_args(arguments)
    for changed in told.changed or (0.0, 0.1, 0.5):
        table = Table(told.cells, told.targets, told.control, changed, told.bar)
        for runs in told.runs or (50, 100, 200, 400, 800, 1600):
            found = passing(table, runs, told.trials)
            print(json.dumps({**asdict(table), **asdict(found)}), flush=True)
            if found.passed >= WANTED:
                break
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
