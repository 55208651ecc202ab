"""`fristad keys`: make the master keys, renew them, count what they wrap. No secret and no id is ever printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from service.settings import data_folder

if TYPE_CHECKING:
    from matching.errors import Fault
    from service.crypto.keyfiles import KeyFile

__all__ = ["init", "keys_app", "public", "rotate", "status"]

REJECTED = 2

T = TypeVar("T")

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder; default $FRISTAD_DATA or the user's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable answer on standard output.")]

keys_app = typer.Typer(no_args_is_help=True, help="Keys of the service: make, renew, count.")


@keys_app.command()
def init(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Make the key files of front, back and solver, and the reveal key store. Refuses where a key file exists."""
    from service.crypto.domains import PROCESS_DOMAINS
    from service.crypto.keyfiles import create_keys, subjects_folder
    from service.crypto.vault import create_vault

    folder = data_folder(data) / "keys"
    made = _or_refuse(lambda: create_keys(folder), as_json)
    vault = _or_refuse(lambda: create_vault(folder), as_json)
    subjects = subjects_folder(folder)
    if as_json:
        _print_json({"key_files": [str(path) for path in made], "reveal": str(vault), "subjects": str(subjects)})
        return
    typer.echo(f"Made in {folder}")
    for path in made:
        typer.echo(f"  {path.name:<11} {', '.join(sorted(PROCESS_DOMAINS[path.stem]))}, tag")
    typer.echo(f"  {vault.name + '/':<11} what only the back may read: first loads are sealed to it")
    typer.echo(
        "Back up these three files and that folder now: offline, with two key holders, never beside the database\n"
        "or its backups. Without them no record opens again. Back them up anew after every `fristad keys rotate`.\n"
        f"The keys of subjects will lie in {subjects}. Mirror that folder so that\n"
        "what is removed here is removed there; keep no older copies: an old copy undoes a deletion.\n"
        "The keys of the audit trail are made by `fristad audit init`."
    )


@keys_app.command()
def rotate(
    domain: Annotated[str, typer.Option("--domain", metavar="DOMAIN", help="case, intel, place or address.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace a domain's master key while the service runs. Interrupted? Say it again: it goes on where it was."""
    from matching.errors import Fault
    from service.crypto.domains import PROCESS_DOMAINS, Domain
    from service.crypto.errors import KeysRejected
    from service.crypto.keyfiles import key_file, subjects_folder
    from service.crypto.rotate import Rotated, rotate

    folder = data_folder(data) / "keys"

    def work() -> Rotated:
        if domain not in set(Domain):
            raise KeysRejected([Fault("--domain", "is no domain", ", ".join(Domain))])
        return rotate([key_file(folder, name) for name in PROCESS_DOMAINS], subjects_folder(folder), Domain(domain))

    done = _or_refuse(work, as_json)
    if as_json:
        told = {"version": done.version, "rewrapped": done.rewrapped, "resumed": done.resumed}
        _print_json({"domain": str(done.domain), **told})
        return
    begun = "Went on with an interrupted rotation. " if done.resumed else ""
    typer.echo(f"{begun}{done.domain}: version {done.version}; {done.rewrapped} subject keys wrapped anew.")
    typer.echo("Back up the key files again, copy them to other machines that hold one, and mirror the subject keys.")


@keys_app.command()
def status(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Versions of the master keys and the number of subject keys under each."""
    from service.crypto.domains import PROCESS_DOMAINS
    from service.crypto.keyfiles import key_file, read_keyfile

    folder = data_folder(data) / "keys"

    def work() -> list[dict[str, Any]]:
        paths = [key_file(folder, name) for name in PROCESS_DOMAINS]
        return _counted({path.name: read_keyfile(path, root_may=True)[0] for path in paths}, folder)

    rows = _or_refuse(work, as_json)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        versions = ", ".join(f"{count} under version {version}" for version, count in row["subjects"].items())
        typer.echo(f"{row['domain']}: version {row['in_use']} in use, in {', '.join(row['key_files'])}")
        typer.echo(f"  subject keys: {versions or 'none'}; destroyed: {row['destroyed']}")
        if row["unreadable"]:
            typer.echo(f"  DAMAGED: {row['unreadable']} files are no keys; restore them from the mirror")
        if row["rotation_unfinished"]:
            typer.echo(f"  A rotation was interrupted: fristad keys rotate --domain {row['domain']}")


@keys_app.command()
def public(data: DataOption = None) -> None:
    """The register's public key, as a JWK: what a first load is sealed to."""
    from service.crypto.vault import Vault

    _print_json(_or_refuse(lambda: Vault(data_folder(data) / "keys").public_key(), as_json=False))


def _counted(files: dict[str, KeyFile], folder: Path) -> list[dict[str, Any]]:
    from service.crypto.domains import Domain
    from service.crypto.keyfiles import subjects_folder
    from service.crypto.masters import Masters
    from service.crypto.rotate import unfinished
    from service.crypto.subjects import SubjectKeys

    rows = []
    for domain in Domain:
        mine = {name: held for name, held in files.items() if domain in held.keys}
        if not mine:
            continue
        census = SubjectKeys(subjects_folder(folder), Masters(next(iter(mine.values())))).census(domain)
        rows.append(
            {
                "domain": str(domain),
                "in_use": max(held.in_use[domain] for held in mine.values()),
                "versions": sorted({version for held in mine.values() for version in held.keys[domain]}),
                "key_files": sorted(mine),
                "subjects": census.by_master,
                "destroyed": census.destroyed,
                "unreadable": census.unreadable,
                "rotation_unfinished": unfinished(mine.values(), domain),
            }
        )
    return rows


def _print_json(body: Any) -> None:
    typer.echo(json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True))


def _or_refuse(work: Callable[[], T], as_json: bool) -> T:
    """What the work gives; what the operator has to mend is said, with exit code 2."""
    from matching.errors import Fault
    from service.crypto.errors import CannotOpen, KeysRejected

    try:
        return work()
    except KeysRejected as bad:
        faults = bad.faults
    except (CannotOpen, OSError):  # an OSError carries a path of a subject's key
        faults = (Fault("the key store", "cannot be read or written", "a local disk with room, of this user"),)
    raise _refused(faults, as_json)


def _refused(faults: Sequence[Fault], as_json: bool) -> typer.Exit:
    title = f"The keys are rejected: {len(faults)} fault(s)."
    if as_json:
        _print_json({"error": title, "exit_code": REJECTED, "faults": [vars(fault) for fault in faults]})
    else:
        typer.echo(title, err=True)
        for fault in faults:
            typer.echo(f"  {fault}", err=True)
    return typer.Exit(REJECTED)
