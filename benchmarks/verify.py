"""Check a published solution, or a certificate, against its scenario, with nothing of the engine.

``python -m benchmarks.verify SCENARIO.json SOLUTION.json [--json]``: accepted, or each broken rule with the cases
that break it and each claim that is not true. ``--certificate CERT.json``: whether a claim that no plan
places more is proven. Exit code 0: accepted, or certified; 1: not; 2: a file cannot be read.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.verification.certificate import NotCertified, certified
from benchmarks.verification.land import MapLand
from benchmarks.verification.solutions import Unreadable, solution_of
from benchmarks.verification.verdict import LEVELS, Verdict, judged
from benchmarks.verification.world import World

__all__ = ["MAP_DATA", "Scenario", "main", "read_scenario", "verified"]

MAP_DATA: Final = Path(__file__).resolve().parent.parent / "geodata" / "data"
"""The committed map data files."""
COUNTS: Final = ("refused", "open_days", "rows")


class Scenario:
    """A scenario's file on the map: read once, asked about several solutions.

    Parameters
    ----------
    content : the file
    map_data : folder of the map data files

    Raises
    ------
    Unreadable : it is no scenario, or names a place the map does not have
    """

    def __init__(self, content: bytes, map_data: Path = MAP_DATA) -> None:
        self.sha256 = hashlib.sha256(content).hexdigest()
        try:
            self.world = World(tree_of(content, "the scenario"), MapLand(map_data), counts_danger=True)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as bad:
            raise Unreadable("the scenario is not as its format says") from bad
        except OSError as bad:
            raise Unreadable("the map data files cannot be read") from bad


def read_scenario(path: Path, map_data: Path = MAP_DATA) -> Scenario:
    """The scenario of a file.

    Raises
    ------
    Unreadable : see `Scenario`
    """
    return Scenario(_content(path, "the scenario"), map_data)


def verified(scenario: Scenario, solution: bytes) -> Verdict:
    """The verdict on a solution's file.

    Raises
    ------
    Unreadable : it is no solution
    """
    told = solution_of(tree_of(solution, "the solution"), scenario.world)
    try:
        return judged(scenario.world, told, scenario.sha256)
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as bad:
        raise Unreadable("the scenario is not as its format says") from bad


def tree_of(content: bytes, what: str) -> Any:
    """The JSON tree of a file; a key told twice is refused.

    Raises
    ------
    Unreadable : it is no JSON
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key is told twice")
        return dict(pairs)

    try:
        return json.loads(content, object_pairs_hook=once)
    except (ValueError, RecursionError) as bad:
        raise Unreadable(f"{what} is no JSON, or tells a key twice") from bad


def _content(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as bad:
        raise Unreadable(f"{what} cannot be read") from bad


def _as_tree(verdict: Verdict) -> dict[str, Any]:
    return {
        "accepted": verdict.is_accepted,
        "breaches": [{"rule": one.rule, "cases": list(one.cases), "why": one.why} for one in verdict.breaches],
        "false_claims": list(verdict.false_claims),
        "levels": verdict.levels,
        "placed": verdict.placed,
    }


def _as_text(verdict: Verdict) -> str:
    lines = [f"{one.rule}: {', '.join(one.cases)}{' ' if one.why else ''}{one.why}" for one in verdict.breaches]
    lines += [f"false claim: {claim}" for claim in verdict.false_claims]
    lines.append(" · ".join(f"{name} {verdict.levels[name]}" for name in LEVELS))
    return "\n".join([*lines, "accepted" if verdict.is_accepted else "REJECTED"])


def _certify(scenario: Scenario, content: bytes, *, as_json: bool) -> int:
    try:
        found = certified(tree_of(content, "the certificate"), scenario.world, scenario.sha256)
    except NotCertified as reason:
        tree = {"certified": False, "reason": str(reason)}
        print(json.dumps(tree) if as_json else f"NOT CERTIFIED: {reason}. Solver-proven, not independently checked.")
        return 1
    least = dict(zip(LEVELS, found.unplaced, strict=False))
    text = " · ".join(f"{name} {value}" for name, value in least.items())
    tree = {"certified": True, "least": least, **{name: getattr(found, name) for name in COUNTS}}
    print(json.dumps(tree) if as_json else f"certified: no plan leaves fewer, in this order, than {text}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify", description=__doc__)
    parser.add_argument("scenario", type=Path, metavar="SCENARIO.json")
    parser.add_argument("solution", type=Path, metavar="SOLUTION.json", nargs="?")
    parser.add_argument("--certificate", type=Path, metavar="CERT.json", help="a claim that no plan places more")
    parser.add_argument("--map-data", type=Path, default=MAP_DATA, help="folder of the map data files")
    parser.add_argument("--json", action="store_true", help="print a JSON object")
    told = parser.parse_args(arguments)
    if (told.solution is None) == (told.certificate is None):
        parser.error("either a solution or a certificate")
    try:
        scenario = read_scenario(told.scenario, told.map_data)
        if told.certificate is not None:
            return _certify(scenario, _content(told.certificate, "the certificate"), as_json=told.json)
        verdict = verified(scenario, _content(told.solution, "the solution"))
    except Unreadable as bad:
        print(f"Not verified: {bad}.", file=sys.stderr)
        return 2
    print(json.dumps(_as_tree(verdict), ensure_ascii=False, indent=2) if told.json else _as_text(verdict))
    return 0 if verdict.is_accepted else 1


if __name__ == "__main__":
    sys.exit(main())
