"""Generated requests of every role to both applications: no fault of the server, nothing that is not declared."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.actors import Role
from service.http.app import describe, routes_of
from service.http.routes import Route
from service.policies import TABLE, Action, Process
from tests.service.back.scene import Scene
from tests.service.front.walk import MUNICIPALITY
from tests.service.harness import Harness, Person
from tests.service.http.worlds import RELATIONS

__all__ = ["fuzz"]

_CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_KNOWN: Final = {
    Role.REQUESTER: ("bops-syd", "police", "r-1"),
    Role.ASSESSOR: ("bops-syd", "police", "a-1"),
    Role.DECIDER: (MUNICIPALITY, MUNICIPALITY, "d-1"),
    Role.APPROVER: ("cleared-1", "cleared-1", "p-1"),
    Role.COORDINATOR: ("noa", "police", "c-1"),
    Role.RECEIVING_BOPS: ("bops-bergslagen", "police", "b-1"),
    Role.REGISTRAR: ("noa", "police", "g-1"),
    Role.FOLLOW_UP: ("bops-syd", "police", "f-1"),
}
_TABLES: Final = {
    "case_id": "cases",
    "query_id": "queries",
    "stay_id": "stays",
    "reveal_id": "reveal_requests",
    "plan_id": "plans",
    "emergency_id": "emergencies",
    "task_id": "tasks",
    "alarm_id": "alarms",
    "access_id": "standing_access",
}
_VERSIONED: Final = {
    "record_id": "intel_versions",
    "facility_id": "facility_versions",
    "provider_id": "provider_versions",
}


class _Register:
    """A register in which there is something of everything, and the ids of it."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.ids: dict[str, list[UUID]] = {}

    def fill(self) -> None:
        """Cases in every state of the flow, a record of intelligence, an emergency's traces."""
        Scene.of(self.harness).opened()
        scene = Scene.of(self.harness)
        scene.held(scene.opened())
        scene.claim()
        decided = Scene.of(self.harness)
        decided.decided()
        receiver = {"purpose": "transport", "receiver": "f-1"}
        decided.walk.requester.post(decided.path("/reveals"), receiver)
        Scene.of(self.harness).placed()
        keeper = self.harness.act("network_keeper")
        keeper.post("/v1/intelligence", {"network": {"kind": "project", "name": None}})
        self.look()

    def look(self) -> None:
        """What there is now."""
        with self.harness.database.admin() as connection:
            for target in RELATIONS:
                column, table = ("id", _TABLES[target]) if target in _TABLES else (target, _VERSIONED[target])
                rows = connection.execute(f"SELECT DISTINCT {column} FROM fristad.{table} LIMIT 200").fetchall()
                self.ids[target] = sorted(row[0] for row in rows)


def _person(harness: Harness, process: Process, route: Route | None, dice: random.Random) -> Person:
    """Mostly somebody who may, now and then anybody."""
    action = route.action if route else Action.READ_METRICS
    may = [role for role in TABLE[action].who if role in process.roles]
    role = dice.choice(may) if may and dice.random() < 0.85 else dice.choice([one for one in Role if one in _KNOWN])
    unit, organisation, name = _KNOWN.get(role, ("noa", "police", f"{role.value}-1"))
    return harness.act(role.value, unit=unit, organisation=organisation, name=name, on=process)


def _sent(case: schemathesis.Case[Any], register: _Register, process: Process, dice: random.Random) -> httpx.Response:
    routes = {(route.method, route.path): route for route in routes_of(process)}
    route = routes.get((case.operation.method.upper(), case.operation.path))
    for name in case.path_parameters or {}:
        if register.ids.get(name) and dice.random() < 0.85:
            case.path_parameters[name] = str(dice.choice(register.ids[name]))
    told = case.as_transport_kwargs(base_url="http://127.0.0.1")
    request = requests.Request(**{name: value for name, value in told.items() if name in _OF_REQUESTS}).prepare()
    headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
    if dice.random() < 0.97:
        headers["Authorization"] = f"Bearer {_person(register.harness, process, route, dice).token()}"
    if dice.random() < 0.9 and case.operation.method.upper() == "POST":
        headers["Idempotency-Key"] = str(uuid4())
    body = request.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)  # type: ignore[arg-type]  # never a stream here
    raw = [(name.encode(), _bytes(value)) for name, value in headers.items()]
    return register.harness.client(process).request(str(request.method), str(request.url), headers=raw, content=content)


_OF_REQUESTS: Final = {"method", "url", "headers", "files", "data", "json", "params", "auth", "cookies"}


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1", "replace")


def fuzz(harness: Harness, process: Process, cases: int, number: int = 1) -> Counter[int]:
    """Send so many generated requests to a process; how many were answered with each status.

    Raises
    ------
    AssertionError, schemathesis failures : a fault of the server, or something that is not declared
    """
    register = _Register(harness)
    register.fill()
    dice = random.Random(number)
    seen: Counter[int] = Counter()
    operations = list(_operations(process))
    each = max(2, cases // (2 * len(operations)))
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @seed(number)
            @settings(
                max_examples=each,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def send(case: schemathesis.Case[Any]) -> None:
                answer = _sent(case, register, process, dice)
                seen[answer.status_code] += 1
                case.validate_response(answer, checks=_CHECKS)

            with suppress(Unsatisfiable):  # nothing that could be wrong in a request without parameters
                send()
        register.look()
    return seen


def _operations(process: Process) -> Iterator[Any]:
    for found in schemathesis.openapi.from_dict(describe(process)).get_all_operations():
        assert isinstance(found, Ok)
        yield found.ok()
