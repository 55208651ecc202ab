"""The front's database role tries every table, every function and every side door, and finds no place."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg.types.range import Range

from service.actors import Role
from tests.service.conftest import Database
from tests.service.store.rows import TABLES, acting, add, fill, refused

CANARY = b"canary-of-a-place"
PLACES = (
    "addresses",
    "bed_nights",
    "emergencies",
    "facility_versions",
    "hold_orders",
    "plans",
    "provider_versions",
    "reveal_tokens",
    "slot_backing",
    "standing_access",
    "stay_events",
    "stay_persons",
    "stays",
)
"""Where somebody is, and what leads there."""
ROLES = ("", *Role)
BED = Range(2**40 - 2**20, 2**40 - 2**20 + 3)


@pytest.fixture(scope="module")
def filled(module_database: Database) -> Database:
    with module_database.admin() as connection:
        made = fill(connection)
        told = {"cases": made["cases"], "queries": made["queries"]}
        told["slots"] = add(connection, "slots", told, position=2)
        for name in [table for table in TABLES if table in PLACES]:
            given: dict[str, object] = {"sealed": CANARY} if "sealed" in TABLES[name].columns else {}
            if name == "bed_nights":
                given["nights"] = BED
            if name == "stay_persons":
                given["person_tag"] = CANARY
            if name == "reveal_tokens":
                told["reveal_requests"] = add(connection, "reveal_requests", told)
                given["token_hash"] = CANARY
            told[name] = add(connection, name, told, **given)
    return module_database


def _unit(database: Database) -> tuple[UUID, str, str]:
    with database.admin() as connection:
        found = connection.execute("SELECT id, unit, claimed_by FROM fristad.cases").fetchone()
    assert found is not None
    return found


def _holds_a_place(rows: list[tuple[object, ...]]) -> bool:
    text = "".join(str(part) for row in rows for part in row)
    return any(mark in text for mark in (CANARY.decode(), CANARY.hex(), str(BED.lower)))


def test_the_marks_are_there_to_be_found(filled: Database) -> None:
    with filled.admin() as connection:
        for name in ("stays", "bed_nights", "addresses", "slot_backing", "plans"):
            rows = connection.execute(f"SELECT whole::text FROM fristad.{name} AS whole".encode()).fetchall()
            assert _holds_a_place(rows)


@pytest.mark.parametrize("role", ROLES)
def test_no_table_shows_a_place(filled: Database, role: str) -> None:
    _, unit, actor = _unit(filled)
    with acting(filled, "front", role, unit, actor) as connection:
        for name in TABLES:
            if name in PLACES:
                for column in (*TABLES[name].columns.keys(), "*", "count(*)", "1", "ctid"):
                    assert refused(connection, f"SELECT {column} FROM fristad.{name}")
            elif not refused(connection, f"TABLE fristad.{name}"):
                with connection.transaction():
                    rows = connection.execute(f"SELECT whole::text FROM fristad.{name} AS whole".encode()).fetchall()
                assert not _holds_a_place(rows)


@pytest.mark.parametrize("name", PLACES)
def test_no_other_statement_reaches_a_place(filled: Database, name: str) -> None:
    with acting(filled, "front", "system") as connection:
        for statement in (
            "COPY fristad.{} TO STDOUT",
            "TABLE fristad.{}",
            "UPDATE fristad.{0} SET {1} = {1} RETURNING *",
            "DELETE FROM fristad.{} RETURNING *",
            "INSERT INTO fristad.{} DEFAULT VALUES RETURNING *",
            "LOCK TABLE fristad.{}",
            "EXPLAIN SELECT * FROM fristad.{}",
            "MERGE INTO fristad.{0} AS into_it USING fristad.cases AS c ON true WHEN MATCHED THEN DO NOTHING",
            "CREATE TEMPORARY TABLE taken AS TABLE fristad.{}",
            "CREATE TEMPORARY VIEW shown AS TABLE fristad.{}",
            "SELECT * FROM fristad.cases CROSS JOIN LATERAL (TABLE fristad.{}) AS beside",
            "DO $$ BEGIN PERFORM * FROM fristad.{}; END $$",
        ):
            assert refused(connection, statement.format(name, next(iter(TABLES[name].columns.keys()))))


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE fristad_back",
        "SET ROLE fristad_owner",
        "SET SESSION AUTHORIZATION fristad_solver",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT pg_ls_dir('.')",
        "SELECT lo_import('/etc/hostname')",
        "COPY fristad.cases TO PROGRAM 'true'",
        "COPY fristad.cases TO '/dev/null'",
        "SELECT * FROM pg_statistic",
        "SELECT * FROM pg_authid",
        "ALTER TABLE fristad.cases DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY hole ON fristad.cases USING (true)",
        "GRANT SELECT ON fristad.stays TO fristad_front",
        "CREATE FUNCTION fristad.hole() RETURNS void LANGUAGE sql AS ''",
        "CREATE TABLE fristad.hole (one int)",
        "CREATE TABLE public.hole (one int)",
        "SET session_replication_role = replica",
        "ALTER TABLE fristad.decisions DISABLE TRIGGER only_added_to",
        "SELECT pg_terminate_backend(pg_backend_pid()) FROM fristad.stays",
    ],
)
def test_side_doors_are_shut(filled: Database, statement: str) -> None:
    with acting(filled, "front", "system") as connection:
        assert refused(connection, statement)


def test_row_security_cannot_be_switched_off(filled: Database) -> None:
    with acting(filled, "front", "requester", "elsewhere") as connection:
        connection.execute("SET LOCAL row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM fristad.cases")


def test_statistics_of_places_are_not_shown(filled: Database) -> None:
    with filled.admin() as connection:
        connection.execute("ANALYZE")
    with acting(filled, "front", "system") as connection:
        rows = connection.execute(
            "SELECT tablename, s::text FROM pg_stats AS s WHERE schemaname = 'fristad'"
        ).fetchall()
        assert not {str(name) for name, _ in rows} & set(PLACES)
        assert not _holds_a_place(rows)


_CALLS = """
SELECT p.proname, p.oid::regprocedure::text, array(
  SELECT format_type(type, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS told (type, nth) ORDER BY nth
) FROM pg_proc AS p WHERE p.pronamespace = 'fristad'::regnamespace AND p.prorettype <> 'trigger'::regtype
"""


def _arguments(types: list[str], ids: list[UUID]) -> Iterator[list[str]]:
    """What a function is called with: every id there is, one after another, in place of each uuid."""
    for one in ids:
        yield [f"'{one}'::uuid" if kind == "uuid" else f"NULL::{kind}" for kind in types]


@pytest.mark.parametrize("role", ROLES)
def test_no_function_tells_a_place(filled: Database, role: str) -> None:
    _, unit, actor = _unit(filled)
    with filled.admin() as admin:
        functions = admin.execute(_CALLS).fetchall()
        ids = [found for (found,) in admin.execute("SELECT id FROM fristad.stays UNION SELECT id FROM fristad.cases")]
    with acting(filled, "front", role, unit, actor) as connection:
        called = 0
        for name, signature, types in functions:
            for told in _arguments(types, ids):
                call = f"SELECT * FROM {signature.split('(')[0]}({', '.join(told)}) AS told"
                try:
                    with connection.transaction(force_rollback=True):
                        rows = connection.execute(call.encode()).fetchall()
                except psycopg.errors.InsufficientPrivilege:
                    continue
                except psycopg.errors.InvalidParameterValue:
                    assert name == "append_audit"
                    continue
                called += 1
                assert not _holds_a_place(rows)
        assert called
