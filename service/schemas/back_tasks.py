"""Tasks of those at the back who are no coordinators."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from matching.domain.base import Moment
from service.schemas.back_common import Answer, example

__all__ = ["TaskLine", "Tasks"]


_LINE = {
    "task_id": "6f1a0f6e-6f0c-4a8e-9a51-0c1c7f0e2b11",
    "kind": "check_destination",
    "what_to_do": "Look at the destination, then answer yes or no.",
    "stay_id": "0b9e2c1a-4f2d-4c55-9b7e-6a1d2f3c4b5a",
    "due_at": "2030-01-02T09:00:00Z",
    "is_overdue": False,
}


class TaskLine(Answer):
    """One thing to do, and until when; nothing of the case or the place."""

    model_config = example(**_LINE)

    task_id: UUID
    kind: str
    what_to_do: str
    stay_id: UUID | None
    due_at: Moment
    is_overdue: bool


class Tasks(Answer):
    """What waits, the most urgent first."""

    model_config = example(tasks=[_LINE], more=False)

    tasks: tuple[TaskLine, ...] = Field(description="at most as many as the setting page_limit says")
    more: bool = Field(description="whether there are others behind them")
