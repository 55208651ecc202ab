"""Codes of plans and rules in words, as a coordinator reads them on terminal and page; JSON keeps the codes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from matching.constraints.base import OnLive
from matching.language import in_words

__all__ = ["LEVEL_WORDS", "URGENCY_WORDS", "level_in_words", "reasons_in_words", "risk_in_words", "urgency_count"]

LEVEL_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "unplaced_red": ("Red cases unplaced", "cases"),
        "unplaced_orange": ("Orange cases unplaced", "cases"),
        "unplaced_green": ("Green cases unplaced", "cases"),
        "late_days": ("Days after the triage deadline, all cases together", "days"),
        "risk": ("Risk that an uncertain relation between neighbours is hostile", "thousandths of -ln(1 - p)"),
        "moves": ("Persons moved once more", "moves"),
        "soft": ("Cost of the soft rules", "points"),
    }
)
"""Each level, and the unit of its value."""

URGENCY_WORDS: Final[Mapping[OnLive, str]] = MappingProxyType(
    {
        OnLive.MOVE_NOW: "move now",
        OnLive.MOVE_BY: "move within the set time",
        OnLive.TASK: "task",
        OnLive.IGNORE: "no action",
    }
)
"""What a live breach asks for, the most urgent first."""


def level_in_words(level: str) -> tuple[str, str]:
    """A level and the unit of its value.

    Examples
    --------
    >>> level_in_words("unplaced_red")
    ('Red cases unplaced', 'cases')
    """
    return LEVEL_WORDS.get(level, (in_words(level), "points"))


def urgency_count(act: OnLive, number: int) -> str:
    """So many live breaches of one urgency.

    Examples
    --------
    >>> urgency_count(OnLive.MOVE_NOW, 2), urgency_count(OnLive.TASK, 2)
    ('2 move now', '2 tasks')
    """
    return f"{number} {URGENCY_WORDS[act]}{'s' if act is OnLive.TASK and number != 1 else ''}"


def reasons_in_words(codes: str) -> str:
    """The reason of a violation: one code, or several with spaces between.

    Examples
    --------
    >>> reasons_in_words("not_vetted no_permit")
    'not vetted, no permit'
    """
    return ", ".join(in_words(code) for code in codes.split())


def risk_in_words(pairs: int) -> str:
    """What has to stand beside the value of the level RISK.

    Parameters
    ----------
    pairs : of households near each other that it counts

    Examples
    --------
    >>> risk_in_words(1)
    'puts plans in order, no forecast; counts 1 uncertain pair of neighbours'
    """
    return f"puts plans in order, no forecast; counts {pairs} uncertain pair{'' if pairs == 1 else 's'} of neighbours"
