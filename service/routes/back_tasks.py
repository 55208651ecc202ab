"""Tasks of those at the back who are no coordinators: the police at a destination, the security officer."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.back_tasks import TaskLine, Tasks
from service.store.repository import tasks

__all__ = ["SENTENCES", "routes"]

routes = Routes("tasks")

SENTENCES: Final = MappingProxyType(
    {
        "check_destination": "Look at the destination, then answer yes or no.",
        "review_break_glass": "Break-glass was used: review it.",
        "review_emergency_address": "The address of an emergency's bed was read: review it.",
    }
)
"""What to do, by kind of task."""

_ELSE: Final = "Look at it with the coordinator on duty."


@routes.get("/v1/tasks", Action.LIST_TASKS, out=Tasks)
def list_own_tasks(session: Session) -> Tasks:
    """List what waits for whoever asks, by deadline."""
    tx, limit = session.tx, session.settings.page_limit
    found = tasks.open_for(tx, tx.actor.role, tx.actor.unit, limit + 1)
    return Tasks(
        tasks=tuple(
            TaskLine(
                task_id=task.id,
                kind=task.kind,
                what_to_do=SENTENCES.get(task.kind, _ELSE),
                stay_id=task.stay,
                due_at=task.due_at,
                is_overdue=task.due_at < tx.now,
            )
            for task in found[:limit]
        ),
        more=len(found) > limit,
    )
