"""Addresses of the database, one a role: of the embedded server, or of a real one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from matching.errors import Fault, InputRejected
from service.processes.embedded import Embedded
from service.processes.postgres_roles import ROLES, SUPERUSER

__all__ = ["DATABASE_URL", "addresses", "told_addresses"]

DATABASE_URL: Final = "FRISTAD_DATABASE_URL"
_SCHEMES: Final = ("postgresql://", "postgresql+psycopg://")


def told_addresses(environment: Mapping[str, str]) -> dict[str, str] | None:
    """The addresses of a real server, by role; none when the embedded one is meant.

    ``FRISTAD_DATABASE_URL_FRONT``, ``_BACK``, ``_SOLVER`` and ``_OWNER`` name one role each. Where one of them is
    missing ``FRISTAD_DATABASE_URL`` stands in, with ``{role}`` and ``{password}`` filled from
    ``FRISTAD_DATABASE_PASSWORD_<ROLE>``.

    Raises
    ------
    InputRejected : something is told, but not enough of it, or no PostgreSQL address

    Examples
    --------
    >>> told_addresses({}) is None
    True
    >>> told_addresses({"FRISTAD_DATABASE_URL": "postgresql://{role}@db/fristad"})["fristad_front"]
    'postgresql+psycopg://fristad_front@db/fristad'
    """
    if not any(name.startswith(DATABASE_URL) for name in environment):
        return None
    faults: list[Fault] = []
    found: dict[str, str] = {}
    for role in ROLES:
        short = role.removeprefix("fristad_").upper()
        name = f"{DATABASE_URL}_{short}"
        text = environment.get(name) or environment.get(DATABASE_URL)
        if text is None:
            continue  # a machine that runs one process needs one address
        if not text.startswith(_SCHEMES):
            faults.append(Fault(name, "is no address of a PostgreSQL server", "postgresql://user:password@host/name"))
            continue
        password = environment.get(f"FRISTAD_DATABASE_PASSWORD_{short}", "")
        address = text.replace("{role}", role).replace("{password}", password)
        found[role] = address.replace("postgresql://", "postgresql+psycopg://", 1)
    if faults:
        raise InputRejected(faults)
    return found


@contextmanager
def addresses(data: Path) -> Iterator[dict[str, str]]:
    """The address of each database role, while the server runs; of an embedded one also its administrator's.

    Raises
    ------
    InputRejected : what is told of a real server cannot be used
    NotStarted : the embedded server cannot be started
    """
    told = told_addresses(os.environ)
    if told is not None:
        yield told
        return
    with Embedded(data) as server:
        yield {role: str(server.url(role)) for role in (SUPERUSER, *ROLES)}
