"""One worker of `benchmarks.reservations`: random acts on the register, written down in the order of the commits."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import text

from benchmarks.reservation_model import Act
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.domain import Policy
from service.actors import SYSTEM
from service.crypto import Domain, at, load_keyring
from service.engine import holds
from service.engine.advance import release_stale
from service.engine.seeding import open_for_seeding
from service.engine.world import World
from service.problems import Problem
from service.settings import Settings
from service.store import database as store
from service.store.database import Database, Transaction
from service.store.repository import stays
from service.store.repository import world as rows
from service.store.repository.stays import Stay

__all__ = ["ADMIN", "NOW", "Ground", "Job", "clock", "run"]

ADMIN: Final = "FRISTAD_BENCH_ADMIN"
"""Where a worker finds the administrator's address: only new knowledge is written with it."""
NOW: Final = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
RELATIONS: Final = 30
"""New rivalries in a whole run: more, and nobody can live anywhere."""
ENDINGS: Final = 40


def clock() -> datetime:
    """The register's time stands still: what matters is who comes first."""
    return NOW


@dataclass(frozen=True)
class Ground:
    """What workers share: read once, before they are forked."""

    layers: Layers
    network: TravelNetwork
    policy: Policy
    document: dict[str, Any]
    cases: tuple[UUID, ...]
    networks: tuple[str, ...]
    url: str
    keys: Path


@dataclass(frozen=True)
class Job:
    """One worker's share."""

    number: int
    operations: int
    all_operations: int
    without: frozenset[str]
    history: Path


def _serial(tx: Transaction) -> int:
    """The place in the order of the commits: taken last, while everything the act touched is still locked."""
    return int(tx.connection.execute(text("SELECT nextval('fristad.bench_serial')")).scalar_one())


