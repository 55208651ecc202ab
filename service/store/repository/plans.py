"""Plans, repairs and options that the solver proposes to a coordinator.

Sealed in domain `place`: options under their case's key, so that they end with it; plans of everybody under their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from service.crypto import Domain, at
from service.problems import NotFound
from service.store.database import Transaction
from service.store.tables import plans

__all__ = ["Plan", "content", "finish", "get", "new", "newest_of"]


@dataclass(frozen=True)
class Plan:
    """A row of `plans`: `kind` week, repair or options; `state` working, proposed, no_plan, out_of_time or failed."""

    id: UUID
    kind: str
    state: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    revision: int | None
    sealed: bytes | None = field(repr=False)
    of_case: UUID | None

    @property
    def subject(self) -> UUID:
        """Whose key opens it: the case's, or its own."""
        return self.of_case or self.id


_COLUMNS: Final = (
    plans.c.id,
    plans.c.kind,
    plans.c.state,
    plans.c.asked_by,
    plans.c.asked_at,
    plans.c.finished_at,
    plans.c.revision,
    plans.c.sealed,
    plans.c.of_case,
)
_JOB: Final = {"week": "plan", "repair": "plan", "options": "options"}


def new(
    tx: Transaction,
    kind: str,
    request: dict[str, Any],
    *,
    of_case: UUID | None = None,
    asked_by: str | None = None,
) -> UUID:
    """Ask for a plan: its row, and the job that fills it; its id.

    Parameters
    ----------
    kind : ``week`` (request ``{}``), ``repair`` (``{}``) or ``options`` (``{"case": case id}``)
    of_case : whose options they are
    asked_by : for whom it is; none: the actor
    """
    plan_id = uuid4()
    subject = of_case or plan_id
    tx.new_subject(Domain.PLACE, subject)
    tx.connection.execute(
        insert(plans).values(
            id=plan_id,
            kind=kind,
            state="working",
            asked_by=asked_by or tx.actor.name,
            asked_at=tx.now,
            of_case=of_case,
            sealed=tx.seal(Domain.PLACE, subject, _place(plan_id), {"request": request}),
        )
    )
    tx.defer(_JOB[kind], plan_id)
    return plan_id


def get(tx: Transaction, plan_id: UUID) -> Plan:
    """One plan.

    Raises
    ------
    NotFound : there is none, or the actor may not see it
    """
    row = tx.connection.execute(select(*_COLUMNS).where(plans.c.id == plan_id)).one_or_none()
    if row is None:
        raise NotFound
    return Plan(*row)


def newest_of(tx: Transaction, case_id: UUID, *, is_finished: bool) -> Plan | None:
    """The newest options of a case that are finished, or that the solver works on."""
    these = (plans.c.of_case == case_id, plans.c.kind == "options", (plans.c.state != "working") == is_finished)
    row = tx.connection.execute(
        select(*_COLUMNS).where(*these).order_by(plans.c.asked_at.desc(), plans.c.id).limit(1)
    ).one_or_none()
    return None if row is None else Plan(*row)


def content(tx: Transaction, plan: Plan) -> dict[str, Any]:
    """``{"request": …}``, and when it is finished ``"result"``; see `service.engine.plans` for what stands there."""
    if plan.sealed is None:
        return {}
    opened: dict[str, Any] = tx.open(Domain.PLACE, plan.subject, _place(plan.id), plan.sealed)
    return opened


def finish(tx: Transaction, plan: Plan, state: str, revision: int, result: dict[str, Any] | None) -> bytes | None:
    """Store what was found, once; the ciphertext, or none when another worker was faster."""
    told = content(tx, plan) if result is None else {**content(tx, plan), "result": result}
    sealed = tx.seal(Domain.PLACE, plan.subject, _place(plan.id), told)
    done = tx.connection.execute(
        update(plans)
        .where(plans.c.id == plan.id, plans.c.state == "working")
        .values(state=state, revision=revision, finished_at=tx.now, sealed=sealed)
    )
    return sealed if done.rowcount == 1 else None


def _place(plan_id: UUID) -> str:
    return at("plans", "sealed", plan_id, 1)
