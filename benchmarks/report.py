"""Tables and a plot of the results of `benchmarks.peers`.

``python -m benchmarks.report results.jsonl --update benchmarks/README.md --plot benchmarks/figures/profile.png``
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.common import between, machine, quantile, versions
from benchmarks.generation.spec import BENCHED, SIZES
from benchmarks.peers.record import Record, better
from benchmarks.statistics import charged_s, duels, interval, ratio_interval, shifted_mean
from matching.solver.program import LEVELS

__all__ = ["Field", "as_markdown", "fields_of", "main", "read_records"]

OURS: Final = "fristad"
NEVER_PROVE: Final = frozenset({"alns", "greedy"})
PACKAGES: Final = ("ortools", "alns", "numpy", "scipy")
MARKS: Final = "peers"


@dataclass(frozen=True)
class Field:
    """One table: all results of one size, number of starts and time limit."""

    size: str
    starts: int
    limit_s: float
    records: tuple[Record, ...]

    def of(self, solver: str) -> tuple[Record, ...]:
        """Results of one solver, by seed."""
        return tuple(sorted((one for one in self.records if one.solver == solver), key=lambda one: one.seed))

    @property
    def solvers(self) -> tuple[str, ...]:
        """Those that were run, fristad first."""
        return tuple(sorted({one.solver for one in self.records}, key=lambda name: (name != OURS, name)))

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the instances."""
        return tuple(sorted({one.seed for one in self.records}))


def read_records(lines: Iterable[str]) -> list[Record]:
    """Records of JSON lines; of several runs of the same solver on the same instance the last counts.

    Raises
    ------
    ValueError : a line is no record
    """
    found: dict[tuple[object, ...], Record] = {}
    for line in lines:
        if line.strip():
            one = Record.of(json.loads(line))
            found[one.solver, one.size, one.starts, one.time_limit_s, one.seed] = one
    return list(found.values())


def fields_of(records: Sequence[Record]) -> list[Field]:
    """The tables there are, in the order of the sizes."""
    keys = {(one.size, one.starts, one.time_limit_s) for one in records}
    return [
        Field(*key, tuple(one for one in records if (one.size, one.starts, one.time_limit_s) == key))
        for key in sorted(keys, key=lambda key: (BENCHED.index(key[0]), key[1:]))
    ]


def _seconds(values: Sequence[float | None]) -> str:
    told = [value for value in values if value is not None]
    return f"{shifted_mean(told):.2f}" if told else "–"


def _proof(records: Sequence[Record]) -> str:
    """Mean time to the proof with its interval; what is not proven counts as the limit."""
    times = [charged_s(one) for one in records]
    low, high = interval(times)
    return f"{shifted_mean(times):.2f} [{low:.2f}, {high:.2f}]"


def _open_level(records: Sequence[Record]) -> str:
    """The level at which proofs end most often, and the median gap there."""
    found = []
    for one in records:
        still_open = (name for name in LEVELS if one.objective and one.bound[name] != one.objective[name])
        found += [(name, one.gap[name]) for name in [next(still_open, None)] if name is not None]
    if not found:
        return "–"
    name, count = Counter(level for level, _ in found).most_common(1)[0]
    gaps = [gap for level, gap in found if level == name and gap is not None]
    return f"{name} {100 * quantile(gaps, 0.5):.1f} % ({count})" if gaps else f"{name} no bound ({count})"


def _decided(ours: Sequence[Record], theirs: Sequence[Record]) -> str:
    """Wins, ties and losses against a peer, and the levels that decide them."""
    win, tie, loss = duels(ours, theirs)
    found = {one.seed: one for one in theirs}
    levels: Counter[str] = Counter()
    for one in ours:
        a, b = one.vector, found[one.seed].vector if one.seed in found else one.vector
        if a is not None and b is not None and better(a, b):
            levels[next(name for name, x, y in zip(LEVELS, a, b, strict=True) if x != y)] += 1
    where = ", ".join(f"{name} {count}" for name, count in levels.most_common())
    return f"{win}/{tie}/{loss}" + (f" ({where})" if where else "")


def _row(field: Field, solver: str) -> list[str]:
    records = field.of(solver)
    proven = sum(one.proven_s is not None for one in records)
    peaks = [one.peak_mb for one in records if one.peak_mb is not None]
    totals = [one.total_s for one in records if one.total_s is not None]
    sizes = [(one.rows, one.variables) for one in records if one.rows is not None and one.variables is not None]
    rows, variables = (quantile([one[side] for one in sizes], 0.5) if sizes else None for side in (0, 1))
    return [
        solver,
        f"{proven}/{len(records)}",
        "never" if solver in NEVER_PROVE else _proof(records),
        _seconds([one.time_to_first_s for one in records]),
        _seconds([one.time_to_best_s for one in records]),
        f"{max(totals):.2f}" if totals else "–",
        _seconds([one.build_s for one in records]),
        f"{rows:,.0f} × {variables:,.0f}" if rows is not None and variables is not None else "–",
        f"{max(peaks):.0f}" if peaks else "–",
        _open_level(records),
        "" if solver == OURS else _decided(field.of(OURS), records),
    ]


