"""`fristad backup`, `restore`, `export-offline`, `open-offline`, `key-holder`: what outlives the machine.

Exit codes: 0 done; 1 the restored trail is not the witnessed one; 2 something has to be mended first. Nothing is left
of what was refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.refusing import refusing
from service.settings import data_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.audit.notes import PublicKey, Signer
    from service.processes.holders import Holder

__all__ = ["backup", "export_offline", "key_holder", "open_offline", "restore"]

NOT_THE_TRAIL = 1

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder; default $FRISTAD_DATA or the user's own.")
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to write; replaces nothing.")]
HolderOption = Annotated[
    list[Path],
    typer.Option("--to", metavar="PUB", help="Public file of a key holder; say it twice, for two of them."),
]
KeyOption = Annotated[list[Path], typer.Option("--key", metavar="FILE", help="A key holder's private file.")]
SignedOption = Annotated[
    Path | None, typer.Option("--signed-by", metavar="PUB", help="Public keys of the trail; default keys/audit.pub.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable answer on standard output.")]


@refusing
def key_holder(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Private file, e.g. anna.key.")],
) -> None:
    """Make a key holder's pair of files: on the holder's own machine, never on the one that runs the service."""
    from service.processes.holders import make_holder

    public = make_holder(output)
    typer.echo(f"Made {output.name} and {public.name}.")
    typer.echo(f"Keep {output.name} offline: whoever has it opens backups. Give {public.name} to the operator.")


@refusing
def backup(output: OutputOption, to: HolderOption, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Back up the running register, sealed to two key holders. No key is in it: mirror the key folder apart."""
    from service.clock import utc_now
    from service.processes.backup import back_up
    from service.processes.where import placed

    holders, signer = _sealing(to, data_folder(data))
    with placed(data_folder(data)) as place:
        made = back_up(place, output, holders, signer, utc_now())
    if as_json:
        typer.echo(json.dumps(vars(made), sort_keys=True))
        return
    typer.echo(f"Backed up: {made.size_bytes} bytes, tables of revision {made.revision}.")
    typer.echo("Keys are not in it. Try it: fristad restore FILE --data EMPTY --key HOLDER, on another machine.")


@refusing
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="A key holder's private file.")],
    data: DataOption = None,
    signed_by: SignedOption = None,
    witness: Annotated[
        Path | None,
        typer.Option("--witness", metavar="FILE", help="accepted.notes of the witness; default the witness's own."),
    ] = None,
    no_witness: Annotated[
        bool, typer.Option("--no-witness", help="There never was a witness: nobody can tell how much is missing.")
    ] = False,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Restore although the witness has seen newer entries.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Restore a backup into an empty database; opens only if its trail is the one the witness has seen."""
    from service.clock import utc_now
    from service.processes.backup import restore as run
    from service.processes.holders import read_holder_key
    from service.processes.restored_trail import Behind, NotTheTrail
    from service.processes.where import placed

    folder = data_folder(data)
    believed = _believed(signed_by, folder)
    notes = None if no_witness else _notes(witness, folder)
    holder = read_holder_key(key)
    try:
        with placed(folder) as place:
            done = run(place, file, holder, believed, notes, utc_now(), accept_loss=accept_loss)
    except Behind as behind:
        typer.echo(f"{behind} Nothing was restored. Look for a newer backup; without one, --accept-loss.", err=True)
        raise typer.Exit(NOT_THE_TRAIL) from None
    except NotTheTrail as alarm:
        typer.echo(f"ALARM: {alarm} Nothing was restored.", err=True)
        raise typer.Exit(NOT_THE_TRAIL) from None
    if as_json:
        told = {**vars(done.trail), "revision_before": done.revision_before, "revision": done.revision}
        typer.echo(json.dumps(told, sort_keys=True))
        return
    typer.echo(f"Restored; the trail of {done.trail.entries} entries holds, {done.trail.covered} under a signed head.")
    if done.trail.lost:
        typer.echo(
            f"{done.trail.lost} entries the witness has seen are lost. Go through the witness's and your own records: "
            "what ended since the backup (access, holds, assignments) is open again and must be ended again."
        )
    if not (folder / "keys" / "subjects").is_dir():
        typer.echo("There are no subject keys in this data folder yet: put back their mirror, or no record opens.")


@refusing
def export_offline(
    output: OutputOption, to: HolderOption, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Write who is where, and whom to call, for the day the system is down; two key holders open it together."""
    from service.crypto.ring import load_keyring
    from service.processes.offline import export_offline as run
    from service.processes.where import addressed
    from service.store.database import Database
    from service.store.roles import BACK

    folder = data_folder(data)
    holders, signer = _sealing(to, folder)
    ring = load_keyring(folder / "keys", "back")
    with addressed(folder, BACK) as address:
        database = Database(address, ring.sealer, ring.tagger, pool_size=1)
        try:
            done = run(database, output, holders, signer)
        finally:
            database.close()
    if as_json:
        told = {"size_bytes": done.size_bytes, "records": dict(done.records), "unreadable": done.unreadable}
        typer.echo(json.dumps(told, sort_keys=True))
        return
    counted = ", ".join(f"{count} of kind {kind}" for kind, count in done.records.items())
    typer.echo(f"Exported: {counted or 'nothing'}; {done.size_bytes} bytes. The security officer has an alarm of it.")
    if done.unreadable:
        typer.echo(f"{done.unreadable} records did not open and are missing: see `fristad keys status`.")


@refusing
def open_offline(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An offline export.")],
    key: KeyOption,
    data: DataOption = None,
    signed_by: SignedOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an offline export on the screen; needs every key holder it was sealed to, and no running system."""
    from service.processes.holders import read_holder_key
    from service.processes.offline import open_offline as run
    from service.processes.offline import told

    lines = run(file, [read_holder_key(path) for path in key], _believed(signed_by, data_folder(data)))
    if as_json:
        typer.echo(json.dumps(lines, ensure_ascii=False, sort_keys=True))
        return
    for line in told(lines):
        typer.echo(line)


def _sealing(to: Sequence[Path], data: Path) -> tuple[list[Holder], Signer]:
    from service.audit.keeping import keeper
    from service.processes.holders import read_holder

    holders = [read_holder(path) for path in to]
    signer, _ = keeper(data)
    return holders, signer


def _believed(told: Path | None, data: Path) -> tuple[PublicKey, ...]:
    from matching.errors import Fault, InputRejected
    from service.audit.notes import read_public_keys

    try:
        return read_public_keys((told or data / "keys" / "audit.pub").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        wanted = "keys/audit.pub of the register that made the file"
        raise InputRejected([Fault("--signed-by", "cannot be read", wanted)]) from None


def _notes(told: Path | None, data: Path) -> str:
    from matching.errors import Fault, InputRejected
    from service.audit.keeping import witness_folder
    from service.audit.witness import FILE

    try:
        return (told or witness_folder(data) / FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        wanted = "accepted.notes from the witness; --no-witness if there never was one"
        raise InputRejected([Fault("--witness", "cannot be read", wanted)]) from None
