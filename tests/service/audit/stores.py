"""What the tests of the database's side share."""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from service.audit import sql
from service.audit.merkle import Frontier
from service.audit.trail import append, walk
from tests.service.audit.trails import entry_of
from tests.service.conftest import Database


def made(database: Database) -> None:
    with database.connect("fristad_owner") as connection:
        for statement in (*sql.CREATE, *sql.GRANTS):
            connection.execute(statement.encode())


def fill(engine: Engine, first: int, last: int) -> None:
    with engine.begin() as connection:
        for number in range(first, last + 1):
            assert append(connection, entry_of(number)) == number


def stored(connection: Connection) -> list[bytes]:
    return [entry.content for entry in walk(connection, 0, 2**62)]


def the_head(database: Database) -> Frontier:
    with database.connect("fristad_owner") as connection:
        row = connection.execute("SELECT size, frontier FROM fristad.audit_head").fetchone()
    assert row is not None
    return Frontier(row[0], tuple(bytes(peak) for peak in row[1]))
