"""The coordinator's worklist: what to do next, by deadline; a claim comes before any detail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from service.flow.localities import LOCAL
from service.inference import TRIAGE_LIMITS, Reason
from service.policies import Action
from service.problems import Conflict, NotFound
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import by_hand, tasks
from service.store.repository import worklist as rows

__all__ = [
    "BY_HAND",
    "BY_REASON",
    "SENTENCES",
    "Item",
    "Worklist",
    "complete",
    "deadline",
    "local_day",
    "morning_after",
    "read",
    "what_to_do",
]

SENTENCES: Final = MappingProxyType(
    {
        "confirm_with_provider": "Call the provider back and record: confirmed, declined with a code, or no answer.",
        "handle_manually": "Nothing is held: claim the case; choose from its options; ask an emergency again.",
        "review_emergency": "Review what was done in the emergency; another coordinator than the one who asked.",
        "facts_due": "The missing facts of an emergency are due: see that the unit writes them.",
        "breach_move_now": "A rule is broken where somebody lives now: ask for a repair and move them today.",
        "breach_move_by": "A rule will be broken where somebody lives: ask for a repair before the day comes.",
        "breach_task": "A rule or a paper behind a stay does not hold, without a move now: look at it, have it mended.",
        "placement_withdrawn": "A decided stay is no longer safe and was given up: stop whoever is on the way there.",
        "decline_follow_up": "A provider declined: talk it over; tell the registrar if capacity or vetting changed.",
        "missing_arrival": "Somebody may have arrived and nobody has recorded it: ask, then record the arrival.",
        "hold_expiring": "A hold is about to lapse: take the next step, or release it.",
        "destination_silent": "The destination has not answered and its time is up: ask that region by telephone, or "
        "release the hold.",
        "end_of_stay": "A stay comes to its end: order a hold for the time after it, or record how it ended.",
        "record_departure": "A stay is over and the persons still count as present: record whether they have left.",
        "neutral_refusal": "An intake was refused neutrally: look whether one person has two cases.",
        "set_aside": "A record names something that does not exist and counts for nothing: have it mended.",
    }
)
"""What to do, by kind of task; a kind that is not here is a task all the same."""

_VOUCH: Final = "claim the case; have somebody outside vouch for it; "
BY_REASON: Final = MappingProxyType(
    {
        Reason.NOT_ADMITTED: "So little of the map is left to it that slots would point at somebody: "
        f"{_VOUCH}order one of its options.",
        Reason.BUDGET: f"The questions of this person or unit are used up: {_VOUCH}order one of its options.",
        Reason.BLOCKED: "Something in it cannot be read, or another household has not spoken yet: "
        f"{_VOUCH}have what blocks it mended; ask for options.",
        Reason.NO_SAFE_BED: "No slot has a safe bed today: claim the case; see what blocks it and which change opens a "
        "place; ask an emergency again.",
        Reason.UNIT_HOLDS: "The unit has as many beds held as it may: claim the case; order one of its options.",
        Reason.DECLINED: f"Who asked said no to what was held: {_VOUCH}see what was tried; order another hold.",
        Reason.EXPIRED: f"A hold lapsed before everybody had spoken: {_VOUCH}ask why; order a hold anew.",
        Reason.LOST: "What was held is gone or was no longer safe: claim the case; order another hold.",
    }
)
"""What to do with a case that is placed by hand, by the reason why."""

BY_HAND: Final = frozenset(
    {
        "handle_manually",
        "facts_due",
        "breach_move_now",
        "breach_move_by",
        "breach_task",
        "placement_withdrawn",
        "decline_follow_up",
        "neutral_refusal",
        "set_aside",
    }
)
"""Kinds that are ticked off; the others end by their own act."""

LAPSING: Final = timedelta(hours=24)
SILENT: Final = timedelta(hours=1)
"""So long before its deadline an unanswered destination is shown: its no still leaves time for another call."""
_ELSE: Final = "Look at it and mark it as done."


@dataclass(frozen=True)
class Item:
    """One line of the worklist.

    Parameters
    ----------
    claim : "mine", "another" or "none"
    reason : why a case is placed by hand; none: nobody said, or it is another task
    """

    task: UUID | None
    kind: str
    what_to_do: str
    case: UUID | None
    stay: UUID | None
    triage: str | None
    due_at: datetime
    is_overdue: bool
    claim: str
    reason: str | None = None


@dataclass(frozen=True)
class Worklist:
    """What waits, and how much of it is placed by hand for which reason.

    Parameters
    ----------
    more : whether there are items that are not shown; `by_hand` counts those, too
    """

    items: tuple[Item, ...]
    more: bool
    by_hand: tuple[by_hand.Waiting, ...]


def what_to_do(kind: str, reason: str | None) -> str:
    """What to do about a task.

    Examples
    --------
    >>> what_to_do("handle_manually", "budget")[:30]
    'The questions of this person o'
    """
    by_reason = {one.value: sentence for one, sentence in BY_REASON.items()} if kind == by_hand.KIND else {}
    return by_reason.get(reason or "") or SENTENCES.get(kind, _ELSE)


def deadline(triage: str, received_at: datetime) -> datetime:
    """When a case of this class is late.

    Examples
    --------
    >>> from datetime import UTC
    >>> deadline("red", datetime(2030, 1, 1, 8, tzinfo=UTC)).hour
    12
    """
    return received_at + TRIAGE_LIMITS[triage]


def local_day(moment: datetime) -> date:
    """The calendar day of a moment, in the register's zone.

    Examples
    --------
    >>> from datetime import UTC
    >>> local_day(datetime(2030, 1, 1, 23, 30, tzinfo=UTC)).isoformat()
    '2030-01-02'
    """
    return moment.astimezone(LOCAL).date()


def morning_after(moment: datetime, hour: int = 9) -> datetime:
    """The next morning, in the register's zone.

    Examples
    --------
    >>> from datetime import UTC
    >>> morning_after(datetime(2030, 1, 1, 23, 30, tzinfo=UTC)).isoformat()
    '2030-01-03T09:00:00+01:00'
    """
    return datetime.combine(local_day(moment) + timedelta(days=1), time(hour), LOCAL)


def read(tx: Transaction, settings: Settings) -> Worklist:
    """What waits, the most overdue first; of what is due at the same time, red first."""
    limit = settings.page_limit + 1
    waiting = [
        *rows.open_tasks(tx, limit),
        *rows.holds_lapsing(tx, tx.now + LAPSING, limit),
        *rows.silent(tx, tx.now + SILENT, limit),
    ]
    waiting.sort(key=lambda one: (one.due_at, rows.URGENCY.get(one.triage or "", len(rows.URGENCY))))
    items = tuple(
        Item(
            task=one.task,
            kind=one.kind,
            what_to_do=what_to_do(one.kind, one.reason),
            case=one.case,
            stay=one.stay,
            triage=one.triage,
            due_at=one.due_at,
            is_overdue=one.due_at < tx.now,
            claim="none" if one.claimed_by is None else "mine" if one.claimed_by == tx.actor.name else "another",
            reason=one.reason,
        )
        for one in waiting[: settings.page_limit]
    )
    return Worklist(items, len(waiting) > settings.page_limit, by_hand.waiting(tx))


def complete(tx: Transaction, task_id: UUID, outcome: str) -> None:
    """Tick a task off.

    Raises
    ------
    NotFound : it is no open task of the actor's
    Conflict : `own_act`, it ends by the act it asks for
    """
    kind, case, stay = rows.task(tx, task_id)
    if kind in SENTENCES and kind not in BY_HAND:
        raise Conflict("own_act", "This task ends by the act it asks for.")
    if not tasks.finish(tx, task_id, outcome):
        raise NotFound
    tx.record(Action.COMPLETE_TASK.value, case=case, about=stay or task_id)
