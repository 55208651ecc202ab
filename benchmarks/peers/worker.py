"""One solver on one instance, in the process of its own that `benchmarks.peers` starts.

``python -m benchmarks.peers.worker ORDER.json`` reads an order (see `Order`) and writes records to its
``result``: one as soon as the search is over, and one more when every rule has judged the plan.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final

from benchmarks.common import megabytes
from benchmarks.peers.instance import Clock, Instance, facts_of, prepare
from benchmarks.peers.levels import Answer, SolverFailed
from benchmarks.peers.record import Record
from benchmarks.peers.solution import as_plan_file
from matching.errors import SolverFault
from matching.plans import Plan
from matching.pools import assign_beds
from matching.solver.check import judge
from matching.solver.program import PLACED

__all__ = ["SOLVERS", "Order", "as_json", "judged", "main", "peak_mb", "solve", "solver_of", "write_whole"]

SOLVERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fristad": "ours",
        "highs_cliques": "highs",
        "naive_cpsat": "constraint_models",
        "presence_cpsat": "constraint_models",
        "alns": "neighbourhoods",
        "greedy": "greedy",
    }
)
"""Function and module of each solver; a process loads only its own."""


Solver = Callable[[Instance, Clock, int], Answer]
"""Instance, clock and seed to an answer; it stops by itself when the clock has run out."""


@dataclass(frozen=True)
class Order:
    """What one process is asked for; `plan` is where its plan file goes, if anywhere."""

    solver: str
    size: str
    seed: int
    starts: int
    time_limit_s: float
    scenario: str
    result: str
    plan: str | None = None

    def record(self, status: str, note: str = "") -> Record:
        """A record without an answer."""
        return Record(self.solver, self.size, self.seed, self.starts, self.time_limit_s, status, note=note)


def peak_mb() -> float:
    """Most memory this process has held, megabytes.

    Linux charges a process with what its parent held when it was started; its own figure is read instead.
    """
    try:
        told = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.M)
    except OSError:
        told = None
    return megabytes(int(told.group(1)) if told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def solver_of(name: str) -> Solver:
    """The function of a solver; what it imports is loaded before any clock runs."""
    found: Solver = getattr(import_module(f"benchmarks.peers.{SOLVERS[name]}"), name)
    return found


def solve(order: Order, run: Solver, instance: Instance, clock: Clock) -> tuple[Record, Answer | None]:
    """Run a solver; whatever it raises becomes a record that says so.

    Parameters
    ----------
    order : who is asked, and its seed
    run : from `solver_of`
    instance, clock : as every solver gets them
    """
    try:
        answer = run(instance, clock, order.seed)
        total_s = clock.now_s
        chosen = answer.chosen
        if chosen is not None and not instance.fits(chosen):
            raise SolverFailed("the choice breaks a clause")
    except (SolverFailed, SolverFault, MemoryError) as err:
        return order.record("failed", f"{type(err).__name__}: {err}"), None
    told = replace(
        order.record("out_of_time", answer.note),
        filter_s=instance.filter_s,
        build_s=instance.build_s + answer.build_s,
        total_s=total_s,
        rows=answer.rows,
        variables=answer.variables,
        peak_mb=peak_mb(),
    )
    if chosen is None:
        return told, None
    is_proven = all(level.is_proven for level in answer.levels)
    if not chosen and not all(level.is_proven for level in answer.levels[: len(PLACED)]):
        return replace(told, note=f"nobody placed, nothing proven; {answer.note}".rstrip("; ")), None
    clock.saw(instance.program.values(chosen), total_s)
    told = replace(
        told,
        status="no_plan" if not chosen else "optimal" if is_proven else "feasible",
        objective={level.name: level.value for level in answer.levels},
        bound={level.name: level.bound for level in answer.levels},
        gap={level.name: level.gap for level in answer.levels},
        time_to_first_s=clock.first_s,
        time_to_best_s=clock.best_s,
        time_to_proof_s=total_s if is_proven else None,
    )
    return told, answer


def judged(record: Record, answer: Answer, instance: Instance) -> tuple[Record, Plan]:
    """The record with what the rules say of the plan, and the plan with its beds."""
    items = instance.program.candidates.items
    plan = Plan(assign_beds((items[number] for number in answer.chosen or ()), instance.facts))
    judgement = judge(plan, instance.facts, instance.rules, with_findings=False)
    is_sound = not judgement.breaches and judgement.levels == record.vector
    if is_sound:
        return replace(record, judged=True), plan
    broken = sorted({breach.rule for breach in judgement.breaches}) or ["the value of a level"]
    return replace(record, judged=False, status="failed", note=f"the rules refuse: {', '.join(broken)}"), plan


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(content)
    os.replace(beside, path)


def _write(order: Order, record: Record) -> None:
    write_whole(Path(order.result), json.dumps(record.to_json()).encode())


def main(arguments: Sequence[str] | None = None) -> int:
    """Solve, record, judge, record again, and write the plan file."""
    told = list(sys.argv[1:] if arguments is None else arguments)
    order = Order(**json.loads(Path(told[0]).read_bytes()))
    content, facts = facts_of(Path(order.scenario))
    run = solver_of(order.solver)
    clock = Clock(order.time_limit_s)
    instance = prepare(facts, clock)
    record, answer = solve(order, run, instance, clock)
    _write(order, record)
    if answer is not None:
        record, plan = judged(record, answer, instance)
        if order.plan is not None:
            write_whole(Path(order.plan), as_plan_file(record, plan, instance, content))
            record = replace(record, solution=order.plan)
        _write(order, record)
    return 0


def as_json(order: Order) -> bytes:
    """An order as the file that `main` reads."""
    return json.dumps(asdict(order)).encode()


if __name__ == "__main__":
    raise SystemExit(main())
