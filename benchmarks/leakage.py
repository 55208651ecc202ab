"""What the answers of the service give away: attackers against the real service code, and what they gain.

``python -m benchmarks.leakage --quick`` tries everything once on a small world. ``python -m benchmarks.leakage`` goes
on with the full run in ``out/leakage`` where it stopped, and prints the tables; ``--json`` prints one object per cell
instead, ``--report`` only reads what is there, ``--foretold`` counts besides in how many questions the reckoned answers
foretold the service's, ``--update FILE`` writes into a document: all tables between the marks `leakage`, the verdicts
and the defences between `leakage-short`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.common import between
from benchmarks.inference.cells import cells_of
from benchmarks.inference.leakage_report import as_markdown, as_short_markdown, is_as_wanted
from benchmarks.inference.plans import VACANCIES, full, quick
from benchmarks.inference.reckoned import agreement
from benchmarks.inference.running import Job, carry_out, kept_runs, world_of

__all__ = ["main"]

MARKS: Final = "leakage"
_RUNS: Final = 3
_FORETOLD: Final = "foretold.json"


def _jobs(told: argparse.Namespace) -> list[Job]:
    plan = quick() if told.quick else full(told.runs, told.questions)
    return [
        job
        for job in plan.jobs()
        if (not told.mode or job.mode in told.mode)
        and (not told.play or job.play in told.play)
        and (told.quick or not told.vacancy or job.vacancy in told.vacancy)
    ]


def _reader() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser(prog="python -m benchmarks.leakage", description="What answers give away.")
    reader.add_argument("--quick", action="store_true", help="a small world, once: figures without meaning")
    reader.add_argument("--runs", type=int, default=_RUNS, help="of each play at each vacancy with all defences on")
    reader.add_argument(
        "--questions", type=int, default=24, help="of each unit; the whole budget unless told otherwise"
    )
    reader.add_argument("--mode", action="append", help="only this one; may be given again")
    reader.add_argument("--play", action="append", help="only this one; may be given again")
    reader.add_argument("--vacancy", type=int, action="append", choices=VACANCIES, help="only this one, percent")
    reader.add_argument("--jobs", type=int, default=2, help="worker processes")
    reader.add_argument("--folder", type=Path, default=Path("out/leakage"), help="keeps the runs")
    reader.add_argument("--report", action="store_true", help="no new runs")
    reader.add_argument("--json", action="store_true", help="one object per cell")
    reader.add_argument("--check", action="store_true", help="exit code 1 if a bar is missed or a defence is not seen")
    reader.add_argument("--foretold", action="store_true", help="compare the reckoned answers with the service's")
    reader.add_argument("--update", type=Path, action="append", default=[], metavar="FILE", help="may be given again")
    return reader


def _foretold(folder: Path) -> tuple[int, int] | None:
    """Questions foretold alike, and all that were compared, if that was counted."""
    file = folder / _FORETOLD
    if not file.is_file():
        return None
    same, asked = json.loads(file.read_text(encoding="utf-8"))
    return same, asked


def _update(path: Path, blocks: Mapping[str, str]) -> None:
    document = path.read_text(encoding="utf-8")
    known = [name for name in blocks if f"<!-- {name}: begin -->" in document]
    if not known:
        raise ValueError("the document has no marks to write between")
    for name in known:
        document = between(document, name, blocks[name])
    path.write_text(document, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, then tell."""
    reader = _reader()
    told = reader.parse_args(arguments)
    if min(told.runs, told.jobs, told.questions) < 1:
        reader.error("--runs, --jobs and --questions must be 1 or more")
    with ExitStack() as opened:
        folder = told.folder
        if told.quick:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="fristad-leakage-")))
        failed = 0 if told.report else carry_out(_jobs(told), folder, told.jobs)
        runs = kept_runs(folder)
    if not runs:
        reader.error("there are no runs to tell of")
    if told.foretold and not told.quick:
        told_runs = [run for run in runs if run.mode == "all_on"]
        (folder / _FORETOLD).write_text(json.dumps(agreement(told_runs, world_of)), encoding="utf-8")
    cells = cells_of(runs)
    blocks = {MARKS: as_markdown(runs, cells, _foretold(folder)), f"{MARKS}-short": as_short_markdown(cells)}
    if told.json:
        for cell in cells:
            print(json.dumps(cell.as_json()))
    else:
        print(blocks[MARKS], end="")
    for path in told.update:
        try:
            _update(path, blocks)
        except (OSError, ValueError):
            reader.error(f"--update needs documents with <!-- {MARKS}: begin --> or <!-- {MARKS}-short: begin -->")
    if failed:
        print(f"{failed} runs failed", file=sys.stderr)
    return 1 if failed or (told.check and not is_as_wanted(cells)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
