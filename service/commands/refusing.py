"""What goes wrong in a command of the service becomes sentences and exit code 2."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

__all__ = ["REJECTED", "refusing"]

P = ParamSpec("P")
R = TypeVar("R")

REJECTED = 2


def refusing(command: Callable[P, R]) -> Callable[P, R]:
    """Say what has to be mended, every fault at once; anything else of ours in one sentence."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from matching.errors import FristadError, InputRejected
        from service.crypto.errors import KeysRejected

        try:
            return command(*args, **kwargs)
        except (InputRejected, KeysRejected) as bad:
            typer.echo(f"Rejected: {len(bad.faults)} fault(s).", err=True)
            for fault in bad.faults:
                typer.echo(f"  {fault}", err=True)
        except BlockingIOError:
            typer.echo("Another process works on this data folder; wait for it, or stop it.", err=True)
        except FristadError as refused:
            typer.echo(str(refused) or type(refused).__name__, err=True)
        raise typer.Exit(REJECTED)

    return run
