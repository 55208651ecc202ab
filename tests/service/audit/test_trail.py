"""The database's side: nobody writes the trail but through its function, act and entry are one transaction."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from service.audit import sql
from service.audit.entries import Entry, parse
from service.audit.merkle import Frontier
from service.audit.trail import append, read
from tests.service.audit.stores import fill, stored, the_head
from tests.service.audit.trails import NOW, entry_of, frontier
from tests.service.conftest import Database

APPENDERS = ("fristad_front", "fristad_back", "fristad_solver")
WRITES = (
    "INSERT INTO fristad.audit_entries VALUES (1, 'x')",
    "UPDATE fristad.audit_entries SET entry = 'x'",
    "DELETE FROM fristad.audit_entries",
    "TRUNCATE fristad.audit_entries",
    "INSERT INTO fristad.audit_checkpoints VALUES (1, 'x', '{}')",
    "UPDATE fristad.audit_checkpoints SET note = 'x'",
    "DELETE FROM fristad.audit_checkpoints",
    "TRUNCATE fristad.audit_checkpoints",
    "INSERT INTO fristad.audit_head VALUES (true, 0, '{}')",
    "UPDATE fristad.audit_head SET size = 0, frontier = '{}'",
    "DELETE FROM fristad.audit_head",
    "TRUNCATE fristad.audit_head",
)
"""What nobody may do. The head alone is updated, by the owner's function."""


# Who may not


@pytest.mark.parametrize("statement", WRITES)
@pytest.mark.parametrize("role", APPENDERS)
def test_no_role_writes_the_tables(module_trail: Database, role: str, statement: str) -> None:
    with module_trail.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize("statement", [write for write in WRITES if "INSERT" not in write and "UPDATE" not in write])
