"""Both applications over a real database with real keys, as one person after the other uses them."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from joserfc.jwk import OKPKey
from starlette.types import ASGIApp

from matching.domain import PlacementAssessment
from service.actors import FRONT_ROLES, SYSTEM, Actor, Role
from service.crypto import create_keys, load_keyring
from service.crypto.vault import create_vault
from service.demo_issuer import create_issuer, issue
from service.http.app import Guard, new_app, routes_of
from service.http.context import Context, open_context
from service.http.logs import Log
from service.http.routes import Route
from service.inference import round_at
from service.policies import Process
from service.settings import Settings
from service.signatures import FILE, AssessmentStatement, IntakeStatement, signed
from service.store.database import Database
from service.store.repository import coordination

if TYPE_CHECKING:
    from tests.service.conftest import Database as TestDatabase

__all__ = ["NOON", "SMALL", "Harness", "MovableClock", "Person", "harness", "module_harness", "new_harness"]

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


SMALL = Settings(
    admission_kommuner=1,
    admission_lan=1,
    admission_facilities=1,
    person_questions=1000,
    unit_questions=1000,
    unit_holds=1000,
)
"""For registers of a dozen facilities, where with the defaults every question would be too narrow."""


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def in_days(self, days: int) -> datetime:
        """So many days from now."""
        return self.now + timedelta(days=days)

    def move(self, **by: float) -> None:
        """On by hours, days, minutes …"""
        self.now += timedelta(**by)


class LoudLog(Log):
    """The log of the product, which also shows a test what it keeps from everybody else."""

    def fault(self, action: str, error: BaseException) -> None:
        traceback.print_exception(error)
        super().fault(action, error)


class InProcess(httpx.BaseTransport):
    """Requests to an application in this process, from any thread."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal) -> None:
        self._inner = httpx.ASGITransport(app)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._portal.call(self._answer, request)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers.raw, content=request.read())
        began_s = perf_counter()
        found = await self._inner.handle_async_request(sent)
        content = await found.aread()
        took = {"took_s": perf_counter() - began_s}
        return httpx.Response(
            found.status_code, headers=found.headers, stream=httpx.ByteStream(content), extensions=took
        )


@dataclass(frozen=True)
class Person:
    """Somebody in one role, with their browser."""

    harness: Harness
    actor: Actor
    process: Process

    def token(self) -> str:
        """A fresh token, signed in just now."""
        return issue(self.harness.data, self.harness.settings, self.actor, self.harness.clock())

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token()}", **more}

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> httpx.Response:
        """Read."""
        return self.harness.client(self.process).get(path, params=params, headers=self.headers())

    def post(self, path: str, told: Any = None, *, key: str | None = None) -> httpx.Response:
        """Write, with a new Idempotency-Key unless one is given."""
        content = b"" if told is None else json.dumps(told).encode()
        return self.send(path, content, key=key)

    def send(self, path: str, content: bytes, *, key: str | None = None, **headers: str) -> httpx.Response:
        """Write these very bytes."""
        told = self.headers(**{"Idempotency-Key": key or str(uuid4()), "Content-Type": "application/json", **headers})
        return self.harness.client(self.process).post(path, content=content, headers=told)


