"""Bring a database to a revision, as its owner, in one transaction: all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

from matching.errors import FristadError
from service.store.secure import secure, strip
from service.store.tables import SCHEMA

__all__ = [
    "UNFINISHED",
    "TooNew",
    "Unfinished",
    "WouldLose",
    "config",
    "current",
    "downgrade",
    "is_known",
    "newest",
    "upgrade",
]

UNFINISHED: Final = "fristad.restoring"
"""A setting of the database while a backup is restored into it and not yet found to be whole."""

_LOCK: Final = 0x6D696772617465
_MADE_BY_US: Final = {"register_state": 1, "audit_head": 1}  # rows that a revision itself writes


class WouldLose(FristadError):
    """A way back would remove rows; whoever wants that says so."""


class TooNew(FristadError):
    """A newer version of the service has migrated this database."""


class Unfinished(FristadError):
    """A backup was being restored into this database, and that was cut short."""


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate forward; at the newest revision the rights of the three users are made anew.

    Parameters
    ----------
    url : SQLAlchemy's address of the owner's login
    revision : how far; below the newest one nobody but the owner may do anything

    Raises
    ------
    Unfinished : what stands in the database was not judged yet
    TooNew : its revision is none of this version's
    """
    with _connection(url) as connection:
        if connection.execute(text("SELECT current_setting(:name, true)"), {"name": UNFINISHED}).scalar_one() == "yes":
            raise Unfinished("A restore of this database was cut short. Run `fristad restore` again.")
        found = _current(connection)
        if found is not None and not is_known(found):
            raise TooNew("The database was migrated by a newer version of fristad: run that one, or restore a backup.")
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        strip(connection)
        command.upgrade(config(connection), revision)
        if _current(connection) == newest():
            secure(connection)


def downgrade(url: str, revision: str, *, discard: bool = False) -> None:
    """Migrate back; nobody but the owner may do anything until the next `upgrade`.

    Parameters
    ----------
    discard : rows of tables that the older revision does not have may be lost

    Raises
    ------
    WouldLose : such rows exist, and `discard` was not said; nothing was changed
    """
    with _connection(url) as connection:
        strip(connection)
        before = _rows(connection)
        command.downgrade(config(connection), revision)
        after = _rows(connection)
        lost = [table for table, rows in before.items() if rows > _MADE_BY_US.get(table, 0) and table not in after]
        if lost and not discard:
            raise WouldLose(f"The way back would remove what stands in {len(lost)} tables; nothing was changed.")


def current(url: str) -> str | None:
    """The revision a database is at; none if it was never migrated."""
    with _connection(url) as connection:
        return _current(connection)


def newest() -> str | None:
    """The newest revision there is.

    Examples
    --------
    >>> newest() >= "0003"
    True
    """
    return ScriptDirectory.from_config(config(None)).get_current_head()


def is_known(revision: str) -> bool:
    """Whether this version of the service knows a revision.

    Examples
    --------
    >>> is_known("0001"), is_known("of a later version")
    (True, False)
    """
    return any(one.revision == revision for one in ScriptDirectory.from_config(config(None)).walk_revisions())


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
    finally:
        engine.dispose()


def config(connection: Connection | None) -> Config:
    """Alembic's configuration, made here: there is no alembic.ini to run past the rights and the lock."""
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA}).get_current_revision()


def _rows(connection: Connection) -> dict[str, int]:
    """Up to two rows of each table, which tells none, one and more apart."""
    tables = connection.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema AND tablename <> 'alembic_version'"),
        {"schema": SCHEMA},
    ).scalars()
    count = "SELECT count(*) FROM (SELECT 1 FROM {}.{} LIMIT 2) AS few"
    return {name: int(connection.execute(text(count.format(SCHEMA, name))).scalar_one()) for name in tables.all()}
