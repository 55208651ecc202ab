"""Everything that is measured, in one run: ``make bench``, ``make bench-quick``, ``make bench-full``.

Results, scenarios, plans and tables go to a folder; every plan is checked by `benchmarks.verify`, which
shares nothing with the engine. ``--update`` also writes the tables and the picture beside this file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from benchmarks.peers.worker import SOLVERS
from benchmarks.report import read_records

__all__ = ["SUITES", "Comparison", "Suite", "main", "worst_min"]

BESIDE: Final = Path(__file__).resolve().parent
README, FIGURE = BESIDE / "README.md", BESIDE / "figures" / "profile.png"
_OVERHEAD_S: Final = 5.0
"""Reading the file, judging and verifying the plan, for one solver on a small instance."""


@dataclass(frozen=True)
class Comparison:
    """One table: instances 1 to `seeds` of a size, each solver with the same limit in seconds."""

    size: str
    seeds: int
    limit_s: float
    starts: int = 3

    @property
    def arguments(self) -> list[str]:
        """Of `benchmarks.peers`."""
        told = ["--size", self.size, "--seeds", str(self.seeds), "--starts", str(self.starts)]
        return [*told, "--time-limit", f"{self.limit_s:g}"]


@dataclass(frozen=True)
class Suite:
    """Comparisons, weeks whose coordinators are asked, repairs, and whether the command is timed as well."""

    comparisons: tuple[Comparison, ...]
    options_seeds: int
    repair_seeds: int
    has_speed: bool


SUITES: Final[Mapping[str, Suite]] = MappingProxyType(
    {
        "quick": Suite((Comparison("N", 2, 3.0), Comparison("surge", 1, 5.0)), 1, 1, has_speed=False),
        "default": Suite(
            (
                Comparison("N", 20, 3.0),
                Comparison("surge", 5, 6.0),
                Comparison("M", 3, 20.0),
                Comparison("L", 1, 60.0, starts=1),
                Comparison("dense", 3, 3.0),
                Comparison("dense-L", 1, 30.0),
            ),
            3,
            3,
            has_speed=True,
        ),
        "full": Suite(
            (
                Comparison("N", 20, 5.0),
                Comparison("surge", 20, 20.0),
                Comparison("M", 20, 60.0),
                Comparison("L", 5, 90.0, starts=1),
                Comparison("L", 5, 300.0),
                Comparison("XL", 5, 300.0, starts=1),
                Comparison("dense", 5, 5.0),
                Comparison("dense-L", 5, 60.0),
            ),
            20,
            20,
            has_speed=True,
        ),
    }
)


def worst_min(suite: Suite, solvers: int = len(SOLVERS)) -> float:
    """Minutes the comparisons take when every solver needs its whole limit, without large files' judging.

    Examples
    --------
    >>> worst_min(Suite((Comparison("N", 3, 15.0),), 0, 0, has_speed=False), 2)
    2.0
    """
    return sum(solvers * told.seeds * (told.limit_s + _OVERHEAD_S) for told in suite.comparisons) / 60


def _run(module: str, *arguments: str, into: Path | None = None) -> int:
    """A script of this package in a process of its own; what it prints may go to the end of a file."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    if into is None:
        return subprocess.run(command, check=False).returncode
    with into.open("ab") as target:
        return subprocess.run(command, stdout=target, check=False).returncode


def verified(folder: Path, results: Path) -> tuple[int, list[str]]:
    """How many plans the verifier was given, and which it refused.

    Parameters
    ----------
    folder : with the scenarios
    results : records of `benchmarks.peers`
    """
    records = read_records(results.read_text(encoding="utf-8").splitlines())
    plans = [one for one in records if one.solution is not None]
    refused = []
    for one in plans:
        scenario = folder / f"{one.size}-{one.starts}-{one.seed}.json"
        command = [sys.executable, "-m", "benchmarks.verify", str(scenario), str(one.solution)]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            refused.append(f"{one.size}, at most {one.starts} starts, seed {one.seed}: {one.solver}")
    return len(plans), refused


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def compared(suite: Suite, folder: Path, only: Iterable[str]) -> int:
    """Run the comparisons of some sizes (none: all), verify every plan, write the tables; 1 when anything failed."""
    results = folder / "results.jsonl"
    results.unlink(missing_ok=True)
    wanted = set(only)
    failed = 0
    for told in suite.comparisons:
        if not wanted or told.size in wanted:
            _say(f"comparing: {told.size}, {told.seeds} instances, limit {told.limit_s:g} s")
            failed |= _run("peers", *told.arguments, "--solutions", str(folder), "--json", into=results)
    _say("verifying every plan")
    count, refused = verified(folder, results)
    _say(f"the verifier accepts {count - len(refused)} of {count} plans")
    for one in refused:
        _say(f"refused: {one}")
    (folder / "verified.json").write_text(json.dumps({"plans": count, "refused": refused}), encoding="utf-8")
    return int(bool(failed or refused))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 when a solver failed, a rule or the verifier refused a plan, or a script ended with an error."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.suite", description="Measure everything.")
    reader.add_argument("--suite", choices=sorted(SUITES), default="default")
    reader.add_argument("--only", default="", metavar="SIZES", help="compare only these sizes, commas between")
    reader.add_argument("--to", type=Path, default=Path("out") / "bench", metavar="DIR", help="results go there")
    reader.add_argument("--update", action="store_true", help="write the tables and the picture into benchmarks/")
    told = reader.parse_args(arguments)
    suite = SUITES[told.suite]
    sizes = [size for size in told.only.split(",") if size]
    unknown = sorted(set(sizes) - {one.size for one in suite.comparisons})
    if unknown:
        reader.error(f"--only takes sizes of this suite: {', '.join(dict.fromkeys(c.size for c in suite.comparisons))}")
    told.to.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    _say(f"at most some {worst_min(suite):.0f} minutes for the comparisons; close other programs")
    failed = compared(suite, told.to, sizes)
    into = ["--update", str(README)] if told.update else []
    picture = FIGURE if told.update else told.to / "profile.png"
    command = f"python -m benchmarks.suite --suite {told.suite}" + (f" --only {told.only}" if told.only else "")
    results = str(told.to / "results.jsonl")
    of_report = ["--plot", str(picture), "--verified", str(told.to / "verified.json"), "--command", command]
    failed |= _run("report", results, *into, *of_report)
    if not sizes:
        _say("timing the coordinator's options")
        of_options = ["--size", "N", "--size", "surge", "--seeds", str(suite.options_seeds)]
        failed |= _run("options", *of_options, *into)
        _say("timing repairs")
        failed |= _run("repair_bench", "--seeds", str(suite.repair_seeds), *into)
        if suite.has_speed:
            _say("comparing settings of the search")
            failed |= _run("configurations", "--size", "surge", "--size", "M", "--seeds", "2", *into)
            failed |= _run("speed", *into)
    _say(f"done after {(time.monotonic() - began) / 60:.0f} minutes; results in {told.to}")
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
