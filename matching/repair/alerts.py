"""Who is no longer safe and how urgently: live breaches after a change, beside those before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from matching.constraints import hard
from matching.constraints.base import Constraint, OnLive
from matching.errors import Fault, InputRejected
from matching.facts import Facts
from matching.plans import Violation

__all__ = ["MOVING", "Alert", "Since", "alerts", "insist_on_no_loosening", "live_findings", "presences_of"]

MOVING = frozenset({OnLive.MOVE_NOW, OnLive.MOVE_BY})
"""What a live breach may ask for that somebody has to move for."""

Since = Literal["new", "worse", "before"]
_ORDER = (OnLive.IGNORE, OnLive.TASK, OnLive.MOVE_BY, OnLive.MOVE_NOW)


@dataclass(frozen=True)
class Alert:
    """A live breach of the changed week; `since` says whether the change brought it or made it worse."""

    breach: Violation
    since: Since

    @property
    def is_moving(self) -> bool:
        """Whether it asks somebody to move."""
        return self.breach.act in MOVING

    @property
    def presences(self) -> tuple[int, ...]:
        """Numbers of those it is about."""
        return presences_of(self.breach)


def presences_of(breach: Violation) -> tuple[int, ...]:
    """Numbers of the presences a breach names.

    Examples
    --------
    >>> presences_of(Violation("r", "x", 1, (("presence", 4), ("facility", 1)), is_live=True, act="task"))
    (4,)
    """
    return tuple(number for kind, number in breach.parties if kind == "presence")


def live_findings(facts: Facts, rules: Iterable[Constraint]) -> tuple[Violation, ...]:
    """Every live breach; no solver and no plan takes part."""
    return tuple(found for rule in hard(rules) for found in rule.live_violations(facts))


def _key(breach: Violation) -> tuple[object, ...]:
    return breach.rule, frozenset(breach.parties)


def alerts(before: Sequence[Violation], after: Sequence[Violation]) -> tuple[Alert, ...]:
    """Live breaches after a change, the most urgent and newest first.

    Parameters
    ----------
    before, after : live breaches of the unchanged and of the changed week, whose presences have the same numbers

    Examples
    --------
    >>> old = Violation("r", "x", 1, (("presence", 0),), is_live=True, act="task")
    >>> now = Violation("r", "x", 2, (("presence", 0),), is_live=True, act="task")
    >>> [alert.since for alert in alerts([old], [now])], [alert.since for alert in alerts([], [now])]
    (['worse'], ['new'])
    """
    known: dict[tuple[object, ...], list[Violation]] = defaultdict(list)
    for breach in before:
        known[_key(breach)].append(breach)
    found = [Alert(breach, _since(breach, known.get(_key(breach), ()))) for breach in after]
    newest: dict[Since, int] = {"new": 0, "worse": 1, "before": 2}
    return tuple(
        sorted(found, key=lambda a: (-_urgency(a.breach), newest[a.since], a.breach.rule, a.presences, a.breach.reason))
    )


def _urgency(breach: Violation) -> int:
    return _ORDER.index(OnLive(str(breach.act)))


def _since(breach: Violation, earlier: Sequence[Violation]) -> Since:
    if not earlier:
        return "new"
    is_as_bad = any(_urgency(one) >= _urgency(breach) and one.amount >= breach.amount for one in earlier)
    return "before" if is_as_bad else "worse"


def insist_on_no_loosening(before: Iterable[Violation], after: Iterable[Violation]) -> None:
    """A change only adds danger: whoever had to move before it still has to.

    Raises
    ------
    InputRejected : the changes would call somebody safe who was not
    """
    now = {_key(breach) for breach in after if breach.act in MOVING}
    if any(_key(breach) not in now for breach in before if breach.act in MOVING):
        wrong = "make a live breach vanish that asks somebody to move"
        raise InputRejected([Fault("changes", wrong, "changes that add danger and take none away")])
