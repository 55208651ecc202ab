"""Time and memory of the command, measured in one run and compared with the bars.

``python -m benchmarks.speed`` prints a table; ``--json`` and ``--markdown`` print the
same figures for programs and for documents, ``--update FILE`` puts them between the marks of a
document such as ``benchmarks/README.md``.

Whole processes are the installed script, started anew each time: what a person waits for. "In
process" leaves out starting and reading: what a service waits for. Nothing remembered from one case
helps the next.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.asking import Spent, asked, facts_of, timed
from benchmarks.common import between, machine, megabytes, quantile, versions
from benchmarks.generate import SIZES
from matching.constraints import rule_book
from matching.facts import Facts
from matching.options import coordinator_options, requester_options
from matching.pipeline import plan_week
from matching.solver.cpsat import Limits

__all__ = ["Figure", "as_markdown", "main", "measure", "quantile", "updated"]

AUDIENCES: Final = ("requester", "coordinator")
HELP_RUNS: Final = 5
HELP_S, DEMO_S, OPTIONS_S, MEMORY_MB = 1.0, 60.0, 2.0, 1500.0
PACKAGES: Final = ("ortools", "numpy", "scipy", "pydantic", "networkx", "typer")
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"


@dataclass(frozen=True)
class Figure:
    """One figure beside its bar; without a bar it only informs.

    Examples
    --------
    >>> Figure("help", 0.4, "s", 1.0).verdict, Figure("demo", 61.0, "s", 60.0).verdict, Figure("p50", 1.0, "s").verdict
    ('met', 'MISSED', '')
    """

    what: str
    value: float
    unit: str
    bar: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the figure is within its bar, the bar itself included."""
        return "" if self.bar is None else ("met" if self.value <= self.bar else "MISSED")

    @property
    def shown(self) -> str:
        """The value with its unit."""
        return f"{self.value:.0f} {self.unit}" if self.unit != "s" else f"{self.value:.2f} s"


@dataclass(frozen=True)
class Process:
    """Wall time, time on a processor, peak memory and exit code of one process."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int


# A process is charged with the memory of the one that starts it: so a small one does.
_START: Final = """
import os, sys, time
quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
began = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - began
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


def process(*arguments: str | Path) -> Process:
    """The installed script, run to its end; its output is thrown away."""
    command = [str(Path(sys.executable).with_name("fristad")), *(str(one) for one in arguments)]
    done = subprocess.run([sys.executable, "-I", "-S", "-c", _START, *command], capture_output=True, check=True)
    wall_s, cpu_s, peak, code = done.stdout.split()
    return Process(float(wall_s), float(cpu_s), megabytes(int(peak)), int(code))


def _well(*arguments: str | Path) -> Process:
    done = process(*arguments)
    if done.code != 0:
        raise SystemExit(f"fristad {arguments[0]} ended with exit code {done.code}; nothing was measured")
    return done


def _spread(what: str, spent: Sequence[Spent]) -> Iterator[Figure]:
    walls, cpus = ([one[clock] for one in spent] for clock in (0, 1))
    note = f"{len(spent)} cases; on a processor {quantile(cpus, 0.5):.2f} s"
    yield Figure(f"{what}, p50", quantile(walls, 0.5), "s", note=note)
    note = f"most {max(walls):.2f} s; on a processor {quantile(cpus, 0.95):.2f} s"
    yield Figure(f"{what}, p95", quantile(walls, 0.95), "s", OPTIONS_S, note)


def measure(seed: int = 1, cases: int = 20, say: Callable[[str], None] = lambda _: None) -> tuple[Figure, ...]:
    """All figures, one after the other on one machine.

    Parameters
    ----------
    seed : of the demo's week
    cases : how many of its cases are asked for, the first ones
    say : told what is being measured
    """
    peaks: dict[str, float] = {}
    figures: list[Figure] = []

    def ran(name: str, *arguments: str | Path) -> Spent:
        done = _well(*arguments)
        peaks[name] = max(peaks.get(name, 0.0), done.peak_mb)
        return done.wall_s, done.cpu_s

    say("fristad --help")
    walls = [ran("help", "--help")[0] for _ in range(HELP_RUNS)]
    figures.append(Figure("fristad --help, median", quantile(walls, 0.5), "s", HELP_S, f"{HELP_RUNS} runs"))
    with tempfile.TemporaryDirectory() as folder:
        say("fristad demo")
        wall_s, cpu_s = ran("demo", "demo", "--to", folder, "--seed", str(seed))
        figures.append(Figure("fristad demo", wall_s, "s", DEMO_S, f"on a processor {cpu_s:.2f} s"))
        week = Path(folder) / "week.json"
        told = json.loads((Path(folder) / "plan.json").read_bytes())
        open_levels = [level["name"] for level in told["levels"] if not level["is_proven"]]
        note = f"open: {' '.join(open_levels)}" if open_levels else "every level proven optimal"
        figures.append(Figure("levels of the demo's plan left open", len(open_levels), "levels", 0, note))
        facts = facts_of(replace(SIZES["demo"], seed=seed))
        chosen = facts.names.cases[:cases]
        for audience in AUDIENCES:
            spent = []
            for number, case in enumerate(chosen, start=1):
                say(f"options for the {audience}, whole process: {number} of {len(chosen)}")
                spent.append(ran(f"options, {audience}", "options", week, "--case", case, "--audience", audience))
            figures += _spread(f"options for the {audience}, whole process", spent)
    figures += _in_process(facts, len(chosen), say)
    figures += [Figure(f"peak memory, {name}", peak, "MB", MEMORY_MB) for name, peak in peaks.items()]
    own = megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return (*figures, Figure("peak memory, this script", own, "MB", MEMORY_MB, "plans the week, asks every case"))


