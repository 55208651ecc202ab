"""The whole service in one process, for the attack: both applications, the solver's jobs, people and a clock.

Everything a requester sees comes through the real front; what the solver does are the real jobs, done one after the
other when they are due by a clock that stands still until it is moved. A register begins as a copy of a prepared one,
so that many attackers can start from the same world.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID, uuid4

import httpx
import psycopg
from joserfc.jwk import OKPKey

from benchmarks.inference.judging import Judgement
from benchmarks.inference.worlds import World, layers, travel_network
from service.actors import FRONT_ROLES, Actor, Role
from service.crypto import create_keys, load_keyring
from service.crypto.keyfiles import subjects_folder
from service.crypto.vault import create_vault
from service.demo_issuer import create_issuer, issue
from service.engine.seeding import open_for_seeding, seed
from service.engine.world import World as Engine
from service.http.app import Guard, new_app, routes_of
from service.http.context import Context, open_context
from service.http.logs import Log
from service.jobs.work import PASSING, Work, Worlds, perform, sweep
from service.policies import Process
from service.processes.embedded import Embedded
from service.processes.postgres_roles import SUPERUSER
from service.settings import Settings
from service.signatures import FILE
from service.store.database import Database
from service.store.migrate import upgrade

__all__ = ["BEGINS", "Clock", "Office", "Person", "Reply", "Unexpected"]

BEGINS: Final = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
"""The moment every world begins at: the generated weeks' own."""
_EMPTY: Final = "fristad_empty"
_WORLD: Final = "fristad_world"
_RUN: Final = "fristad_run"
_TRIES: Final = 5
_DUE: Final = (
    "DELETE FROM fristad.procrastinate_jobs WHERE id = (SELECT id FROM fristad.procrastinate_jobs"
    " WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %s)"
    " ORDER BY priority DESC, id LIMIT 1) RETURNING task_name, args ->> 'subject'"
)
_JUDGED_NOW: Final = "SELECT 1 FROM fristad.register_state WHERE judged_revision = revision AND judged_at = %s"


