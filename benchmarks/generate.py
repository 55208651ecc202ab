"""Synthetic national weeks, calibrated with what the sources say; the same spec gives the same bytes.

``python -m benchmarks.generate --size demo --seed 1 -o week.json`` writes one. What is calibrated,
and with which source, is in docs/decisions/0020-synthetic-weeks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks.generation.catalogue import catalogue, most_persons
from benchmarks.generation.conflicts import add_closures, add_quotas, person_conflicts
from benchmarks.generation.dice import Keys
from benchmarks.generation.dwelling import NoRoom, dwellings, homes, residents
from benchmarks.generation.exposures import Residents, exposures
from benchmarks.generation.faults import order_breaches
from benchmarks.generation.files import add_case_files
from benchmarks.generation.ground import Ground
from benchmarks.generation.links import add_links
from benchmarks.generation.people import traits
from benchmarks.generation.placing import Board
from benchmarks.generation.providers import conflicts_of_interest, contracts_of_residents, shut
from benchmarks.generation.spec import SIZES, UNSEEN_MILLI, WeekSpec
from benchmarks.generation.underworld import underworld
from benchmarks.generation.waiting import cases
from geodata.layers import Layers
from geodata.network import TravelNetwork

__all__ = ["SIZES", "WeekSpec", "generate", "to_bytes"]

_ATTEMPTS: Final = 12
_NEXT_ATTEMPT: Final = 1_000_003


def generate(spec: WeekSpec, layers: Layers, network: TravelNetwork) -> dict[str, Any]:
    """A synthetic week in the scenario format.

    Parameters
    ----------
    spec : size, seed and moment; see `SIZES` for presets
    layers, network : the map; localities are real, everything else is invented

    Returns
    -------
    JSON-able scenario, valid for `matching.domain.parse`; everybody placed is safe from everybody
    else but for ``spec.live_breaches``

    Raises
    ------
    NoRoom : so many people cannot be placed safely in so few facilities

    Examples
    --------
    >>> layers = Layers.load()
    >>> week = generate(SIZES["tiny"], layers, TravelNetwork.load(layers))
    >>> len(week["cases"]), len(week["facilities"]), week["synthetic"]
    (4, 12, True)

    Source
    ------
    docs/decisions/0020-synthetic-weeks.md
    """
    ground = Ground(layers, network)
    for attempt in range(_ATTEMPTS):
        try:
            return _week(replace(spec, seed=spec.seed + attempt * _NEXT_ATTEMPT), ground)
        except NoRoom:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _week(spec: WeekSpec, ground: Ground) -> dict[str, Any]:
    world = underworld(spec, ground)
    people = traits(spec.seed, "placed", spec.placed)
    providers, facilities = catalogue(spec, ground, people)
    candidates = homes(spec, ground)
    board = Board(ground, world, facilities, candidates, shut(providers, facilities))
    keys = Keys(spec.seed)
    dwellers = dwellings(spec, ground, world, board, keys, people)
    residences = residents(spec, world, board, keys, candidates)
    waiting = cases(spec, ground, world, keys, dwellers, most_persons(facilities))
    add_case_files(spec, ground, world, board, waiting, dwellers)
    linked = add_links(spec, ground, world, board, waiting, dwellers)
    exposed = exposures(spec, world, Residents(ground, world, board, dwellers))
    contracts_of_residents(spec, facilities, dwellers)
    conflicts_of_interest(spec, providers, facilities, dwellers)
    order_breaches(spec, board, providers, dwellers)
    add_closures(spec, board, dwellers)
    add_quotas(spec, board, dwellers)
    return {
        "schema_version": "1",
        "synthetic": True,
        "now": spec.now,
        "policy": {"unseen_zones": [{"kommun": code, "persons_milli": milli} for code, milli in UNSEEN_MILLI.items()]},
        "networks": world.networks,
        "relations": world.relations,
        "person_conflicts": person_conflicts(spec, board, waiting, dwellers, residences, linked),
        "exposures": exposed,
        "providers": providers,
        "facilities": facilities,
        "cases": waiting,
        "placements": [dweller.placement for dweller in dwellers],
        "residences": residences,
    }


def to_bytes(week: dict[str, Any]) -> bytes:
    """The file of a week: UTF-8, one order of keys.

    Examples
    --------
    >>> to_bytes({"synthetic": True}).decode()
    '{\\n "synthetic": true\\n}\\n'
    """
    return (json.dumps(week, ensure_ascii=False, indent=1) + "\n").encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one week to a file, whole or not at all, or to the standard output."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.generate", description="Write a synthetic week.")
    reader.add_argument("--size", choices=sorted(SIZES), default="demo")
    reader.add_argument("--seed", type=int, default=1)
    reader.add_argument("--vacancy-percent", type=int)
    reader.add_argument("-o", "--output", type=Path)
    told = reader.parse_args(arguments)
    layers = Layers.load()
    try:
        spec = replace(SIZES[told.size], seed=told.seed)
        if told.vacancy_percent is not None:
            spec = replace(spec, vacancy_percent=told.vacancy_percent)
        content = to_bytes(generate(spec, layers, TravelNetwork.load(layers)))
    except ValueError as err:
        reader.error(str(err))
    if told.output is None:
        sys.stdout.buffer.write(content)
        return 0
    beside = told.output.with_name(f"{told.output.name}.part")
    beside.write_bytes(content)
    os.replace(beside, told.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
