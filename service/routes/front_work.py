"""Tasks, the trail, alarms."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from service.flow import alarms, front_tasks, trail
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.front_work import (
    AlarmAnsweredOut,
    AlarmOut,
    AlarmsOut,
    TaskOut,
    TasksOut,
    TrailEntryOut,
    TrailOut,
)

__all__ = ["routes"]

routes = Routes("work")


@routes.get("/v1/tasks", Action.LIST_TASKS, out=TasksOut)
def list_tasks(session: Session) -> TasksOut:
    """List what waits for whoever asks, by deadline."""
    found, more = front_tasks.read(session.tx, session.settings)
    lines = tuple(
        TaskOut(
            task_id=task.id,
            kind=task.kind,
            what=what,
            case_id=task.case,
            about_id=task.about,
            due_at=task.due_at,
            is_overdue=task.due_at < session.tx.now,
        )
        for task, what in found
    )
    return TasksOut(tasks=lines, more=more)


@routes.get("/v1/trail", Action.READ_TRAIL, out=TrailOut)
def read_trail(
    session: Session,
    after: Annotated[int, Field(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Field(ge=1, le=200)] = 100,
) -> TrailOut:
    """Read a page of the trail, oldest first."""
    entries, following = trail.page(session.tx, session.settings, after, limit)
    return TrailOut(
        entries=tuple(TrailEntryOut.model_validate(entry) for entry in entries),
        next_after=following,
    )


@routes.get("/v1/alarms", Action.READ_ALARMS, out=AlarmsOut)
def read_alarms(session: Session) -> AlarmsOut:
    """Read the alarms, unanswered ones first."""
    found, more = alarms.read(session.tx, session.settings)
    lines = tuple(
        AlarmOut(alarm_id=one.id, kind=one.kind, raised_at=one.raised_at, answered_at=one.answered_at) for one in found
    )
    return AlarmsOut(alarms=lines, more=more)


@routes.post("/v1/alarms/{alarm_id}/answer", Action.ANSWER_ALARM, out=AlarmAnsweredOut)
def answer_alarm(session: Session, alarm_id: UUID) -> AlarmAnsweredOut:
    """Say that an alarm is taken care of."""
    alarms.answer(session.tx, session.settings, alarm_id)
    return AlarmAnsweredOut(alarm_id=alarm_id)
