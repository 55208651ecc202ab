"""`fristad token` for the demo, `fristad openapi` for those who write clients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from service.commands.refusing import refusing
from service.settings import data_folder

__all__ = ["openapi", "token"]

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder; default $FRISTAD_DATA or the user's own.")
]


@refusing
def token(
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="One role, e.g. requester or coordinator.")],
    unit: Annotated[str, typer.Option("--unit", metavar="UNIT", help="The unit, e.g. bops-syd.")],
    organisation: Annotated[str, typer.Option("--organisation", metavar="NAME", help="Its organisation.")] = "police",
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Pseudonym; default the role.")] = None,
    data: DataOption = None,
) -> None:
    """Print a bearer token for the demo, valid for an hour. Refuses where anybody else could reach the service."""
    from matching.errors import Fault, InputRejected
    from service.actors import Actor, Role
    from service.auth import is_name
    from service.clock import utc_now
    from service.demo_issuer import issue
    from service.settings import Settings

    roles = [one.value for one in Role if one is not Role.SYSTEM]
    told = {"--unit": unit, "--organisation": organisation, "--name": name or role}
    faults = [
        Fault(option, "is no name", "1-64 letters, digits, dots, dashes, underscores, colons")
        for option, value in told.items()
        if not is_name(value)
    ]
    if role not in roles:
        faults.append(Fault("--role", "is no role", ", ".join(roles)))
    if faults:
        raise InputRejected(faults)
    folder = data_folder(data)
    actor = Actor(name or role, Role(role), unit, organisation)
    typer.echo(issue(folder, Settings.load(folder), actor, utc_now()))


@refusing
def openapi(
    process: Annotated[str, typer.Option("--process", metavar="NAME", help="front or back.")],
) -> None:
    """Print the OpenAPI description of the front or the back."""
    from matching.errors import Fault, InputRejected
    from service.http.app import describe
    from service.policies import Process

    if process not in set(Process):
        raise InputRejected([Fault("--process", "is no process with an API", ", ".join(Process))])
    typer.echo(json.dumps(describe(Process(process)), ensure_ascii=False, indent=2))
