"""The solver's answer to an emergency, stored beside what was asked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from service.crypto import Domain, at
from service.store.database import Transaction
from service.store.repository.emergencies import Emergency, content
from service.store.tables import emergencies

__all__ = ["store"]


def store(tx: Transaction, emergency: Emergency, state: str, result: dict[str, Any]) -> bytes | None:
    """Store an answer once; its ciphertext, or none when there is one."""
    told = {**content(tx, emergency), "result": result}
    sealed = tx.seal(Domain.PLACE, emergency.case, at("emergencies", "sealed", emergency.id, 1), told)
    done = tx.connection.execute(
        update(emergencies)
        .where(emergencies.c.id == emergency.id, emergencies.c.state == "working")
        .values(state=state, answered_at=tx.now, sealed=sealed)
    )
    return sealed if done.rowcount == 1 else None
