"""Addresses of the database, one a role: of the embedded server, or of a real one."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from matching.errors import Fault, InputRejected
from service.processes.embedded import Embedded
from service.processes.postgres_roles import ROLES, SUPERUSER
from service.processes.users import NotStarted

__all__ = ["DATABASE_URL", "Addresses", "addresses", "told_addresses"]

DATABASE_URL: Final = "FRISTAD_DATABASE_URL"
_LOG: Final = logging.getLogger("fristad.supervisor")
_PAUSE_S: Final = 2.0
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


@dataclass
class Addresses:
    """Addresses by role, and the embedded server behind them, if there is one.

    Parameters
    ----------
    urls : of each database role; of an embedded server its administrator's too
    """

    urls: dict[str, str] = field(repr=False)
    server: Embedded | None = None
    _again_at_s: float = 0.0

    @staticmethod
    def of(server: Embedded) -> Addresses:
        """Of a server that runs."""
        return Addresses({role: str(server.url(role)) for role in (SUPERUSER, *ROLES)}, server)

    def tend(self, now_s: float) -> bool:
        """Start an embedded server that has ended by itself; whether the addresses are others since."""
        if self.server is None or self.server.running or now_s < self._again_at_s:
            return False
        try:
            self.server.start()
        except NotStarted as refused:
            _LOG.critical("the database has ended and does not start: %s", refused)
            self._again_at_s = now_s + _PAUSE_S
            return False
        _LOG.warning("the database had ended and was started again")
        before, self.urls = self.urls, Addresses.of(self.server).urls
        return before != self.urls


@contextmanager
def addresses(data: Path) -> Iterator[Addresses]:
    """The address of each database role, while the server they lead to runs.

    Raises
    ------
    InputRejected : what is told of a real server cannot be used
    NotStarted : the embedded server cannot be started
    """
    told = told_addresses(os.environ)
    if told is not None:
        yield Addresses(told)
        return
    with Embedded(data) as server:
        yield Addresses.of(server)
