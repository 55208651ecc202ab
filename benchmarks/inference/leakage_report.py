"""Tables of the leakage bench."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.common import machine
from benchmarks.inference.cells import ATTACKERS, Cell, upper_bits
from benchmarks.inference.plans import DEFENCES, VACANCIES
from benchmarks.inference.reckoned import RECKONED
from benchmarks.inference.records import Run
from benchmarks.inference.statistics import LEVEL, Tally, gain_apart
from benchmarks.inference.targets import BARS_BITS, RISK_BAR, TARGETS

__all__ = ["as_markdown", "as_short_markdown", "defence_verdict", "is_as_wanted", "naive_verdict", "verdicts"]

NAIVE_BITS: Final = 3.0
"""Least that the naive service must leak, or the bench is too weak."""

_WORDS: Final = {
    "offered_kommun": "kommun of what was offered",
    "rival_kommun": "kommun of a rival",
    "presence_in_lan": "somebody of a network in a county",
    "named_kommun": "kommun of a named person",
}
_TABLES: Final = {
    "all_on": "All defences on: the real service",
    "reckoned": "All defences on: answers reckoned from the engine's sets, in many more worlds",
    "hand_check_fails": "All defences on, but the coordinator believes every sham person",
    "naive": "The naive service",
}
_LETTERS: Final = {
    "triangulation": "(a) triangulation, rival and neutral pairs",
    "elimination": "(b) elimination by new versions",
    "fingerprint": "(c) fingerprint of the card",
    "differencing": "(d) before and after a change",
    "timing": "(e) times and lengths besides",
    "collusion": "(f) three colluding units",
    "requester_assessor": "(g) requester and assessor",
    "requester_registrar": "(g) requester and registrar",
    "requester_auditor": "(g) requester and auditor",
    "search": "(h) search, three units",
    "by_hand": "too narrow to be admitted",
    "paired": "narrow pairs of one unit",
    "filling": "filling with own holds",
    "again": "the same again after a change",
    "distance": "distances of a named person",
}


def _cell(cell: Cell) -> str:
    tally = cell.tally
    return (
        f"{100 * tally.success:.1f} / {100 * tally.control_success:.1f} → "
        f"{min(16.0, tally.leakage_bits):.2f} (≤ {cell.upper_bits:.2f})"
    )


def _table(cells: Sequence[Cell]) -> list[str]:
    """Attackers by target; a column for each vacancy, and one for all of them together."""
    vacancies = [vacancy for vacancy in VACANCIES if any(cell.vacancy == vacancy for cell in cells)]
    columns = " | ".join(f"{vacancy} %" for vacancy in vacancies)
    lines = [
        f"| attacker | target | {columns} | all vacancies | runs, targets |",
        "|---|---|" + "--:|" * (len(vacancies) + 2),
    ]
    found = {cell.key[1:]: cell for cell in cells}
    rows = sorted({cell.key[1:3] for cell in cells}, key=lambda row: (list(ATTACKERS).index(row[0]), row[1]))
    for attacker, target in rows:
        own = [found.get((attacker, target, vacancy)) for vacancy in vacancies]
        told = [cell for cell in own if cell is not None]
        numbers = sorted({cell.tally.runs for cell in told})
        runs = f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
        targets = sum(sum(cell.tally.targets) for cell in told)
        row = " | ".join("–" if cell is None else _cell(cell) for cell in own)
        together = _figures(pooled(told), len(rows))
        lines.append(f"| {_LETTERS[attacker]} | {_WORDS[target]} | {row} | {together} | {runs}, {targets} |")
    return lines


def pooled(cells: Sequence[Cell]) -> Tally:
    """The runs of several cells as those of one."""
    tallies = [cell.tally for cell in cells]
    return Tally(
        tuple(hits for tally in tallies for hits in tally.attacker),
        tuple(hits for tally in tallies for hits in tally.control),
        tuple(count for tally in tallies for count in tally.targets),
    )


def _figures(tally: Tally, bounds: int) -> str:
    """As `_cell`, the bound holding together with so many."""
    bound = upper_bits(tally, LEVEL / bounds)
    return (
        f"{100 * tally.success:.1f} / {100 * tally.control_success:.1f} → "
        f"{min(16.0, tally.leakage_bits):.2f} (≤ {bound:.2f})"
    )


@dataclass(frozen=True)
class _Bar:
    """A bar of one target: what is estimated, bounded and shown of it."""

    target: str
    bar: float
    unit: str
    estimate: Callable[[Cell], float]
    upper: Callable[[Cell], float]
    is_below: Callable[[Cell], bool]


def _bars() -> list[_Bar]:
    return [
        _Bar(target, bar, "bit", _bits, lambda cell: cell.upper_bits, lambda cell: cell.is_below_bits)
        for target, bar in BARS_BITS.items()
        if target != "presence_in_lan"
    ] + [
        _Bar(
            target,
            RISK_BAR,
            "residual risk",
            lambda cell: cell.tally.residual_risk,
            lambda cell: cell.upper_risk,
            lambda cell: cell.is_below_risk,
        )
        for target in TARGETS
    ]


def verdicts(cells: Sequence[Cell]) -> list[str]:
    """For each target whether its bar is met: by the estimates, and by decisions that hold together.

    Parameters
    ----------
    cells : of one mode
    """
    found = []
    for one in _bars():
        own = [cell for cell in cells if cell.target == one.target]
        if not own:
            continue
        worst, bounded = max(own, key=one.estimate), max(own, key=one.upper)
        within = sum(one.estimate(cell) <= one.bar for cell in own)
        shown = sum(one.is_below(cell) for cell in own)
        found.append(
            f"- **{_WORDS[one.target]}**, bar {one.bar:g} {one.unit}: worst estimate {one.estimate(worst):.2f} "
            f"({worst.attacker}, {worst.vacancy} %); {within} of {len(own)} estimates within the bar, "
            f"{shown} of {len(own)} shown to be; highest bound {one.upper(bounded):.2f} "
            f"({bounded.attacker}, {bounded.vacancy} %)."
        )
    return found


def _bits(cell: Cell) -> float:
    return min(16.0, cell.tally.leakage_bits)


def naive_verdict(cells: Sequence[Cell]) -> str:
    """Whether the bench is strong enough: what the naive service leaks at most, beside its bar."""
    most = max((cell for cell in cells if cell.mode == "naive"), key=_bits, default=None)
    if most is None:
        return "The naive service was not attacked."
    by_target = {
        target: max((_bits(cell) for cell in cells if cell.mode == "naive" and cell.target == target), default=0.0)
        for target in BARS_BITS
        if any(cell.target == target for cell in cells if cell.mode == "naive")
    }
    told = ", ".join(f"{_WORDS[target]} {bits:.2f}" for target, bits in by_target.items())
    word = "met" if _bits(most) >= NAIVE_BITS else "**missed**"
    return f"The naive service leaks at most, in bits: {told}. Bar {NAIVE_BITS:g} bits: {word}."


def defence_verdict(without: Cell | None, with_it: Cell | None) -> str:
    """Whether the attack gained more without the defence, and whether the runs show it (one-sided, 95 %)."""
    if without is None or with_it is None:
        return "not run"
    gained, least = gain_apart(without.tally, with_it.tally)
    if gained <= 0:
        return "not seen"
    return (
        f"shown: +{100 * gained:.0f} points (≥ {100 * least:.0f})"
        if least > 0
        else f"+{100 * gained:.0f} points, not shown"
    )


def _defences(cells: Sequence[Cell]) -> list[str]:
    found = {cell.key: cell for cell in cells}
    lines = [
        "| defence | attack | target, vacancy | without it | with it | attacker's gain without, over with |",
        "|---|---|---|--:|--:|---|",
    ]
    is_simulated = False
    for name, one in DEFENCES.items():
        pair = [found.get((mode, one.attacker, one.target, one.vacancy)) for mode in (one.without, one.with_it)]
        if all(cell is None for cell in pair):
            continue
        told = ["–" if cell is None else f"{_cell(cell)}; {cell.tally.runs} runs" for cell in pair]
        what = f"{_WORDS[one.target]}, {one.vacancy} %"
        mark = " †" if one.is_simulated else ""
        is_simulated |= one.is_simulated
        verdict = defence_verdict(pair[0], pair[1])
        lines.append(f"| {name}{mark} | {_LETTERS[one.attacker]} | {what} | {told[0]} | {told[1]} | {verdict} |")
    if is_simulated:
        lines += ["", _SIMULATED]
    return lines if len(lines) > 2 else []


def _said(cells: Sequence[Cell], mode: str) -> list[str]:
    """What the verdicts of a mode are, under its name."""
    own = [cell for cell in cells if cell.mode == mode]
    return [f"**{_TABLES[mode]}**", "", *verdicts(own), ""] if own else []


def as_short_markdown(cells: Sequence[Cell]) -> str:
    """What a document on privacy says: the verdicts, and each defence off and on."""
    lines = [*_said(cells, "all_on"), *_said(cells, "reckoned"), *_said(cells, "hand_check_fails")]
    lines += [naive_verdict(cells), ""]
    defences = _defences(cells)
    if defences:
        lines += [*defences, "", _KEY, ""]
    return "\n".join(lines)


def as_markdown(runs: Sequence[Run], cells: Sequence[Cell], foretold: tuple[int, int] | None = None) -> str:
    """Everything there are figures of.

    Parameters
    ----------
    foretold : questions of the service's runs whose outcome the reckoned answers foretold, and all that were compared
    """
    lines: list[str] = []
    for mode, title in _TABLES.items():
        own = [cell for cell in cells if cell.mode == mode]
        if not own:
            continue
        said = [naive_verdict(cells)] if mode == "naive" else [*verdicts(own), "", _counted(own)]
        lines += [f"### {title}", "", *_table(own), "", *said, ""]
        if mode == "reckoned" and foretold is not None:
            same, asked = foretold
            lines += [f"Of {asked} questions of the service's runs {same} were foretold as they were answered.", ""]
    defences = _defences(cells)
    if defences:
        lines += ["### Each defence off and on", "", _OTHERS, "", *defences, ""]
    asked = sum(len(run.steps) for run in runs if run.mode not in RECKONED)
    real = sum(run.mode not in RECKONED for run in runs)
    lines += [
        _KEY,
        "",
        f"{real} runs of the service with {asked} questions, {len(runs) - real} reckoned; {machine()}; "
        f"Python {platform.python_version()}.",
        "",
    ]
    return "\n".join(lines)


def _counted(cells: Sequence[Cell]) -> str:
    """How many runs a cell has, beside how many it takes."""
    numbers, asked = sorted({cell.tally.runs for cell in cells}), max(cell.questions for cell in cells)
    return (
        f"A cell has {numbers[0]} to {numbers[-1]} runs of at most {asked} questions (three units' full budget is 72). "
        "A service that leaks nothing is shown to be below 0.3 bit in 95 % of tables of 40 cells from 100 runs a "
        "cell on if its answers never change the attacker's mind, from 800 on if they do in 3 runs of 10 "
        "(`python -m benchmarks.inference.sizing`): what is not shown here is not refuted."
    )


def is_as_wanted(cells: Sequence[Cell]) -> bool:
    """Whether every estimate with all defences on is within its bar, the naive one above, and each defence seen."""
    found = {cell.key: cell for cell in cells}
    on = [cell for cell in cells if cell.mode == "all_on"]
    defended = all(
        defence_verdict(
            *(found.get((mode, one.attacker, one.target, one.vacancy)) for mode in (one.without, one.with_it))
        )
        not in ("not run", "not seen")
        for one in DEFENCES.values()
    )
    within = all(one.estimate(cell) <= one.bar for one in _bars() for cell in on if cell.target == one.target)
    return bool(on) and within and defended and "met" in naive_verdict(cells).split()[-1]


_KEY: Final = (
    "Each cell: success of the attacker / of the control in percent → bits of min-entropy leakage (upper bound). All "
    "bounds of a table hold together with 95 % (Bonferroni, bits and risks; those of all vacancies among themselves); "
    "what is *shown to be* below a bar is decided by Holm over all cells and both bars of a table. A bound from a "
    "single world is none: what is possible at most."
)
_OTHERS: Final = (
    "Without it, and with it, the other layers of its channel being off in both; for the card ladder, the draw and the "
    "telling round they are on, and all defences on is what they are compared with."
)
_SIMULATED: Final = (
    "† What is told without it is made up by the bench: the product has no code that would tell it, so that *with it* "
    "holds by construction."
)