class Harness:
    """Front, back and solver over one database.

    Parameters
    ----------
    routes : instead of the product's own, for tests of what stands around them
    """

    def __init__(
        self,
        data: Path,
        database: TestDatabase,
        settings: Settings | None = None,
        routes: Mapping[Process, tuple[Route, ...]] | None = None,
        clock: MovableClock | None = None,
    ) -> None:
        self.data = data
        self.database = database
        self.settings = settings or SMALL
        self.clock = clock or MovableClock()
        self.log = StringIO()
        self._opened = ExitStack()
        self._keys: dict[tuple[str, str | None], OKPKey] = {}
        create_keys(data / "keys")
        create_vault(data / "keys")
        create_issuer(data, self.settings)
        self.contexts = {process: self._context(process) for process in Process}
        self.apps: dict[Process, ASGIApp] = {
            process: new_app(
                process,
                routes_of(process) if routes is None else routes.get(process, ()),
                Guard(context, LoudLog(process.value, self.log)),
            )
            for process, context in self.contexts.items()
        }
        portal = self._opened.enter_context(start_blocking_portal())
        self._clients = {
            process: self._opened.enter_context(
                httpx.Client(transport=InProcess(app, portal), base_url="http://127.0.0.1")
            )
            for process, app in self.apps.items()
        }
        ring = load_keyring(data / "keys", "solver")
        self.solver = Database(database.url("fristad_solver"), ring.sealer, ring.tagger, self.clock)
        self._opened.callback(self.solver.close)

    def _context(self, process: Process) -> Context:
        url = self.database.url(f"fristad_{process.value}")
        context = open_context(process, self.data, url, settings=self.settings, clock=self.clock)
        self._opened.callback(context.close)
        return context

    def close(self) -> None:
        """Stop both applications."""
        self._opened.close()

    def client(self, process: Process) -> httpx.Client:
        """The bare client of a process, for requests that no honest person makes."""
        return self._clients[process]

    def act(
        self,
        role: str,
        unit: str = "bops-syd",
        organisation: str = "police",
        name: str | None = None,
        on: Process | None = None,
    ) -> Person:
        """Somebody in a role; the process is the one that serves it, the front where both do."""
        actor = Actor(name or f"{role}-1", Role(role), unit, organisation)
        process = on or (Process.FRONT if actor.role in FRONT_ROLES else Process.BACK)
        return Person(self, actor, process)

    def run_jobs(self) -> None:
        """Let the solver do everything that waits."""
        import_module("service.jobs.run").run_pending(self.solver, settings=self.settings)

    def move_to_round(self, case_id: UUID | str) -> None:
        """On to the next telling round of a case; what is ready by then is shown when the jobs are run."""
        with self.solver.transaction(SYSTEM) as tx:
            case = coordination.get(tx, UUID(str(case_id)))
        self.clock.now = round_at(case.triage, case.told_from, self.clock.now)

    def signing_key(self, organisation: str, unit: str | None = None) -> OKPKey:
        """The private key of an organisation, or of one of its units; its public half is known to the service."""
        found = self._keys.get((organisation, unit))
        if found is None:
            kid = f"{organisation}-{unit or 'all'}"
            found = self._keys[organisation, unit] = OKPKey.generate_key("Ed25519", {"kid": kid})
            told: dict[str, Any] = {}
            for (owner, of_unit), key in self._keys.items():
                public = dict(key.as_dict(private=False)) | ({"unit": of_unit} if of_unit else {})
                told.setdefault(owner, {"keys": []})["keys"].append(public)
            (self.data / FILE).write_text(json.dumps(told), encoding="utf-8")
        return found

    def share_keys(self, other: Harness) -> None:
        """Know the same signing keys as another harness from now on."""
        self._keys = other._keys
        (self.data / FILE).symlink_to(other.data / FILE)

    def intake_signature(self, organisation: str, case_id: UUID | str, person_key: str) -> str:
        """The JWS of an organisation over the person's key."""
        statement = IntakeStatement(
            organisation=organisation,
            case_id=UUID(str(case_id)),
            signed_at=self.clock(),
            purpose="fristad.intake",
            person_key=person_key,
        )
        return signed(self.signing_key(organisation), statement)

    def assessment_signature(
        self, organisation: str, unit: str, case_id: UUID | str, version: int, assessment: Mapping[str, Any]
    ) -> str:
        """The JWS of a unit over a version of an assessment."""
        statement = AssessmentStatement(
            organisation=organisation,
            case_id=UUID(str(case_id)),
            signed_at=self.clock(),
            purpose="fristad.assessment",
            unit=unit,
            version=version,
            assessment=PlacementAssessment.model_validate_json(json.dumps(assessment)),
        )
        return signed(self.signing_key(organisation, unit), statement)


@contextmanager
def new_harness(data: Path, database: TestDatabase, **told: Any) -> Iterator[Harness]:
    """A harness, closed at the end."""
    made = Harness(data, database, **told)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def harness(tmp_path: Path, database: TestDatabase) -> Iterator[Harness]:
    """Both applications with all routes, over a database of their own."""
    with new_harness(tmp_path, database) as made:
        yield made


@pytest.fixture(scope="module")
def module_harness(tmp_path_factory: pytest.TempPathFactory, module_database: TestDatabase) -> Iterator[Harness]:
    """The same for the tests of one module that do not get in each other's way."""
    with new_harness(tmp_path_factory.mktemp("data"), module_database) as made:
        yield made
