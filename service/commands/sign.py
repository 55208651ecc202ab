"""`fristad sign`: statements as the organisations of a demonstration sign them on machines of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from service.commands.refusing import refusing
from service.settings import data_folder

__all__ = ["assessment", "intake", "sign_app"]

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data folder; default $FRISTAD_DATA or the user's own.")
]
CaseOption = Annotated[UUID, typer.Option("--case", metavar="ID", help="The case it is about.")]
OrganisationOption = Annotated[str, typer.Option("--organisation", metavar="NAME", help="An organisation of the demo.")]

sign_app = typer.Typer(no_args_is_help=True, help="Sign statements for the demo, as its organisations.")


@sign_app.command()
@refusing
def intake(
    case: CaseOption,
    person: Annotated[str, typer.Option("--person", metavar="KEY", help="The person's key.")],
    organisation: OrganisationOption = "police",
    data: DataOption = None,
) -> None:
    """Vouch for the person of a case."""
    from pydantic import ValidationError

    from matching.errors import Fault, InputRejected
    from service.clock import utc_now
    from service.processes.demo import demo_signer

    try:
        typer.echo(demo_signer(data_folder(data)).intake(organisation, case, person, utc_now()))
    except ValidationError:
        raise InputRejected([Fault("--person", "is no key of a person", "8-64 letters and digits")]) from None


@sign_app.command()
@refusing
def assessment(
    case: CaseOption,
    unit: Annotated[str, typer.Option("--unit", metavar="UNIT", help="The unit that signs.")],
    organisation: OrganisationOption = "police",
    data: DataOption = None,
) -> None:
    """Sign a placement assessment, told as JSON on standard input."""
    from matching.domain import PlacementAssessment
    from matching.domain.parse import shape_faults
    from matching.domain.reading import read_tree
    from matching.errors import InputRejected
    from service.clock import utc_now
    from service.processes.demo import demo_signer

    content = sys.stdin.buffer.read()
    tree, faults = read_tree(content)
    faults += shape_faults(PlacementAssessment, tree, ("assessment",))
    if faults:
        raise InputRejected(faults)
    told = PlacementAssessment.model_validate_json(content)
    signer = demo_signer(data_folder(data))
    typer.echo(signer.assessment(organisation, unit, case, told.version, told, utc_now()))
