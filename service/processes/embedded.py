"""A PostgreSQL of our own in the data folder: private socket, scram alone, never as root, no value in its log.

The wheel's own `get_server` is not used: it sets up trust login, opens parent folders and listens in a shared one
(docs/decisions/0024-embedded-postgresql.md).
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from service.processes import lingering, postgres_binaries, postgres_process, postgres_roles
from service.processes.postgres_roles import DATABASE, OWNER, ROLES, SUPERUSER, Url, create_roles_sql
from service.processes.server_folder import ServerFolder
from service.processes.users import NotStarted, own_folder, server_account

__all__ = ["Embedded", "NotStarted", "attached", "create_roles_sql", "start"]

_START_LIMIT_S = 120.0  # redoing the log after a crash takes its time
_STOP_LIMIT_S = 30.0


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
        self._folder = ServerFolder(data)
        self.data = self._folder.data
        self.durable = durable
        self.port = 5432 if tcp_port is None else tcp_port
        self.socket = self.data / "socket"
        self.programs = Path()
        self._listens = tcp_port is not None
        self._passwords: dict[str, str] = {}
        self._guard: subprocess.Popen[bytes] | None = None

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
        noted = self._folder.server_notes()
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
        self.stop()  # lets go of what is left when the server ended by itself
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
            postgres_process.order_stop(guard)
            try:
                guard.wait(_STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                lingering.clear(self._folder.cluster, self.socket)
                guard.kill()
                guard.wait()
        self._folder.release()

    def _start(self) -> None:
        folder, cluster = self._folder, self._folder.cluster
        folder.take()
        account = server_account(cluster)
        first = not cluster.exists()
        self._passwords = postgres_roles.passwords(self.data / "secrets.json", first=first)
        lingering.clear(cluster, self.data / "socket")
        folder.sweep()
        self.programs, copy = postgres_binaries.runnable(account)
        folder.note("programs", copy)
        self.socket = folder.socket(account, self.port)
        if first:
            password = self._passwords[SUPERUSER]
            postgres_process.initialise(self.programs, account, cluster, password, durable=self.durable)
        own_folder(cluster, account)
        if (cluster / "PG_VERSION").read_text().strip() != postgres_binaries.major_version(self.programs):
            raise NotStarted(
                "The database in the data folder was made by another version of PostgreSQL: back it up with the "
                "version that made it, and restore into a new folder."
            )
        postgres_process.write_access(account, cluster, listens=self._listens)
        settings = postgres_process.settings(
            durable=self.durable, port=self.port, listens=self._listens, socket=str(self.socket)
        )
        with folder.log() as log:
            self._guard = postgres_process.launch(self.programs, account, cluster, self.socket, log, settings)
        self._wait()
        try:
            self._prepare()
        except psycopg.OperationalError:
            raise NotStarted(
                "The database does not take the passwords in secrets.json: put back the file that belongs to it."
            ) from None

    def _attach(self) -> None:
        noted = self._folder.server_notes()
        if len(noted) < 8 or not lingering.servers(self._folder.cluster):
            raise NotStarted("No database of this data folder runs: start it first.")
        self._passwords = postgres_roles.passwords(self.data / "secrets.json", first=False)
        self.port = int(noted[3])
        self.socket = self._folder.noted_socket()
        self.programs = postgres_binaries.installed()

    def _wait(self) -> None:
        until = time.monotonic() + _START_LIMIT_S
        while time.monotonic() < until:
            if not self.running:
                raise NotStarted("The database server ended while starting: see logs/postgres.log in the data folder.")
            noted = self._folder.server_notes()
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


def start(data: Path, *, durable: bool = True, tcp_port: int | None = None) -> Embedded:
    """Start the database of a data folder; use it in a `with`, which stops it.

    Raises
    ------
    NotStarted : it must not or cannot start; the message says what to do
    """
    return Embedded(data, durable=durable, tcp_port=tcp_port).start()


def attached(data: Path) -> Embedded:
    """The running database of a data folder as another process started it: addresses and programs, nothing to stop.

    Raises
    ------
    NotStarted : no server of this folder runs, or the caller may not read its passwords
    """
    server = Embedded(data)
    server._attach()
    return server
