"""Performance profiles as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import ScalarFormatter

from benchmarks.statistics import profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from benchmarks.report import Field

__all__ = ["draw_profiles"]

Line = Literal["-", "--", "-.", ":"]

# Colours told apart by colour-blind people (Okabe and Ito), and a line style each for print in black.
_STYLES: Final[Mapping[str, tuple[str, Line]]] = MappingProxyType(
    {
        "fristad": ("#000000", "-"),
        "highs_cliques": ("#0072B2", "--"),
        "presence_cpsat": ("#D55E00", "-."),
        "naive_cpsat": ("#009E73", ":"),
    }
)
_SEARCHES: Final = ("alns", "greedy")
_COLUMNS: Final = 3
_STEPS: Final = 400


def draw_profiles(fields: Sequence[Field], path: Path) -> None:
    """Two panels a table: instances proven within a factor of the fastest proof, and who has the best plan.

    Parameters
    ----------
    fields : the tables
    path : PNG, written whole or not at all
    """
    mpl.use("agg")  # before pyplot: a window is never wanted
    from matplotlib import pyplot as plt

    columns = min(_COLUMNS, len(fields))
    rows = -(-len(fields) // columns)
    figure, panels = plt.subplots(
        2 * rows, columns, figsize=(4.8 * columns, 5.6 * rows), squeeze=False, height_ratios=[3.0, 2.0] * rows
    )
    for panel in panels.flat:
        panel.set_visible(False)
    for number, field in enumerate(fields):
        row, column = divmod(number, columns)
        _profile(panels[2 * row, column], field)
        _best(panels[2 * row + 1, column], field)
    styles = [Line2D([], [], color=colour, linestyle=line) for colour, line in _STYLES.values()]
    figure.legend(styles, list(_STYLES), loc="lower center", ncols=len(_STYLES), frameon=False)
    figure.suptitle("Time to a proof (lines; alns and greedy prove nothing) and the best plan at the limit (bars)")
    figure.tight_layout(rect=(0, 0.04, 1, 0.99))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    figure.savefig(beside, format="png", dpi=100)
    plt.close(figure)
    beside.replace(path)


def _profile(panel: Axes, field: Field) -> None:
    """Share of instances proven within a factor of the fastest proof."""
    times = {solver: [one.proven_s for one in field.of(solver)] for solver in _STYLES if field.of(solver)}
    solved = [value for told in times.values() for value in told if value is not None]
    most = max(2.0, 1.5 * max(solved, default=1.0) / max(1e-3, min(solved, default=1.0)))
    ratios = np.geomspace(1.0, most, _STEPS).tolist()
    for solver, shares in profile(times, ratios).items():
        colour, line = _STYLES[solver]
        panel.step(ratios, [100 * share for share in shares], line, color=colour, where="post")
    if not solved:
        panel.text(0.5, 0.5, "nobody proved\nevery level", transform=panel.transAxes, ha="center", va="center")
    panel.set_visible(True)
    panel.set_xscale("log", base=2)
    panel.xaxis.set_major_formatter(ScalarFormatter())
    panel.set_xlim(1.0, most)
    panel.set_ylim(-3, 103)
    starts = "1 start" if field.starts == 1 else f"{field.starts} starts"
    panel.set_title(f"{field.size}, {starts}, limit {field.limit_s:g} s, n = {len(field.seeds)}", fontsize=10)
    panel.set_xlabel("factor of the fastest time to a proof")
    panel.set_ylabel("instances proven, %")
    panel.grid(visible=True, alpha=0.3)


def _best(panel: Axes, field: Field) -> None:
    """Share of instances on which no solver has a better plan; several may share the best one."""
    best: dict[int, tuple[int, ...]] = {}
    for one in field.records:
        if one.vector is not None:
            best[one.seed] = min(one.vector, best.get(one.seed, one.vector))
    solvers = [solver for solver in reversed((*_STYLES, *_SEARCHES)) if field.of(solver)]
    shares = []
    for solver in solvers:
        hits = sum(one.vector is not None and one.vector == best[one.seed] for one in field.of(solver))
        shares.append(100 * hits / len(field.seeds))
    panel.set_visible(True)
    panel.barh(solvers, shares, color=[_STYLES.get(solver, ("#999999", ""))[0] for solver in solvers], height=0.6)
    panel.set_xlim(0, 103)
    panel.set_xlabel("instances with the best plan of all, %")
    panel.tick_params(axis="y", labelsize=8)
    panel.grid(visible=True, axis="x", alpha=0.3)
