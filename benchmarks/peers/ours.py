"""fristad itself, through the interface that the package publishes."""

from __future__ import annotations

from benchmarks.peers.instance import Clock, Instance
from benchmarks.peers.levels import Answer
from benchmarks.peers.record import Level
from matching.errors import OutOfTime
from matching.solver.cpsat import Limits
from matching.solver.run import search

__all__ = ["fristad"]


def fristad(instance: Instance, clock: Clock, seed: int) -> Answer:
    """`matching.solver.run.search` with its own choice of everything but time and seed."""
    program = instance.program
    rows = len(program.packings) + len(program.rows) + len(program.links)
    variables = len(program.candidates.items) + len(program.auxiliaries)
    try:
        found = search(program, Limits(time_s=max(0.05, clock.left_s), seed=seed), watch=clock.saw)
    except OutOfTime:
        return Answer(None, rows=rows, variables=variables)
    levels = tuple(Level(level.name, level.value, level.bound) for level in found.levels)
    return Answer(found.chosen, levels, rows=rows, variables=variables)
