"""Requests over real HTTP with what Python itself brings."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

__all__ = ["Client", "Reply"]

_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True)
class Reply:
    """Status and content of an answer."""

    status: int
    content: Any = field(repr=False)


class Client:
    """One kept connection to a process; made anew when the other end has closed it.

    Parameters
    ----------
    address : ``http://host:port``
    """

    def __init__(self, address: str, timeout_s: float = _TIMEOUT_S) -> None:
        told = urlsplit(address)
        if told.scheme != "http" or told.hostname is None:
            raise ValueError("no http address")
        self._connection = http.client.HTTPConnection(told.hostname, told.port, timeout=timeout_s)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def call(self, method: str, path: str, token: str, told: Any = None, *, key: str | None = None) -> Reply:
        """One request and its answer.

        Parameters
        ----------
        key : of a write, to send it again; none: a new one

        Raises
        ------
        OSError, http.client.HTTPException : no answer came
        """
        headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"}
        content = b""
        if method == "POST":
            headers = {**headers, "Idempotency-Key": key or str(uuid4()), "Content-Type": "application/json"}
            content = b"" if told is None else json.dumps(told).encode()
        kept = self._connection.sock is not None
        try:
            return self._sent(method, path, content, dict(headers))
        except (ConnectionError, http.client.BadStatusLine):
            if not kept:
                raise
        # The other end had closed the kept connection: the same request with the same key is the same act.
        return self._sent(method, path, content, dict(headers))

    def _sent(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Reply:
        try:
            self._connection.request(method, path, content, headers)
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return Reply(response.status, json.loads(body) if body else None)
