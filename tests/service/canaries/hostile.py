"""Requests that are wrong in every place a secret could come back from, each holding one of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from service.actors import Role
from service.http.app import routes_of
from service.http.routes import Route
from service.policies import TABLE, Process
from tests.service.canaries.story import Story
from tests.service.harness import Person

__all__ = ["KINDS", "faults"]

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


@dataclass(frozen=True)
class _Wrong:
    """A request that somebody sends, and the secret that is put into it."""

    secret: str
    method: str
    path: str
    body: Any
    headers: dict[str, str]
    content: bytes | None = field(default=None)

    def with_headers(self, **more: str) -> _Wrong:
        told = {name.replace("_", "-"): value for name, value in more.items()}
        return replace(self, headers={**self.headers, **told})


def _wrong_words(node: Any, secret: str) -> Any:
    if isinstance(node, dict):
        return {name: _wrong_words(inner, secret) for name, inner in node.items()}
    if isinstance(node, list):
        return [_wrong_words(inner, secret) for inner in node]
    return f"{secret} {secret}" if isinstance(node, str) else node


def _wrong_types(node: Any, secret: str) -> Any:
    if isinstance(node, dict):
        return {name: _wrong_types(inner, secret) for name, inner in node.items()}
    return [{secret: secret}]


def _raw(before: bytes, behind: bytes) -> Callable[[_Wrong], _Wrong]:
    return lambda told: replace(told, content=before + told.secret.encode() + behind)


def _told(one: _Wrong, body: Any) -> _Wrong:
    """Wrong in any case: what has no words to spoil gets an unknown field, so that nothing of the story is undone."""
    return replace(one, body=body) if body != one.body else _unknown(one)


def _words(one: _Wrong) -> _Wrong:
    return _told(one, _wrong_words(one.body, one.secret))


def _types(one: _Wrong) -> _Wrong:
    return _told(one, _wrong_types(one.body, one.secret))


def _unknown(one: _Wrong) -> _Wrong:
    return replace(one, body={**one.body, one.secret: {one.secret: one.secret}})


def _identity(one: _Wrong) -> _Wrong:
    return replace(one, body={**one.body, "note": f"{one.secret} 19811228-9874"})


def _id_in_path(one: _Wrong) -> _Wrong:
    head, _, tail = one.path.rpartition("/")
    return replace(one, path=f"{head}/{one.secret}/{tail}")


def _below(one: _Wrong) -> _Wrong:
    return replace(one, path=f"{one.path}/{one.secret}%0d%0aX-Told:%20{one.secret}")


def _query(one: _Wrong) -> _Wrong:
    return replace(one, path=f"{one.path}?{one.secret}={one.secret}&limit={one.secret}&after={one.secret}")


def _method(one: _Wrong) -> _Wrong:
    return replace(one, method="PATCH", path=f"{one.path}?{one.secret}")


def _key(one: _Wrong) -> _Wrong:
    return one.with_headers(Idempotency_Key=f"{one.secret} {one.secret}")


def _token(one: _Wrong) -> _Wrong:
    return one.with_headers(Authorization=f"Bearer {one.secret}.{one.secret}.{one.secret}")


def _scheme(one: _Wrong) -> _Wrong:
    return one.with_headers(Authorization=f"{one.secret} {one.secret}")


def _signature(one: _Wrong) -> _Wrong:
    return one.with_headers(Authorization=f"{one.headers['Authorization']}{one.secret}")


def _media(one: _Wrong) -> _Wrong:
    return one.with_headers(Content_Type=f"text/{one.secret}; charset={one.secret}")


def _coding(one: _Wrong) -> _Wrong:
    return one.with_headers(Content_Encoding=one.secret)


def _others(one: _Wrong) -> _Wrong:
    names = ("Cookie", "User-Agent", "Referer", "Origin", "Accept", "Host", "X-Request-Id", "Traceparent", "Forwarded")
    return replace(_words(one), headers={**one.headers, **dict.fromkeys(names, one.secret)})


KINDS: Final[dict[str, Callable[[_Wrong], _Wrong]]] = {
    "words": _words,
    "types": _types,
    "an unknown field": _unknown,
    "an identity number": _identity,
    "no JSON": _raw(b'{"', b""),
    "a name twice": _raw(b'{"a": 1, "a": "', b'"}'),
    "no number": _raw(b'{"a": NaN, "b": "', b'"}'),
    "half a letter": _raw(b'{"\\ud800', b'": 1}'),
    "depth": _raw(b'{"a":' * 40 + b'"', b'"' + b"}" * 40),
    "no UTF-8": _raw(b'{"\xff', b'": 1}'),
    "a list": _raw(b'["', b'"]'),
    "an id": _id_in_path,
    "a path below": _below,
    "a query": _query,
    "a method": _method,
    "a key": _key,
    "a token": _token,
    "a scheme": _scheme,
    "a signature": _signature,
    "a media type": _media,
    "an encoding": _coding,
    "other headers": _others,
}
"""Every way a request is wrong."""


def faults(story: Story, most: int, turn: int = 0, role: str | None = None) -> None:
    """So many wrong requests: every kind meets every route, sent by those who may use it and by those who may not.

    Parameters
    ----------
    most : requests
    turn : another number, another order
    role : of all who send them; none: of everybody, each to every route
    """
    ids = _ids(story)
    staff = [one for one in story.staff.values() if role in (None, one.actor.role.value)]
    served = [process for process in Process if role is None or Role(role) in process.roles]
    every = [(kind, process, route) for kind in KINDS for process in served for route in routes_of(process)]
    dice = random.Random(turn)
    dice.shuffle(every)
    for number, (kind, process, route) in enumerate(islice(cycle(every), most)):
        may = [one for one in staff if one.actor.role in TABLE[route.action].who]
        person = Person(story.harness, dice.choice(may if may and number % 4 else staff).actor, process)
        secret = story.book.word("input", f"request {number} with {kind}")
        _send(KINDS[kind](_right(route, person, ids, secret)), person)


def _ids(story: Story) -> dict[str, UUID]:
    """An id of each kind that is there."""
    found = {"case_id": UUID(story.cases["case-a"].case_id), "facility_id": UUID(story.facilities["facility-1"])}
    with story.harness.database.admin() as connection:
        for name, table in _TABLES.items():
            row = connection.execute(f"SELECT id FROM fristad.{table} LIMIT 1").fetchone()
            if row is not None:
                found.setdefault(name, row[0])
    return found


def _right(route: Route, person: Person, ids: dict[str, UUID], secret: str) -> _Wrong:
    path = route.path
    for name in filter(None, (route.target, *route.others)):
        path = path.replace(f"{{{name}}}", str(ids.get(name, uuid4())))
    body: Any = {}
    if route.body is not None:
        extra: Any = route.body.model_config["json_schema_extra"]
        body = extra["examples"][0]
    headers = person.headers(**{"Idempotency-Key": uuid4().hex, "Content-Type": "application/json"})
    return _Wrong(secret, route.method, path, body, headers)


def _send(told: _Wrong, person: Person) -> None:
    content = json.dumps(told.body).encode() if told.content is None else told.content
    client = person.harness.client(person.process)
    with suppress(httpx.InvalidURL):
        client.send(client.build_request(told.method, told.path, content=content, headers=told.headers))
