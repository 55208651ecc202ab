"""The demonstration: a new register with a synthetic week, served for real, walked through, its trail verified."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

from matching.errors import FristadError
from service.settings import FILE
from service.walk.run import Walk
from service.walk.show import print_chapter, print_done, print_sights

__all__ = ["COMMAND", "NotServed", "free_ports", "serving", "show_verified", "walk_through"]

COMMAND: Final = (sys.executable, "-c", "from matching.cli import main; main()")
"""The `fristad` command, wherever it is installed."""

_START_S: Final = 120.0
_STOP_S: Final = 60.0
_PAUSE_S: Final = 0.1
_READY: Final = b"\nReady."


class NotServed(FristadError):
    """The service did not come up; its own words stand above."""


def free_ports(data: Path) -> None:
    """Settings of a demonstration: ports that are free now, answers without waiting for a tick."""
    with closing(socket.socket()) as one, closing(socket.socket()) as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        told = {"release_tick_s": 0, "front_port": one.getsockname()[1], "back_port": other.getsockname()[1]}
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    (data / FILE).write_text(json.dumps(told), encoding="utf-8")


@contextmanager
def serving(data: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`fristad serve` on a data folder, from readiness to an orderly end; its log is a file in the folder.

    Raises
    ------
    NotServed : it ended, or took too long
    """
    told = {name: value for name, value in os.environ.items() if not name.startswith("FRISTAD_")}
    path = data / "logs" / "serve.log"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = path.stat().st_size if path.exists() else 0
    with open(path, "ab") as log:
        process = subprocess.Popen([*COMMAND, "serve", "--data", str(data), *options], stdout=log, env=told)
    try:
        _wait(process, path, begun)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], log: Path, begun: int) -> None:
    ends_s = time.monotonic() + _START_S
    while time.monotonic() < ends_s and process.poll() is None:
        if _READY in log.read_bytes()[begun:]:
            return
        time.sleep(_PAUSE_S)
    raise NotServed("The service did not start.")


def walk_through(data: Path, console: Console) -> None:
    """Walk through a served register and print what everybody sees.

    Raises
    ------
    StepFailed : a step was not answered as it should be
    """
    walked = []
    with closing(Walk(data)) as walk:
        for done in walk.steps(lambda chapter: print_chapter(console, chapter)):
            print_done(console, done, walk.shown(done))
            walked.append(done)
    print_sights(console, walked)


def show_verified(data: Path, console: Console) -> bool:
    """Export the trail of a served register and verify it as an outsider would; whether it is whole."""
    export = data / "trail.jsonl"
    audit = [*COMMAND, "audit"]
    steps: Sequence[Sequence[str]] = (
        ("checkpoint", "--data", str(data)),
        ("export", "--data", str(data), "-o", str(export)),
        (
            "verify",
            str(export),
            "--key",
            str(data / "keys" / "audit.pub"),
            "--witness",
            str(data / "witness" / "accepted.notes"),
            "--witness-key",
            str(data / "witness" / "witness.pub"),
        ),
    )
    console.print()
    for step in steps:
        done = subprocess.run([*audit, *step], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        console.print(f"[dim]fristad audit {step[0]}[/]  {done.stdout.strip()}", highlight=False)
        if done.returncode != 0:
            return False
    return True
