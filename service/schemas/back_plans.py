"""Options of one case, plans and repairs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from service.flow.coordinator_plans import Proposal
from service.schemas.back_common import Answer, Body, example

__all__ = ["PlanAsked", "PlanOut", "PlanWanted"]

_PLAN = "2f1e0d9c-8b7a-4695-8473-625140392817"


class PlanWanted(Body):
    """A plan of the week for everybody who waits, or a repair of what is broken."""

    model_config = example(kind="week")

    kind: Literal["week", "repair"]


class PlanAsked(Answer):
    """The solver works on it."""

    model_config = example(plan_id=_PLAN, state="working")

    plan_id: UUID
    state: Literal["working"]


class PlanOut(Answer):
    """What the solver proposes: options to who asked and claims the case; else totals and the claimed cases."""

    model_config = example(
        plan_id=_PLAN,
        kind="options",
        state="proposed",
        case_id="0d5f2f5e-3f1b-4a52-8a30-0a4f3e0d9b01",
        asked_at="2030-01-02T08:00:00Z",
        finished_at="2030-01-02T08:00:20Z",
        result={"options": []},
    )

    plan_id: UUID
    kind: Literal["week", "repair", "options"]
    state: Literal["working", "proposed", "no_plan", "out_of_time", "failed"]
    case_id: UUID | None
    asked_at: datetime
    finished_at: datetime | None
    result: dict[str, Any] | None = Field(
        description="options of one case; or totals, `cases`, and the lines of claimed cases"
    )

    @staticmethod
    def of(found: Proposal) -> PlanOut:
        """From what the flow opened."""
        row = found.row
        return PlanOut(
            plan_id=row.id,
            kind=row.kind,  # type: ignore[arg-type]  # the database keeps it one of these
            state=row.state,  # type: ignore[arg-type]  # the database keeps it one of these
            case_id=found.case,
            asked_at=row.asked_at,
            finished_at=row.finished_at,
            result=found.result,
        )
