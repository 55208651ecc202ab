"""What all commands share: exit codes, errors for people, whole files, progress, the map."""

from __future__ import annotations

import functools
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console

from geodata.errors import GeodataRejected
from matching.errors import Fault, FristadError, InputRejected, OutOfTime, SolverFault, UnknownCase, UnknownFacility

if TYPE_CHECKING:
    from geodata.layers import Layers
    from matching.domain import Policy, Scenario
    from matching.facts import Facts

__all__ = [
    "Exit",
    "JsonFlag",
    "Loaded",
    "PolicyOption",
    "SecondsOption",
    "guarded",
    "insist_on_folder",
    "load",
    "out",
    "print_json",
    "read_policy",
    "working",
    "write_whole",
]


class Exit:
    """Exit codes; `fristad --help` lists them."""

    OK = 0
    BREACH = 1
    REJECTED = 2
    NO_PLAN = 3
    OUT_OF_TIME = 4
    FAULT = 5
    READER_GONE = 141


MOST_FAULTS_SHOWN = 100


P = ParamSpec("P")
R = TypeVar("R")

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

JsonFlag = Annotated[bool, typer.Option("--json", help="Machine-readable answer on standard output.")]
PolicyOption = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="Policy file (JSON): what it names replaces the scenario's."),
]
SecondsOption = Annotated[float, typer.Option("--time-s", min=0.1, help="Time limit of the search, seconds.")]


def _complain(code: int, title: str, faults: tuple[Fault, ...] = (), *, as_json: bool) -> None:
    """Say what went wrong; when even that cannot be written, the exit code alone says it."""
    try:
        if as_json:
            body = {"error": title, "exit_code": code, "faults": [vars(fault) for fault in faults]}
            print(json.dumps(body, ensure_ascii=False, indent=2), flush=True)
            return
        err.print(title, style="bold", markup=False)
        for fault in faults[:MOST_FAULTS_SHOWN]:
            err.print(f"  {fault.path}", style="yellow", markup=False)
            err.print(f"    {fault.wrong}; accepted: {fault.accepted}", markup=False)
        if len(faults) > MOST_FAULTS_SHOWN:
            err.print(f"  … and {len(faults) - MOST_FAULTS_SHOWN} more; --json lists all", markup=False)
    except OSError:
        _silence()


