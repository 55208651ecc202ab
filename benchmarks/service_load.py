"""The service under load: ``python -m benchmarks.service_load [--seconds N]`` prints one JSON line.

A register with 1,000 live placements is served by real processes. Reads of eight kinds arrive by chance, 50 a second
on average, whether or not earlier ones are answered (an open loop: a queue counts); beside them holds are asked for,
each from the requester's order of preference to the stay that stands in the coordinator's detail. A time is counted
from the moment a request was due. Exit code 1 if a bar is missed or anything but what is expected is answered.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.common import machine, quantile
from benchmarks.generate import generate, to_bytes
from benchmarks.generation.spec import WeekSpec
from benchmarks.kill_nine import Service, running
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.cli.serving import today
from service.clock import utc_now
from service.demo_issuer import issue
from service.engine.seeding import id_of
from service.policies import Process
from service.settings import Settings
from service.walk.cast import CAST
from service.walk.client import Client
from service.walk.run import Walk, clients_of
from service.walk.steps import CHAPTERS, Step
from service.walk.values import Missing, picked

__all__ = ["BARS", "Load", "load", "main"]

BARS: Final = {"reads_p95_s": 0.150, "holds_p95_s": 1.0}
_PLACED: Final = 1000
_READS_A_S: Final = 50.0
_HOLDS_A_S: Final = 0.5
_POLL_S: Final = 0.05
_PATIENCE_S: Final = 30.0
_WORKERS: Final = 24
_INTAKE, _QUERY = CHAPTERS[0].steps, CHAPTERS[1].steps
_CLAIM: Final = Step("coordinator", "Claims.", "POST /v1/cases/{case}/claim")
_READS: Final = (
    ("requester", "/v1/cases/{case}"),
    ("requester", "/v1/cases"),
    ("requester", "/v1/queries/{query}"),
    ("requester", "/v1/tasks"),
    ("decider", "/v1/cases/{case}"),
    ("assessor", "/v1/cases/{case}/assessments"),
    ("coordinator", "/v1/worklist"),
    ("coordinator", "/v1/cases/{case}/detail"),
)


@dataclass
class Load:
    """Times and errors of a run."""

    reads_s: list[float] = field(default_factory=list)
    holds_s: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, float | int]:
        """What is printed."""
        told: dict[str, float | int] = {}
        for name, times in (("reads", self.reads_s), ("holds", self.holds_s)):
            told[name] = len(times)
            for share in (50, 95, 99):
                told[f"{name}_p{share}_s"] = round(quantile(times, share / 100), 3) if times else -1
        return told

    @property
    def holds(self) -> bool:
        """Whether every bar is kept and nothing went wrong."""
        told = self.figures()
        return not self.errors and all(0 <= told[name] <= bar for name, bar in BARS.items())


def week(placed: int = _PLACED) -> bytes:
    """A synthetic week with so many live placements."""
    layers = Layers.load()
    spec = WeekSpec(
        waiting=12,
        placed=placed,
        facilities=max(60, placed * 6 // 10),
        networks=max(20, placed // 5),
        residences=placed // 50,
        vacancy_percent=50,
        now=today(),
    )
    return to_bytes(generate(spec, layers, TravelNetwork.load(layers)))


class _Tokens:
    """Tokens of the cast, made once: signing them is not what is measured."""

    def __init__(self, data: Path) -> None:
        settings, values = Settings.load(data), {"region": "syd"}
        self._told = {who: issue(data, settings, part.actor(values), utc_now()) for who, part in CAST.items()}

    def __getitem__(self, who: str) -> str:
        return self._told[who]


def _prepared(data: Path, number: int, network: str) -> Sequence[Mapping[str, str]]:
    """So many cases with three slots, claimed by the coordinator; what is known of each."""
    found = []
    for _ in range(number):
        with closing(Walk(data)) as walk:
            walk.values["network"] = network
            for step in (*_INTAKE, *_QUERY[:2], _CLAIM):
                walk.step(step)
            found.append(dict(walk.values))
    return found


class _Users:
    """Those who ask: each thread with connections of its own."""

    def __init__(self, data: Path, seen: Load) -> None:
        self._settings = Settings.load(data)
        self._tokens = _Tokens(data)
        self._own = threading.local()
        self._opened: list[Client] = []
        self._seen = seen

    def client(self, process: Process) -> Client:
        if not hasattr(self._own, "clients"):
            self._own.clients = clients_of(self._settings)
            self._opened += self._own.clients.values()
        found: Client = self._own.clients[process]
        return found

    def close(self) -> None:
        for client in self._opened:
            client.close()

    def guarded(self, what: str, act: Callable[[], None]) -> None:
        try:
            act()
        except (OSError, http.client.HTTPException, Missing) as broken:
            self._seen.errors[f"{what}: {type(broken).__name__}"] += 1

    def read(self, who: str, path: str, values: Mapping[str, str], due_s: float) -> None:
        """One read; its time counts from when it was due."""
        reply = self.client(CAST[who].at).call("GET", path.format_map(values), self._tokens[who])
        self._seen.reads_s.append(time.monotonic() - due_s)
        if reply.status != 200:
            self._seen.errors[f"{path}: {reply.status}"] += 1

    def hold(self, values: Mapping[str, str], due_s: float) -> None:
        """From the order of preference to the stay that is held."""
        told = {"slots": [values["slot_1"], values["slot_2"], values["slot_3"]]}
        path = _QUERY[2].path.format_map(values)
        reply = self.client(Process.FRONT).call("POST", path, self._tokens["requester"], told)
        if reply.status != 202:
            self._seen.errors[f"preference: {reply.status}"] += 1
            return
        detail = f"/v1/cases/{values['case']}/detail"
        while time.monotonic() - due_s < _PATIENCE_S:
            answer = self.client(Process.BACK).call("GET", detail, self._tokens["coordinator"])
            if answer.status != 200:
                self._seen.errors[f"detail: {answer.status}"] += 1
                return
            if answer.content["stays"]:
                self._seen.holds_s.append(time.monotonic() - due_s)
                if picked(answer.content, "stays.0.state") != "held":
                    self._seen.errors["a stay of another state"] += 1
                return
            time.sleep(_POLL_S)
        self._seen.errors["nothing was held"] += 1


def _arrivals(dice: random.Random, rate: float, seconds: float) -> list[float]:
    found, now = [], dice.expovariate(rate)
    while now < seconds:
        found.append(now)
        now += dice.expovariate(rate)
    return found


def load(service: Service, document: bytes, seconds: float, seed: int = 1) -> Load:
    """Put load on a running service for so many seconds.

    Parameters
    ----------
    document : the week it was filled with
    """
    network = str(id_of("network", json.loads(document)["networks"][2]["id"]))
    dice, seen = random.Random(seed), Load()
    holds_at = _arrivals(dice, _HOLDS_A_S, seconds)
    cases = _prepared(service.data, len(holds_at) + 1, network)
    users = _Users(service.data, seen)
    due: list[tuple[float, Callable[[float], None]]] = []
    for at, values in zip(holds_at, cases[1:], strict=True):
        due.append((at, lambda due_s, values=values: users.guarded("hold", lambda: users.hold(values, due_s))))  # type: ignore[misc]
    for at in _arrivals(dice, _READS_A_S, seconds):
        who, path = dice.choice(_READS)
        values = dice.choice(cases)
        due.append(
            (
                at,
                lambda due_s, who=who, path=path, values=values: users.guarded(  # type: ignore[misc]
                    path, lambda: users.read(who, path, values, due_s)
                ),
            )
        )
    due.sort(key=lambda one: one[0])
    with ThreadPoolExecutor(_WORKERS) as pool:
        for who, path in _READS:  # connections and plans of the first request are not what is measured
            users.guarded(path, lambda who=who, path=path: users.read(who, path, cases[0], time.monotonic()))  # type: ignore[misc]
        seen.reads_s.clear()
        began_s = time.monotonic()
        for at, act in due:
            time.sleep(max(0.0, began_s + at - time.monotonic()))
            pool.submit(act, began_s + at)
    users.close()
    return seen


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, load, print the figures."""
    parser = argparse.ArgumentParser(description="reads and holds against a register with 1,000 placements")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--placed", type=int, default=_PLACED)
    told = parser.parse_args(arguments)
    document = week(told.placed)
    with (
        tempfile.TemporaryDirectory(prefix="fristad-load-") as made,
        running(Path(made) / "data", document, longest_wait_s=30.0) as service,
    ):
        done = load(service, document, told.seconds)
    result = {"bench": "service_load", "placed": told.placed, "seconds": told.seconds, "holds_bars": done.holds}
    print(json.dumps({**result, **done.figures(), "errors": dict(done.errors), "machine": machine()}))
    return 0 if done.holds else 1


if __name__ == "__main__":
    sys.exit(main())