class Worker:
    """One process: it does random acts and writes down what they did."""

    def __init__(self, ground: Ground, job: Job) -> None:
        self.ground = ground
        self.job = job
        self.dice = random.Random(job.number)
        ring = load_keyring(ground.keys, "solver")
        self.database = Database(ground.url, ring.sealer, ring.tagger, clock, pool_size=2)
        self.world = World(ground.policy, ground.layers, ground.network)
        self.settings = Settings()
        self.acts: list[Act] = []
        self.refused = 0
        rare = max(job.all_operations, 3_000)
        self.kinds: tuple[tuple[float, Callable[[], bool]], ...] = (
            (RELATIONS / rare, self.relate),
            (ENDINGS / rare, self.leave),
            (0.04, self.expire),
            (0.12, self.confirm),
            (0.36, self.release),
            (1.0, self.hold),
        )

    def work(self) -> None:
        """Do the share; an act that is refused is one, too."""
        for _ in range(self.job.operations):
            self.refused += not self._act()
        with self.job.history.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(asdict(act)) + "\n" for act in self.acts)
            out.write(json.dumps({"refused": self.refused}) + "\n")
        self.database.close()

    def _act(self) -> bool:
        draw = self.dice.random()
        for share, act in self.kinds:
            if draw < share:
                before = len(self.acts)
                try:
                    return act()
                except Problem:
                    del self.acts[before:]  # it did not commit
                    return False
            draw -= share
        return False

    def hold(self) -> bool:
        """Hold the first safe stay for a random case."""
        case = self.dice.choice(self.ground.cases)

        def finish(tx: Transaction, held: tuple[Stay, ...]) -> None:
            if held:
                told = tuple(self._told(tx, stay) for stay in held)
                self.acts.append(Act(_serial(tx), "hold", str(case), told))

        return holds.place(self.database, self.world, self.settings, holds.Wish(case, "manual"), finish)

    def _told(self, tx: Transaction, stay: Stay) -> dict[str, Any]:
        nights = tx.connection.execute(
            text("SELECT lower(nights), upper(nights) FROM fristad.bed_nights WHERE stay_id = :id"), {"id": stay.id}
        )
        return {
            "id": str(stay.id),
            "placement": stays.content(tx, stay)["placement"],
            "nights": [(low >> 20, low & 0xFFFFF, (low & 0xFFFFF) + high - low) for low, high in nights],
        }

    def _some(self, tx: Transaction, *states: str) -> Stay | None:
        """A random stay of a case in one of these states."""
        found = tx.connection.execute(
            text("SELECT id FROM fristad.stays WHERE state = ANY(:states) AND case_id IS NOT NULL ORDER BY id"),
            {"states": list(states)},
        )
        ids = list(found.scalars())
        return stays.get(tx, self.dice.choice(ids)) if ids else None

    @contextmanager
    def _locked(self) -> Iterator[Transaction]:
        with self.database.transaction(SYSTEM) as tx:
            tx.lock_register()
            yield tx

    def _note(self, tx: Transaction, kind: str, stay: Stay, day: int = 0) -> None:
        self.acts.append(Act(_serial(tx), kind, str(stay.case), ({"id": str(stay.id)},), day))

    def release(self) -> bool:
        """Give a hold back."""
        with self._locked() as tx:
            stay = self._some(tx, "held", "confirmed")
            if stay is None or not stays.release(tx, stay, "declined"):
                return False
            self._note(tx, "release", stay)
            return True

    def confirm(self) -> bool:
        """The provider says yes; nothing of beds or rules changes."""
        with self._locked() as tx:
            stay = self._some(tx, "held")
            return stay is not None and stays.move(tx, stay, "confirmed", held_until=stay.held_until)

    def expire(self) -> bool:
        """The term of a hold is over."""
        with self._locked() as tx:
            stay = self._some(tx, "held", "confirmed")
            if stay is None:
                return False
            tx.connection.execute(
                text("UPDATE fristad.stays SET held_until = :past WHERE case_id = :case AND state = ANY(:states)"),
                {"past": NOW - timedelta(seconds=1), "case": stay.case, "states": list(stays.HOLDING)},
            )
            before = self._holding(tx)
            release_stale(tx, self.world, self.settings)
            # It gives up more than was asked for: what is no longer safe by a new rivalry.
            for one in before.keys() - self._holding(tx).keys():
                self._note(tx, "release", before[one])
            return True

    def _holding(self, tx: Transaction) -> dict[UUID, Stay]:
        """Every hold of a case."""
        found = tx.connection.execute(
            text("SELECT id FROM fristad.stays WHERE state = ANY(:states) AND case_id IS NOT NULL ORDER BY id"),
            {"states": list(stays.HOLDING)},
        )
        return {one: stays.get(tx, one) for one in found.scalars().all()}

    def leave(self) -> bool:
        """Somebody arrives and, the same day, the stay ends; perhaps they leave the town as well."""
        with self._locked() as tx:
            stay = self._some(tx, "confirmed")
            if stay is None or not stays.move(tx, stay, "placed"):
                return False
            stay = stays.get(tx, stay.id)
            first = date.fromisoformat(stays.content(tx, stay)["placement"]["start"])
            stays.end(tx, stay, NOW.date(), "completed")
            self._note(tx, "end", stay, max(NOW.date().toordinal(), first.toordinal() + 1))
            if first <= NOW.date() and self.dice.random() < 0.5:
                stays.depart(tx, stays.get(tx, stay.id), NOW.date())
                self._note(tx, "depart", stay, NOW.date().toordinal())
            return True

    def relate(self) -> bool:
        """Two networks become rivals, confirmed at once."""
        a, b = self.dice.sample(self.ground.networks, 2)
        record = uuid4()
        told = {
            "id": str(record), "a": a, "b": b, "kind": "rival", "start": "2026-01-01", "end": None,
            "end_confirmed": False, "probability_percent": 95,
            "provenance": {"source": "investigation", "recorded_on": "2026-11-19", "confirmed_on": None},
        }  # fmt: skip
        every = open_for_seeding(os.environ[ADMIN], self.ground.keys, clock)
        try:
            with every.transaction(SYSTEM) as tx:
                tx.lock_register()
                tx.new_subject(Domain.INTEL, record)
                tx.connection.execute(
                    text(
                        "INSERT INTO fristad.intel_versions (record_id, version, kind, written_by, unit, written_at,"
                        " withdrawn, sealed) VALUES (:id, 1, 'relation', 'bench', 'bench', :at, false, :sealed)"
                    ),
                    {
                        "id": record,
                        "at": NOW,
                        "sealed": tx.seal(Domain.INTEL, record, at("intel_versions", "sealed", record, 1), told),
                    },
                )
                tx.connection.execute(
                    text(
                        "INSERT INTO fristad.intel_confirmations (record_id, version, actor, unit, role, confirmed_at)"
                        " VALUES (:id, 1, 'keeper', 'bench', 'network_keeper', :at)"
                    ),
                    {"id": record, "at": NOW},
                )
                tx.touch()
                self.acts.append(Act(_serial(tx), "relation", relation=told))
        finally:
            every.close()
        return True


def _nothing(tx: Transaction) -> None:
    """Instead of the lock."""


def _yes(tx: Transaction, seen: int) -> bool:
    """Instead of the check of the revision."""
    del tx, seen
    return True


def _without(parts: frozenset[str]) -> None:
    """Take protections away in this process, to show that the others hold alone."""
    if "lock" in parts:
        store.Transaction.lock_register = _nothing  # type: ignore[method-assign, assignment]
        rows.is_revision = _yes


def run(ground: Ground, job: Job) -> None:
    """Do one worker's share in this process."""
    _without(job.without)
    Worker(ground, job).work()
