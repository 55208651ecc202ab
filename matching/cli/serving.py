"""`fristad demo-service`: the service started, walked through with every role, its trail verified."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer

from matching.cli.common import out
from service.commands.refusing import refusing

__all__ = ["demo_service", "today", "write_week"]

_SIZE = "calm"


def today() -> str:
    """The beginning of the day in Sweden, as the generator's moment."""
    from service.clock import utc_now
    from service.flow.localities import LOCAL

    return utc_now().astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0).isoformat()


def write_week(path: Path) -> None:
    """A synthetic week of today, as the demonstration's register begins with."""
    from dataclasses import replace

    from benchmarks.generate import SIZES, generate, to_bytes
    from geodata.layers import Layers, active_folder
    from geodata.network import TravelNetwork

    folder = active_folder()
    layers = Layers.load(folder)
    spec = replace(SIZES[_SIZE], now=today())
    path.write_bytes(to_bytes(generate(spec, layers, TravelNetwork.load(layers, folder))))


@refusing
def demo_service() -> None:
    """Serve a synthetic week and walk one case from intake to departure with every role; nothing is left behind."""
    from service.walk.demo import free_ports, serving, show_verified, walk_through

    with tempfile.TemporaryDirectory(prefix="fristad-demo-") as made:
        data = Path(made) / "data"
        free_ports(data)
        write_week(Path(made) / "week.json")
        out.print("Starting a new register with a synthetic week: front, back and solver as processes of their own.")
        with serving(data, "--init", "--demo", "--week", str(Path(made) / "week.json")):
            walk_through(data, out)
            is_whole = show_verified(data, out)
    if not is_whole:
        out.print("The trail could not be verified.")
        raise typer.Exit(1)
    out.print("\nEvery step was answered as it should be, and the trail is whole.")
