"""Tables of the leakage bench."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks.common import machine
from benchmarks.inference.cells import ATTACKERS, Cell
from benchmarks.inference.plans import DEFENCES, VACANCIES
from benchmarks.inference.reckoned import RECKONED
from benchmarks.inference.records import Run
from benchmarks.inference.targets import BARS_BITS, RISK_BAR, TARGETS

__all__ = ["as_markdown", "as_short_markdown", "verdicts"]

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
    """Attackers by target; a column for each vacancy."""
    vacancies = [vacancy for vacancy in VACANCIES if any(cell.vacancy == vacancy for cell in cells)]
    lines = [
        f"| attacker | target | {' | '.join(f'{vacancy} %' for vacancy in vacancies)} | runs, targets |",
        "|---|---|" + "--:|" * len(vacancies) + "--:|",
    ]
    found = {cell.key[1:]: cell for cell in cells}
    for attacker in ATTACKERS:
        for target in TARGETS:
            own = [found.get((attacker, target, vacancy)) for vacancy in vacancies]
            told = [cell for cell in own if cell is not None]
            if told:
                numbers = sorted({cell.tally.runs for cell in told})
                runs = f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
                targets = sum(sum(cell.tally.targets) for cell in told)
                row = " | ".join("–" if cell is None else _cell(cell) for cell in own)
                lines.append(f"| {_LETTERS[attacker]} | {_WORDS[target]} | {row} | {runs}, {targets} |")
    return lines


def verdicts(cells: Sequence[Cell]) -> list[str]:
    """For each target whether its bar is met: by the estimates, and by bounds that hold together.

    Parameters
    ----------
    cells : of one mode
    """
    found = []
    checks: list[tuple[str, float, Callable[[Cell], float], Callable[[Cell], float], str]] = [
        (target, bar, _bits, lambda cell: cell.upper_bits, "bit") for target, bar in BARS_BITS.items()
        if target != "presence_in_lan"
    ]  # fmt: skip
    checks += [(target, RISK_BAR, _risk, lambda cell: cell.upper_risk, "residual risk") for target in TARGETS]
    for target, bar, estimate, upper, unit in checks:
        own = [cell for cell in cells if cell.target == target]
        if not own:
            continue
        worst, bounded = max(own, key=estimate), max(own, key=upper)
        within = sum(estimate(cell) <= bar for cell in own)
        shown = sum(upper(cell) <= bar for cell in own)
        found.append(
            f"- **{_WORDS[target]}**, bar {bar:g} {unit}: worst cell {estimate(worst):.2f} "
            f"({worst.attacker}, {worst.vacancy} %); {within} of {len(own)} estimates within the bar, "
            f"{shown} of {len(own)} shown to be (highest bound {upper(bounded):.2f}: "
            f"{bounded.attacker}, {bounded.vacancy} %)."
        )
    return found


def _bits(cell: Cell) -> float:
    return min(16.0, cell.tally.leakage_bits)


def _risk(cell: Cell) -> float:
    return cell.tally.residual_risk


def _defences(cells: Sequence[Cell]) -> list[str]:
    found = {cell.key: cell for cell in cells}
    lines = [
        "| defence | attack | target, vacancy | without it | with it |",
        "|---|---|---|--:|--:|",
    ]
    for name, one in DEFENCES.items():
        pair = [found.get((mode, one.attacker, one.target, one.vacancy)) for mode in (one.without, one.with_it)]
        if all(cell is None for cell in pair):
            continue
        told = ["–" if cell is None else f"{_cell(cell)}; {cell.tally.runs} runs" for cell in pair]
        what = f"{_WORDS[one.target]}, {one.vacancy} %"
        lines.append(f"| {name} | {_LETTERS[one.attacker]} | {what} | {told[0]} | {told[1]} |")
    return lines if len(lines) > 2 else []


def _said(cells: Sequence[Cell], mode: str) -> list[str]:
    """What the verdicts of a mode are, under its name."""
    own = [cell for cell in cells if cell.mode == mode]
    return [f"**{_TABLES[mode]}**", "", *verdicts(own), ""] if own else []


def as_short_markdown(cells: Sequence[Cell]) -> str:
    """What a document on privacy says: the verdicts, and each defence off and on."""
    naive = [cell for cell in cells if cell.mode == "naive"]
    lines = [*_said(cells, "all_on"), *_said(cells, "reckoned"), *_said(cells, "hand_check_fails")]
    if naive:
        most = {target: max((_bits(one) for one in naive if one.target == target), default=0.0) for target in BARS_BITS}
        told = ", ".join(f"{_WORDS[target]} {most[target]:.2f}" for target in BARS_BITS)
        lines += [f"The naive service leaks at most, in bits: {told}.", ""]
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
        lines += [f"### {title}", "", *_table(own), "", *(verdicts(own) if mode != "naive" else ()), ""]
        if mode == "reckoned" and foretold is not None:
            same, asked = foretold
            lines += [f"Of {asked} questions of the service's runs {same} were foretold as they were answered.", ""]
    defences = _defences(cells)
    if defences:
        lines += ["### Each defence off and on, the other layers of its channel off", "", *defences, ""]
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


_KEY: Final = (
    "Each cell: success of the attacker / of the control in percent → bits of min-entropy leakage (upper bound; the "
    "bounds of a table hold together with 95 %, Holm)."
)
