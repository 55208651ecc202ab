"""Setting up and starting PostgreSQL as the server's account, with the settings that keep its log silent."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from service.processes.postgres_roles import SUPERUSER
from service.processes.users import Account, NotStarted, own_folder

__all__ = ["initialise", "launch", "order_stop", "settings", "write_access"]

_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C",
    "TZ": "UTC",
}  # nothing of the caller's: PGOPTIONS, LD_PRELOAD ...
_FIRST_DESCRIPTOR = 100  # the guard's shell uses the low ones

# The server's parent. It ends with the server and tells how; a line on its input, or the end of it because we were
# killed, makes it ask the server for a fast stop. No core file: one would hold what the memory holds.
_GUARD = """
ulimit -c 0
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r nothing <&3; kill -INT "$server"; } &
reader=$!
exec 3<&-
wait "$server"
ended=$?
kill "$reader" 2>/dev/null
exit "$ended"
"""

_SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
    # Errors repeat what they were given ("invalid input syntax for type uuid: ..."), so no error of a statement is
    # logged at all; terse keeps the rest without detail, which names rows, queries and, after a crash, statements.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
    "log_autovacuum_min_duration": "-1",
    "log_checkpoints": "off",
    "log_connections": "",
    "log_disconnections": "off",
    "log_line_prefix": "%m [%p] ",
    "debug_print_parse": "off",
    "debug_print_rewritten": "off",
    "debug_print_plan": "off",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FOR_TESTS = {
    "fsync": "off",
    "synchronous_commit": "on",  # handed to the system: survives a killed process, not a crashed machine
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "autovacuum": "off",
}


def settings(*, durable: bool, port: int, listens: bool, socket: str) -> dict[str, str]:
    """Every setting the server is started with; given on its command line, they win over any file.

    Examples
    --------
    >>> settings(durable=True, port=5432, listens=False, socket="/s")["listen_addresses"]
    ''
    >>> settings(durable=True, port=5432, listens=False, socket="/s")["fsync"]
    'on'
    """
    return (
        _SETTINGS
        | (_DURABLE if durable else _FOR_TESTS)
        | {
            "listen_addresses": "127.0.0.1" if listens else "",
            "port": str(port),
            "unix_socket_directories": socket,
        }
    )


def initialise(programs: Path, account: Account, cluster: Path, password: str, *, durable: bool) -> None:
    """Make the cluster beside its place and move it there when complete: a half one is never started.

    Raises
    ------
    NotStarted : it cannot be made
    """
    unfinished = cluster.with_name(cluster.name + ".new")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    own_folder(unfinished, account)
    reading, writing = os.pipe()
    with open(reading, "rb") as told:
        if account.dropped:
            os.fchown(reading, account.uid, account.gid)  # the program opens it anew, by name
        with open(writing, "wb") as telling:
            telling.write(password.encode() + b"\n")
        command = [
            str(programs / "bin" / "initdb"),
            f"--pgdata={_here(account, unfinished)}",
            f"--username={SUPERUSER}",
            "--auth=scram-sha-256",
            "--pwfile=/dev/stdin",
            "--encoding=UTF8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ]
        done = _run(command, account, unfinished, told)
    if done != 0:
        raise NotStarted("The database could not be set up: is there room on the disk, and memory?")
    unfinished.rename(cluster)


def write_access(account: Account, cluster: Path, *, listens: bool) -> None:
    """Write anew who may come in, at every start, as the server's account: root writes nothing in its folder.

    Raises
    ------
    NotStarted : the cluster's folder cannot be written
    """
    rules = "local all all scram-sha-256\n"
    if listens:
        rules += "host all fristad_solver 127.0.0.1/32 scram-sha-256\n"
    script = "umask 077 && cat > pg_hba.conf.new && mv pg_hba.conf.new pg_hba.conf && : > postgresql.auto.conf"
    with tempfile.TemporaryFile(dir=cluster.parent) as file:
        file.write(rules.encode())
        file.seek(0)
        if _run(["/bin/sh", "-c", script], account, cluster, file) != 0:
            raise NotStarted("The database's folder cannot be written: is the disk full?")


def launch(
    programs: Path, account: Account, cluster: Path, socket: Path, log: IO[bytes], given: dict[str, str]
) -> subprocess.Popen[bytes]:
    """Start the server under its guard and return the guard; the server is not ready yet.

    Parameters
    ----------
    programs : folder with `bin`
    account : whom both run as
    cluster, socket : folders of `account`
    log : where the server's few messages go
    given : the settings
    """
    with contextlib.ExitStack() as opened:
        descriptors: list[int] = []
        if _by_descriptor(account):
            # The parents of our folder may be closed to the server (/root) and stay so: it is handed the folder itself.
            folder = os.open(socket, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            opened.callback(os.close, folder)
            descriptors.append(fcntl.fcntl(folder, fcntl.F_DUPFD_CLOEXEC, _FIRST_DESCRIPTOR))
            opened.callback(os.close, descriptors[0])
            given = given | {"unix_socket_directories": f"/proc/self/fd/{descriptors[0]}"}
        command = [str(programs / "bin" / "postgres"), "-D", _here(account, cluster)]
        command += [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "fristad-database", *command],
            cwd=cluster,
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl-C is for us; we stop the server when nobody needs it any more
            **account.credentials,
        )


def order_stop(guard: subprocess.Popen[bytes]) -> None:
    """Have the guard ask for a fast stop; harmless when it has ended."""
    if guard.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            # A line, not the closed pipe alone: a process forked from us would keep the pipe open.
            guard.stdin.write(b"stop\n")
            guard.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            guard.stdin.close()


def _run(command: list[str], account: Account, folder: Path, told: IO[bytes]) -> int:
    done = subprocess.run(
        command,
        cwd=folder,
        env=_ENVIRONMENT,
        stdin=told,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
        **account.credentials,
    )
    return done.returncode


def _by_descriptor(account: Account) -> bool:
    return account.dropped and os.path.isdir("/proc/self/fd")


def _here(account: Account, folder: Path) -> str:
    """How a child that begins in `folder` names it when it may not walk there from the root."""
    return "/proc/self/cwd" if _by_descriptor(account) else str(folder)
