"""Inference control: what keeps repeated, tuned and colluding questions from locating anybody. Pure: no database.

*Admission* and *budgets* say whether a question is answered with slots at all; both read the own case, the public
catalogue and what the own unit has asked, so that a refusal tells nothing of others. *Telling rounds* say when the
asker's side is shown what became of a preference. The *draw* mixes the order of what is as good as equal for the case.
See docs/privacy.md and docs/decisions/0029-inference-control.md.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from random import Random
from types import MappingProxyType
from typing import Final, TypeVar

from service.settings import Settings

__all__ = [
    "SEED_BYTES",
    "TRIAGE_LIMITS",
    "Reason",
    "band_of",
    "budget_begins",
    "draw",
    "first_round",
    "is_narrow",
    "is_over_budget",
    "round_at",
]

_Item = TypeVar("_Item")

SEED_BYTES: Final = 16
"""Of a draw; random, stored sealed beside what it drew, destroyed with it."""

TRIAGE_LIMITS: Final = MappingProxyType(
    {"red": timedelta(hours=4), "orange": timedelta(hours=12), "green": timedelta(days=14)}
)
"""Domain §3: how long a case of each class may take."""
_LEAST_WAIT: Final = MappingProxyType(
    {"red": timedelta(hours=2), "orange": timedelta(hours=6), "green": timedelta(days=3)}
)
"""From a question to the first round at which its outcome may be shown: time to call a provider, backed or not."""
_TO_MOVE: Final = timedelta(days=3)
"""From the round to the last day wanted: for the person's answer, the decision, the reveal and the journey."""
_AGAIN: Final = MappingProxyType({"red": timedelta(hours=4), "orange": timedelta(hours=12), "green": timedelta(days=1)})
"""From one round to the next."""


class Reason(StrEnum):
    """Why a coordinator has a case by hand. The asker's side is never told which."""

    NOT_ADMITTED = "not_admitted"
    BUDGET = "budget"
    BLOCKED = "blocked"
    NO_SAFE_BED = "no_safe_bed"
    UNIT_HOLDS = "unit_holds"
    DECLINED = "declined"
    EXPIRED = "expired"
    LOST = "lost"


def is_narrow(kommuner: Collection[object], lan: Collection[object], facilities: int, settings: Settings) -> bool:
    """Whether so small a part of the public catalogue is left to a case that an answer would point at somebody.

    Parameters
    ----------
    kommuner, lan : codes or numbers of those with a publicly eligible facility
    facilities : how many are publicly eligible, full or free

    Examples
    --------
    >>> is_narrow({"0180"}, {"01"}, 40, Settings())
    True
    """
    return (
        len(set(kommuner)) < settings.admission_kommuner
        or len(set(lan)) < settings.admission_lan
        or facilities < settings.admission_facilities
    )


def budget_begins(now: datetime, settings: Settings) -> datetime:
    """From when on questions count against the budgets.

    Examples
    --------
    >>> budget_begins(datetime(2026, 11, 20, tzinfo=UTC), Settings()).date().isoformat()
    '2024-11-19'
    """
    return now - timedelta(days=math.ceil(settings.budget_months * 365.25 / 12))


def is_over_budget(of_person: int, of_unit: int, unit: str, settings: Settings) -> bool:
    """Whether one more question would be one too many.

    Parameters
    ----------
    of_person : questions of the asker's unit counted so far about the person, in this case and earlier ones
    of_unit : questions counted so far of the asker's unit
    unit : its name, for `Settings.unit_budgets`

    Examples
    --------
    >>> is_over_budget(0, 0, "bops-syd", Settings()), is_over_budget(99, 0, "bops-syd", Settings())
    (False, True)
    """
    return of_person >= settings.person_questions or of_unit >= settings.unit_budgets.get(unit, settings.unit_questions)


def first_round(
    triage: str, received_at: datetime, asked_at: datetime, tick_s: int, last_start_at: datetime | None = None
) -> datetime:
    """The first moment at which what became of a question may be shown to the asker's side.

    It is the deadline of the case's class, or earlier where the last day wanted for the move would pass before it;
    never sooner than a fixed wait after the question; up to the next tick. It depends on when the case came, when was
    asked and what was asked for, and on nothing else.

    Parameters
    ----------
    tick_s : `Settings.release_tick_s`; 0, in a demonstration: at once
    last_start_at : the last day wanted for the move, as the moment it begins; none: any day will do

    Examples
    --------
    >>> came = datetime(2026, 11, 20, 8, tzinfo=UTC)
    >>> first_round("red", came, came + timedelta(minutes=20), 900).isoformat()
    '2026-11-20T12:00:00+00:00'
    >>> first_round("red", came, came + timedelta(hours=5, minutes=1), 900).isoformat()
    '2026-11-20T15:15:00+00:00'
    >>> first_round("green", came, came, 900, last_start_at=came + timedelta(days=9)).date().isoformat()
    '2026-11-26'
    """
    if not tick_s:
        return asked_at
    due = received_at + TRIAGE_LIMITS[triage]
    if last_start_at is not None:
        due = min(due, last_start_at - _TO_MOVE)
    earliest = max(due, asked_at + _LEAST_WAIT[triage])
    return datetime.fromtimestamp(-(-earliest.timestamp() // tick_s) * tick_s, UTC)


def round_at(triage: str, told_from: datetime | None, now: datetime) -> datetime:
    """The round at which something that is true now is shown: the first, or the next of those that follow it.

    Parameters
    ----------
    told_from : from `first_round`; none: nothing was ever asked, it is shown at once

    Examples
    --------
    >>> first = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> round_at("red", first, first - timedelta(hours=3)) == first
    True
    >>> round_at("red", first, first + timedelta(minutes=1)).hour
    16
    """
    if told_from is None:
        return now
    late = now - told_from
    if late <= timedelta(0):
        return told_from
    return told_from + -(-late // _AGAIN[triage]) * _AGAIN[triage]


def band_of(alike: int, eligible: int, settings: Settings) -> int:
    """How many of the candidates that the cards are true of the slots are drawn from.

    A share of all that is publicly eligible, so that the band by itself tells no more than that share's logarithm.

    Examples
    --------
    >>> band_of(60, 60, Settings(draw_band_percent=80)), band_of(50, 60, Settings(draw_band_percent=100))
    (48, 50)
    """
    return min(alike, max(3, math.ceil(eligible * settings.draw_band_percent / 100)))


def draw(order: Sequence[_Item], band: int, seed: bytes) -> list[_Item]:
    """The first `band` in an order drawn by the seed, then the others in one: nobody can compute what a slot means.

    Parameters
    ----------
    order : candidates, the best for the own case first
    seed : `SEED_BYTES` random bytes; the same seed draws the same order

    Examples
    --------
    >>> drawn = draw("abcdefgh", 4, b"a seed of a draw")
    >>> sorted(drawn[:4]), sorted(drawn[4:])
    (['a', 'b', 'c', 'd'], ['e', 'f', 'g', 'h'])
    >>> drawn == draw("abcdefgh", 4, b"a seed of a draw")
    True
    """
    dice = Random(int.from_bytes(sha256(b"fristad draw\0" + seed).digest(), "big"))
    best, others = list(order[:band]), list(order[band:])
    dice.shuffle(best)
    dice.shuffle(others)
    return best + others