def test_not_even_the_owner_removes_anything(module_trail: Database, statement: str) -> None:
    with (
        module_trail.connect("fristad_owner") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize("table", ["audit_entries", "audit_checkpoints"])
def test_not_even_the_owner_changes_anything(module_trail: Database, table: str) -> None:
    with (
        module_trail.connect("fristad_owner") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"),
    ):
        connection.execute(f"UPDATE fristad.{table} SET {'entry' if 'entries' in table else 'note'} = 'x'".encode())


def test_the_front_signs_no_heads(module_trail: Database) -> None:
    for call in (sql.LOCK_HEAD, "SELECT fristad.record_audit_checkpoint('x')"):
        with (
            module_trail.connect("fristad_front") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(call.encode())


def test_no_function_is_everybodys(module_trail: Database) -> None:
    with module_trail.admin() as connection:
        rows = connection.execute(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'fristad' AND has_function_privilege('public', p.oid, 'EXECUTE')"
        ).fetchall()
    assert rows == []


GOOD = entry_of(5).unnumbered()
BAD_FORMS = {
    "free text": GOOD.replace('"act":"', '"act":"the man in the blue house '),
    "a name": GOOD.replace('"actor":"', '"actor":"Anna '),
    "another field": GOOD.replace('{"act"', '{"a":"b","act"'),
    "a number of its own": GOOD.replace(',"versions"', ',"seq":7,"versions"'),
    "two lines": GOOD + "\n" + GOOD,
    "a newline behind": GOOD + "\n",
    "a space": GOOD.replace(",", ", ", 1),
    "no JSON": "x",
    "nothing": "",
    "too long": GOOD.replace('"seed":5', '"seed":' + "5" * 3000),
    "a time with words": GOOD.replace("2030-01-02T", "2030-01-02 at "),
}


@pytest.mark.parametrize("bad", BAD_FORMS.values(), ids=BAD_FORMS.keys())
def test_a_taken_process_cannot_write_a_sentence(module_trail: Database, bad: str) -> None:
    before = the_head(module_trail)
    with (
        module_trail.connect("fristad_front") as connection,
        pytest.raises(psycopg.errors.InvalidParameterValue) as refused,
    ):
        connection.execute("SELECT fristad.append_audit(%s)", [bad])
    assert refused.value.diag.message_primary == "an audit entry is not in the closed form"
    assert the_head(module_trail) == before


def test_no_entry_at_all_is_refused(module_trail: Database) -> None:
    with module_trail.connect("fristad_front") as connection, pytest.raises(psycopg.errors.InvalidParameterValue):
        connection.execute("SELECT fristad.append_audit(NULL)")


# What is appended


def test_the_bytes_are_canonical_and_hold_what_was_said(engine: Engine) -> None:
    fill(engine, 1, 12)
    with engine.connect() as connection:
        for number, content in enumerate(stored(connection), start=1):
            told = json.loads(content)
            assert told.pop("seq") == number
            assert told == json.loads(entry_of(number).unnumbered())
            assert parse(content).seq == number
            assert content.decode() == json.dumps({**told, "seq": number}, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize("role", APPENDERS)
def test_each_process_may_append(trailed: Database, role: str) -> None:
    engine = create_engine(trailed.url(role))
    fill(engine, 1, 2)
    engine.dispose()
    assert the_head(trailed).size == 2


def test_the_head_is_the_tree_at_every_size(trailed: Database, engine: Engine) -> None:
    entries: list[bytes] = []
    assert the_head(trailed) == Frontier()
    for number in range(1, 35):
        fill(engine, number, number)
        with engine.connect() as connection:
            entries += [entry.content for entry in read(connection, number - 1, 1)]
        assert the_head(trailed) == frontier(entries)


def test_an_act_undone_leaves_no_entry_and_no_gap(trailed: Database, engine: Engine) -> None:
    fill(engine, 1, 3)
    with engine.connect() as connection:
        assert append(connection, entry_of(4)) == 4
        connection.rollback()
    with engine.connect() as connection:
        assert len(stored(connection)) == 3
    assert the_head(trailed).size == 3
    fill(engine, 4, 4)


def test_act_and_entry_are_one_transaction(engine: Engine, trailed: Database) -> None:
    with trailed.connect("fristad_owner") as owner:
        owner.execute("CREATE TABLE fristad.acts (n int PRIMARY KEY)")
        owner.execute("GRANT INSERT, SELECT ON fristad.acts TO fristad_back")

    def act(number: int) -> None:
        with engine.begin() as connection:
            append(connection, entry_of(number))
            connection.execute(text("INSERT INTO fristad.acts VALUES (1)"))

    act(1)
    with pytest.raises(DBAPIError):  # the same act again
        act(2)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM fristad.acts")).scalar_one() == 1
        assert len(stored(connection)) == 1


def test_many_at_once_stand_in_one_line(trailed: Database, engine: Engine) -> None:
    def some(worker: int) -> list[int]:
        numbers = []
        for at in range(10):
            with engine.begin() as connection:
                numbers.append(append(connection, entry_of(100 * worker + at)))
        return numbers

    with ThreadPoolExecutor(8) as pool:
        told = [number for numbers in pool.map(some, range(8)) for number in numbers]
    assert sorted(told) == list(range(1, 81))
    with engine.connect() as connection:
        assert the_head(trailed) == frontier(stored(connection))


def test_read_is_paged_and_bounded(engine: Engine) -> None:
    fill(engine, 1, 7)
    with engine.connect() as connection:
        assert [entry.seq for entry in read(connection, 0, 3)] == [1, 2, 3]
        assert [entry.seq for entry in read(connection, 5)] == [6, 7]
        assert read(connection, 7) == ()
        for limit in (0, 201, -1):
            with pytest.raises(ValueError, match="a limit is from 1 to 200"):
                read(connection, 0, limit)


def test_an_entry_shows_no_content(engine: Engine) -> None:
    fill(engine, 1, 1)
    with engine.connect() as connection:
        (entry,) = read(connection)
    assert repr(entry) == "Stored(seq=1)"
    assert entry.fields()["act"] == "hold"


def test_the_way_back_leaves_nothing(trailed: Database) -> None:
    with trailed.connect("fristad_owner") as connection:
        for statement in sql.DROP:
            connection.execute(statement.encode())
        for statement in sql.CREATE:  # and forth again
            connection.execute(statement.encode())
        for statement in sql.DROP:
            connection.execute(statement.encode())
        left = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'fristad'"
        ).fetchone()
    assert left == (0,)


def test_the_statements_pass_through_sqlalchemys_text(bare_database: Database) -> None:
    engine = create_engine(bare_database.url("fristad_owner"))
    with engine.begin() as connection:
        for statement in (*sql.CREATE, *sql.GRANTS):
            connection.execute(text(statement))
        assert append(connection, Entry.of(at=NOW, actor="a7" * 16, role="auditor", act="read_trail")) == 1
    engine.dispose()
