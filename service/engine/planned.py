"""What a proposed plan has for one case: read back from the sealed result, so that it can be ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from service.store.database import Transaction
from service.store.repository import plans

__all__ = ["Planned", "planned"]


@dataclass(frozen=True)
class Planned:
    """Where and from when; `instead_of` is the live stay that is left for it."""

    facilities: tuple[str, ...]
    first_day: int
    instead_of: UUID | None = None


def planned(tx: Transaction, plan_id: UUID, case_id: UUID, option: int | None = None) -> Planned | None:
    """What a week has for a waiting case, or a repair for one that must move; none when it has nothing.

    Parameters
    ----------
    option : of a list of options, the rank of the one that is wanted
    """
    plan = plans.get(tx, plan_id)
    result: dict[str, Any] = plans.content(tx, plan).get("result") or {}
    name = str(case_id)
    if option is not None:
        found = (one["stays"] for one in result.get("options", ()) if plan.of_case == case_id and one["rank"] == option)
        listed = next(found, None)
        return None if listed is None else Planned(tuple(stay["facility"] for stay in listed), _day(listed[0]))
    for item in result.get("placed", ()):
        if item["case"] == name:
            return Planned(tuple(stay["facility"] for stay in item["stays"]), _day(item["stays"][0]))
    for move in result.get("moves", ()):
        if move["case"] == name:
            return Planned((move["to"]["facility"],), _day(move["to"]), UUID(move["stay"]))
    return None


def _day(stay: dict[str, Any]) -> int:
    return date.fromisoformat(stay["start"]).toordinal()