def _in_process(facts: Facts, cases: int, say: Callable[[str], None]) -> Iterator[Figure]:
    say("planning the week")
    rules = rule_book()
    outcome = plan_week(replace(facts), rules, Limits())  # the first one also loads the solver
    (wall_s, cpu_s), _ = timed(lambda: plan_week(replace(facts), rules, Limits()))
    proven = sum(level.is_proven for level in outcome.levels)
    note = f"{proven} of {len(outcome.levels)} levels proven; on a processor {cpu_s:.2f} s"
    yield Figure("planning the demo's week, in process", wall_s, "s", DEMO_S, note)
    for audience in AUDIENCES:
        say(f"options for the {audience}, in process")
        ask: dict[str, Callable[[Facts, int], object]] = {
            "requester": lambda told, case: requester_options(told, rules, case),
            "coordinator": lambda told, case: coordinator_options(told, rules, case, Limits(time_s=30.0)),
        }
        spent = [taken for taken, _ in asked(facts, range(cases), ask[audience])]
        yield from _spread(f"options for the {audience}, in process", spent)


def circumstances(seed: int) -> dict[str, Any]:
    """Machine, versions and seeds: what one has to know to compare figures."""
    return {
        "machine": machine(),
        "load_before": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "packages": versions(PACKAGES),
        "seed_of_the_week": seed,
        "seed_of_the_search": Limits().seed,
        "workers": Limits().workers,
    }


def _rows(figures: Sequence[Figure]) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            one.what,
            one.shown,
            "" if one.bar is None else replace(one, value=one.bar).shown,
            one.verdict,
            one.note,
        )
        for one in figures
    ]


def _about(told: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {number}" for name, number in told["packages"].items())
    return (
        f"{told['machine']}; load before {told['load_before']}; Python {told['python']}, {packages}; "
        f"week: demo, seed {told['seed_of_the_week']}; search: seed {told['seed_of_the_search']}, "
        f"{told['workers']} worker"
    )


def as_markdown(figures: Sequence[Figure], told: dict[str, Any]) -> str:
    """The figures as a Markdown table with its circumstances below."""
    lines = ["| what | measured | bar | | |", "|---|--:|--:|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in _rows(figures)]
    return "\n".join([*lines, "", f"{_about(told)}.", ""])


def as_text(figures: Sequence[Figure], told: dict[str, Any]) -> str:
    """The figures as a table for a terminal."""
    rows = [("what", "measured", "bar", "", ""), *_rows(figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "  ".join(
            (row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3].ljust(widths[3]), row[4])
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", _about(told), ""])


def updated(document: str, block: str) -> str:
    r"""The document with everything between its two marks replaced.

    Examples
    --------
    >>> updated(f"a\n{BEGIN}\nold\n{END}\nz\n", "new\n") == f"a\n{BEGIN}\nnew\n{END}\nz\n"
    True

    Raises
    ------
    ValueError : the document lacks the marks
    """
    return between(document, "speed", block)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and on request update a document; the exit code says nothing of the bars."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.speed", description="Measure time and memory.")
    reader.add_argument("--seed", type=int, default=1, help="seed of the demo's week")
    reader.add_argument("--cases", type=int, default=20, help="cases asked for, each audience, both ways")
    reader.add_argument("--json", action="store_true", help="print JSON")
    reader.add_argument("--markdown", action="store_true", help="print a Markdown table")
    reader.add_argument("--update", type=Path, metavar="FILE", help="write the table between the marks of a document")
    told = reader.parse_args(arguments)
    if told.cases < 1 or told.seed < 0:
        reader.error("--cases must be 1 or more, --seed 0 or more")
    if told.update is not None:
        try:
            updated(told.update.read_text(encoding="utf-8"), "")
        except (OSError, ValueError):
            reader.error(f"--update needs a document with the lines {BEGIN} and {END}")
    about = circumstances(told.seed)
    figures = measure(told.seed, told.cases, lambda what: print(f"measuring: {what}", file=sys.stderr, flush=True))
    if told.update is not None:
        document = told.update.read_text(encoding="utf-8")
        told.update.write_text(updated(document, as_markdown(figures, about)), encoding="utf-8")
    if told.json:
        rows = [{**asdict(one), "verdict": one.verdict} for one in figures]
        print(json.dumps({"figures": rows, **about}, ensure_ascii=False, indent=2))
    else:
        print(as_markdown(figures, about) if told.markdown else as_text(figures, about), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
