"""When an answer comes out, and until when a case's next step is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from service.flow.worklist import deadline

__all__ = ["next_step", "release_at"]

MARGIN_S: Final = 60
"""An answer asked for so shortly before a tick comes out at the one after: none is late for its own tick."""


def release_at(now: datetime, tick_s: int) -> datetime:
    """The tick at which an answer asked for now comes out.

    Parameters
    ----------
    tick_s : seconds from tick to tick, counted from 1970; 0: at once

    Examples
    --------
    >>> release_at(datetime(2026, 11, 20, 8, 3, tzinfo=UTC), 900).minute
    15
    >>> release_at(datetime(2026, 11, 20, 8, 14, 30, tzinfo=UTC), 900).minute
    30
    """
    if not tick_s:
        return now
    earliest = now.timestamp() + min(MARGIN_S, tick_s / 2)
    return datetime.fromtimestamp(-(-earliest // tick_s) * tick_s, UTC)


def next_step(triage: str, received_at: datetime, now: datetime) -> datetime:
    """Until when the next step of a case is due: its class's deadline, or within the hour when that has passed.

    Examples
    --------
    >>> came = datetime(2026, 11, 20, 8, tzinfo=UTC)
    >>> next_step("red", came, came).hour, next_step("red", came, came + timedelta(hours=9)).hour
    (12, 18)
    """
    return max(deadline(triage, received_at), now + timedelta(hours=1))
