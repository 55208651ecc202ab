"""A register with a row in every table, and what stands in it as text: for tests of the database alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.types.range import Range
from sqlalchemy import CheckConstraint, Column, Table

from service.audit.entries import Entry
from service.store.tables import SCHEMA, metadata
from tests.service.conftest import Database

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TABLES = {table.name: table for table in metadata.sorted_tables}
_VALUES: dict[str, Any] = {
    "UUID": None,
    "TEXT": "word",
    "DATETIME": NOW,
    "DATE": date(2026, 11, 20),
    "INTEGER": 1,
    "SMALLINTEGER": 1,
    "BIGINTEGER": 7,
    "BOOLEAN": True,
    "INT8RANGE": Range(5 * 2**20, 5 * 2**20 + 3),
}


def _first_word(table: Table, column: str) -> str | None:
    for check in table.constraints:
        if isinstance(check, CheckConstraint) and (found := re.match(rf"{column} IN \('(\w+)'", str(check.sqltext))):
            return found[1]
    return None


def _value(table: Table, column: Column[Any], told: Mapping[str, UUID]) -> Any:
    if column.foreign_keys:
        return told[next(iter(column.foreign_keys)).column.table.name]
    kind = type(column.type).__name__.upper()
    if kind == "UUID":
        return told[table.name] if column.primary_key else uuid4()
    if kind == "LARGEBINARY":
        return f"{table.name}-{uuid4()}".encode()
    if kind == "TEXT":
        return _first_word(table, column.name) or f"{column.name}-{str(told[table.name])[:4]}"
    return _VALUES[kind]


def add(connection: psycopg.Connection, name: str, told: Mapping[str, UUID] | None = None, **given: Any) -> UUID:
    """A row of a table; what is not given is made up, what it refers to is looked up by table in `told`."""
    table = TABLES[name]
    row_id = given.get("id") or uuid4()
    known = {**(told or {}), name: row_id}
    there = _columns(connection, name)
    row = {
        column.name: given[column.name] if column.name in given else _value(table, column, known)
        for column in table.columns
        if column.name in there
        and (column.name in given or not (column.autoincrement is True or column.name == "previous_case_id"))
    }
    connection.execute(
        sql.SQL("INSERT INTO {}.{} ({}) VALUES ({})").format(
            sql.Identifier(SCHEMA),
            sql.Identifier(name),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        ),
        list(row.values()),
    )
    return UUID(str(row_id))


def _columns(connection: psycopg.Connection, name: str) -> frozenset[str]:
    """The columns of a table at the revision the database is at; none when there is no such table yet."""
    asked = "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"
    return frozenset(column for (column,) in connection.execute(asked, [SCHEMA, name]).fetchall())


def fill(connection: psycopg.Connection) -> dict[str, UUID]:
    """A row in every table of the register but its state, which has its own; their ids by table."""
    made: dict[str, UUID] = {}
    for table in metadata.sorted_tables:
        if table.name != "register_state" and _columns(connection, table.name):
            made[table.name] = add(connection, table.name, made)
    return made


def use_machinery(connection: psycopg.Connection) -> None:
    """A row in every table of the queue and of the trail."""
    connection.execute("SET search_path = fristad")
    connection.execute(
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('solver', 'rejudge', 0, NULL, NULL, '{}', NULL)"
        "::procrastinate_job_to_defer_v1])"
    )
    connection.execute("SELECT procrastinate_register_worker_v1()")
    connection.execute("INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp) VALUES ('sweep', 1)")
    connection.execute("SELECT append_audit(%s)", [an_entry()])
    connection.execute("INSERT INTO audit_checkpoints (size, note, frontier) VALUES (1, 'a note', '{}')")
    connection.execute("RESET search_path")


def an_entry() -> str:
    """An entry of the trail, as the database is handed it."""
    return Entry.of(
        at=NOW,
        actor="a7" * 16,
        role="auditor",
        act="claim",
        case=None,
        object=None,
        outcome="done",
        sealed=None,
        solve=None,
    ).unnumbered()


def contents(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Every row of every table of the schema as the text of a JSON object, by table."""
    names = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> 'alembic_version'", [SCHEMA]
    )
    found = {}
    for (name,) in names.fetchall():
        table = sql.Identifier(SCHEMA, name)
        rows = connection.execute(sql.SQL("SELECT to_jsonb(whole)::text FROM {} AS whole ORDER BY 1").format(table))
        found[name] = [text for (text,) in rows.fetchall()]
    return found


@contextmanager
def acting(
    database: Database, user: str, role: str, unit: str = "unit", actor: str = "actor", *, at: datetime = NOW
) -> Iterator[psycopg.Connection]:
    """A connection of a database role scoped to an actor, in one transaction that is undone at the end."""
    with database.connect(f"fristad_{user}") as connection, connection.transaction(force_rollback=True):
        for name, value in {
            "actor": actor,
            "role": role,
            "unit": unit,
            "now": at.isoformat(),
            "pseudonym": actor,
            "organisation": "organisation",
        }.items():
            connection.execute("SELECT set_config(%s, %s, true)", [f"fristad.{name}", value])
        yield connection


def refused(connection: psycopg.Connection, statement: str, told: Sequence[object] = ()) -> bool:
    """Whether the database refuses a statement; what it did is undone."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode(), told)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def seen(connection: psycopg.Connection, table: str) -> int:
    """How many rows of a table are seen; -1 when it may not be looked at."""
    try:
        with connection.transaction():
            found = connection.execute(f"SELECT count(*) FROM fristad.{table}".encode()).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return -1
    return int(found[0]) if found else 0
