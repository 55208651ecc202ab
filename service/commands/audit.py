"""`fristad audit`: keys of the trail, its export, and its verification offline.

Exit codes: 0 done, and `verify` found the trail whole; 1 it is not, or the witness refused it; 2 a file, a key or the
database cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.settings import data_folder

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["audit_app", "export", "init", "verify"]

NOT_WHOLE, CANNOT = 1, 2

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder; default $FRISTAD_DATA or the user's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable answer on standard output.")]

audit_app = typer.Typer(no_args_is_help=True, help="The audit trail: make its keys, export it, verify it offline.")


@audit_app.command()
def init(
    data: DataOption = None,
    name: Annotated[
        str, typer.Option("--name", help="Name of the trail, e.g. register.example.org/trail.")
    ] = "fristad/trail",
    witness_name: Annotated[str, typer.Option("--witness-name", help="Name of the witness.")] = "fristad/witness",
) -> None:
    """Make the key that signs the trail and the witness's own; never over keys that are there."""
    from service.audit.keeping import make_keys

    with _told():
        made = make_keys(data_folder(data), name, witness_name)
    typer.echo("Made the trail's signing key and the witness's key. Whoever verifies needs the public ones:")
    for path in made:
        typer.echo(f"  {path}")
    typer.echo("In production the witness's folder, its key included, belongs to another authority: move it there.")


@audit_app.command()
def export(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write the export.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the trail up to its last signed checkpoint to a file that can be verified anywhere."""
    from service.audit.export import export as write_export

    with _told():
        if not output.parent.is_dir() or (output.exists() and not output.is_file()):
            raise OSError("no place for a file")
        with _connected(data_folder(data)) as connection:
            done = write_export(connection, output)
    if as_json:
        typer.echo(json.dumps(vars(done), indent=2, sort_keys=True))
        return
    typer.echo(f"Exported {done.entries} entries under {done.checkpoints} checkpoints.")
    if done.uncovered:
        typer.echo(f"{done.uncovered} newer ones wait for the next checkpoint: fristad audit checkpoint")


@audit_app.command()
def checkpoint(data: DataOption = None) -> None:
    """Sign the present head and show it to the witness; the service does this by itself at intervals."""
    from service.audit.checkpoint import publish
    from service.audit.keeping import keeper
    from service.clock import utc_now

    with _told():
        signer, witness = keeper(data_folder(data))
        with _connected(data_folder(data)) as connection:
            done = publish(connection, signer, witness, utc_now())
    typer.echo("The trail is empty." if done is None else f"The witness has accepted the head of {done.size} entries.")


@audit_app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An export of the trail.")],
    key: Annotated[Path, typer.Option("--key", metavar="PUB", help="Public keys of the trail, one a line.")],
    witness: Annotated[
        Path | None, typer.Option("--witness", metavar="FILE", help="The witness's accepted.notes.")
    ] = None,
    witness_key: Annotated[
        Path | None, typer.Option("--witness-key", metavar="PUB", help="Public keys of the witness.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify an export offline: what is wrong, and from which entry on. Needs no database and no key that signs."""
    from service.audit.verify import main

    options = [("--witness", witness), ("--witness-key", witness_key)]
    given = [part for name, path in options if path is not None for part in (name, str(path))]
    raise typer.Exit(main([*given, *(["--json"] if as_json else []), "--key", str(key), "--", str(file)]))


@contextmanager
def _connected(data: Path) -> Iterator[Connection]:
    """A connection with the back's role: to the server the environment names, or the embedded one of the folder."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError

    from service.processes.where import addressed
    from service.store.roles import BACK

    with addressed(data, BACK) as address:
        try:
            engine = create_engine(address, hide_parameters=True)
        except ArgumentError:
            raise OSError("no database address") from None
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    """Say for people what cannot be done, without a path or a value."""
    from sqlalchemy.exc import SQLAlchemyError

    from matching.errors import FristadError
    from service.audit.errors import TrailDamaged, TrailRolledBack, WitnessRefused

    try:
        yield
    except (TrailDamaged, TrailRolledBack, WitnessRefused) as alarm:
        _stop(f"ALARM: {alarm}.", NOT_WHOLE)
    except FristadError as bad:
        _stop(f"{str(bad).rstrip('.')}.", CANNOT)
    except SQLAlchemyError:
        _stop("The database cannot be reached, or holds no trail.", CANNOT)
    except OSError:
        _stop("A file, a folder or the database's address cannot be used.", CANNOT)


def _stop(sentence: str, code: int) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(code) from None
