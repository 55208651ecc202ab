"""A repair after one changed relation, with 240 placed: how long it takes, and whether the fewest moves are proven.

``python -m benchmarks.repair_bench --seeds 5``: in weeks of size N, networks of people who live near each other
become rivals, one pair at a time. Counted is what the command does: reading the week before and after, and the
repair; starting Python and loading the map are not.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from benchmarks.asking import timed
from benchmarks.common import between, machine, quantile
from benchmarks.generate import SIZES, generate, to_bytes
from benchmarks.generation.spec import BENCHED, instance
from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.constraints import rule_book
from matching.errors import InputRejected, OutOfTime
from matching.facts import Facts
from matching.intake import read
from matching.repair import Repair, repair
from matching.repair.changes import applied, read_changes
from matching.solver.cpsat import Limits

__all__ = ["Repaired", "as_markdown", "main", "measure", "pairs_near"]

BAR_S: Final = 5.0
MARKS: Final = "repair"


@dataclass(frozen=True)
class Repaired:
    """One repair: seconds for reading and for repairing, and what came of it.

    Parameters
    ----------
    is_answered : false when it ran out of time
    are_fewest : whether no repair with fewer moves, or less harm, is possible: proven
    """

    size: str
    seed: int
    reading_s: float
    repair_s: float
    must_move: int = 0
    moves: int = 0
    unplaced: int = 0
    is_answered: bool = False
    are_fewest: bool = False
    is_proven: bool = False

    @property
    def total_s(self) -> float:
        """Reading and repairing."""
        return self.reading_s + self.repair_s


def pairs_near(facts: Facts) -> list[tuple[str, str]]:
    """Networks that are no rivals yet and whose members live so near each other that rivals could not.

    Parameters
    ----------
    facts : of the week before
    """
    limit_m = facts.policy.separation_km * 1000
    housed = [facts.presences[live.presence] for live in facts.live]
    found: set[tuple[int, int]] = set()
    for one, other in combinations(housed, 2):
        if facts.places.is_beyond_m(one.place, other.place, limit_m):
            continue
        for a in one.party.networks:
            found |= {(min(a, b), max(a, b)) for b in other.party.networks if a != b and b not in _rivals(facts, a)}
    names = facts.names.networks
    return [(names[a], names[b]) for a, b in sorted(found)]


def _rivals(facts: Facts, network: int) -> frozenset[int]:
    return facts.rivals_of(frozenset({network}))


def _change(week: dict[str, Any], a: str, b: str) -> bytes:
    today = week["now"][:10]
    relation = {
        "id": "rel-new",
        "a": a,
        "b": b,
        "kind": "rival",
        "start": today,
        "probability_percent": 90,
        "provenance": {"source": "police_intelligence", "recorded_on": today},
    }
    told = {"schema_version": "1", "synthetic": True, "changes": [{"kind": "relation", "relation": relation}]}
    return json.dumps(told).encode()


class _Land:
    """The map, loaded once."""

    def __init__(self) -> None:
        self.layers = Layers.load()
        self.network = TravelNetwork.load(self.layers)
        self.index = place_index(self.layers)

    def facts(self, content: bytes) -> Facts:
        """Of a scenario."""
        return read(content, self.index, lambda told: enrich(told, self.layers, self.network))[1]


def measure(
    size: str, seeds: Sequence[int], changes: int, limit_s: float, say: Callable[[str], None] = lambda _: None
) -> Iterator[Repaired]:
    """So many changes of each week, one after another, each to the week as it was.

    Parameters
    ----------
    size, seeds : of the weeks
    changes : pairs of networks that become rivals, drawn from those of `pairs_near`
    limit_s : of one repair
    say : told what begins
    """
    land, rules = _Land(), rule_book()
    for seed in seeds:
        week = generate(instance(size, seed), land.layers, land.network)
        content = to_bytes(week)
        pairs = pairs_near(land.facts(content))
        chosen = random.Random(seed).sample(pairs, min(changes, len(pairs)))
        say(f"{size}, seed {seed}: {len(chosen)} changes of {len(pairs)}")
        for a, b in chosen:
            changed = _change(week, a, b)

            def both(changed: bytes = changed, content: bytes = content) -> tuple[Facts, Facts]:
                return land.facts(content), land.facts(applied(read_changes(changed), content).content)

            (reading_s, _), (before, after) = timed(both)
            (repair_s, _), found = timed(partial(_repaired, before, after, rules, limit_s))
            if found is None:
                yield Repaired(size, seed, reading_s, repair_s)
            else:
                yield Repaired(
                    size,
                    seed,
                    reading_s,
                    repair_s,
                    len(found.must_move),
                    len(found.moves),
                    len(found.unplaced),
                    is_answered=True,
                    are_fewest=found.are_fewest_moves,
                    is_proven=found.is_proven,
                )


def _repaired(before: Facts, after: Facts, rules: Any, limit_s: float) -> Repair | None:
    try:
        return repair(before, after, rules, Limits(time_s=limit_s))
    except OutOfTime:
        return None


def as_markdown(found: Sequence[Repaired], limit_s: float) -> str:
    """A row a size, with the machine below.

    Examples
    --------
    >>> told = [Repaired("N", 1, 0.5, 1.0, 2, 1, 0, True, True, True)]
    >>> print(as_markdown(told, 30.0).splitlines()[2])
    | N | 1 in 1 weeks | 1 (1) | 1.50 s | 1.50 s | 5.00 s | met | 1.50 s | 0.50 s | 1 of 1 | 0 |
    """
    lines = [
        "| size | changes | with moves (most) | p50 | p95 | bar | | slowest | of it reading, p50 "
        "| fewest moves proven | households without a safe bed |",
        "|---|---|--:|--:|--:|--:|---|--:|--:|--:|--:|",
    ]
    for size in dict.fromkeys(one.size for one in found):
        own = [one for one in found if one.size == size]
        totals = [one.total_s for one in own]
        moved = [one.moves for one in own if one.moves]
        lines.append(
            f"| {size} | {len(own)} in {len({one.seed for one in own})} weeks | {len(moved)} ({max(moved, default=0)}) "
            f"| {quantile(totals, 0.5):.2f} s | {quantile(totals, 0.95):.2f} s | {BAR_S:.2f} s "
            f"| {'met' if max(totals) <= BAR_S else 'MISSED'} | {max(totals):.2f} s "
            f"| {quantile([one.reading_s for one in own], 0.5):.2f} s "
            f"| {sum(one.are_fewest for one in own)} of {len(own)} | {sum(one.unplaced for one in own)} |"
        )
    placed = ", ".join(f"{size}: {SIZES[size].placed} placed" for size in dict.fromkeys(one.size for one in found))
    return "\n".join([*lines, "", f"{machine()}; {placed}; limit {limit_s:g} s; the bar is for every change.", ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and on request update a document."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.repair_bench", description="Time repairs.")
    reader.add_argument("--size", choices=BENCHED, default="N")
    reader.add_argument("--seeds", type=int, default=1, metavar="K", help="weeks 1 to K")
    reader.add_argument("--changes", type=int, default=4, help="changed relations a week")
    reader.add_argument("--time-limit", type=float, default=30.0, metavar="S", help="seconds for one repair")
    reader.add_argument("--json", action="store_true", help="one JSON object a repair")
    reader.add_argument("--update", type=Path, metavar="FILE", help="write the table between the marks of a document")
    told = reader.parse_args(arguments)
    if told.seeds < 1 or told.changes < 1 or told.time_limit <= 0:
        reader.error("--seeds, --changes and --time-limit must be above 0")
    found = []
    seeds = range(1, told.seeds + 1)
    say = partial(print, file=sys.stderr, flush=True)
    try:
        for one in measure(told.size, seeds, told.changes, told.time_limit, say):
            found.append(one)
            if told.json:
                print(json.dumps({**asdict(one), "total_s": one.total_s}), flush=True)
    except InputRejected as bad:
        reader.error(f"a generated change was refused: {bad}")
    if not found:
        reader.error("in these weeks nobody lives near anybody whose network could become a rival: another size")
    text = as_markdown(found, told.time_limit)
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
