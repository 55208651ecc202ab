"""The data folder as the database server uses it: one holder at a time, and nothing left outside it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

from service.processes.users import Account, NotStarted, own_folder

__all__ = ["ServerFolder"]

_OUTSIDE = "fristad-"
_PATH_LIMIT_BYTES = 107  # of a socket: sun_path less its end mark
_LOG_LIMIT_BYTES = 5_000_000
_OURS = os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class ServerFolder:
    """A data folder, held by one process from `take` until `release`.

    Parameters
    ----------
    data : the folder, made (0700) by `take` when missing; its own mode is never changed
    """

    def __init__(self, data: Path) -> None:
        self.data = Path(os.path.abspath(data))
        self.cluster = self.data / "postgres"
        self._held = contextlib.ExitStack()

    def take(self) -> None:
        """Hold the folder; the system lets go of it however the holder ends.

        Raises
        ------
        NotStarted : another process holds it, or it is not safely ours
        """
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = os.stat(self.data)
        if found.st_uid != os.geteuid():
            raise NotStarted("The data folder belongs to another user: run the command as that user.")
        if found.st_mode & 0o022:
            raise NotStarted("The data folder can be written by others: chmod go-w, or choose a folder of your own.")
        descriptor = os.open(self.data / "postgres.lock", os.O_RDWR | _OURS, 0o600)
        self._held.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStarted(
                "Another process runs the database of this data folder: use that one, or stop it."
            ) from None

    def release(self) -> None:
        """Remove what lies outside the folder, then let go of it. Harmless when not held."""
        self._held.close()

    def sweep(self) -> None:
        """Remove the folders outside the data folder that this holder, or one that was killed, had noted."""
        for noted in self._noted().values():
            folder = Path(noted)
            if folder.name.startswith(_OUTSIDE):
                shutil.rmtree(folder, ignore_errors=True)
        (self.data / "postgres.json").unlink(missing_ok=True)

    def note(self, what: str, folder: Path | None) -> None:
        """Note a folder outside the data folder, so that it goes when we stop, or at the next start after a kill."""
        if folder is None:
            return
        self._held.callback(self.sweep)
        noted = self._noted() | {what: str(folder)}
        descriptor = os.open(self.data / "postgres.json", os.O_WRONLY | os.O_TRUNC | _OURS, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(noted, file)

    def socket(self, account: Account, port: int) -> Path:
        """The folder of the socket, which `account` alone can enter; a short one elsewhere when the path is too long.

        Raises
        ------
        NotStarted : something else lies in its place
        """
        folder = self.data / "socket"
        if len(os.fsencode(folder / f".s.PGSQL.{port}")) <= _PATH_LIMIT_BYTES:
            own_folder(folder, account)
            return folder
        # Clients name the socket by its path, and the system allows no long one.
        folder = Path(tempfile.mkdtemp(prefix=_OUTSIDE, dir="/tmp"))
        self.note("socket", folder)
        if account.dropped:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        return folder

    def noted_socket(self) -> Path:
        """The folder of the socket of the server that runs."""
        elsewhere = self._noted().get("socket")
        return self.data / "socket" if elsewhere is None else Path(elsewhere)

    def log(self) -> IO[bytes]:
        """The server's log, open to append to; begun anew at a start when it has grown long."""
        folder = self.data / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / "postgres.log"
        if path.exists() and path.stat().st_size > _LOG_LIMIT_BYTES:
            path.replace(folder / "postgres.log.1")
        return open(os.open(path, os.O_WRONLY | os.O_APPEND | _OURS, 0o600), "ab")

    def server_notes(self) -> list[str]:
        """Lines of the server's own note of its process; none when there is no such note."""
        try:
            descriptor = os.open(self.cluster / "postmaster.pid", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return []
        with open(descriptor, "rb") as file:
            return file.read(10_000).decode(errors="replace").splitlines()

    def _noted(self) -> dict[str, str]:
        try:
            noted: Any = json.loads((self.data / "postgres.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return {str(key): str(value) for key, value in noted.items()} if isinstance(noted, dict) else {}