def _silence() -> None:
    """Nothing more can be written to standard output: not even what Python would flush at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what went wrong into a message for people and an exit code; no value, place or id is shown."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(kwargs.get("as_json", False))
        would_write = any(kwargs.get(name) is not None for name in ("output", "to"))
        nothing_written = "; nothing was written" if would_write else ""
        try:
            return command(*args, **kwargs)
        except InputRejected as bad:
            _complain(
                Exit.REJECTED,
                f"Rejected: {len(bad.faults)} fault(s){nothing_written}.",
                bad.faults,
                as_json=as_json,
            )
            raise typer.Exit(Exit.REJECTED) from None
        except GeodataRejected as bad:
            faults = tuple(Fault(fault.path, fault.wrong, fault.accepted) for fault in bad.faults)
            _complain(Exit.REJECTED, f"The map data cannot be used{nothing_written}.", faults, as_json=as_json)
            raise typer.Exit(Exit.REJECTED) from None
        except UnknownCase:
            _complain(Exit.REJECTED, "The scenario has no waiting case of that id.", as_json=as_json)
            raise typer.Exit(Exit.REJECTED) from None
        except UnknownFacility:
            _complain(Exit.REJECTED, "The scenario has no facility of that id.", as_json=as_json)
            raise typer.Exit(Exit.REJECTED) from None
        except OutOfTime:
            title = "Out of time before any plan was found; this proves nothing. Try again with a higher --time-s."
            _complain(Exit.OUT_OF_TIME, title, as_json=as_json)
            raise typer.Exit(Exit.OUT_OF_TIME) from None
        except SolverFault as fault:
            _complain(Exit.FAULT, f"Stopped: {fault}. Nothing is returned; please report this.", as_json=as_json)
            raise typer.Exit(Exit.FAULT) from None
        except BrokenPipeError:  # `fristad schema | head`: the reader has had enough
            _silence()
            raise typer.Exit(Exit.READER_GONE) from None
        except (typer.Exit, typer.Abort, FristadError, KeyboardInterrupt):
            raise
        except Exception as bug:
            if type(bug).__module__.startswith(("click", "typer")) or os.environ.get("FRISTAD_TRACEBACK"):
                raise
            title = f"Internal error ({type(bug).__name__}); nothing is returned. FRISTAD_TRACEBACK=1 shows where."
            _complain(Exit.FAULT, title, as_json=as_json)
            raise typer.Exit(Exit.FAULT) from None

    return run


def print_json(body: Any) -> None:
    """A model or a plain tree on standard output."""
    tree = body.model_dump(mode="json") if hasattr(body, "model_dump") else body
    print(json.dumps(tree, ensure_ascii=False, indent=2, sort_keys=True), flush=True)


@contextmanager
def working(text: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A spinner with the present step on standard error; nothing when quiet or not a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with err.status(text) as status:
        yield lambda step: status.update(f"{text}: {step}")


def write_whole(path: Path, content: bytes, inputs: Iterable[Path] = ()) -> None:
    """Write a file whole or not at all; never over one of the inputs, a device or a pipe.

    Raises
    ------
    InputRejected : the folder does not exist or may not be written to, or the target is none to be replaced
    """
    insist_on_folder(path)
    if path.exists() and any(path.samefile(other) for other in inputs if other.exists()):
        raise InputRejected([Fault("the output file", "is one of the inputs", "another path")])
    name = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".fristad-", delete=False) as stream:
            name = stream.name
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except BaseException as bad:
        if name is not None:
            Path(name).unlink(missing_ok=True)
        if isinstance(bad, OSError):
            fault = Fault("the output file", "cannot be written", "a path in a folder you may write to")
            raise InputRejected([fault]) from bad
        raise


def insist_on_folder(path: Path | None) -> None:
    """Refuse an output path before the work is done for it.

    Raises
    ------
    InputRejected : its folder does not exist, or it is a folder, a device or a pipe itself
    """
    if path is not None and (not path.parent.is_dir() or (path.exists() and not path.is_file())):
        raise InputRejected([Fault("the output file", "cannot be written", "a path in a folder you may write to")])


@dataclass(frozen=True)
class Loaded:
    """A scenario with its document, its facts and the map they stand on."""

    content: bytes
    scenario: Scenario
    facts: Facts
    layers: Layers

    @cached_property
    def queue(self) -> Facts:
        """The facts a coordinator plans with: who is unsafe where they live today ranks with red."""
        from matching.constraints import rule_book
        from matching.urgency import promoted

        return promoted(self.facts, rule_book())

    @property
    def where(self) -> dict[str, str]:
        """Facility id -> name of its locality and kommun."""
        named = {}
        for facility in self.scenario.facilities:
            place = self.layers.resolve(facility.locality)
            kommun = self.layers.kommuner[place.kommun]
            named[facility.id] = place.name if place.name == kommun else f"{place.name}, {kommun}"
        return named


def read_policy(path: Path, layers: Layers) -> Policy:
    """The policy of a policy file.

    Raises
    ------
    InputRejected : every fault of the file
    """
    from geodata.enrich import place_index
    from matching.domain import read_bytes
    from matching.policyfile import parse_policy

    return parse_policy(read_bytes(path, "the policy file"), place_index(layers).kommuner)


def load(path: Path, policy_path: Path | None = None) -> Loaded:
    """A scenario file on the active map, under its own policy or that of a policy file.

    Raises
    ------
    InputRejected : every fault of the policy file, else of the scenario file
    """
    from geodata.enrich import enrich, place_index
    from geodata.layers import Layers, active_folder
    from geodata.network import TravelNetwork
    from matching.domain import read_bytes
    from matching.intake import read
    from matching.policyfile import rule_weights

    content = read_bytes(path, "the scenario file")
    folder = active_folder()
    layers = Layers.load(folder)
    policy = None if policy_path is None else read_policy(policy_path, layers)

    def on_map(scenario: Scenario) -> Facts:
        return enrich(scenario, layers, TravelNetwork.load(layers, folder))

    scenario, facts = read(content, place_index(layers), on_map, policy, rule_weights())
    return Loaded(content, scenario, facts, layers)
