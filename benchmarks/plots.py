"""Performance profiles as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import matplotlib as mpl
import numpy as np

from benchmarks.statistics import profile

if TYPE_CHECKING:
    from benchmarks.report import Field

__all__ = ["draw_profiles"]

# Colours told apart by colour-blind people (Okabe and Ito), and a line style each for print in black.
_STYLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "fristad": ("#000000", "-"),
        "highs_cliques": ("#0072B2", "--"),
        "presence_cpsat": ("#D55E00", "-."),
        "naive_cpsat": ("#009E73", ":"),
    }
)
_COLUMNS: Final = 3
_STEPS: Final = 400


def draw_profiles(fields: Sequence[Field], path: Path) -> None:
    """One panel a table: share of instances proven within a factor of the fastest proof.

    Parameters
    ----------
    fields : the tables
    path : PNG, written whole or not at all
    """
    mpl.use("agg")  # before pyplot: a window is never wanted
    from matplotlib import pyplot as plt

    columns = min(_COLUMNS, len(fields))
    rows = -(-len(fields) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(4.6 * columns, 3.6 * rows), squeeze=False)
    for panel, field in zip(panels.flat, fields, strict=False):
        times = {solver: [one.time_to_proof_s for one in field.of(solver)] for solver in _STYLES if field.of(solver)}
        solved = [value for told in times.values() for value in told if value]
        most = max(2.0, 2.0 * max(solved, default=1.0) / max(1e-3, min(solved, default=1.0)))
        ratios = np.geomspace(1.0, most, _STEPS).tolist()
        for solver, shares in profile(times, ratios).items():
            colour, line = _STYLES[solver]
            panel.step(ratios, [100 * share for share in shares], line, color=colour, where="post", label=solver)
        panel.set_xscale("log", base=2)
        panel.set_xlim(1.0, most)
        panel.set_ylim(-3, 103)
        panel.set_title(f"{field.size}, {field.starts} start(s), limit {field.limit_s:g} s, n = {len(field.seeds)}")
        panel.set_xlabel("factor of the fastest time to proof (filter + build + search)")
        panel.set_ylabel("instances proven optimal, %")
        panel.grid(visible=True, alpha=0.3)
    for panel in panels.flat[len(fields) :]:
        panel.set_visible(False)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=max(1, len(labels)), frameon=False)
    figure.suptitle("Performance profiles; alns and greedy never prove anything", fontsize=11)
    figure.tight_layout(rect=(0, 0.06, 1, 0.98))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    figure.savefig(beside, format="png", dpi=110)
    plt.close(figure)
    beside.replace(path)
