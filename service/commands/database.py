"""`fristad database`: its revision, the way there, and the roles for a server of your own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from service.commands.refusing import refusing
from service.settings import data_folder

__all__ = ["database_app", "roles", "status", "upgrade"]

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder; default $FRISTAD_DATA or the user's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable answer on standard output.")]

database_app = typer.Typer(no_args_is_help=True, help="The database: revision, migration, roles.")


@database_app.command()
@refusing
def status(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Which revision the tables are at, and which one this version of fristad needs."""
    from service.processes.where import addressed
    from service.store.migrate import current, newest
    from service.store.roles import OWNER

    with addressed(data_folder(data), OWNER) as address, _told():
        found = current(address)
    if as_json:
        typer.echo(json.dumps({"revision": found, "needed": newest()}, sort_keys=True))
    elif found == newest():
        typer.echo(f"The tables are at revision {found}, the newest.")
    else:
        typer.echo(f"The tables are at {found or 'no revision'}; {newest()} is needed: fristad database upgrade")


@database_app.command()
@refusing
def upgrade(data: DataOption = None) -> None:
    """Bring the tables to the newest revision and make every right anew; back up first. All of it or nothing."""
    from service.processes.where import addressed
    from service.store import migrate
    from service.store.roles import OWNER

    with addressed(data_folder(data), OWNER) as address, _told():
        before = migrate.current(address)
        migrate.upgrade(address)
        after = migrate.current(address)
    typer.echo(
        f"The tables are at revision {after}; before: {before or 'none'}. Rights and row security are made anew."
    )


@database_app.command()
def roles() -> None:
    """Print the roles and rights for a server of your own, as a script for psql; it asks for the passwords."""
    from service.processes.postgres_roles import create_roles_sql

    typer.echo(create_roles_sql(), nl=False)


@contextmanager
def _told() -> Iterator[None]:
    """A database that is away, or whose login may not, as a sentence without an address."""
    from sqlalchemy.exc import SQLAlchemyError

    from matching.errors import FristadError

    try:
        yield
    except SQLAlchemyError:
        raise FristadError("The database cannot be reached, or the owner's login may not work in it.") from None