_HEAD: Final = (
    "solver", "proven", "time to proof, s [95 %]", "to first, s", "to best, s", "slowest, s", "build, s",
    "rows × variables", "peak MB", "first open level, median gap", "fristad wins/ties/losses (level)",
)  # fmt: skip


def _against(field: Field, peers: Sequence[str], what: str) -> str | None:
    """How fristad's time to the proof compares with the fastest of some peers."""
    ours = {one.seed: charged_s(one) for one in field.of(OURS)}
    rivals = {peer: {one.seed: charged_s(one) for one in field.of(peer)} for peer in peers}
    rivals = {peer: times for peer, times in rivals.items() if times and ours and set(times) == set(ours)}
    if not rivals:
        return None
    name = min(rivals, key=lambda peer: shifted_mean(list(rivals[peer].values())))
    seeds = sorted(ours)
    ratio, low, high = ratio_interval([rivals[name][seed] for seed in seeds], [ours[seed] for seed in seeds])
    unsolved = sum(one.proven_s is None for one in field.of(name))
    note = f"; `{name}` proved nothing on {unsolved} of {len(seeds)}, which count as the limit" if unsolved else ""
    return f"{what}, `{name}`, takes {ratio:.1f} [{low:.1f}, {high:.1f}] times as long to the proof as fristad{note}."


def _table(field: Field) -> list[str]:
    spec = SIZES[field.size]
    facts = f"{spec.waiting} × {spec.facilities} × {spec.networks}, {spec.placed} placed"
    seeds = f"seeds {field.seeds[0]}–{field.seeds[-1]}" if len(field.seeds) > 1 else f"seed {field.seeds[0]}"
    lines = [
        f"### {field.size}: {facts}; at most {field.starts} start{'s' if field.starts > 1 else ''}; "
        f"limit {field.limit_s:g} s; {seeds}",
        "",
        f"| {' | '.join(_HEAD)} |",
        "|---" + "|--:" * (len(_HEAD) - 3) + "|---|---|",
    ]
    lines += [f"| {' | '.join(_row(field, solver))} |" for solver in field.solvers]
    exact = [solver for solver in field.solvers if solver != OURS and solver not in NEVER_PROVE]
    others = [solver for solver in exact if solver != "highs_cliques"]
    told = [_against(field, exact, "The fastest peer"), _against(field, others, "The fastest without our cliques")]
    lines += ["", *dict.fromkeys(one for one in told if one)]
    refused = [one for one in field.records if one.judged is False or one.status == "failed"]
    if refused:
        lines += ["", f"**{len(refused)} results failed or were refused by the rules**: " + ", ".join(
            f"{one.solver} seed {one.seed} ({one.note})" for one in refused
        )]  # fmt: skip
    return [*lines, ""]


def as_markdown(records: Sequence[Record], command: str, more: Sequence[str] = ()) -> str:
    """Every table with the circumstances of this machine below.

    Parameters
    ----------
    records : results
    command : that made them
    more : lines between
    """
    lines = [line for field in fields_of(records) for line in _table(field)]
    packages = ", ".join(f"{name} {number}" for name, number in versions(PACKAGES).items())
    about = f"{machine()}; Python {platform.python_version()}, {packages}; `{command}`."
    return "\n".join([*lines, *(line for one in more for line in (one, "")), about, ""])


def _verified(path: Path) -> str:
    """What the verifier said of every plan, as `benchmarks.suite` has written it."""
    told = json.loads(path.read_bytes())
    refused = [str(one) for one in told["refused"]]
    text = f"The verifier accepts {told['plans'] - len(refused)} of {told['plans']} plans."
    return f"{text} **Refused: {'; '.join(refused)}.**" if refused else text


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, and on request write them into a document and draw the profile."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.report", description="Tables of the comparison.")
    reader.add_argument("results", type=Path, nargs="+", metavar="RESULTS.jsonl")
    reader.add_argument("--update", type=Path, metavar="FILE", help="write the tables between the marks of a document")
    reader.add_argument("--plot", type=Path, metavar="PNG", help="draw performance profiles")
    reader.add_argument("--verified", type=Path, metavar="JSON", help="what the verifier said, from benchmarks.suite")
    reader.add_argument("--command", default="make bench", help="what made the results, for the document")
    told = reader.parse_args(arguments)
    try:
        records = read_records(line for path in told.results for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as err:
        reader.error(f"the results cannot be read: {err}")
    if not records:
        reader.error("the results are empty: run `python -m benchmarks.peers --json` first")
    more = [_verified(told.verified)] if told.verified is not None else []
    if told.update is not None and told.plot is not None:
        more.append(f"![Time to a proof, and the best plan]({os.path.relpath(told.plot, told.update.parent)})")
    text = as_markdown(records, told.command, more)
    if told.update is not None:
        try:
            document = between(told.update.read_text(encoding="utf-8"), MARKS, text)
        except (OSError, ValueError):
            reader.error(f"--update needs a document with <!-- {MARKS}: begin --> and <!-- {MARKS}: end -->")
        told.update.write_text(document, encoding="utf-8")
    if told.plot is not None:
        from benchmarks.plots import draw_profiles  # takes a while to load

        draw_profiles(fields_of(records), told.plot)
    print(text, end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
