"""Where records about one pair of networks contradict each other, and what counts all the same.

Only records that speak of a common day, as told, can contradict each other: an alliance that ended
before a rivalry began is a change of loyalty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final, Literal

from matching.intelligence.edges import Edge, Statement

__all__ = ["DIFFERING_POINTS", "Disagreement", "disagreements"]

DIFFERING_POINTS: Final = 30  # of probability, from which on two records disagree

About = Literal["kind", "end", "probability", "start"]


@dataclass(frozen=True)
class Disagreement:
    """Records of one pair that contradict each other.

    Parameters
    ----------
    a, b : the pair
    about : `kind`: hostile and allied at once; `end`: ended and still lasting; `probability`: 30 points
        or more apart; `start`: more than a year apart
    statements : each of them contradicts another one of them
    counts : what the engine goes by, in words
    """

    a: str
    b: str
    about: About
    statements: tuple[Statement, ...]
    counts: str


def disagreements(edges: Iterable[Edge], today: int) -> tuple[Disagreement, ...]:
    """All contradictions, pair by pair.

    Parameters
    ----------
    edges : merged
    today : ordinal of the day of planning; an end still to come contradicts nobody

    Examples
    --------
    >>> disagreements([], today=0)
    ()
    """
    differ_in: dict[About, Callable[[Statement, Statement], bool]] = {
        "end": lambda one, other: _has_ended(one, today) != _has_ended(other, today),
        "probability": lambda one, other: abs(one.percent - other.percent) >= DIFFERING_POINTS,
        "start": _differ_in_start,
    }
    found = []
    for edge in edges:
        clashes: list[tuple[About, tuple[Statement, ...]]] = [("kind", _clashing(edge.statements, _differ_in_kind))]
        clashes += [
            (about, _clashing(tie.statements, differ)) for tie in edge.ties for about, differ in differ_in.items()
        ]
        found += [
            Disagreement(edge.a, edge.b, about, told, _counts(about, told, today)) for about, told in clashes if told
        ]
    return tuple(found)


def _clashing(
    statements: tuple[Statement, ...], differ: Callable[[Statement, Statement], bool]
) -> tuple[Statement, ...]:
    clashing: set[str] = set()
    for one, other in combinations(statements, 2):
        if _speak_of_a_common_day(one, other) and differ(one, other):
            clashing |= {one.record, other.record}
    return tuple(statement for statement in statements if statement.record in clashing)


def _speak_of_a_common_day(one: Statement, other: Statement) -> bool:
    return (one.end is None or other.start < one.end) and (other.end is None or one.start < other.end)


def _differ_in_kind(one: Statement, other: Statement) -> bool:
    return (one.kind == "allied") != (other.kind == "allied")


def _has_ended(told: Statement, today: int) -> bool:
    return told.end is not None and told.end.toordinal() <= today


def _differ_in_start(one: Statement, other: Statement) -> bool:
    early, late = sorted((one.start, other.start))
    return _a_year_after(early) < late


def _a_year_after(day: date) -> date:
    """The same date of the next year; 28 February after a leap day.

    Examples
    --------
    >>> _a_year_after(date(2024, 2, 29)).isoformat()
    '2025-02-28'
    """
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, day=28 if leap_day else day.day)


def _counts(about: About, told: tuple[Statement, ...], today: int) -> str:
    """What is left when the confirmed ends are taken away, by the most dangerous of the rest."""
    live = [one for one in told if one.live[1] > today]
    hostile = [one for one in live if one.kind != "allied"]
    if not live:
        return "nothing: all have ended, confirmed"
    if about == "kind":
        return _certainty(hostile) if hostile else "allied: the hostility has ended, confirmed"
    kind, first = live[0].kind, min(one.start for one in live)
    detail = {
        "end": "without end",
        "probability": f"{max(one.percent for one in live)} %",
        "start": f"from {first.isoformat()}",
    }[about]
    return f"{kind} {detail}" + (f"; {_certainty(hostile)}" if hostile else "")


def _certainty(hostile: list[Statement]) -> str:
    certain = [one for one in hostile if one.is_certain]
    if not certain:
        return "uncertain hostility, in RISK"
    since = min(one.start for one in certain)
    return "hostile: kept apart" + (f" from {since.isoformat()}" if since > min(one.start for one in hostile) else "")
