"""What each record says of a pair of networks, and all of one kind that is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from matching.domain import Policy, Provenance, Relation
from matching.facts import FOREVER
from matching.networks import Window, merged, window_of

__all__ = ["Kind", "Statement", "Tie", "age_days", "is_stale", "statement_of", "ties_of"]

Kind = Literal["rival", "allied", "split"]


@dataclass(frozen=True)
class Statement:
    """What one record says of a pair.

    Parameters
    ----------
    record : id of the relation
    kind : rival, allied or split
    start, end : as told, ``[start, end)``; no end: open
    end_confirmed : of the end
    live : days on which it counts, ordinals
    percent : how sure the source is
    is_certain : a rivalry from the policy's `certain_from_percent` on; a split or an alliance at any probability
    provenance : source, day of recording, last confirmation
    age_days : since the last confirmation or the recording; none when neither day has come
    is_stale : it still counts, and is older than the policy's `confirmation_age_days`
    """

    record: str
    kind: Kind
    start: date
    end: date | None
    end_confirmed: bool
    live: Window
    percent: int
    is_certain: bool
    provenance: Provenance
    age_days: int | None
    is_stale: bool


@dataclass(frozen=True)
class Tie:
    """All statements of one kind about one pair.

    Parameters
    ----------
    kind : rival, allied or split
    windows : days on which any of them counts
    certain_windows : days on which a certain one does
    percent : the largest
    statements : the records, by start and id
    """

    kind: Kind
    windows: tuple[Window, ...]
    certain_windows: tuple[Window, ...]
    percent: int
    statements: tuple[Statement, ...]

    def has_ended(self, today: int) -> bool:
        """Whether every statement has ended, confirmed."""
        return all(one.live[1] <= today for one in self.statements)

    def percent_from(self, today: int) -> int:
        """The largest of the statements that still count; of all when none does."""
        live = [one.percent for one in self.statements if one.live[1] > today]
        return max(live, default=self.percent)


def age_days(provenance: Provenance, today: int) -> int | None:
    """Days since it was last confirmed or recorded; none when no such day has come: a day to come confirms nothing.

    Examples
    --------
    >>> told = Provenance(source="interview", recorded_on=date(2026, 1, 1), confirmed_on=date(2026, 3, 1))
    >>> age_days(told, date(2026, 3, 11).toordinal()), age_days(told, date(2026, 2, 1).toordinal())
    (10, 31)
    """
    days = (provenance.recorded_on, provenance.confirmed_on)
    return min((today - day.toordinal() for day in days if day is not None and day.toordinal() <= today), default=None)


def is_stale(live: Window, age: int | None, policy: Policy) -> bool:
    """Whether something that still counts was not confirmed, nor recorded, for longer than the policy's age."""
    return live[1] == FOREVER and (age is None or age > policy.confirmation_age_days)


def statement_of(told: Relation, policy: Policy, today: int) -> Statement:
    """A relation as a statement.

    Parameters
    ----------
    told : the record
    policy : what is certain, what is stale
    today : ordinal of the day of planning
    """
    live = window_of(told, told.end_confirmed, today)
    age = age_days(told.provenance, today)
    return Statement(
        record=told.id,
        kind=told.kind,
        start=told.start,
        end=told.end,
        end_confirmed=told.end_confirmed,
        live=live,
        percent=told.probability_percent,
        is_certain=told.kind != "rival" or told.probability_percent >= policy.certain_from_percent,
        provenance=told.provenance,
        age_days=age,
        is_stale=is_stale(live, age, policy),
    )


def ties_of(statements: list[Statement]) -> tuple[Tie, ...]:
    """The statements about one pair, a tie a kind.

    Examples
    --------
    >>> ties_of([])
    ()
    """
    kinds: tuple[Kind, ...] = ("rival", "split", "allied")
    by_kind = {kind: tuple(one for one in statements if one.kind == kind) for kind in kinds}
    return tuple(
        Tie(
            kind=kind,
            windows=merged(one.live for one in told),
            certain_windows=merged(one.live for one in told if one.is_certain),
            percent=max(one.percent for one in told),
            statements=told,
        )
        for kind, told in by_kind.items()
        if told
    )
