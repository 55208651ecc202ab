"""The auditor reads the trail, and that they did stands in it."""

from __future__ import annotations

from typing import Any

from service.policies import Action
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import trail

__all__ = ["page"]


def page(tx: Transaction, settings: Settings, after: int, limit: int) -> tuple[tuple[dict[str, Any], ...], int | None]:
    """Entries behind a number, and behind which the next page begins; none: there is nothing more now."""
    limit = min(limit, settings.page_limit, trail.MOST_READ)
    found = trail.page(tx, after, limit)
    tx.record(Action.READ_TRAIL.value)
    return tuple(entry.fields() for entry in found), found[-1].seq if len(found) == limit else None
