"""The `fristad` command."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import typer

from geodata.commands import geodata_app
from matching.cli import asking, explaining, intelligence, planning, policy, repairing, serving, showing
from service.commands import backup as backups
from service.commands import serve as processes
from service.commands import token as tokens
from service.commands.audit import audit_app
from service.commands.database import database_app
from service.commands.honey import honey_app
from service.commands.keys import keys_app
from service.commands.sign import sign_app

__all__ = ["app", "main"]

app = typer.Typer(
    name="fristad",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Secure placement matching: ranked options that never show the asker where anybody is.

    On files it works with synthetic data only; real data live in the service (`fristad serve`).

    [bold]Exit codes[/bold]: 0 done · 1 the plan breaks a hard rule (`check`, `report`) · 2 input rejected or wrong
    usage · 3 nobody can be placed, or (`repair`) somebody has no safe bed · 4 out of time, nothing proven · 5 solver
    and rules disagree, or an internal error: nothing is returned""",
)
app.add_typer(geodata_app, name="geodata")
app.add_typer(policy.policy_app, name="policy")
app.command()(planning.demo)
app.command()(showing.generate)
app.command()(planning.plan)
app.command()(asking.options)
app.command()(planning.check)
app.command()(repairing.repair)
app.command()(explaining.explain)
app.command()(showing.report)
app.command()(intelligence.networks)
app.command()(showing.rules)
app.command()(showing.schema)
app.command()(processes.serve)
app.command()(processes.worker)
app.command("demo-service")(serving.demo_service)
app.command()(tokens.token)
app.command()(tokens.openapi)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(backups.export_offline)
app.command()(backups.open_offline)
app.command()(backups.key_holder)
app.add_typer(database_app, name="database")
app.add_typer(keys_app, name="keys")
app.add_typer(honey_app, name="honey")
app.add_typer(audit_app, name="audit")
app.add_typer(sign_app, name="sign")


def main() -> None:
    """Entry point of the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a letter gets its number, not an error
            stream.reconfigure(errors="backslashreplace")
    app()
