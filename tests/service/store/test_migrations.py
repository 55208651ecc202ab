"""Up, down and up again with data in every table; the migrated tables are those of the metadata."""

from __future__ import annotations

import json
import threading
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine, text

from service.store import migrate
from service.store.tables import SCHEMA, metadata
from tests.service.conftest import Database
from tests.service.store.rows import contents, fill, use_machinery

REVISIONS = ("0001", "0002", "0003", "0004")
_LATER_TABLES = ("case_verifications", "counted_questions")
_LATER_COLUMNS = ("told_from", "reason", "of_case")
_OF_OTHERS = ("audit_", "procrastinate_", "alembic_")


def _filled(database: Database) -> dict[str, list[str]]:
    with database.admin() as connection:
        fill(connection)
        use_machinery(connection)
        return contents(connection)


def _contents(database: Database) -> dict[str, list[str]]:
    with database.admin() as connection:
        return contents(connection)


def _older(rows: list[str], revision: str) -> list[str]:
    """Rows without the columns that came with revision 0004, for a revision before it."""
    found = [json.loads(row) for row in rows]
    later = () if revision == REVISIONS[-1] else _LATER_COLUMNS
    return [json.dumps({name: value for name, value in row.items() if name not in later}) for row in found]


def test_the_revisions_are_those_tested_here() -> None:
    assert migrate.newest() == REVISIONS[-1]
    assert len(list(ScriptDirectory.from_config(migrate.config(None)).walk_revisions())) == len(REVISIONS)


def test_the_queue_is_the_one_its_revision_made() -> None:
    """Another schema of procrastinate needs a revision with its own migrations; then this line changes, too."""
    schema = sha256(SchemaManager.get_schema().encode()).hexdigest()
    assert schema == "c70ec4b400a60ad9592787653aae5ae77ae41bf801d56b5bd2712751a07f2009"


def test_an_empty_database_has_no_revision(bare_database: Database) -> None:
    assert migrate.current(bare_database.url()) is None


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    before = _filled(database)
    migrate.upgrade(database.url())
    assert _contents(database) == before
    assert migrate.current(database.url()) == REVISIONS[-1]


@pytest.mark.parametrize("revision", ["base", *REVISIONS])
def test_what_an_older_revision_keeps_survives_the_way_back_and_forth(database: Database, revision: str) -> None:
    before = _filled(database)
    assert all(before.values()), "a table without a row proves nothing"
    migrate.downgrade(database.url(), revision, discard=True)
    kept = _contents(database)
    assert kept == {name: _older(before[name], revision) for name in kept}
    assert {"base": 0, "0001": len(metadata.tables) - len(_LATER_TABLES)}.get(revision, len(kept)) == len(kept)
    migrate.upgrade(database.url())
    after = _contents(database)
    assert after.keys() == before.keys()
    assert {name: _older(after[name], revision) for name in kept} == kept
    again = _filled(database) if revision == "base" else after
    lost = () if revision in ("base", REVISIONS[-1]) else _LATER_TABLES  # of a table made later no row comes back
    assert all(again[name] for name in metadata_names() if name not in lost)


def metadata_names() -> list[str]:
    return [table.name for table in metadata.sorted_tables]


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_the_newest_revision_is_reached_from_each_with_data_in_it(bare_database: Database, revision: str) -> None:
    migrate.upgrade(bare_database.url(), revision)
    with bare_database.admin() as connection:
        fill(connection)
    before = _contents(bare_database)
    migrate.upgrade(bare_database.url())
    after = _contents(bare_database)
    assert {name: _older(after[name], revision) for name in before} == before
    assert migrate.current(bare_database.url()) == REVISIONS[-1]


