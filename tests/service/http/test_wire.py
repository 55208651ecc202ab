"""Over a real socket: what the server itself adds, and what it makes of requests that are no HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic, sleep

import pytest
import uvicorn

from service.http.app import SERVER
from service.http.responses import HEADERS
from service.policies import Process
from tests.service.harness import Harness

MARKER = b"Zx9Canary"


@pytest.fixture(scope="module")
def port(shared_probes: Harness) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(shared_probes.apps[Process.FRONT], **SERVER))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    until = monotonic() + 20
    while not server.started and monotonic() < until:
        sleep(0.01)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def say(port: int, request: bytes) -> bytes:
    """All that comes back until the other end closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as talking:
        found = b""
        with suppress(ConnectionError):  # the other end hangs up on what it will not read to its end
            talking.sendall(request)
            while chunk := talking.recv(65536):
                found += chunk
    return found


def headers_of(answer: bytes) -> dict[str, str]:
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([line, "Host: h", "Connection: close", *headers, "", ""]).encode() + body


def test_the_server_adds_nothing(port: int, shared_probes: Harness) -> None:
    token = shared_probes.act("requester").token()
    answer = say(port, request("GET /v1/probes HTTP/1.1", f"Authorization: Bearer {token}"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert set(headers_of(answer)) == {*HEADERS, "content-type", "content-length", "connection"}


def test_a_head_has_no_body(port: int) -> None:
    answer = say(port, request("HEAD /healthz HTTP/1.1"))
    assert answer.startswith(b"HTTP/1.1 404")
    assert answer.endswith(b"\r\n\r\n")


def test_a_body_without_a_length_is_counted(port: int, shared_probes: Harness) -> None:
    token = shared_probes.act("requester").token()
    size = shared_probes.settings.body_limit_bytes + 1
    sent = request(
        "POST /v1/probes HTTP/1.1",
        f"Authorization: Bearer {token}",
        "Idempotency-Key: 0123456789abcdef",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        body=f"{size:x}\r\n".encode() + b" " * size + b"\r\n0\r\n\r\n",
    )
    assert say(port, sent).startswith(b"HTTP/1.1 413")


def test_a_body_that_breaks_off_does_nothing(port: int, shared_probes: Harness) -> None:
    token = shared_probes.act("requester").token()
    key = "a-body-that-breaks-off"
    sent = request(
        "POST /v1/probes HTTP/1.1",
        f"Authorization: Bearer {token}",
        f"Idempotency-Key: {key}",
        "Content-Type: application/json",
        "Content-Length: 100",
        body=b'{"word": "a"}',
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as talking:
        talking.sendall(sent)
    whole = shared_probes.act("requester").post("/v1/probes", {"word": "another"}, key=key)
    assert whole.status_code == 201  # the key was not used up


NO_HTTP: dict[str, bytes] = {
    "noise": MARKER + b"\x00\xff\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00",
    "no version": b"GET /" + MARKER + b"\r\n\r\n",
    "a folded header": request("GET /healthz HTTP/1.1", "A: b\r\n c"),
    "a header with NUL": request("GET /healthz HTTP/1.1", "A: b\x00" + MARKER.decode()),
    "two lengths": request("POST /v1/probes HTTP/1.1", "Content-Length: 1", "Content-Length: 2", body=MARKER),
    "a length below zero": request("POST /v1/probes HTTP/1.1", "Content-Length: -1"),
    "very long headers": request("GET /healthz HTTP/1.1", "A: " + "b" * 200_000),
    "two hosts": request("GET /healthz HTTP/1.1", "Host: i"),
}


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=list(NO_HTTP))
def test_what_is_no_http_gets_nothing_of_itself_back(port: int, sent: bytes) -> None:
    answer = say(port, sent)
    assert MARKER not in answer
    assert b"Traceback" not in answer
    assert b"HTTP/1.1 5" not in answer


def test_the_server_is_well_afterwards(port: int) -> None:
    assert say(port, request("GET /healthz HTTP/1.1")).startswith(b"HTTP/1.1 200")
