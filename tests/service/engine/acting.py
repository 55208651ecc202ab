"""What front, back and time do to the register, reduced to the rows they write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from service.actors import SYSTEM
from service.engine.placing import tries
from service.jobs.run import run_pending
from service.store.repository import stays
from service.store.tables import queries, slots, tasks
from tests.service.engine.loading import Register

__all__ = ["admitted", "ask", "held", "open_tasks", "prefer", "run", "told"]


def admitted(register: Register) -> list[UUID]:
    """Cases whose slots can be backed by some facility today."""
    picture = register.picture()
    return [
        UUID(name)
        for number, name in enumerate(picture.facts.names.cases)
        if next(tries(picture.facts, number, register.world.rules, None), None) is not None
    ]


def ask(register: Register, case: UUID, version: int = 1) -> UUID:
    query_id = uuid4()
    with register.every.transaction(SYSTEM) as tx:
        tx.connection.execute(
            insert(queries).values(
                id=query_id, case_id=case, assessment_version=version, asked_by="r", unit="u", asked_at=tx.now,
                release_at=tx.now, expires_at=tx.now + timedelta(hours=72), state="working",
            )
        )  # fmt: skip
        tx.defer("answer_query", query_id)
    run(register)
    return query_id


def run(register: Register) -> None:
    run_pending(register.solver, policy=register.seeded.policy, settings=register.settings)


def prefer(register: Register, query_id: UUID) -> None:
    with register.every.transaction(SYSTEM) as tx:
        found = tx.connection.execute(select(slots.c.id).where(slots.c.query_id == query_id).order_by(slots.c.position))
        for preference, slot in enumerate(found.scalars().all(), start=1):
            tx.connection.execute(
                update(slots).where(slots.c.id == slot).values(preference=preference, preferred_at=tx.now)
            )
        tx.defer("hold_slot", query_id)
    run(register)


def held(register: Register, case: UUID) -> tuple[stays.Stay, ...]:
    with register.solver.transaction(SYSTEM) as tx:
        return stays.live_of(tx, case)


def told(register: Register, stay: stays.Stay) -> dict[str, Any]:
    with register.solver.transaction(SYSTEM) as tx:
        return stays.content(tx, stay)


def open_tasks(register: Register, case: UUID) -> list[str]:
    with register.every.transaction(SYSTEM) as tx:
        return sorted(
            tx.connection.execute(
                select(tasks.c.kind).where(tasks.c.case_id == case, tasks.c.done_at.is_(None))
            ).scalars()
        )