@pytest.mark.parametrize("revision", ["base", "0002"])
def test_a_way_back_that_would_lose_rows_is_refused_whole(database: Database, revision: str) -> None:
    before = _filled(database)
    with pytest.raises(migrate.WouldLose):
        migrate.downgrade(database.url(), revision)
    assert _contents(database) == before
    assert migrate.current(database.url()) == REVISIONS[-1]
    with database.connect("fristad_solver") as connection:  # and its rights still stand
        connection.execute("SELECT count(*) FROM fristad.cases")


def test_an_empty_register_goes_back_without_asking(database: Database) -> None:
    migrate.downgrade(database.url(), "base")
    assert migrate.current(database.url()) is None
    assert _contents(database) == {}


def test_below_the_newest_revision_nobody_is_let_in(database: Database) -> None:
    for revision in ("0002", "0001"):
        migrate.downgrade(database.url(), revision)
        for role in ("fristad_front", "fristad_back", "fristad_solver"):
            with database.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT count(*) FROM fristad.cases")


def test_rights_given_by_hand_are_gone_after_the_next_upgrade(database: Database) -> None:
    with database.connect() as owner:
        owner.execute("GRANT SELECT ON fristad.stays TO fristad_front")
        owner.execute("CREATE POLICY hole ON fristad.stays TO fristad_front USING (true)")
    migrate.upgrade(database.url())
    with database.connect("fristad_front") as front, pytest.raises(psycopg.errors.InsufficientPrivilege):
        front.execute("SELECT count(*) FROM fristad.stays")
    with database.admin() as connection:
        assert connection.execute("SELECT count(*) FROM pg_policies WHERE policyname = 'hole'").fetchone() == (0,)


def test_the_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    with database.admin() as connection:
        connection.execute("UPDATE fristad.alembic_version SET version_num = '9999'")
    with pytest.raises(migrate.TooNew, match="newer version"):
        migrate.upgrade(database.url())
    with database.connect("fristad_solver") as connection:
        connection.execute("SELECT count(*) FROM fristad.cases")


def test_two_migrations_at_once_wait_for_each_other(bare_database: Database) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            migrate.upgrade(bare_database.url())
        except BaseException as fault:
            failed.append(fault)

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert failed == []
    assert migrate.current(bare_database.url()) == REVISIONS[-1]


def test_a_migration_that_fails_leaves_nothing_behind(bare_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(migrate, "secure", broken)
    with pytest.raises(RuntimeError):
        migrate.upgrade(bare_database.url())
    monkeypatch.undo()
    assert migrate.current(bare_database.url()) is None
    assert _contents(bare_database) == {}


def _is_of_the_register(name: str | None, kind: str, _: Any) -> bool:
    if kind == "schema":
        return name == SCHEMA
    return not (kind == "table" and name is not None and name.startswith(_OF_OTHERS))


def test_alembic_finds_no_difference_between_metadata_and_database(database: Database) -> None:
    engine = create_engine(database.url())
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": _is_of_the_register,
                "compare_type": True,
                "compare_server_default": True,
                "version_table_schema": SCHEMA,
            },
        )
        found = compare_metadata(context, metadata)
    engine.dispose()
    assert found == []


# Checks and exclusions are nothing that Alembic compares: the catalogue says them in its own words.
_DESCRIBED = """
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'fristad'::regnamespace
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'fristad'
UNION ALL SELECT 'column', table_name, column_name,
  data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
FROM information_schema.columns WHERE table_schema = 'fristad'
"""


def _described(database: Database) -> set[tuple[str, ...]]:
    with database.admin() as connection:
        rows = connection.execute(_DESCRIBED).fetchall()
    names = {row for row in rows if not row[1].removeprefix("fristad.").startswith(_OF_OTHERS)}
    return {tuple(str(part) for part in row) for row in names}


def test_constraints_and_indexes_are_those_of_the_metadata(database: Database, bare_database: Database) -> None:
    engine = create_engine(bare_database.url())
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA fristad"))
        metadata.create_all(connection)
    engine.dispose()
    migrated, made = _described(database), _described(bare_database)
    assert migrated == made
    assert any("EXCLUDE" in row[3] for row in made)
