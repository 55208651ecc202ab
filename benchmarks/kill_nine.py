"""Kill -9 at random moments: ``python -m benchmarks.kill_nine [--times N]`` prints one JSON line.

Front, back, solver and the database's processes are killed while clients write; what was killed is started again and
nothing else. Clients send each write again with its key until it is acknowledged, as they are told to. At the end
every acknowledged write is asked for again by its key and must be answered with the same bytes, no half state may be
in the register, and the trail must verify against the witness. Exit code 1 if one of these does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg

from benchmarks.common import machine
from benchmarks.generate import SIZES, generate, to_bytes
from benchmarks.half_states import half_states, known_cases
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.cli.serving import today
from service.audit.export import export
from service.audit.verify import verify
from service.processes.addresses import Addresses
from service.processes.demo import fill, prepare_demo
from service.processes.embedded import Embedded
from service.processes.postgres_roles import OWNER, SUPERUSER
from service.processes.readiness import is_ready
from service.processes.serve import initialise, signer_of
from service.processes.supervisor import Supervisor
from service.settings import Settings
from service.store.migrate import upgrade
from service.walk.client import Client, Reply
from service.walk.demo import free_ports
from service.walk.run import StepFailed, Walk, clients_of
from service.walk.steps import CHAPTERS, Step

__all__ = ["Killed", "Service", "kill", "main", "running"]

TARGETS: Final = ("front", "back", "solver", "backend", "database")
_WEIGHTS: Final = (30, 30, 25, 10, 5)
_PATIENCE_S: Final = 120.0
_STEP_PATIENCE_S: Final = 15.0
_AGAIN_S: Final = 0.05
_BUSY: Final = frozenset({"key_busy", "taken"})
_WHILE_OTHERS_START: Final = 0.2
"""Share of the kills that do not wait until everything is back."""
_MOST_WORK_S: Final = 1.0
_UP_S: Final = 1.0
"""How long a solver has lived before it may be killed: it has no port to ask."""

_SETTLED: Final = """SELECT count(*) FROM fristad.queries WHERE state = 'working'"""


@dataclass
class Acknowledged:
    """Writes that were answered: how to ask for them again, and what was said."""

    kept: list[tuple[str, str, str, Any, str, Any]] = field(default_factory=list)
    sent_again: int = 0


class Stubborn(Client):
    """Sends a write again, with its key, until it is answered; remembers what was."""

    def __init__(self, address: str, seen: Acknowledged, stopped: threading.Event) -> None:
        super().__init__(address, timeout_s=10.0)
        self._address = address
        self._seen = seen
        self._stopped = stopped

    def call(self, method: str, path: str, token: str, told: Any = None, *, key: str | None = None) -> Reply:
        """One request, as often as it takes."""
        own = key or str(uuid4())
        ends_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < ends_s:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                reply = super().call(method, path, token, told, key=own)
                code = reply.content.get("code") if isinstance(reply.content, dict) else None
                if reply.status < 500 and not (reply.status == 409 and code in _BUSY):
                    if method == "POST" and reply.status < 300:
                        self._seen.kept.append((self._address, path, token, told, own, reply.content))
                    return reply
            self._seen.sent_again += 1
            time.sleep(_AGAIN_S)
        raise StepFailed("Nothing was answered for two minutes.")


@dataclass
class Service:
    """Everything that is served, with its process ids."""

    data: Path
    server: Embedded
    supervisor: Supervisor
    known: list[Any]

    def admin(self) -> psycopg.Connection:
        """The database as its administrator."""
        return psycopg.connect(self.server.conninfo(SUPERUSER), autocommit=True)

    def is_up(self, target: str) -> bool:
        """Whether a target works, so that killing it interrupts something."""
        if target in ("backend", "database"):
            return self.server.running
        child = next(child for child in self.supervisor.children if child.orders.name == target)
        if child.process is None or child.process.poll() is not None:
            return False
        settings = Settings.load(self.data)
        ports = {"front": settings.front_port, "back": settings.back_port}
        if target in ports:
            return is_ready(settings.host, ports[target])
        return time.monotonic() - child.started_s > _UP_S

    def kill(self, target: str, dice: random.Random) -> bool:
        """Kill -9 a target; false when it has gone before."""
        with contextlib.suppress(ProcessLookupError, psycopg.Error, OSError):
            os.kill(self._pid(target, dice), signal.SIGKILL)
            return True
        return False

    def _pid(self, target: str, dice: random.Random) -> int:
        if target == "database":
            return self.server.pid
        if target == "backend":
            query = "SELECT pid FROM pg_stat_activity WHERE usename LIKE 'fristad_%'"
            with psycopg.connect(self.server.conninfo(SUPERUSER), autocommit=True, connect_timeout=3) as connection:
                found = [row[0] for row in connection.execute(query).fetchall()]
            if not found:
                raise ProcessLookupError
            return int(dice.choice(found))
        child = next(child for child in self.supervisor.children if child.orders.name == target)
        if child.process is None:
            raise ProcessLookupError
        return child.process.pid


def week(size: str = "calm") -> bytes:
    """A synthetic week of today."""
    layers = Layers.load()
    return to_bytes(generate(replace(SIZES[size], now=today()), layers, TravelNetwork.load(layers)))


@contextlib.contextmanager
def running(data: Path, document: bytes, *, longest_wait_s: float = 0.1) -> Iterator[Service]:
    """A service on a new data folder with a synthetic week, supervised in this process."""
    free_ports(data)
    initialise(data)
    prepare_demo(data, Settings.load(data))
    stopped = threading.Event()
    with Embedded(data) as server, open(data / "logs" / "service.log", "ab") as log:
        where = Addresses.of(server)
        upgrade(where.urls[OWNER])
        fill(where.urls[SUPERUSER], data / "keys", document)
        with psycopg.connect(server.conninfo(SUPERUSER)) as connection:
            known = list(known_cases(connection))
        supervisor = Supervisor(
            data,
            where,
            checkpoint=signer_of(data, where.urls[OWNER]),
            checkpoint_s=5.0,
            longest_wait_s=longest_wait_s,
            log=log,
        )
        ready = threading.Event()
        supervisor.start()
        tending = threading.Thread(target=supervisor.run, args=(stopped.is_set, ready.set))
        tending.start()
        try:
            if not ready.wait(_PATIENCE_S):
                raise TimeoutError("the service did not start")
            yield Service(data, server, supervisor, known)
        finally:
            stopped.set()
            tending.join()
            supervisor.stop()


_END: Final = (
    Step("coordinator", "Releases.", "POST /v1/stays/{stay}/release", {"code": "person_withdrew"}),
    Step("coordinator", "Lets go.", "POST /v1/cases/{case}/claim/release"),
    Step("requester", "Closes.", "POST /v1/cases/{case}/closure", {"reason_code": "withdrawn_by_person"}),
)
_INTAKE, _QUERY, _HOLD = (chapter.steps for chapter in CHAPTERS[:3])
_CASES: Final = ((*_INTAKE, *_QUERY, _HOLD[0], _HOLD[1], _HOLD[4], *_END), (*_INTAKE, _QUERY[0], _END[-1]))
"""What clients do: one waits for the solver and holds and releases a bed, the next writes without waiting."""


def _write(
    data: Path, steps: Sequence[Step], seen: Acknowledged, stopped: threading.Event, outcomes: Counter[str]
) -> None:
    """One client: a case after the other."""
    settings = Settings.load(data)
    while not stopped.is_set():
        clients = clients_of(settings, lambda address: Stubborn(address, seen, stopped))
        walk = Walk(data, patience_s=_STEP_PATIENCE_S, clients=clients)
        try:
            for step in steps:
                if stopped.is_set():
                    return
                walk.step(step)
            outcomes["whole"] += 1
        except StepFailed as failed:
            outcomes["cut_short" if "did not come" in str(failed) else str(failed)] += 1
        finally:
            walk.close()


@dataclass(frozen=True)
class Killed:
    """What came of it."""

    kills: dict[str, int]
    took_s: float
    acknowledged: int
    sent_again: int
    cases: dict[str, int]
    lost: int
    halves: dict[str, int]
    waiting: int
    entries: int
    trail_is_whole: bool

    @property
    def holds(self) -> bool:
        """Whether nothing acknowledged was lost, nothing is half done, and the trail verifies."""
        unexpected = set(self.cases) - {"whole", "cut_short"}
        return not (self.lost or self.halves or unexpected) and self.trail_is_whole


def _lost(seen: Acknowledged) -> int:
    """Acknowledged writes that are answered otherwise when they are asked for again."""
    lost = 0
    for address, path, token, told, key, content in seen.kept:
        client = Client(address)
        reply = client.call("POST", path, token, told, key=key)
        client.close()
        lost += reply.status >= 300 or reply.content != content
    return lost


def _until(holds: Callable[[], bool], patience_s: float = _PATIENCE_S) -> bool:
    ends_s = time.monotonic() + patience_s
    while time.monotonic() < ends_s:
        if holds():
            return True
        time.sleep(0.1)
    return False


def kill(data: Path, document: bytes, times: int, seed: int = 1, clients: int = 2, settle_s: float = 150.0) -> Killed:
    """Kill so many times while clients write, and look at what is left.

    Parameters
    ----------
    settle_s : how long jobs of killed solvers may take to be done after all
    """
    dice, kills, outcomes = random.Random(seed), Counter[str](), Counter[str]()
    seen, stopped = Acknowledged(), threading.Event()
    with running(data, document) as service:
        writers = [
            threading.Thread(target=_write, args=(data, _CASES[number % 2], seen, stopped, outcomes))
            for number in range(clients)
        ]
        began_s = time.monotonic()
        for writer in writers:
            writer.start()
        while kills.total() < times:
            target = dice.choices(TARGETS, _WEIGHTS)[0]
            awaited = (target,) if dice.random() < _WHILE_OTHERS_START else TARGETS
            if not _until(lambda awaited=awaited: all(map(service.is_up, awaited))):  # type: ignore[misc]
                raise TimeoutError("what was killed did not come back")
            time.sleep(dice.uniform(0, _MOST_WORK_S))
            kills[target] += service.kill(target, dice)
        took_s = time.monotonic() - began_s
        if not _until(lambda: all(service.is_up(target) for target in TARGETS)):
            raise TimeoutError("what was killed did not come back")
        stopped.set()
        for writer in writers:
            writer.join()
        lost = _lost(seen)
        waiting = _settled(service, settle_s)
        service.supervisor.checkpoint() if service.supervisor.checkpoint else None
        with service.admin() as connection:
            halves = half_states(connection, service.known)
        entries, whole = _verified(service)
    return Killed(
        dict(kills),
        round(took_s, 1),
        len(seen.kept),
        seen.sent_again,
        dict(outcomes),
        lost,
        halves,
        waiting,
        entries,
        whole,
    )


def _settled(service: Service, settle_s: float) -> int:
    """Queries that still wait for their answer when there was time to give it."""
    left = 0

    def is_settled() -> bool:
        nonlocal left
        with service.admin() as connection:
            row = connection.execute(_SETTLED.encode()).fetchone()
        left = 0 if row is None else int(row[0])
        return left == 0

    _until(is_settled, settle_s)
    return left


def _verified(service: Service) -> tuple[int, bool]:
    from sqlalchemy import create_engine

    path = service.data / "trail.jsonl"
    engine = create_engine(service.server.url("fristad_back"), hide_parameters=True)
    with engine.connect() as connection:
        done = export(connection, path)
    engine.dispose()
    witness = service.data / "witness"
    verdict = verify(path, service.data / "keys" / "audit.pub", witness / "accepted.notes", witness / "witness.pub")
    return done.entries, verdict.whole and done.entries > 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill, look, print the figures."""
    parser = argparse.ArgumentParser(description="kill -9 at random moments while clients write")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fristad-kill-") as made:
        done = kill(Path(made) / "data", week(), told.times, told.seed)
    print(json.dumps({"bench": "kill_nine", "holds": done.holds, **vars(done), "machine": machine()}))
    return 0 if done.holds else 1


if __name__ == "__main__":
    sys.exit(main())
