"""A PostgreSQL of our own in the data folder: private socket, scram alone, never as root, no value in its log.

The wheel's own `get_server` is not used: it sets up trust login, opens parent folders and listens in a shared one
(docs/decisions/0024-embedded-postgresql.md).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from service.processes import lingering, postgres_binaries, postgres_roles
from service.processes.postgres_roles import DATABASE, OWNER, ROLES, SUPERUSER, Url, create_roles_sql
from service.processes.users import Account, NotStarted, own_folder, server_account

__all__ = ["Embedded", "NotStarted", "create_roles_sql", "start"]

_SOCKET_PREFIX = "fristad-"
_PATH_LIMIT_BYTES = 107  # sun_path less its end mark
_LOG_LIMIT_BYTES = 5_000_000
_START_LIMIT_S = 120.0  # redoing the log after a crash takes its time
_STOP_LIMIT_S = 30.0

# The server's parent. It ends with the server and tells how; when the pipe on its input closes, because we close it or
# because we were killed, it asks the server for a fast stop. No core file: one would hold what the memory holds.
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
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "autovacuum": "off",
}


class Embedded:
    """A database server of our own; a context manager that starts it and stops it.

    Parameters
    ----------
    data : the data folder; made when missing (0700). Nothing outside it changes owner or mode
    durable : False only in tests: commits are then not forced to the disk
    tcp_port : for solver workers of other machines: listens on 127.0.0.1 too, for `fristad_solver` alone. There is no
        encryption on it, so another machine comes in through a tunnel

    Examples
    --------
    ::

        with Embedded(Path("data")) as server:
            engine = sqlalchemy.create_engine(server.url("fristad_front"))
    """

    def __init__(self, data: Path, *, durable: bool = True, tcp_port: int | None = None) -> None:
        self.data = Path(os.path.abspath(data))
        self.durable = durable
        self.port = 5432 if tcp_port is None else tcp_port
        self._listens = tcp_port is not None
        self._passwords: dict[str, str] = {}
        self._held = contextlib.ExitStack()
        self._guard: subprocess.Popen[bytes] | None = None
        self._account: Account | None = None
        self.socket = self.data / "socket"
        self.programs = Path()

    def __repr__(self) -> str:
        return f"Embedded(running={self.running})"

    def __enter__(self) -> Self:
        return self if self.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the server this object started is at work."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def pid(self) -> int:
        """The server's process id.

        Raises
        ------
        NotStarted : it does not run
        """
        noted = self._notes()
        if not self.running or not noted:
            raise NotStarted("The database server does not run.")
        return int(noted[0])

    def url(self, role: str, database: str = DATABASE, *, tcp: bool = False) -> str:
        """Address of `role` for SQLAlchemy; its repr hides the password, its text holds it."""
        return self._address("postgresql+psycopg", role, database, tcp)

    def conninfo(self, role: str, database: str = DATABASE, *, tcp: bool = False) -> str:
        """The same for psycopg, procrastinate and PostgreSQL's own programs."""
        return self._address("postgresql", role, database, tcp)

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        """A connection of the bootstrap superuser, in autocommit: for set-up, backups and tests alone."""
        return psycopg.connect(self.conninfo(SUPERUSER, database), autocommit=True)

    def create_database(self, name: str, template: str = "template0") -> None:
        """Make a database that `fristad_owner` owns, with the same rights as the first one.

        Parameters
        ----------
        name : of the new database
        template : the database it is a copy of; nobody may be connected to that one
        """
        text = "CREATE DATABASE {} OWNER {} TEMPLATE {}"
        with self.admin() as connection:
            names = (sql.Identifier(part) for part in (name, OWNER, template))
            connection.execute(sql.SQL(text).format(*names))
            for statement in postgres_roles.database_statements(name):
                connection.execute(statement)
        if template == "template0":  # a copy of a prepared one has its schema's rights already
            self._rights_inside(name)

    def drop_database(self, name: str) -> None:
        """Remove a database with whoever is connected to it."""
        with self.admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> Self:
        """Start the server, after setting it up the first time; returns when it takes connections.

        Raises
        ------
        NotStarted : it must not or cannot; the message says what to do
        """
        if self.running:
            raise NotStarted("The database server runs already.")
        try:
            self._start()
        except BaseException as err:
            self.stop()
            if isinstance(err, OSError):
                raise NotStarted("The data folder cannot be used: it is full, read-only or not yours.") from err
            raise
        return self

    def stop(self) -> None:
        """End every connection and stop the server, with everything committed on the disk. Harmless when stopped."""
        guard, self._guard = self._guard, None
        if guard is not None:
            if guard.stdin is not None:
                guard.stdin.close()  # the guard takes this for the order to stop
            try:
                guard.wait(_STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                lingering.clear(self.data / "postgres", self.socket)
                guard.wait(_STOP_LIMIT_S)
        self._held.close()

    def _start(self) -> None:
        cluster = self.data / "postgres"
        self._lock()
        account = self._account = server_account(cluster)
        first = not cluster.exists()
        self._passwords = postgres_roles.passwords(self.data / "secrets.json", first=first)
        self._sweep()
        self.programs, copy = postgres_binaries.runnable(account)
        self._remember("programs", copy)
        self.socket = self._socket_folder(account)
        lingering.clear(cluster, self.socket)
        if first:
            self._initialise(account)
        own_folder(cluster, account)
        if (cluster / "PG_VERSION").read_text().strip() != postgres_binaries.major_version(self.programs):
            raise NotStarted(
                "The database in the data folder was made by another version of PostgreSQL: back it up with the "
                "version that made it, and restore into a new folder."
            )
        self._write_access(account)
        self._launch(account)
        self._wait()
        self._prepare()

    def _lock(self) -> None:
        """One process at a time: the system lets go of the lock however the holder ends."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.stat(self.data).st_mode & 0o022:
            raise NotStarted("The data folder can be written by others: chmod go-w, or choose a folder of your own.")
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.data / "postgres.lock", flags, 0o600)
        self._held.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStarted(
                "Another process runs the database of this data folder: use that one, or stop it."
            ) from None

    def _leftovers(self) -> dict[str, str]:
        try:
            noted: Any = json.loads((self.data / "postgres.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return {str(key): str(value) for key, value in noted.items()} if isinstance(noted, dict) else {}

    def _remember(self, what: str, folder: Path | None) -> None:
        """Note a folder outside the data folder, so that it is removed even after a kill; remove it when stopping."""
        if folder is not None:
            noted = self._leftovers() | {what: str(folder)}
            descriptor = os.open(
                self.data / "postgres.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600
            )
            with open(descriptor, "w") as file:
                json.dump(noted, file)
            self._held.callback(self._sweep)

    def _sweep(self) -> None:
        """Remove the folders outside the data folder that we noted."""
        for noted in self._leftovers().values():
            folder = Path(noted)
            if folder.name.startswith(_SOCKET_PREFIX):
                shutil.rmtree(folder, ignore_errors=True)
        (self.data / "postgres.json").unlink(missing_ok=True)

    def _socket_folder(self, account: Account) -> Path:
        folder = self.data / "socket"
        if len(os.fsencode(folder / f".s.PGSQL.{self.port}")) <= _PATH_LIMIT_BYTES:
            own_folder(folder, account)
            return folder
        # Clients name the socket by its path, and the system allows no long one.
        folder = Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX, dir="/tmp"))
        if account.dropped:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        self._remember("socket", folder)
        return folder

    def _initialise(self, account: Account) -> None:
        """Make the cluster beside its place and move it there when complete: a half one is never started."""
        unfinished = self.data / "postgres.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        own_folder(unfinished, account)
        reading, writing = os.pipe()
        with open(reading, "rb") as password, open(writing, "wb") as said:
            if account.dropped:
                os.fchown(reading, account.uid, account.gid)  # the program opens it anew, by name
            said.write(self._passwords[SUPERUSER].encode() + b"\n")
            said.close()
            command = [
                str(self.programs / "bin" / "initdb"),
                f"--pgdata={_here(account, unfinished)}",
                f"--username={SUPERUSER}",
                "--auth=scram-sha-256",
                "--pwfile=/dev/stdin",
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums",
                "--no-instructions",
                *([] if self.durable else ["--no-sync"]),
            ]
            done = self._run(command, account, unfinished, stdin=password)
        if done.returncode != 0:
            raise NotStarted("The database could not be set up: is there room on the disk, and memory?")
        unfinished.rename(self.data / "postgres")

    def _write_access(self, account: Account) -> None:
        """Who may come in, written anew at every start, by the server's account: root writes nothing in its folder."""
        rules = "local all all scram-sha-256\n"
        if self._listens:
            rules += "host all fristad_solver 127.0.0.1/32 scram-sha-256\n"
        script = "umask 077 && cat > pg_hba.conf.new && mv pg_hba.conf.new pg_hba.conf && : > postgresql.auto.conf"
        with tempfile.TemporaryFile(dir=self.data) as file:
            file.write(rules.encode())
            file.seek(0)
            if self._run(["/bin/sh", "-c", script], account, self.data / "postgres", stdin=file).returncode != 0:
                raise NotStarted("The database's folder cannot be written: is the disk full?")

    def _run(
        self, command: list[str], account: Account, folder: Path, *, stdin: Any
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command,
            cwd=folder,
            env=_ENVIRONMENT,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
            **account.credentials,
        )

    def _launch(self, account: Account) -> None:
        with contextlib.ExitStack() as opened:
            descriptors: list[int] = []
            socket = str(self.socket)
            if _by_descriptor(account):
                # The parents of our folder may be closed to the server (/root), and stay so: it is handed the folder
                # itself. A high number, because the guard's shell uses the low ones.
                folder = os.open(self.socket, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
                opened.callback(os.close, folder)
                descriptors.append(fcntl.fcntl(folder, fcntl.F_DUPFD_CLOEXEC, 100))
                opened.callback(os.close, descriptors[0])
                socket = f"/proc/self/fd/{descriptors[0]}"
            settings = _SETTINGS | (_DURABLE if self.durable else _FOR_TESTS)
            settings["listen_addresses"] = "127.0.0.1" if self._listens else ""
            settings["port"] = str(self.port)
            settings["unix_socket_directories"] = socket
            command = [str(self.programs / "bin" / "postgres"), "-D", _here(account, self.data / "postgres")]
            command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            log = opened.enter_context(self._log())
            self._guard = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, "fristad-database", *command],
                cwd=self.data / "postgres",
                env=_ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=descriptors,
                start_new_session=True,  # Ctrl-C is for us; we then stop the server when nobody needs it any more
                **account.credentials,
            )

    def _log(self) -> Any:
        folder = self.data / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / "postgres.log"
        if path.exists() and path.stat().st_size > _LOG_LIMIT_BYTES:
            path.replace(folder / "postgres.log.1")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        return open(descriptor, "ab")

    def _notes(self) -> list[str]:
        try:
            return (self.data / "postgres" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _wait(self) -> None:
        until = time.monotonic() + _START_LIMIT_S
        while time.monotonic() < until:
            if not self.running:
                raise NotStarted("The database server ended while starting: see logs/postgres.log in the data folder.")
            noted = self._notes()
            if len(noted) >= 8 and noted[7].strip() == "ready":
                return
            time.sleep(0.01)
        raise NotStarted("The database server takes too long to start: see logs/postgres.log in the data folder.")

    def _prepare(self) -> None:
        """Roles, database and rights; each is looked for first, so a set-up that was cut short is completed."""
        with self.admin() as connection:
            for role in ROLES:
                postgres_roles.make_role(connection, role, self._passwords[role])
            postgres_roles.make_database(connection)
            for name in ("postgres", "template1"):
                connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            for statement in postgres_roles.database_statements(DATABASE):
                connection.execute(statement)
        self._rights_inside(DATABASE)

    def _rights_inside(self, database: str) -> None:
        with self.admin(database) as connection:
            for statement in postgres_roles.schema_statements():
                connection.execute(statement)

    def _address(self, scheme: str, role: str, database: str, tcp: bool) -> Url:
        if role not in (SUPERUSER, *ROLES):
            raise ValueError("no such database role")
        if not self._passwords:
            raise NotStarted("The database server does not run.")
        host = "127.0.0.1" if tcp else str(self.socket)
        return Url.of(scheme, role, self._passwords[role], database, host, self.port)


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _by_descriptor(account: Account) -> bool:
    return account.dropped and os.path.isdir("/proc/self/fd")


def _here(account: Account, folder: Path) -> str:
    """How a child that begins in `folder` names it when it may not walk there from the root."""
    return "/proc/self/cwd" if _by_descriptor(account) else str(folder)


def start(data: Path, *, durable: bool = True, tcp_port: int | None = None) -> Embedded:
    """Start the database of a data folder; use it in a `with`, which stops it.

    Raises
    ------
    NotStarted : it must not or cannot start; the message says what to do
    """
    return Embedded(data, durable=durable, tcp_port=tcp_port).start()
