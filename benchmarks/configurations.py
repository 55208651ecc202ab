"""Which settings of CP-SAT prove a stage fastest: the table the choice is made by.

``python -m benchmarks.configurations --size surge --seeds 5`` climbs each week to its last stage and then solves
that stage, and the first one over every candidate, with each setting in turn, on one machine in one run.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from benchmarks.common import between, machine
from benchmarks.generate import generate, to_bytes
from benchmarks.generation.spec import instance
from benchmarks.peers.instance import Clock, prepare
from benchmarks.statistics import shifted_mean
from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.intake import read
from matching.solver.climb import Climb, objectives
from matching.solver.cpsat import SETTINGS, CpSat, Limits
from matching.solver.rows import rows_of

__all__ = ["CONFIGURATIONS", "Measured", "main", "measure"]

CONFIGURATIONS: Final[Mapping[str, tuple[int, Mapping[str, object]]]] = MappingProxyType(
    {
        "chosen": (1, SETTINGS),
        "with probing": (1, {**SETTINGS, "cp_model_probing_level": 2}),
        "with symmetry": (1, {**SETTINGS, "symmetry_level": 2}),
        "linearization 1": (1, {**SETTINGS, "linearization_level": 1}),
        "linearization 0": (1, {**SETTINGS, "linearization_level": 0}),
        "default, 1 worker": (1, {}),
        "default, 2 workers": (2, {}),
        "chosen, 2 workers": (2, SETTINGS),
    }
)


@dataclass(frozen=True)
class Measured:
    """Seconds one setting took for a stage of a week, and whether it proved it."""

    configuration: str
    stage: str
    seed: int
    wall_s: float
    is_proven: bool


def measure(size: str, seed: int, limit_s: float) -> Iterator[Measured]:
    """Every configuration on one week, two stages each.

    Parameters
    ----------
    size, seed : of the week, see `benchmarks.peers`
    limit_s : for each search, seconds
    """
    layers = Layers.load()
    network = TravelNetwork.load(layers)
    week = to_bytes(generate(instance(size, seed), layers, network))
    facts = read(week, place_index(layers), lambda told: enrich(told, layers, network))[1]
    program = prepare(facts, Clock(limit_s)).program
    rows = rows_of(program)
    climb = Climb(program, rows, Limits(time_s=10 * limit_s))
    stages = objectives(program)
    keep, levels = climb.keep.copy(), list(climb.done)
    for number, stage in enumerate(stages):
        is_last = number == len(stages) - 1 and not climb.is_too_large(stage)
        if number == 0 or is_last:
            keep, levels, hint = climb.keep.copy(), list(climb.done), climb.chosen or ()
            charged = set(stage.coefficients).union(*(level for level, _ in levels))
            for name, (workers, settings) in CONFIGURATIONS.items():
                model = CpSat(program, rows, keep, charged)
                for coefficients, most in levels:
                    model.bound_level(coefficients, most)
                model.hint(hint)
                began = time.perf_counter()
                answer = model.minimise(
                    stage.constant, stage.coefficients, Limits(limit_s, workers), limit_s, settings=settings
                )
                wall_s = time.perf_counter() - began
                is_proven = answer.chosen is not None and answer.value == answer.bound
                yield Measured(name, " ".join(stage.levels), seed, wall_s, is_proven)
        if number < len(stages) - 1:
            climb.stage(stage)


def as_markdown(found: Sequence[Measured], limit_s: float) -> str:
    """Shifted geometric means (shift 0.1 s; unproven counts as the limit) by stage, and how many were proven."""
    stages = list(dict.fromkeys(one.stage for one in found))
    lines = ["| settings | " + " | ".join(stages) + " |", "|---|" + "--:|" * len(stages)]
    for name in CONFIGURATIONS:
        cells = []
        for stage in stages:
            own = [one for one in found if (one.configuration, one.stage) == (name, stage)]
            mean = shifted_mean([one.wall_s if one.is_proven else limit_s for one in own], 0.1)
            cells.append(f"{mean:.3f} s, {sum(one.is_proven for one in own)} of {len(own)}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print, or write the table between the marks of a document."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.configurations", description="Compare settings.")
    reader.add_argument("--size", action="append", help="may be repeated; surge if not told")
    reader.add_argument("--seeds", type=int, default=5)
    reader.add_argument("--limit-s", type=float, default=10.0)
    reader.add_argument("--json", action="store_true")
    reader.add_argument("--update", type=Path, metavar="FILE", help="write the table between the marks of a document")
    told = reader.parse_args(arguments)
    sizes = told.size or ["surge"]
    parts = []
    for size in sizes:
        found = [one for seed in range(1, told.seeds + 1) for one in measure(size, seed, told.limit_s)]
        if told.json:
            print(json.dumps([{"size": size, **asdict(one)} for one in found], indent=1))
        parts.append(f"{size}, {told.seeds} instances, limit {told.limit_s:g} s\n\n{as_markdown(found, told.limit_s)}")
    block = "\n".join([*parts, f"{machine()}.\n"])
    if told.update is not None:
        told.update.write_text(between(told.update.read_text("utf-8"), "settings", block), encoding="utf-8")
    if not told.json:
        print(block)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
