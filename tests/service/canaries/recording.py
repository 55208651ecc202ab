"""Everything that leaves the processes: answers with their headers, by who asked for what; texts of errors; logs."""

from __future__ import annotations

import json
import logging
import re
import traceback
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

import service.http.app
from service.http.app import routes_of
from service.http.perform import perform
from service.policies import Process
from tests.service.harness import Harness

__all__ = ["NOBODY", "Answer", "Recorder", "recording"]

NOBODY = "nobody"
"""Role of whoever has no token that can be read."""


@dataclass(frozen=True)
class Answer:
    """One response.

    Parameters
    ----------
    role, actor : of the token that was sent, whether it held or not
    action : of the route that was asked, `none` where there is no such route
    """

    role: str
    actor: str
    action: str
    status: int
    headers: bytes = field(repr=False)
    body: bytes = field(repr=False)


def _paths(process: Process) -> list[tuple[str, re.Pattern[str], str]]:
    return [
        (route.method, re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", route.path)), route.action.value)
        for route in routes_of(process)
    ]


def _claims(request: httpx.Request) -> dict[str, Any]:
    with suppress(ValueError, IndexError):
        payload = request.headers["authorization"].partition(" ")[2].split(".")[1]
        told = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if isinstance(told, dict):
            return told
    return {}


@dataclass
class Recorder:
    """What was heard so far."""

    answers: list[Answer] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    def listen(self, harness: Harness) -> None:
        """Hear every answer of both processes."""
        for process in Process:
            self._listen(harness.client(process), _paths(process))

    def _listen(self, client: httpx.Client, paths: list[tuple[str, re.Pattern[str], str]]) -> None:
        def heard(response: httpx.Response) -> None:
            self.hear(response, paths)

        client.event_hooks["response"].append(heard)

    def hear(self, response: httpx.Response, paths: list[tuple[str, re.Pattern[str], str]]) -> None:
        """One answer."""
        request = response.request
        path = request.url.path
        action = next((name for how, form, name in paths if how == request.method and form.fullmatch(path)), "none")
        claims = _claims(request)
        if claims:
            self.tokens.add(request.headers["authorization"].partition(" ")[2])
        self.keys.update(request.headers.get_list("idempotency-key"))
        self.answers.append(
            Answer(
                role=str(claims.get("role", NOBODY)),
                actor=str(claims.get("sub", "")),
                action=action,
                status=response.status_code,
                headers=b"\n".join(name + b": " + value for name, value in response.headers.raw),
                body=response.read(),
            )
        )


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(logging.Formatter("%(message)s").format(record))


@contextmanager
def recording(harness: Harness) -> Iterator[Recorder]:
    """Hear everything until the block ends: answers, what errors say before they become answers, what libraries log."""
    recorder = Recorder()
    recorder.listen(harness)

    def performed(*told: Any) -> Any:
        try:
            return perform(*told)
        except Exception as error:
            recorder.errors.append("".join(traceback.format_exception(error)) + repr(error))
            raise

    handler = _Lines(recorder.lines)
    logging.getLogger().addHandler(handler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.http.app, "perform", performed)
        try:
            yield recorder
        finally:
            logging.getLogger().removeHandler(handler)
