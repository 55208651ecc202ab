"""``python -m benchmarks.peers``: every solver on the same instances, one after another, each alone."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from benchmarks.generate import generate, to_bytes
from benchmarks.generation.spec import BENCHED, STARTS, instance
from benchmarks.peers.record import Record
from benchmarks.peers.worker import SOLVERS, Order, as_json, write_whole
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.solver.program import LEVELS

__all__ = ["LIMITS_S", "compare", "main", "race", "rotated"]

LIMITS_S: Final[Mapping[str, float]] = MappingProxyType(
    {
        "tiny": 5.0,
        "small": 5.0,
        "N": 10.0,
        "surge": 20.0,
        "M": 60.0,
        "L": 300.0,
        "XL": 300.0,
        "dense": 10.0,
        "dense-L": 60.0,
    }
)
"""Time limit of each solver where none is told, seconds."""

_READING_S: Final = 60.0
_GRACE_S: Final = 30.0
_JUDGING_S: Final = 900.0


def rotated(solvers: Sequence[str], seed: int) -> list[str]:
    """Another one goes first with each seed, so that no solver always has the warmest or coldest machine.

    Examples
    --------
    >>> rotated(["a", "b", "c"], 1), rotated(["a", "b", "c"], 2)
    (['b', 'c', 'a'], ['c', 'a', 'b'])
    """
    turn = seed % len(solvers)
    return [*solvers[turn:], *solvers[:turn]]


def race(order: Order, grace_s: float = _GRACE_S) -> Record:
    """One solver in a fresh process; it is ended when it overruns its limit by more than the grace.

    Parameters
    ----------
    order : what it is asked for
    grace_s : seconds beyond the limit and the time for reading the file
    """
    told = Path(order.result).with_suffix(".order")
    write_whole(told, as_json(order))
    command = [sys.executable, "-m", "benchmarks.peers.worker", str(told)]
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=errors, stderr=errors, start_new_session=True)
        try:
            code = _waited(child, order.time_limit_s + _READING_S + grace_s)
            if code is None and Path(order.result).exists():  # the search is over: the rules are still judging
                code = _waited(child, _JUDGING_S)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if Path(order.result).exists():
            found = Record.of(json.loads(Path(order.result).read_bytes()))
            if code == 0 or found.objective is None or found.judged is not None:
                return found
            return order.record("failed", "ended before the rules had judged its plan")
        if code is None:
            return order.record("out_of_time", "ended from outside: it overran its limit")
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
        return order.record("failed", f"ended with code {code}: {said[-1][:200] if said else 'nothing was said'}")


def _waited(child: subprocess.Popen[bytes], time_s: float) -> int | None:
    try:
        return child.wait(time_s)
    except subprocess.TimeoutExpired:
        return None


def compare(
    size: str,
    seeds: Sequence[int],
    starts: int,
    solvers: Sequence[str],
    limit_s: float,
    folder: Path,
    *,
    keep: bool = False,
    grace_s: float = _GRACE_S,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Record]:
    """Every solver on every instance, as each is done.

    Parameters
    ----------
    size, seeds, starts : of the instances, see `instance`
    solvers : names of `SOLVERS`; the order changes with the seed
    limit_s : of each solver, filter and build included
    folder : where scenarios, plans and results go
    keep : whether the plans are written there
    grace_s : see `race`
    say : told what begins
    """
    layers = Layers.load()
    network = TravelNetwork.load(layers)
    for seed in seeds:
        name = f"{size}-{starts}-{seed}"
        scenario = folder / f"{name}.json"
        write_whole(scenario, to_bytes(generate(instance(size, seed, starts), layers, network)))
        for solver in rotated(solvers, seed):
            say(f"{name}: {solver}")
            plan = str(folder / f"{name}-{solver}.plan.json") if keep else None
            result = folder / f"{name}-{solver}.result.json"
            result.unlink(missing_ok=True)
            order = Order(solver, size, seed, starts, limit_s, str(scenario), str(result), plan)
            yield race(order, grace_s)
            if not keep:
                result.unlink(missing_ok=True)
            result.with_suffix(".order").unlink(missing_ok=True)


def _row(record: Record) -> str:
    vector = " ".join(str(record.objective.get(name, "–")) for name in LEVELS)
    shown = [f"{value:.2f}" if value is not None else "–" for value in (record.time_to_best_s, record.total_s)]
    head = f"{record.size:8} {record.seed:3} {record.solver:15} {record.status:12}"
    return f"{head} best {shown[0]:>8} s  total {shown[1]:>8} s  {vector}  {record.note}".rstrip()


def _reader() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser(prog="python -m benchmarks.peers", description="Compare fristad with its peers.")
    reader.add_argument("--size", choices=BENCHED, default="N")
    reader.add_argument("--seeds", type=int, default=1, metavar="K", help="instances 1 to K")
    reader.add_argument("--first-seed", type=int, default=1, metavar="F", help="instances F to F + K - 1")
    reader.add_argument("--starts", type=int, choices=sorted(STARTS), default=3, help="most candidate starts a case")
    reader.add_argument("--solvers", default=",".join(SOLVERS), help="names with commas between")
    reader.add_argument("--time-limit", type=float, metavar="S", help="seconds for each solver in all")
    reader.add_argument("--solutions", type=Path, metavar="DIR", help="keep scenarios and plans there")
    reader.add_argument("--json", action="store_true", help="one JSON object a line")
    return reader


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print; 1 when a solver failed or its plan was refused by a rule."""
    reader = _reader()
    told = reader.parse_args(arguments)
    solvers = [name for name in told.solvers.split(",") if name]
    unknown = sorted(set(solvers) - set(SOLVERS))
    if unknown or not solvers:
        reader.error(f"--solvers takes names of {', '.join(SOLVERS)}")
    limit_s = LIMITS_S[told.size] if told.time_limit is None else told.time_limit
    if told.seeds < 1 or told.first_seed < 0 or limit_s <= 0:
        reader.error("--seeds and --time-limit must be above 0, --first-seed not below")
    seeds = range(told.first_seed, told.first_seed + told.seeds)
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = told.solutions or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        told_of = compare(
            told.size, seeds, told.starts, solvers, limit_s, folder,
            keep=told.solutions is not None,
            say=lambda what: print(f"running: {what}", file=sys.stderr, flush=True),
        )  # fmt: skip
        for record in told_of:
            failed = failed or record.status == "failed" or record.judged is False
            shown = record if told.solutions is not None else replace(record, solution=None)
            print(json.dumps(shown.to_json()) if told.json else _row(shown), flush=True)
    return 1 if failed else 0
