"""A generated week in a real register, with every key, and the same week as the engine alone would read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.generate import SIZES, generate, to_bytes
from benchmarks.generation.spec import WeekSpec
from geodata.enrich import enrich
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.domain import Scenario
from matching.facts import Facts
from service.actors import SYSTEM
from service.crypto import create_keys, load_keyring
from service.engine.seeding import Seeded, open_for_seeding, renamed, seed
from service.engine.world import Picture, World
from service.processes.postgres_roles import SUPERUSER
from service.settings import Settings
from service.store.database import Database
from tests.service.conftest import Database as TestDatabase
from tests.service.harness import SMALL, MovableClock

__all__ = ["Register", "layers", "network", "register_of", "week"]

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


@cache
def layers() -> Layers:
    return Layers.load()


@cache
def network() -> TravelNetwork:
    return TravelNetwork.load(layers())


@cache
def week(size: str = "tiny", number: int = 1) -> bytes:
    spec: WeekSpec = replace(SIZES[size], seed=number)
    return to_bytes(generate(spec, layers(), network()))


@dataclass
class Register:
    """A register with a week in it, as the solver sees it."""

    solver: Database
    every: Database
    world: World
    seeded: Seeded
    settings: Settings
    clock: MovableClock
    document: dict[str, Any]
    keys: Path

    def picture(self) -> Picture:
        with self.solver.transaction(SYSTEM) as tx:
            return self.world.picture(tx)

    def facts_of_the_document(self) -> Facts:
        """The facts of the same week under the register's ids, read by the engine alone."""
        return enrich(Scenario.model_validate_json(json.dumps(renamed(self.document))), layers(), network())


@contextmanager
def register_of(document: bytes, database: TestDatabase, folder: Path) -> Iterator[Register]:
    keys = folder / "keys"
    create_keys(keys)
    clock = MovableClock(NOW)
    every = open_for_seeding(database.url(SUPERUSER), keys, clock)
    ring = load_keyring(keys, "solver")
    solver = Database(database.url("fristad_solver"), ring.sealer, ring.tagger, clock)
    try:
        world = World(layers=layers(), network=network())
        seeded = seed(every, document, world.places)
        world.policy = seeded.policy
        yield Register(solver, every, world, seeded, SMALL, clock, json.loads(document), keys)
    finally:
        solver.close()
        every.close()
