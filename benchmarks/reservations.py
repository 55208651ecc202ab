"""Reservations under load: many workers hold and give back beds in a real PostgreSQL; nobody may get a bed twice.

``python -m benchmarks.reservations --workers 32 --operations 100000`` prints one JSON line. ``--without lock`` takes
away the register's lock and the check that nothing has changed, ``--without constraint`` the database's own refusal;
with both gone double bookings must appear, or the check would find nothing.

Every worker is an operating-system process. What it did is written down in the order of the commits and checked against
`benchmarks.reservation_model`; at the end the register's own rows are compared with the model's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from benchmarks.common import machine
from benchmarks.generate import generate, to_bytes
from benchmarks.generation.spec import WeekSpec
from benchmarks.reservation_model import Act, Model
from benchmarks.reservation_worker import ADMIN, Ground, Job, clock, run
from geodata.enrich import Surveyor, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.constraints import rule_book
from service.actors import SYSTEM
from service.crypto import create_keys
from service.engine.placing import tries
from service.engine.seeding import open_for_seeding, renamed, seed
from service.engine.world import Picture, World
from service.processes.embedded import Embedded
from service.processes.postgres_roles import DATABASE, SUPERUSER
from service.store.migrate import upgrade

__all__ = ["SMALL", "main", "measure"]

SMALL: Final = WeekSpec(waiting=24, placed=12, facilities=24, networks=8, vacancy_percent=60, window_days=(3, 10))
_JUDGED: Final = 1_000
"""Holds of a run that the model asks every hard rule about."""


def measure(
    workers: int,
    operations: int,
    without: frozenset[str] = frozenset(),
    judged: int = _JUDGED,
    running: tuple[Embedded, str] | None = None,
) -> dict[str, Any]:
    """Run, check, and tell the figures.

    Parameters
    ----------
    workers : processes at once
    operations : of all workers together
    without : "lock", "constraint" or both
    judged : holds the model asks every hard rule about
    running : a server and the name of a migrated, empty database in it; none: one of its own
    """
    layers = Layers.load()
    network = TravelNetwork.load(layers)
    document = to_bytes(generate(SMALL, layers, network))
    with tempfile.TemporaryDirectory(prefix="fristad-bench-") as folder, ExitStack() as opened:
        data = Path(folder)
        create_keys(data / "keys")
        if running is None:
            server, name = opened.enter_context(Embedded(data / "data", durable=False)), DATABASE
            upgrade(server.url("fristad_owner"))
        else:
            server, name = running
        ground = _ground(server, name, data, document, layers, network, without)
        booked = _booked(server, name)
        began = time.monotonic()
        paths = _fork(ground, data, workers, operations, without)
        spent_s = time.monotonic() - began
        acts, refused = _history(paths)
        model = Model(ground.document, booked, Surveyor(layers, network), rule_book())
        _replay(model, acts, judged)
        strangers = _differences(server, name, model)
    found = model.found
    return {
        "bench": "reservations",
        "workers": workers,
        "operations": operations,
        "without": sorted(without),
        "seconds": round(spent_s, 1),
        "done": {kind: sum(act.kind == kind for act in acts) for kind in sorted({act.kind for act in acts})},
        "refused": refused,
        "double_bookings": found.double_bookings,
        "rule_violations": found.rule_violations,
        "broken": sorted(found.broken),
        "judged": found.judged,
        "unknown": found.unknown,
        "differences_at_the_end": strangers,
        "live_at_the_end": len(model.live),
        "machine": machine(),
    }


def _ground(
    server: Embedded,
    name: str,
    data: Path,
    document: bytes,
    layers: Layers,
    network: TravelNetwork,
    without: frozenset[str],
) -> Ground:
    every = open_for_seeding(server.url(SUPERUSER, name), data / "keys", clock)
    try:
        seeded = seed(every, document, place_index(layers))
        world = World(seeded.policy, layers, network)
        with every.transaction(SYSTEM) as tx:
            tx.connection.execute(text("CREATE SEQUENCE fristad.bench_serial"))
            tx.connection.execute(text("GRANT USAGE ON SEQUENCE fristad.bench_serial TO fristad_solver"))
            if "constraint" in without:
                tx.connection.execute(text("ALTER TABLE fristad.bed_nights DROP CONSTRAINT bed_night_held_once"))
                tx.connection.execute(text("CREATE INDEX bench_nights ON fristad.bed_nights USING gist (nights)"))
            picture = world.picture(tx)
            waiting = [UUID(name) for name in picture.facts.names.cases]
            possible = tuple(case for case in waiting if _is_possible(picture, case, world))
    finally:
        every.close()
    os.environ[ADMIN] = server.url(SUPERUSER, name)
    told = renamed(json.loads(document))
    return Ground(
        layers,
        network,
        seeded.policy,
        told,
        possible,
        tuple(sorted(one["id"] for one in told["networks"])),
        server.url("fristad_solver", name),
        data / "keys",
    )


def _is_possible(picture: Picture, case: UUID, world: World) -> bool:
    number = picture.case(case)
    return number is not None and next(tries(picture.facts, number, world.rules, None), None) is not None


def _fork(ground: Ground, data: Path, workers: int, operations: int, without: frozenset[str]) -> list[Path]:
    """All workers, at once; forked, so that the map is read once for all of them."""
    context = multiprocessing.get_context("fork")
    shares = [operations // workers + (number < operations % workers) for number in range(workers)]
    paths = [data / f"history-{number}.jsonl" for number in range(workers)]
    running = [
        context.Process(target=run, args=(ground, Job(number, share, operations, without, path)))
        for number, (share, path) in enumerate(zip(shares, paths, strict=True))
    ]
    for process in running:
        process.start()
    for process in running:
        process.join()
    if any(process.exitcode for process in running):
        raise SystemExit("a worker failed")
    return paths


def _history(paths: Sequence[Path]) -> tuple[list[Act], int]:
    acts, refused = [], 0
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            tree = json.loads(line)
            if "refused" in tree:
                refused += tree["refused"]
            else:
                acts.append(Act(**{**tree, "stays": tuple(tree["stays"])}))
    return sorted(acts, key=lambda act: act.serial), refused


def _replay(model: Model, acts: Sequence[Act], judged: int) -> None:
    """All acts in order; of the holds some, evenly spread and the last among them, are judged by every hard rule."""
    total = sum(act.kind == "hold" for act in acts)
    every = max(1, total // max(judged, 1))
    seen = 0
    for act in acts:
        seen += act.kind == "hold"
        model.apply(act, judged=act.kind == "hold" and (seen % every == 0 or seen == total))


def _booked(server: Embedded, name: str) -> dict[str, list[tuple[int, int, int]]]:
    found: dict[str, list[tuple[int, int, int]]] = {}
    with server.admin(name) as connection:
        for stay, low, high in connection.execute(
            "SELECT stay_id, lower(nights), upper(nights) FROM fristad.bed_nights"
        ):
            first = low & 0xFFFFF
            found.setdefault(str(stay), []).append((low >> 20, first, first + high - low))
    return found


def _differences(server: Embedded, name: str, model: Model) -> int:
    """Bed-nights that the register's rows and the model do not have alike."""
    theirs = {
        (bed, day, stay)
        for stay, nights in _booked(server, name).items()
        for bed, first, after in nights
        for day in range(first, after)
    }
    ours = {(bed, day, stay) for bed, own in model.beds.items() for day, stay in own.items()}
    return len(theirs ^ ours)


def main(arguments: Sequence[str] | None = None) -> int:
    reader = argparse.ArgumentParser(prog="python -m benchmarks.reservations", description=__doc__)
    reader.add_argument("--workers", type=int, default=32)
    reader.add_argument("--operations", type=int, default=100_000)
    reader.add_argument("--without", choices=("lock", "constraint"), action="append", default=[])
    told = reader.parse_args(arguments)
    figures = measure(told.workers, told.operations, frozenset(told.without))
    print(json.dumps(figures))
    faults = figures["double_bookings"] + figures["differences_at_the_end"]
    if "lock" not in told.without:  # without it rules may be broken, and two workers may note the same release
        faults += figures["rule_violations"] + figures["unknown"]
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
