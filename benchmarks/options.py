"""The coordinator's options of every case that has any: how long one answer takes, and how many are exact.

``python -m benchmarks.options --size N --seeds 20`` asks in one process; filter, clauses, the week's plan and
ten candidates planned around count, reading the file does not. Nothing remembered from one case helps the next.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.asking import asked, facts_of
from benchmarks.common import between, machine, quantile
from benchmarks.generation.spec import STARTS, instance
from matching.candidates import generate
from matching.constraints import rule_book
from matching.errors import OutOfTime
from matching.facts import Facts
from matching.options import coordinator_options
from matching.redaction import CoordinatorAnswer
from matching.solver.cpsat import Limits

__all__ = ["Asked", "as_markdown", "main", "measure"]

ASKABLE: Final = ("tiny", "small", "N", "surge")
BAR_S: Final = 1.0
MOST: Final = 10
MARKS: Final = "options"


@dataclass(frozen=True)
class Asked:
    """One answer: wall and processor seconds, options evaluated and not, how many of them are exact.

    Parameters
    ----------
    is_answered : false when not one option was planned within the limit
    """

    size: str
    seed: int
    wall_s: float
    cpu_s: float
    options: int
    exact: int
    not_evaluated: int
    is_answered: bool


def measure(
    size: str, seeds: Sequence[int], starts: int, limit_s: float, say: Callable[[str], None] = lambda _: None
) -> Iterator[Asked]:
    """One answer for each case with a candidate, one after another.

    Parameters
    ----------
    size, seeds, starts : of the instances
    limit_s : of one answer
    say : told what begins
    """
    rules = rule_book()

    def answer(facts: Facts, case: int) -> CoordinatorAnswer | None:
        try:
            return coordinator_options(facts, rules, case, Limits(time_s=limit_s), most=MOST)
        except OutOfTime:
            return None

    for seed in seeds:
        facts = facts_of(instance(size, seed, starts))
        cases = sorted({item.case for item in generate(facts, rules).items})
        say(f"{size}, seed {seed}: {len(cases)} cases")
        for (wall_s, cpu_s), told in asked(facts, cases, answer):
            options = told.options if told is not None else ()
            exact = sum(option.is_exact for option in options)
            left = told.not_evaluated if told is not None else 0
            yield Asked(size, seed, wall_s, cpu_s, len(options), exact, left, told is not None)


def as_markdown(found: Sequence[Asked], starts: int, limit_s: float) -> str:
    """A row a size, with the machine below.

    Examples
    --------
    >>> print(as_markdown([Asked("N", 1, 0.5, 0.5, 10, 9, 3, True)], 3, 30.0).splitlines()[2])
    | N | 1 of 1 instances | 0.50 s | 0.50 s | 1.00 s | met | 0.50 s | 9 of 10 (90 %) |
    """
    lines = [
        "| size | answers | p50 | p95 | bar | | most | options with exact marginal cost |",
        "|---|---|--:|--:|--:|---|--:|--:|",
    ]
    for size in dict.fromkeys(one.size for one in found):
        own = [one for one in found if one.size == size]
        walls = [one.wall_s for one in own]
        options, exact = sum(one.options for one in own), sum(one.exact for one in own)
        share = f"{exact} of {options} ({100 * exact / options:.0f} %)" if options else "–"
        late = sum(not one.is_answered for one in own)
        p95 = quantile(walls, 0.95)
        answers = f"{len(own)} of {len({one.seed for one in own})} instances"
        lines.append(
            f"| {size} | {answers}{f', {late} too late' if late else ''} "
            f"| {quantile(walls, 0.5):.2f} s | {p95:.2f} s | {BAR_S:.2f} s | {'met' if p95 <= BAR_S else 'MISSED'} "
            f"| {max(walls):.2f} s | {share} |"
        )
    about = f"{machine()}; at most {MOST} facilities a case, {starts} starts, limit {limit_s:g} s an answer."
    return "\n".join([*lines, "", about, ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and on request update a document."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.options", description="Time the coordinator's options.")
    reader.add_argument("--size", choices=ASKABLE, action="append", help="may be repeated; N if not told")
    reader.add_argument("--seeds", type=int, default=1, metavar="K", help="instances 1 to K")
    reader.add_argument("--starts", type=int, choices=sorted(STARTS), default=3)
    reader.add_argument("--time-limit", type=float, default=30.0, metavar="S", help="seconds for one answer")
    reader.add_argument("--json", action="store_true", help="one JSON object an answer")
    reader.add_argument("--update", type=Path, metavar="FILE", help="write the table between the marks of a document")
    told = reader.parse_args(arguments)
    if told.seeds < 1 or told.time_limit <= 0:
        reader.error("--seeds and --time-limit must be above 0")
    found: list[Asked] = []
    for size in told.size or ["N"]:
        answers = measure(
            size,
            range(1, told.seeds + 1),
            told.starts,
            told.time_limit,
            lambda what: print(f"asking: {what}", file=sys.stderr, flush=True),
        )
        for one in answers:
            found.append(one)
            if told.json:
                print(json.dumps(asdict(one)), flush=True)
    if not found:
        reader.error("no case of these instances has a candidate: another size or seed")
    text = as_markdown(found, told.starts, told.time_limit)
    if told.update is not None:
        try:
            document = between(told.update.read_text(encoding="utf-8"), MARKS, text)
        except (OSError, ValueError):
            reader.error(f"--update needs a document with <!-- {MARKS}: begin --> and <!-- {MARKS}: end -->")
        told.update.write_text(document, encoding="utf-8")
    if not told.json:
        print(text, end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
