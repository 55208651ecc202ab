"""Zone totals: how many persons are present in each län; all that a coordinator sees of cases not claimed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from service.flow.localities import layers, locality
from service.store.database import Transaction
from service.store.repository import zones

__all__ = ["Zone", "totals"]


@dataclass(frozen=True)
class Zone:
    """A län and how many are there."""

    lan: str
    name: str
    persons: int
    stays: int


def totals(tx: Transaction) -> tuple[Zone, ...]:
    """Every län, also those where nobody is."""
    present = zones.presences(tx)
    where = zones.localities(tx, {UUID(told["placement"]["facility"]) for told in present if "placement" in told})
    persons: Counter[str] = Counter()
    stays: Counter[str] = Counter()
    for told in present:
        stay = told.get("placement") or told["residence"]
        place = where.get(UUID(stay["facility"])) if "placement" in told else stay["locality"]
        if place is None:
            continue
        lan = locality(place).lan
        persons[lan] += len(stay["household"])
        stays[lan] += 1
    return tuple(Zone(code, name, persons[code], stays[code]) for code, name in layers().lan.items())
