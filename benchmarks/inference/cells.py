"""Runs to figures: a cell for each mode, attacker, target and vacancy, with bounds that hold for all cells together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from types import MappingProxyType
from typing import Any, Final

from benchmarks.inference.evidence import LOOKS
from benchmarks.inference.reckoned import RECKONED
from benchmarks.inference.records import Run
from benchmarks.inference.statistics import (
    LEVEL,
    Tally,
    p_value,
    p_value_risk,
    shown_by_holm,
    upper_ratio,
    upper_risk,
)
from benchmarks.inference.targets import BARS_BITS, RISK_BAR, TARGETS, Hits, Judge, judge_of

__all__ = ["ATTACKERS", "Attacker", "Cell", "cells_of", "upper_bits"]

_FOLDS: Final = 5
_MOST_BITS: Final = 16.0
_LITTLE_SEEN: Final = frozenset({"naive", *RECKONED})
ALL: Final = ("offered_kommun", "rival_kommun", "presence_in_lan")


@dataclass(frozen=True)
class Attacker:
    """Who attacks: with which play, looking at what, how many units of it, for which targets."""

    play: str
    look: str = "told"
    is_alone: bool = True
    targets: tuple[str, ...] = ALL


ATTACKERS: Final[Mapping[str, Attacker]] = MappingProxyType(
    {
        "triangulation": Attacker("triangulation"),
        "elimination": Attacker("elimination", targets=("offered_kommun",)),
        "fingerprint": Attacker("fingerprint", targets=("offered_kommun",)),
        "differencing": Attacker("differencing"),
        "timing": Attacker("triangulation", "times"),
        "collusion": Attacker("triangulation", is_alone=False),
        "requester_assessor": Attacker("search"),
        "requester_registrar": Attacker("registrar"),
        "requester_auditor": Attacker("triangulation", "trail"),
        "search": Attacker("search", is_alone=False),
        "by_hand": Attacker("by_hand"),
        "paired": Attacker("paired"),
        "filling": Attacker("filling"),
        "distance": Attacker("distance", is_alone=False, targets=("named_kommun",)),
        "again": Attacker("again", targets=("rival_kommun", "presence_in_lan")),
    }
)
"""The attackers of the table, in its order."""


@dataclass(frozen=True)
class Cell:
    """Figures of one attacker after one target.

    Parameters
    ----------
    upper_bits, upper_risk : one-sided bounds; those of all cells of the table hold together with 95 % (Bonferroni)
    is_below_bits, is_below_risk : whether the cell is shown to be below its bar, all verdicts of the table together
        with 95 % (Holm)
    """

    mode: str
    attacker: str
    target: str
    vacancy: int
    tally: Tally
    questions: int
    upper_bits: float
    upper_risk: float
    is_below_bits: bool
    is_below_risk: bool

    @property
    def key(self) -> tuple[str, str, str, int]:
        """Which cell it is."""
        return self.mode, self.attacker, self.target, self.vacancy

    def as_json(self) -> dict[str, Any]:
        """One object of ``--json``."""
        low, high = self.tally.interval()
        return {
            "mode": self.mode,
            "attacker": self.attacker,
            "target": self.target,
            "vacancy": self.vacancy,
            "runs": self.tally.runs,
            "targets": sum(self.tally.targets),
            "questions": self.questions,
            "success": round(self.tally.success, 4),
            "success_ci95": [round(low, 4), round(high, 4)],
            "control": round(self.tally.control_success, 4),
            "leakage_bits": round(min(self.tally.leakage_bits, _MOST_BITS), 3),
            "leakage_bits_upper95": round(self.upper_bits, 3),
            "residual_risk": round(self.tally.residual_risk, 4),
            "residual_risk_upper95": round(self.upper_risk, 4),
            "is_below_bits": self.is_below_bits,
            "is_below_risk": self.is_below_risk,
        }


def _of_one_unit(run: Run) -> Run:
    """The part of a run that the first unit alone sees."""
    kept = [number for number, step in enumerate(run.steps) if step.question.unit == 0]
    if len(kept) == len(run.steps):
        return run
    count = len(kept)  # units ask one after the other, the first one first
    secrets = replace(run.secrets, offered=run.secrets.offered[:count], backed=run.secrets.backed[:count])
    return replace(run, steps=tuple(run.steps[:count]), secrets=secrets)


def _judged(runs: Sequence[Run], look: str) -> Iterable[tuple[Run, Judge]]:
    """Each run with a judge calibrated on those in other worlds; where there is no other world, on none: as prior."""
    worlds = sorted({(run.number, run.vacancy) for run in runs})
    fold_of = {world: place % _FOLDS for place, world in enumerate(worlds)}
    for fold in sorted(set(fold_of.values())):
        judge = judge_of([run for run in runs if fold_of[run.number, run.vacancy] != fold], LOOKS[look])
        yield from ((run, judge) for run in runs if fold_of[run.number, run.vacancy] == fold)


def _tallies(runs: Sequence[Run], attacker: Attacker) -> dict[tuple[str, int], Tally]:
    """By target and vacancy."""
    hits: defaultdict[tuple[str, int], list[Hits]] = defaultdict(list)
    for run, judge in _judged(runs, attacker.look):
        for target in attacker.targets:
            hits[target, run.vacancy].append(TARGETS[target](judge, run))
    return {
        key: Tally(tuple(a for a, _, _ in told), tuple(c for _, c, _ in told), tuple(n for *_, n in told))
        for key, told in hits.items()
    }


def upper_bits(tally: Tally, level: float) -> float:
    """Never more than the control leaves to be learnt, the control being as seldom right as it may be."""
    least = tally.control_interval(2 * level)[0]
    ratio = min(upper_ratio(tally, level), 1 / least if least else 2**_MOST_BITS)
    return min(_MOST_BITS, log2(ratio))


def cells_of(runs: Iterable[Run], attackers: Mapping[str, Attacker] = ATTACKERS) -> list[Cell]:
    """The table: all cells there are runs for; bounds hold within a mode together.

    Parameters
    ----------
    runs : of any modes
    attackers : by name
    """
    by_play: defaultdict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        by_play[run.mode, run.play].append(run)
    found: list[Cell] = []
    for mode in dict.fromkeys(mode for mode, _ in by_play):
        rows: list[tuple[str, str, int, Tally, int]] = []
        for name, attacker in attackers.items():
            own = by_play.get((mode, attacker.play), [])
            if attacker.look != "told" and mode in _LITTLE_SEEN:
                continue  # neither times nor the trail are part of these
            if mode == "naive" and not attacker.is_alone:
                continue  # nobody's questions are counted there: they are all one attacker's
            own = [_of_one_unit(run) for run in own] if attacker.is_alone else own
            for (target, vacancy), tally in sorted(_tallies(own, attacker).items()) if own else ():
                asked = max(len(run.steps) for run in own if run.vacancy == vacancy)
                if tally.runs:
                    rows.append((name, target, vacancy, tally, asked))
        if rows:
            found += _with_bounds(mode, rows)
    order = {name: number for number, name in enumerate(attackers)}
    return sorted(
        found, key=lambda cell: (cell.mode, order[cell.attacker], list(TARGETS).index(cell.target), -cell.vacancy)
    )


def _with_bounds(mode: str, rows: Sequence[tuple[str, str, int, Tally, int]]) -> list[Cell]:
    """Cells of one table: bounds at one level for all, verdicts by Holm over both bars of all cells."""
    level = LEVEL / (2 * len(rows))
    p_values = [p_value(tally, BARS_BITS[target]) for _, target, _, tally, _ in rows]
    p_values += [p_value_risk(tally, RISK_BAR) for *_, tally, _ in rows]
    shown = shown_by_holm(p_values)
    return [
        Cell(
            mode, name, target, vacancy, tally, asked, upper_bits(tally, level), upper_risk(tally, level),
            shown[number], shown[len(rows) + number],
        )
        for number, (name, target, vacancy, tally, asked) in enumerate(rows)
    ]  # fmt: skip
