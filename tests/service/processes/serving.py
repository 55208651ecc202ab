"""`fristad serve` looked at from outside: its processes, what they were given, what they answer."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable
from pathlib import Path

from service.settings import Settings
from service.walk.client import Client, Reply

PATIENCE_S = 60.0
MODULE = b"service.processes.child"


def until(holds: Callable[[], bool]) -> bool:
    """Whether it comes true while we wait, which is as long as a slow machine may need."""
    ends_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_s:
        if holds():
            return True
        time.sleep(0.05)
    return False


def children(parent: int) -> list[int]:
    """Process ids of the service's processes under a supervisor, in the order they were started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(stat[1]) == parent and MODULE in words and stat[0] != "Z":
                found.append((int(stat[19]), int(entry.name)))
    return [number for _, number in sorted(found)]


def environment(number: int) -> dict[str, str]:
    """What a process was given as its environment."""
    told = Path(f"/proc/{number}/environ").read_bytes().decode().split("\0")
    return dict(one.split("=", 1) for one in told if one)


def listens_on(number: int) -> set[int]:
    """Ports of this machine a process listens on."""
    sockets = {
        os.readlink(link).removeprefix("socket:[").rstrip("]")
        for link in Path(f"/proc/{number}/fd").iterdir()
        if link.exists() or link.is_symlink()
    }
    ports = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        parts = line.split()
        if parts[3] == "0A" and parts[9] in sockets:
            ports.add(int(parts[1].split(":")[1], 16))
    return ports


def asked(data: Path, process: str, path: str = "/readyz") -> Reply | None:
    """What a process answers; none when it does not."""
    settings = Settings.load(data)
    port = {"front": settings.front_port, "back": settings.back_port}[process]
    client = Client(f"http://{settings.host}:{port}", timeout_s=10.0)
    try:
        return client.call("GET", path, "x")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


def is_up(data: Path, process: str) -> bool:
    reply = asked(data, process)
    return reply is not None and reply.status == 200
