"""Which database a command of the operator works on: a real server's, or the embedded one of a data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from matching.errors import Fault, InputRejected
from service.processes.addresses import DATABASE_URL, told_addresses
from service.processes.backup import Place
from service.processes.embedded import Embedded, attached
from service.processes.postgres_binaries import installed
from service.processes.postgres_roles import OWNER, ROLES
from service.processes.users import NotStarted

__all__ = ["BACKUP_URL", "addressed", "placed"]

BACKUP_URL: Final = f"{DATABASE_URL}_BACKUP"
"""Address of a login that row-level security hides nothing from: a superuser, or one with BYPASSRLS that may set the
role of the owner. Only backups and restores use it."""


@contextmanager
def placed(data: Path) -> Iterator[Place]:
    """Where to back up from, or restore into; an embedded server that is not running runs for as long.

    Raises
    ------
    InputRejected : a real server is named, but not the two addresses that are needed
    NotStarted : the embedded server cannot be started
    """
    told = told_addresses(os.environ)
    if told is None:
        with _running(data) as server:
            yield Place.of(server)
        return
    backup = os.environ.get(BACKUP_URL)
    if backup is None or OWNER not in told:
        wanted = "the addresses of the owner and of a login that sees every row"
        raise InputRejected([Fault(f"{DATABASE_URL}_OWNER, {BACKUP_URL}", "are not both told", wanted)])
    yield Place(backup.replace("postgresql+psycopg://", "postgresql://", 1), told[OWNER], installed())


@contextmanager
def addressed(data: Path, role: str) -> Iterator[str]:
    """The address of a role for SQLAlchemy; an embedded server that is not running runs for as long.

    Raises
    ------
    InputRejected : a real server is named, but not the address of this role
    NotStarted : the embedded server cannot be started
    """
    if role not in ROLES:
        raise ValueError("no such database role")
    told = told_addresses(os.environ)
    if told is None:
        with _running(data) as server:
            yield str(server.url(role))
    elif role in told:
        yield told[role]
    else:
        name = f"{DATABASE_URL}_{role.removeprefix('fristad_').upper()}"
        raise InputRejected([Fault(name, "is not told", "the address of this role's login")])


@contextmanager
def _running(data: Path) -> Iterator[Embedded]:
    try:
        server = attached(data)
    except NotStarted:
        with Embedded(data) as own:
            yield own
    else:
        yield server
