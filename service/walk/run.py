"""The walk, walked: every step over real HTTP, with the token of whoever does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from matching.domain import PlacementAssessment
from matching.errors import FristadError
from service.actors import Actor
from service.clock import utc_now
from service.demo_issuer import issue
from service.flow.localities import locality
from service.policies import Process
from service.processes.demo import DemoSigner, demo_signer
from service.settings import Settings
from service.walk.cast import CAST
from service.walk.client import Client, Reply
from service.walk.steps import CHAPTERS, Chapter, Step
from service.walk.values import Missing, beginning, filled, picked

__all__ = ["Done", "StepFailed", "Walk", "clients_of", "sign"]

_PATIENCE_S: Final = 60.0
_PAUSE_S: Final = 0.2
_REFUSED: Final = 400


class StepFailed(FristadError):
    """A step was not answered as it should be; the rest was not walked."""


@dataclass(frozen=True)
class Done:
    """A step that was walked.

    Parameters
    ----------
    path : with its values
    """

    step: Step
    actor: Actor
    path: str
    status: int
    answer: Any = field(repr=False)


def sign(signer: DemoSigner, step: Step, values: Mapping[str, str]) -> str:
    """The statement that stands before a step, signed by its organisation."""
    told = step.signs
    if told is None:
        raise ValueError("nothing is signed here")
    case_id = UUID(values["case"])
    if told.told is None:
        return signer.intake(told.organisation, case_id, values["person"], utc_now())
    assessment = PlacementAssessment.model_validate(filled(told.told, values), strict=False)
    return signer.assessment(told.organisation, told.unit or "", case_id, assessment.version, assessment, utc_now())


def clients_of(settings: Settings, make: Callable[[str], Client] = Client) -> dict[Process, Client]:
    """A client of each process at the ports of the settings."""
    ports = {Process.FRONT: settings.front_port, Process.BACK: settings.back_port}
    return {process: make(f"http://{settings.host}:{port}") for process, port in ports.items()}


class Walk:
    """A walk over a running service of a demonstration.

    Parameters
    ----------
    data : its data folder, for tokens and signatures
    patience_s : how long a step may wait for what follows by itself
    clients : other than those that speak to each process once
    """

    def __init__(
        self, data: Path, *, patience_s: float = _PATIENCE_S, clients: Mapping[Process, Client] | None = None
    ) -> None:
        self.values = beginning()
        self._data = data
        self._settings = Settings.load(data)
        self._signer = demo_signer(data)
        self._patience_s = patience_s
        self._clients = clients_of(self._settings) if clients is None else dict(clients)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def steps(self, told: Callable[[Chapter], None] = lambda _: None) -> Iterator[Done]:
        """Walk all of it; `told` hears of each chapter before its steps.

        Raises
        ------
        StepFailed : an answer is not what it should be
        """
        for chapter in CHAPTERS:
            told(chapter)
            for step in chapter.steps:
                yield self.step(step)

    def step(self, step: Step) -> Done:
        """Walk one step.

        Raises
        ------
        StepFailed : the answer is not what it should be
        """
        part = CAST[step.who]
        actor = part.actor(self.values)
        token = issue(self._data, self._settings, actor, utc_now())
        if step.signs is not None:
            self.values["signature"] = sign(self._signer, step, self.values)
        path = step.path.format_map(self.values)
        told = None if step.told is None else filled(step.told, self.values)
        reply = self._answered(step, lambda: self._clients[part.at].call(step.method, path, token, told))
        for name, where in step.keeps.items():
            self.values[name] = str(picked(reply.content, where.format_map(self.values)))
        if "locality" in step.keeps:
            self.values["region"] = locality(self.values["locality"]).police_region
        return Done(step, actor, path, reply.status, reply.content)

    def shown(self, done: Done) -> dict[str, Any]:
        """What is shown of an answer, by the last name of its path.

        Raises
        ------
        StepFailed : the answer lacks it
        """
        try:
            return {
                path.rsplit(".", 1)[-1]: picked(done.answer, path.format_map(self.values)) for path in done.step.shows
            }
        except Missing:
            raise StepFailed(f"{done.step.does} The answer lacks what is to be seen.") from None

    def _answered(self, step: Step, call: Callable[[], Reply]) -> Reply:
        ends_s = time.monotonic() + self._patience_s
        while True:
            reply = call()
            _insist(step, reply)
            if step.until is None or self._has_come(step.until, reply.content):
                return reply
            if time.monotonic() > ends_s:
                raise StepFailed(f"{step.does} It did not come to {step.until[1]} within {self._patience_s:.0f} s.")
            time.sleep(_PAUSE_S)

    def _has_come(self, wanted: tuple[str, str], answer: Any) -> bool:
        try:
            return str(picked(answer, wanted[0].format_map(self.values))) == wanted[1]
        except Missing:
            return False


def _insist(step: Step, reply: Reply) -> None:
    """Go on only if the answer is of the kind the step is to have."""
    problem = reply.content if isinstance(reply.content, dict) else {}
    refused = problem.get("code") if reply.status >= _REFUSED else None
    if refused != step.is_refused or (reply.status >= _REFUSED and refused is None):
        raise StepFailed(f"{step.does} Answered {reply.status}: {problem.get('title', 'no problem document')}")
