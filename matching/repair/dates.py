"""Dates of a change that are likely a slip: something that begins only later, or is over already.

The rules judge the whole of a stay: what begins later may ask for a move today, and what is over asks for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from matching.domain.base import Told
from matching.repair.changes import KINDS, ActorChange, ClosureChange, ConflictChange, ExposureChange, RelationChange

__all__ = ["doubtful_dates"]

_LATER = "lies in the future"
_OVER = "is over already"


def doubtful_dates(changes: Iterable[dict[str, Any]], today: date) -> tuple[str, ...]:
    """What to check in a file of changes before anybody is moved, or left where they are; no value is echoed.

    Parameters
    ----------
    changes : from `matching.repair.changes.read_changes`
    today : first day of the scenario

    Examples
    --------
    >>> closure = {"start": "2026-10-01", "end": "2026-11-01"}
    >>> doubtful_dates([{"kind": "closure", "facility": "f", "closure": closure}], date(2026, 11, 20))
    ('changes[0].closure.end: the closure is over already',)
    """
    return tuple(
        f"changes[{number}].{told}"
        for number, change in enumerate(changes)
        for told in _told(KINDS[change["kind"]].model_validate_json(json.dumps(change)), today)
    )


def _told(change: Told, today: date) -> Iterator[str]:
    if isinstance(change, RelationChange) and change.relation.start > today:
        yield f"relation.start: the relation {_LATER}"
    elif isinstance(change, ConflictChange) and change.person_conflict.start > today:
        yield f"person_conflict.start: the conflict {_LATER}"
    elif isinstance(change, ExposureChange) and change.exposure.exposed_on > today:
        yield f"exposure.exposed_on: the exposure {_LATER}"
    elif isinstance(change, ClosureChange) and change.closure.end <= today:
        yield f"closure.end: the closure {_OVER}"
    elif isinstance(change, ActorChange):
        last = getattr(change.actor.persistence, "gone_by", getattr(change.actor.persistence, "until", None))
        if last is not None and last <= today:
            yield f"actor.persistence: the threat {_OVER}"
