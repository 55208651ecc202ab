"""Tasks, the trail, alarms: codes, random ids and moments."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from matching.domain.base import Moment
from service.schemas.common import Out
from service.schemas.front_cases import CASE_ID

__all__ = ["AlarmAnsweredOut", "AlarmOut", "AlarmsOut", "TaskOut", "TasksOut", "TrailEntryOut", "TrailOut"]

TASK_ID = "6a2e4c8f-1b3d-4f5e-8a7c-9d0b2e4f6a18"
ALARM_ID = "8c4e6a0b-3d5f-4b7a-9c1e-2f4a6b8d0e39"


class TaskOut(Out):
    """One thing to do, and until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "task_id": TASK_ID,
                    "kind": "decide_measure",
                    "what": "Decide the measure.",
                    "case_id": CASE_ID,
                    "about_id": None,
                    "due_at": "2026-12-04T07:00:00Z",
                    "is_overdue": False,
                }
            ]
        }
    )

    task_id: UUID
    kind: str
    what: str
    case_id: UUID | None
    about_id: UUID | None
    due_at: Moment
    is_overdue: bool


class TasksOut(Out):
    """What waits for the actor, by deadline; `more`: there are others that are not shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tasks": [], "more": False}]})

    tasks: tuple[TaskOut, ...]
    more: bool


ENTRY_EXAMPLE: Final[JsonDict] = {
    "seq": 17,
    "at": "2026-11-20T08:00:00.000000Z",
    "actor": "5d41402abc4b2a76b9719d911017c592",
    "role": "requester",
    "act": "open_case",
    "case": CASE_ID,
    "object": None,
    "outcome": "done",
    "sealed": None,
    "input": None,
    "rule_set": None,
    "seed": None,
    "versions": None,
}


class TrailEntryOut(Out):
    """An entry: who by pseudonym, what by code, on what by random id, and the hash of the ciphertext."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**ENTRY_EXAMPLE}]})

    seq: int
    at: str
    actor: str
    role: str
    act: str
    case: str | None
    object: str | None
    outcome: str
    sealed: str | None
    input: str | None
    rule_set: str | None
    seed: int | None
    versions: dict[str, str] | None


class TrailOut(Out):
    """A page of the trail; the next one begins behind `next_after`, none: this was the last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"entries": [{**ENTRY_EXAMPLE}], "next_after": 17}]})

    entries: Annotated[tuple[TrailEntryOut, ...], Field(max_length=200)]
    next_after: int | None


class AlarmOut(Out):
    """One alarm: what kind, and whether anybody has taken care of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "alarm_id": ALARM_ID,
                    "kind": "person_in_two_cases",
                    "raised_at": "2026-11-20T08:00:00Z",
                    "answered_at": None,
                }
            ]
        }
    )

    alarm_id: UUID
    kind: str
    raised_at: Moment
    answered_at: Moment | None


class AlarmsOut(Out):
    """Alarms, unanswered ones first; `more`: there are others that are not shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"alarms": [], "more": False}]})

    alarms: tuple[AlarmOut, ...]
    more: bool


class AlarmAnsweredOut(Out):
    """The alarm is taken care of."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"alarm_id": ALARM_ID}]})

    alarm_id: UUID
