"""The process that starts the others, starts a died one again, signs the trail's head, and stops all in order."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from matching.errors import FristadError
from service.processes.addresses import Addresses
from service.processes.child import NAMES, REFUSED, Orders

__all__ = ["KEPT_ENVIRONMENT", "Child", "ChildRefused", "Supervisor"]

KEPT_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
"""What a process inherits; nothing else of the environment reaches it, least of all another one's address."""

_FIRST_WAIT_S: Final = 0.5
_STEADY_S: Final = 60.0
_STOP_S: Final = 10.0
_MODULE: Final = "service.processes.child"


class ChildRefused(FristadError):
    """A process said what has to be mended; everything is stopped."""


def _environment(told: Mapping[str, str]) -> dict[str, str]:
    """What a process is given of the environment.

    Examples
    --------
    >>> _environment({"PATH": "/bin", "FRISTAD_DATABASE_URL_BACK": "secret"})
    {'PATH': '/bin'}
    """
    return {name: told[name] for name in KEPT_ENVIRONMENT if name in told}


@dataclass
class Child:
    """One process, and when it may be started again."""

    orders: Orders
    longest_wait_s: float
    log: IO[bytes] | None = None
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    wait_s: float = 0.0
    again_at_s: float = 0.0
    starts: int = 0

    def start(self, now_s: float) -> None:
        """Start it and hand over its orders."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=self.log,
            env=_environment(os.environ),
            close_fds=True,
            start_new_session=True,  # a key pressed at the terminal reaches the supervisor, which stops all in order
        )
        pipe = self.process.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # it is gone already: `tend` will see
                pipe.write(self.orders.line().encode())
                pipe.flush()
        self.started_s = now_s
        self.starts += 1

    def tend(self, now_s: float) -> bool:
        """Start it again if it has died and has waited long enough; whether it runs.

        Raises
        ------
        ChildRefused : it said what has to be mended
        """
        if self.process is not None and self.process.poll() is None:
            if now_s - self.started_s > _STEADY_S:
                self.wait_s = 0.0
            return True
        if self.process is not None:
            if self.process.returncode == REFUSED:
                raise ChildRefused(f"The {self.orders.name} process refused to start; its reason stands above.")
            self._forget()
            self.again_at_s = now_s + self.wait_s
            self.wait_s = min(max(self.wait_s * 2, _FIRST_WAIT_S), self.longest_wait_s)
        if now_s >= self.again_at_s:
            self.start(now_s)
            return True
        return False

    def stop(self) -> None:
        """Ask it to stop; after ten seconds it is not asked any more."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._forget()

    def _forget(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process = None


@dataclass
class Supervisor:
    """Children in the order of `NAMES`, and what is done at intervals beside them.

    Parameters
    ----------
    data : the data folder
    where : addresses of the database roles that are needed
    names : which processes to start
    tls : certificate and key files, or none on the own machine
    checkpoint : signs the trail's head and shows it to the witness
    checkpoint_s : how often
    longest_wait_s : before a process that keeps dying is started again
    log : where the processes' logs go; none: to the standard output
    """

    data: Path
    where: Addresses
    names: Sequence[str] = NAMES
    tls: tuple[Path, Path] | None = None
    checkpoint: Callable[[], None] | None = None
    checkpoint_s: float = 60.0
    longest_wait_s: float = 30.0
    log: IO[bytes] | None = None
    children: list[Child] = field(default_factory=list)

    def start(self) -> None:
        """Start every process."""
        for name in self.names:
            child = Child(self._orders(name), self.longest_wait_s, self.log)
            child.start(time.monotonic())
            self.children.append(child)

    def _orders(self, name: str) -> Orders:
        certificate, key = (str(self.tls[0]), str(self.tls[1])) if self.tls else (None, None)
        return Orders(name, str(self.data), self.where.urls[f"fristad_{name}"], certificate, key)

    def _move(self) -> None:
        """The database is elsewhere since it was started again: whoever knows the old address is started again too."""
        for child in self.children:
            child.stop()
            child.orders = self._orders(child.orders.name)

    def run(self, stopped: Callable[[], bool], ready: Callable[[], None] = lambda: None) -> None:
        """Tend the processes until told to stop; `ready` is called once, when all have answered."""
        from service.processes.readiness import all_ready

        told = False
        next_checkpoint_s = time.monotonic() + self.checkpoint_s
        while not stopped():
            now_s = time.monotonic()
            if self.where.tend(now_s):
                self._move()
            running = [child.tend(now_s) for child in self.children]
            if not told and all(running) and all_ready(self.data, self.names, self.tls):
                told = True
                ready()
            if self.checkpoint is not None and now_s >= next_checkpoint_s:
                self.checkpoint()
                next_checkpoint_s = now_s + self.checkpoint_s
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the processes in order, the users' first, and sign the last head."""
        for child in self.children:
            child.stop()
        self.children.clear()
        if self.checkpoint is not None:
            self.checkpoint()
