"""One database server per test process, and a fresh database for whoever asks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count

import psycopg
import pytest

from service.processes.embedded import Embedded
from tests.service.harness import harness, module_harness  # noqa: F401  # fixtures are found by name here

_NUMBERS = count(1)
_TEMPLATE = "fristad_template"


@dataclass(frozen=True)
class Database:
    """A database of one test (or module), gone afterwards."""

    name: str
    server: Embedded = field(repr=False)

    def url(self, role: str = "fristad_owner") -> str:
        """SQLAlchemy's address for a role."""
        return self.server.url(role, self.name)

    def conninfo(self, role: str = "fristad_owner") -> str:
        """The same for psycopg and procrastinate."""
        return self.server.conninfo(role, self.name)

    def connect(self, role: str = "fristad_owner") -> psycopg.Connection:
        """A plain connection of a role; close it, or use it in a `with`."""
        return psycopg.connect(self.conninfo(role))

    def admin(self) -> psycopg.Connection:
        """A connection of the superuser, whom no row is hidden from."""
        return self.server.admin(self.name)


def _fresh(server: Embedded, template: str) -> Iterator[Database]:
    name = f"fristad_test_{os.getpid()}_{next(_NUMBERS)}"
    server.create_database(name, template)
    try:
        yield Database(name, server)
    finally:
        server.drop_database(name)


fresh_database = contextmanager(_fresh)
"""A migrated database for whoever needs several of them."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """One server for the whole test process; it does not force its commits to the disk."""
    with Embedded(tmp_path_factory.mktemp("server") / "data", durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Embedded) -> str:
    """Name of a migrated database, made once; the others are copies of it."""
    upgrade = import_module("service.store.migrate").upgrade
    server.create_database(_TEMPLATE)
    upgrade(server.url("fristad_owner", _TEMPLATE))
    with server.admin() as connection:  # a copy can be made only while nobody is connected
        connection.execute(f"ALTER DATABASE {_TEMPLATE} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [_TEMPLATE]
        )
    return _TEMPLATE


@pytest.fixture
def bare_database(server: Embedded) -> Iterator[Database]:
    """A database of its own for one test, without any table."""
    yield from _fresh(server, "template0")


@pytest.fixture
def database(server: Embedded, template: str) -> Iterator[Database]:
    """A migrated database of its own for one test."""
    yield from _fresh(server, template)


@pytest.fixture
def other_database(server: Embedded, template: str) -> Iterator[Database]:
    """A second one, for a test that compares two registers."""
    yield from _fresh(server, template)


@pytest.fixture(scope="module")
def module_database(server: Embedded, template: str) -> Iterator[Database]:
    """A migrated database for the tests of one module that do not get in each other's way."""
    yield from _fresh(server, template)
