"""The four database roles, what they may, and their passwords."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.processes.users import NotStarted

__all__ = [
    "DATABASE",
    "OWNER",
    "ROLES",
    "SUPERUSER",
    "USERS",
    "Url",
    "create_roles_sql",
    "database_statements",
    "make_database",
    "make_role",
    "passwords",
    "schema_statements",
]

DATABASE = "fristad"
SUPERUSER = "postgres"
OWNER = "fristad_owner"
USERS = ("fristad_front", "fristad_back", "fristad_solver")
ROLES = (OWNER, *USERS)

_ATTRIBUTES = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


class Url(str):
    """An address with a password in it: a str for whoever connects, without the password in its repr.

    Examples
    --------
    >>> Url("postgresql://somebody:secret@/fristad")
    Url('***')
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "Url('***')"

    @classmethod
    def of(cls, scheme: str, role: str, password: str, database: str, host: str, port: int) -> Url:
        """An address of `role` for `database`; `host` is a folder with a socket, or a name."""
        where = f"host={quote(host, safe='')}&port={port}"
        return cls(f"{scheme}://{role}:{quote(password, safe='')}@/{quote(database, safe='')}?{where}")


def database_statements(database: str) -> list[sql.Composed]:
    """Rights on a database: nothing for PUBLIC, to connect for the three users. Run by a superuser or its owner."""
    name = sql.Identifier(database)
    users = sql.SQL(", ").join(sql.Identifier(role) for role in USERS)
    return [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, users),
    ]


def schema_statements() -> list[sql.Composed]:
    """Rights on the schema public of the database connected to: nothing for PUBLIC, to look in for the three users."""
    users = sql.SQL(", ").join(sql.Identifier(role) for role in USERS)
    return [
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC").format(),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(users),
    ]


def create_roles_sql() -> str:
    r"""The same roles and rights as a script for `psql`, for a server of your own. It asks for the passwords.

    Examples
    --------
    >>> print(create_roles_sql().splitlines()[0])
    CREATE ROLE "fristad_owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    >>> "\\password fristad_front" in create_roles_sql()
    True
    """
    lines = [f'CREATE ROLE "{role}" {_ATTRIBUTES};' for role in ROLES]
    lines += [f"\\password {role}" for role in ROLES]
    lines.append(f"{_create_database(DATABASE).as_string()};")
    lines += [f"{statement.as_string()};" for statement in database_statements(DATABASE)]
    lines.append(f"\\connect {DATABASE}")
    lines += [f"{statement.as_string()};" for statement in schema_statements()]
    return "\n".join(lines) + "\n"


def _create_database(name: str) -> sql.Composed:
    text = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
    return sql.SQL(text).format(sql.Identifier(name), sql.Identifier(OWNER))


def make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    """Create a role that is missing; the server is sent its scram verifier, never the password."""
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        text = sql.SQL("CREATE ROLE {} {} PASSWORD {}")
        connection.execute(text.format(sql.Identifier(role), sql.SQL(_ATTRIBUTES), sql.Literal(verifier)))


def make_database(connection: psycopg.Connection) -> None:
    """Create the database of the service when it is missing. The connection is in autocommit."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
        connection.execute(_create_database(DATABASE))


def passwords(path: Path, *, first: bool) -> dict[str, str]:
    """The password of each role and of the bootstrap superuser, by name.

    Parameters
    ----------
    path : the file that holds them, mode 0600
    first : no cluster exists yet, so passwords may be drawn and written

    Raises
    ------
    NotStarted : the file is missing beside an existing database, is open to others, or is not what was written
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        if not first:
            raise NotStarted(
                "The passwords of the database are gone (secrets.json in the data folder): "
                "put back the file that was kept with the keys."
            ) from None
        return _draw(path)
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise NotStarted("secrets.json in the data folder must be yours and yours alone: chown, then chmod 600.")
        try:
            known = json.loads(file.read())["database"]
            return {name: str(known[name]) for name in (SUPERUSER, *ROLES)}
        except (ValueError, KeyError, TypeError):
            raise NotStarted("secrets.json in the data folder is damaged: put back a copy of it.") from None


def _draw(path: Path) -> dict[str, str]:
    """Draw new passwords and have them on the disk before anything is protected by them."""
    drawn = {name: secrets.token_urlsafe(32) for name in (SUPERUSER, *ROLES)}
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(json.dumps({"database": drawn}).encode())
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return drawn
