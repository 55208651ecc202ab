"""Values a walk is made of: what it begins with, what it picks out of answers, what it puts into bodies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from service.clock import utc_now
from service.engine.seeding import id_of
from service.flow.worklist import local_day

__all__ = ["FORMER_NETWORK", "Missing", "beginning", "days", "filled", "picked"]

FORMER_NETWORK: Final = str(id_of("network", "net-03"))
"""A network of the synthetic week, by its id in the register."""

_ASSESSED_DAYS: Final = 120


class Missing(LookupError):
    """An answer lacks what the walk needs of it."""


def days(today: date) -> dict[str, str]:
    """The days the walk speaks of.

    Examples
    --------
    >>> days(date(2026, 11, 20))
    {'today': '2026-11-20', 'until': '2027-03-20'}
    """
    return {"today": today.isoformat(), "until": (today + timedelta(days=_ASSESSED_DAYS)).isoformat()}


def beginning(now: datetime | None = None) -> dict[str, str]:
    """What is known before the first call: ids chosen by whoever opens the case, days, one network."""
    moment = utc_now() if now is None else now
    return {
        "case": str(uuid4()),
        "person": uuid4().hex,
        "second_person": uuid4().hex,
        "now": moment.replace(microsecond=0).isoformat(),
        "network": FORMER_NETWORK,
        **days(local_day(moment)),
    }


def filled(told: Any, values: Mapping[str, str]) -> Any:
    """A body with its values put in.

    Examples
    --------
    >>> filled({"day": "{today}", "stays": [{"nights": 3}]}, {"today": "2026-11-20"})
    {'day': '2026-11-20', 'stays': [{'nights': 3}]}
    """
    if isinstance(told, Mapping):
        return {name: filled(inner, values) for name, inner in told.items()}
    if isinstance(told, list | tuple):
        return [filled(inner, values) for inner in told]
    return told.format_map(values) if isinstance(told, str) else told


def picked(answer: Any, path: str) -> Any:
    """A part of an answer: names and numbers with dots between them, ``name=value`` for the item that has it.

    Raises
    ------
    Missing : there is no such part

    Examples
    --------
    >>> picked({"items": [{"kind": "a"}, {"kind": "b", "id": 7}]}, "items.kind=b.id")
    7
    """
    found = answer
    for part in path.split("."):
        try:
            if "=" in part:
                wanted = [one.split("=", 1) for one in part.split("&")]
                found = next(item for item in found if all(str(item[name]) == value for name, value in wanted))
            else:
                found = found[int(part)] if part.isdigit() else found[part]
        except (KeyError, IndexError, TypeError, StopIteration):
            raise Missing(path) from None
    return found
