"""`fristad serve` and `fristad worker`: the service as processes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.commands.refusing import refusing
from service.settings import data_folder

__all__ = ["serve", "worker"]

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder; default $FRISTAD_DATA or the user's own.")
]


@refusing
def serve(
    data: DataOption = None,
    init: Annotated[bool, typer.Option("--init", help="Make the keys of a new data folder first.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Make a token issuer and organisations for a demonstration; loopback only.")
    ] = False,
    week: Annotated[
        Path | None,
        typer.Option("--week", metavar="FILE", help="Put a synthetic week (`fristad generate`) into the new register."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="front, back or solver; again for another. Default: all."),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", metavar="FILE", help="Certificate (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its key (PEM).")] = None,
) -> None:
    """Serve the register: front, back and solver as processes of their own, on an embedded or a real PostgreSQL."""
    from matching.domain.reading import read_bytes
    from matching.errors import Fault, InputRejected
    from service.processes.child import NAMES
    from service.processes.demo import prepare_demo
    from service.processes.serve import initialise
    from service.processes.serve import serve as run
    from service.settings import Settings

    folder = data_folder(data)
    names = tuple(only) if only else NAMES
    if not set(names) <= set(NAMES):
        raise InputRejected([Fault("--only", "names no process", ", ".join(NAMES))])
    if (tls_cert is None) != (tls_key is None):
        raise InputRejected([Fault("--tls-cert", "stands without its key, or the key alone", "both files")])
    if init:
        made = initialise(folder)
        typer.echo(
            f"Made {len(made)} key files. Back up the key folder apart from the database."
            if made
            else "Keys are there."
        )
    elif not (folder / "keys").is_dir():
        raise InputRejected(
            [Fault("the data folder", "holds no keys", "fristad serve --init, once, for a new register")]
        )
    if demo:
        prepare_demo(folder, Settings.load(folder))
    settings = Settings.load(folder)
    document = None if week is None else read_bytes(week, "--week")
    scheme = "https" if tls_cert else "http"

    def ready() -> None:
        for name, port in (("front", settings.front_port), ("back", settings.back_port)):
            if name in names:
                typer.echo(f"{name:<7} {scheme}://{settings.host}:{port}")
        typer.echo("Ready. Ctrl-C stops everything in order.")

    tls = (tls_cert, tls_key) if tls_cert and tls_key else None
    run(folder, names, tls=tls, ready=ready, week=document)


@refusing
def worker(data: DataOption = None) -> None:
    """Add a solver on this machine: it needs the solver's key file and FRISTAD_DATABASE_URL_SOLVER."""
    from service.processes.serve import serve as run

    folder = data_folder(data)
    run(folder, ("solver",), ready=lambda: typer.echo("Working. Ctrl-C stops after the present job."))
