"""`fristad honey`: bait is planted, and who touched it is read; for the security officer, on the machine of the back.

Exit codes: 0 done; 2 something has to be mended first.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.refusing import refusing
from service.settings import data_folder

if TYPE_CHECKING:
    from service.crypto.vault import Vault
    from service.store.database import Database

__all__ = ["honey_app", "plant", "touched"]

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder; default $FRISTAD_DATA or the user's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable answer on standard output.")]
IdsOption = Annotated[bool, typer.Option("--show-ids", help="Tell the ids as well: for a paper in a safe, not a log.")]

honey_app = typer.Typer(no_args_is_help=True, help="Bait: records that nobody has a reason to open.")


@honey_app.command()
@refusing
def plant(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to plant, see docs/operations.md; destroy it.")],
    data: DataOption = None,
    over_min: Annotated[
        int,
        typer.Option("--over-min", min=0, max=10_080, metavar="N", help="Spread the acts over so many minutes."),
    ] = 240,
    show_ids: IdsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Plant bait facilities and cases. Interrupted, or told again: it goes on where it was."""
    from matching.domain.reading import read_bytes
    from service.clock import utc_now
    from service.flow.planting import Planting, parse_bait
    from service.flow.worklist import local_day
    from service.settings import Settings
    from service.store.roles import BACK, FRONT

    folder = data_folder(data)
    settings = Settings.load(folder)
    vault = _vault(folder)
    told = parse_bait(read_bytes(file, "FILE"), local_day(utc_now()))
    if over_min:
        typer.echo(f"Planting over about {over_min} minutes. Interrupted, say it again: it goes on.", err=True)
    with _opened(folder, BACK) as back, _opened(folder, FRONT) as front:
        planting = Planting(vault, back, front, settings, utc_now, random.SystemRandom())
        done = planting.plant(told, over_min * 60.0, time.sleep)
    ids = [str(one) for one in done.ids] if show_ids else []
    if as_json:
        counted = {"facilities": done.facilities, "cases": done.cases, "known": done.known}
        typer.echo(json.dumps(counted | ({"ids": ids} if show_ids else {}), sort_keys=True))
        return
    typer.echo(f"Planted: {done.facilities} facilities, {done.cases} cases; {done.known} were there already.")
    typer.echo("Whoever opens or names one raises the alarm honey_read. Destroy the file, or keep it in a safe.")
    for one in ids:
        typer.echo(one)


@honey_app.command()
@refusing
def touched(
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="NAME", help="Somebody it may have been, to tell by name; again for another."),
    ] = None,
    data: DataOption = None,
    show_ids: IdsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Who opened or named bait, when, by which act: read off the trail; the reading is recorded, too."""
    from service.actors import SYSTEM
    from service.flow.honey import touches
    from service.store.roles import BACK

    folder = data_folder(data)
    vault = _vault(folder)
    with _opened(folder, BACK) as back, back.transaction(SYSTEM) as tx:
        found = touches(tx, vault)
        names = {tx.pseudonym_of(one): one for one in name or ()}
    lines = [
        {
            "at": one.at.isoformat(timespec="seconds"),
            "act": one.act,
            "actor": names.get(one.actor, one.actor),
            "kind": one.kind,
            "role": one.role,
            "seq": one.seq,
        }
        | ({"id": str(one.bait)} if show_ids and one.bait else {})
        for one in found
    ]
    if as_json:
        typer.echo(json.dumps(lines, sort_keys=True))
        return
    shown = ("at", "role", "actor", "act", "kind", "seq", "id")
    for line in lines:
        typer.echo("  ".join(str(line[key]) for key in shown if line.get(key) is not None))
    typer.echo(f"{len(lines)} entries of the trail are about bait." if lines else "Nobody has touched bait.")


def _vault(folder: Path) -> Vault:
    from service.crypto.vault import Vault

    return Vault(folder / "keys")


@contextmanager
def _opened(folder: Path, role: str) -> Iterator[Database]:
    """The register as a process sees it, with its keys; what is no register is a sentence."""
    from sqlalchemy.exc import SQLAlchemyError

    from matching.errors import FristadError
    from service.crypto.ring import load_keyring
    from service.processes.where import addressed
    from service.store.database import Database

    ring = load_keyring(folder / "keys", role.removeprefix("fristad_"))
    with addressed(folder, role) as address:
        database = Database(address, ring.sealer, ring.tagger, pool_size=1)
        try:
            yield database
        except SQLAlchemyError:
            raise FristadError("The register is not there, or its tables are not: fristad database upgrade") from None
        finally:
            database.close()
