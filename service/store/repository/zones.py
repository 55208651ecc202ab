"""Everybody who is present somewhere, for counts by län; never handed on one by one."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from service.crypto import Domain, KeyGone, at
from service.store.database import Transaction
from service.store.repository.wider import as_system
from service.store.tables import facility_versions, stays

__all__ = ["localities", "presences"]

_MOST: Final = 20_000
_PRESENT: Final = ("placed", "ended")


def presences(tx: Transaction) -> list[dict[str, Any]]:
    """The content of every stay whose persons are in the locality."""
    with as_system(tx):
        rows = tx.connection.execute(
            select(stays.c.id, stays.c.case_id, stays.c.version, stays.c.sealed)
            .where(stays.c.state.in_(_PRESENT))
            .limit(_MOST)
        ).all()
    found = []
    for row in rows:
        place = at("stays", "sealed", row.id, row.version)
        with suppress(KeyGone):  # who was deleted is counted no more
            found.append(tx.open(Domain.PLACE, row.case_id or row.id, place, row.sealed))
    return found


def localities(tx: Transaction, facility_ids: Collection[UUID]) -> dict[UUID, str]:
    """The locality of each of these facilities, by its newest version."""
    rows = tx.connection.execute(
        select(facility_versions.c.facility_id, facility_versions.c.version, facility_versions.c.sealed)
        .where(facility_versions.c.facility_id.in_(facility_ids))
        .ext(distinct_on(facility_versions.c.facility_id))
        .order_by(facility_versions.c.facility_id, facility_versions.c.version.desc())
    )
    return {
        row.facility_id: tx.open(
            Domain.PLACE,
            row.facility_id,
            at("facility_versions", "sealed", row.facility_id, row.version),
            row.sealed,
        )["facility"]["locality"]
        for row in rows
    }
