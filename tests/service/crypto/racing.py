"""What other processes do in the tests; in a module of its own, so that they can import it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from uuid import UUID

from service.crypto import PROCESS_DOMAINS, CannotOpen, Domain, load_keyring, rotate
from service.crypto.keyfiles import key_file, subjects_folder
from tests.service.crypto.promises import HERE

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


def key_files(folder: Path) -> list[Path]:
    return [key_file(folder, name) for name in PROCESS_DOMAINS]


def make_one(folder: Path, subject: UUID, gate: Barrier, answer: Connection) -> None:
    """Make the same subject's key as everybody else, and tell what was read."""
    keys = load_keyring(folder, "back").subjects
    gate.wait()
    made = keys.make(Domain.CASE, subject)
    answer.send((made, keys.get(Domain.CASE, subject).secret.reveal()))


def make_or_destroy(folder: Path, subject: UUID, gate: Barrier, answer: Connection, destroys: bool) -> None:
    """Some make, one destroys, at the same moment."""
    keys = load_keyring(folder, "back").subjects
    gate.wait()
    if destroys:
        keys.destroy(Domain.CASE, subject)
    else:
        try:
            keys.make(Domain.CASE, subject)
        except CannotOpen:
            answer.send("refused")
            return
    answer.send("done")


def open_twice(folder: Path, subject: UUID, sealed: bytes, asked: Connection) -> None:
    """Open once, which warms the cache; open again when told to."""
    sealer = load_keyring(folder, "back").sealer
    asked.send(sealer.open(Domain.CASE, subject, HERE, sealed))
    asked.recv()
    try:
        asked.send(sealer.open(Domain.CASE, subject, HERE, sealed))
    except CannotOpen as closed:
        asked.send(type(closed).__name__)


def rotate_and_die(folder: Path, writes: int, before: bool) -> None:
    """A rotation killed just before, or just after, its n-th file is renamed into place."""
    replace: Callable[..., None] = os.replace
    done = 0

    def deadly(*args: Any, **kwargs: Any) -> None:
        nonlocal done
        done += 1
        if done == writes and before:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*args, **kwargs)
        if done == writes:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = deadly
    rotate(key_files(folder), subjects_folder(folder), Domain.CASE)


def run_all(target: Callable[..., None], arguments: list[tuple[Any, ...]]) -> list[int | None]:
    """Exit codes of processes that run side by side."""
    workers = [CONTEXT.Process(target=target, args=one) for one in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [worker.exitcode for worker in workers]
