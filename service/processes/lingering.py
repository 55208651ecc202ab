"""Database servers that outlived the process that started them, and what a killed one left behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from service.processes.users import NotStarted

__all__ = ["clear", "servers"]

_STEPS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
"""What a lingering server is sent, and how many seconds it has to act on it."""


def servers(cluster: Path) -> list[int]:
    """Process ids of the database processes at work in `cluster`, by their working folder.

    A pid file alone is not believed: its number may long be another process's.
    """
    try:
        here = os.stat(cluster)
    except (FileNotFoundError, NotADirectoryError):
        return []
    if not sys.platform.startswith("linux"):
        pid = _noted(cluster)
        return [pid] if pid is not None and _alive(pid) else []
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                there = os.stat(f"/proc/{entry}/cwd")
                same = (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
                if same and Path(f"/proc/{entry}/comm").read_text().strip() == "postgres":
                    found.append(int(entry))
            except OSError:
                continue  # ended meanwhile, or not ours to look at and so not our server
    return sorted(found)


def clear(cluster: Path, socket: Path) -> None:
    """Stop what is still at work in `cluster`, then remove the notes that would keep the next server from starting.

    The caller holds the lock of the data folder, so whoever started these is gone.

    Raises
    ------
    NotStarted : they cannot be stopped
    """
    if not sys.platform.startswith("linux"):
        if servers(cluster):
            raise NotStarted("A database server of an earlier run is still at work in the data folder: end it first.")
        return  # without a look at the processes, PostgreSQL's own check of its notes is the better one
    for number, patience_s in _STEPS:
        pids = servers(cluster)
        if not pids:
            break
        # The oldest is asked first: it is the postmaster, and ends the others in order. If it is gone they are told.
        main = _noted(cluster)
        for pid in [main] if main in pids and number == signal.SIGINT else pids:
            if pid is not None:
                _send(pid, number)
        until = time.monotonic() + patience_s
        while servers(cluster) and time.monotonic() < until:
            time.sleep(0.02)
    if servers(cluster):
        raise NotStarted("A database server of an earlier run is still at work in the data folder and does not end.")
    for left in (cluster / "postmaster.pid", *socket.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def _noted(cluster: Path) -> int | None:
    try:
        descriptor = os.open(cluster / "postmaster.pid", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(descriptor, "rb") as file:
        first = file.readline(32).strip()
    return int(first) if first.isdigit() else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
