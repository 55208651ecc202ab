"""Small files that are written whole, and folders that one process at a time changes."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["discard_unfinished", "file_mode", "locked", "sync_folder", "write_whole"]

_UNFINISHED = ".new"
"""The one name files are written under. Writers hold the folder's lock: one that lies there was left by a kill."""


@contextmanager
def locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Be the only one that changes the folder, over all processes; the kernel lets go when a process dies.

    Raises
    ------
    BlockingIOError : `wait` is false and somebody else holds it
    OSError : there is no such folder, or it is not ours to open
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """What was created, renamed and removed in the folder survives a power cut from here on."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_mode(folder: Path) -> int:
    """0600; 0660 in a folder of mode 2770: an operator gave it to a group, because the processes run as three users."""
    shared = stat.S_ISGID | stat.S_IRWXG
    return 0o660 if folder.stat().st_mode & shared == shared else 0o600


def discard_unfinished(folder: Path) -> None:
    """Remove what a killed writer left; under the folder's lock."""
    with suppress(FileNotFoundError):
        os.unlink(folder / _UNFINISHED)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600, like: os.stat_result | None = None) -> None:
    """Write a file whole or not at all, on the disk before this returns; under the lock of its folder.

    Parameters
    ----------
    mode : of the new file, whatever the umask
    like : the file it replaces: root gives the new one the same owner and group
    """
    discard_unfinished(path.parent)
    fresh = path.parent / _UNFINISHED
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(fresh, flags, 0o600), "wb") as stream:
            if like is not None and os.geteuid() == 0:
                os.fchown(stream.fileno(), like.st_uid, like.st_gid)
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(fresh, path)
    except BaseException:
        with suppress(OSError):
            discard_unfinished(path.parent)
        raise
    sync_folder(path.parent)