class Unexpected(Exception):
    """The service did something else than it must; the message names the step and the answer's status alone."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = BEGINS

    def __call__(self) -> datetime:
        """The moment it stands at."""
        return self.now


@dataclass(frozen=True)
class Reply:
    """An answer as whoever asked sees it: also how long it is with its headers, and how long it took."""

    status: int
    content: Any = field(repr=False)
    length: int
    elapsed_s: float = field(compare=False)


class _LoudLog(Log):
    """The log of the product; what breaks is raised in the benchmark, not counted as an answer."""

    def __init__(self, name: str, broken: list[BaseException]) -> None:
        super().__init__(name, StringIO())
        self._broken = broken

    def request(self, action: str, status: int, took_s: float) -> None:
        """Nothing is kept of it."""
        del action, status, took_s

    def fault(self, action: str, error: BaseException) -> None:
        del action
        self._broken.append(error)


@dataclass(frozen=True)
class Person:
    """Somebody in one role, with their way to the process that serves it."""

    office: Office = field(repr=False)
    actor: Actor

    def get(self, path: str) -> Reply:
        """Read."""
        return self.office.send(self.actor, "GET", path, None)

    def post(self, path: str, told: Any = None) -> Reply:
        """Write, with an Idempotency-Key of its own."""
        return self.office.send(self.actor, "POST", path, told)

    def does(self, path: str, told: Any = None) -> Reply:
        """Write what must succeed.

        Raises
        ------
        Unexpected : it did not
        """
        found = self.post(path, told)
        if found.status >= httpx.codes.BAD_REQUEST:
            code = found.content.get("code") if isinstance(found.content, dict) else None
            raise Unexpected(f"{path.rpartition('/')[2]}: {found.status} {code}")
        return found


class Office:
    """Front, back and solver over one register of their own; a context manager.

    Parameters
    ----------
    folder : where keys and database are kept while it is open; none: a temporary one, in memory where there is one
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder
        self._opened = ExitStack()
        self._contexts: dict[tuple[Process, str], Context] = {}
        self._apps: dict[tuple[Process, str], Any] = {}
        self._keys: dict[tuple[str, str | None], OKPKey] = {}
        self._tokens: dict[tuple[Actor, datetime], str] = {}
        self._broken: list[BaseException] = []
        self._prepared: frozenset[Path] = frozenset()
        self.clock = Clock()
        self.settings = Settings()
        self.world: World | None = None
        self.engine = Engine(None, layers(), travel_network())

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._opened.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _open(self) -> None:
        memory = Path("/dev/shm")  # a name nobody can guess is made in it
        within = memory if self._given is None and memory.is_dir() else self._given
        folder = self._opened.enter_context(tempfile.TemporaryDirectory(prefix="fristad-attack-", dir=within))
        self.data = Path(folder)
        create_keys(self.data / "keys")
        create_vault(self.data / "keys")
        create_issuer(self.data, self.settings)
        (self.data / FILE).write_text("{}", encoding="utf-8")
        self.server = self._opened.enter_context(Embedded(self.data / "data", durable=False))
        self.server.create_database(_EMPTY)
        upgrade(self.server.url("fristad_owner", _EMPTY))
        ring = load_keyring(self.data / "keys", "solver")
        self.solver = Database(self.server.url("fristad_solver", _RUN), ring.sealer, ring.tagger, self.clock, 2)
        self._opened.callback(self.close_connections)
        self._runner = self._opened.enter_context(asyncio.Runner())

    # the register

    def fill(self, world: World) -> None:
        """Prepare the register of a world: what `begin` copies."""
        self.close_connections()
        self.world = None
        self.clock.now = BEGINS
        self.server.drop_database(_RUN)
        self.server.drop_database(_WORLD)
        self.server.create_database(_WORLD, _EMPTY)
        every = open_for_seeding(self.server.url(SUPERUSER, _WORLD), self.data / "keys", self.clock)
        try:
            seed(every, world.document, self.engine.places)
        finally:
            every.close()
        self.engine = Engine(world.policy, layers(), travel_network())
        self.world = world
        self._prepared = frozenset(self._key_files())

    def _key_files(self) -> Iterator[Path]:
        return (path for path in subjects_folder(self.data / "keys").rglob("*") if path.is_file())

    def begin(self, settings: Settings) -> None:
        """Start from the prepared register again, as if nobody had ever asked anything."""
        self.close_connections()
        self.server.drop_database(_RUN)
        self.server.create_database(_RUN, _WORLD)
        for path in frozenset(self._key_files()) - self._prepared:
            path.unlink()  # of people of an earlier run, and what says that a day's key was destroyed
        self.clock.now = BEGINS
        self.settings = settings
        self._tokens.clear()
        self._admin = psycopg.connect(self.server.conninfo(SUPERUSER, _RUN), autocommit=True)
        self._admin.execute("SET search_path TO fristad")
        worlds = Worlds(lambda: self.engine)
        self.work = Work(self.solver, worlds, settings)
        self._judgement = Judgement({str(row) for (row,) in self.rows("SELECT id FROM fristad.stays")})

    def close_connections(self) -> None:
        """Let go of the register."""
        for context in self._contexts.values():
            context.close()
        self.solver.close()
        admin = getattr(self, "_admin", None)
        if admin is not None:
            admin.close()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What stands in the register: for the judge and for finding tasks, never for an attacker."""
        return self._admin.execute(query.encode(), values).fetchall()

    # time and jobs

    def run_jobs(self) -> None:
        """Let the solver do everything that is due.

        Raises
        ------
        Unexpected : a job failed for good
        """
        with self._judgement.in_use():
            while (row := self._admin.execute(_DUE, (self.clock.now,)).fetchone()) is not None:
                self._perform(row[0], UUID(row[1]))

    def _perform(self, name: str, subject: UUID) -> None:
        if name == "rejudge" and self.rows(_JUDGED_NOW, self.clock.now):
            return None  # what was judged at this very moment is judged
        for _ in range(_TRIES):
            try:
                return perform(self.work, name, subject, self._failed)
            except PASSING:
                continue
        raise Unexpected(f"{name}: gives way for ever")

    def _failed(self, name: str, error: BaseException) -> None:
        raise Unexpected(name) from error

    def move_to(self, moment: datetime) -> None:
        """On to a moment that has not passed: what time does is done, and what follows from it."""
        self.clock.now = max(self.clock.now, moment)
        self.run_jobs()
        with self._judgement.in_use():
            sweep(self.work)
        self.run_jobs()

    def move(self, by: timedelta) -> None:
        """On by so much."""
        self.move_to(self.clock.now + by)

    # people

    def act(self, role: str, unit: str, organisation: str = "police", name: str | None = None) -> Person:
        """Somebody in a role."""
        return Person(self, Actor(name or f"{role}-{unit}", Role(role), unit, organisation))

    def send(self, actor: Actor, method: str, path: str, told: Any) -> Reply:
        """One request of somebody, and its answer.

        Raises
        ------
        Unexpected : the service broke
        """
        headers = {"Authorization": f"Bearer {self._token(actor)}"}
        content = b""
        if method == "POST":
            headers |= {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
            content = b"" if told is None else json.dumps(told).encode()
        process = Process.FRONT if actor.role in FRONT_ROLES else Process.BACK
        request = httpx.Request(method, f"http://127.0.0.1{path}", headers=headers, content=content)
        transport = httpx.ASGITransport(self._app(process))

        async def asked() -> httpx.Response:
            response = await transport.handle_async_request(request)
            await response.aread()
            return response

        began_s = time.perf_counter()
        response = self._runner.run(asked())
        elapsed_s = time.perf_counter() - began_s
        if self._broken:
            raise Unexpected(f"{method} {path.rpartition('/')[2]}") from self._broken.pop()
        body = response.content
        length = len(body) + sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
        return Reply(response.status_code, json.loads(body) if body else None, length, elapsed_s)

    def _app(self, process: Process) -> Any:
        key = process, self.settings.model_dump_json()
        if key not in self._apps:
            url = self.server.url(f"fristad_{process.value}", _RUN)
            context = open_context(process, self.data, url, settings=self.settings, clock=self.clock)
            self._contexts[key] = context
            self._apps[key] = new_app(
                process, routes_of(process), Guard(context, _LoudLog(process.value, self._broken))
            )
        return self._apps[key]

    def _token(self, actor: Actor) -> str:
        key = actor, self.clock.now
        if key not in self._tokens:
            self._tokens[key] = issue(self.data, self.settings, actor, self.clock.now)
        return self._tokens[key]

    def signing_key(self, organisation: str, unit: str | None = None) -> OKPKey:
        """The private key of an organisation, or of one of its units; its public half is known to the service."""
        found = self._keys.get((organisation, unit))
        if found is None:
            kid = f"{organisation}-{unit or 'all'}"
            found = self._keys[organisation, unit] = OKPKey.generate_key("Ed25519", {"kid": kid})
            (self.data / FILE).write_text(json.dumps(self._public_keys()), encoding="utf-8")
        return found

    def _public_keys(self) -> Mapping[str, Any]:
        told: dict[str, Any] = {}
        for (owner, unit), key in self._keys.items():
            public = dict(key.as_dict(private=False)) | ({"unit": unit} if unit else {})
            told.setdefault(owner, {"keys": []})["keys"].append(public)
        return told
