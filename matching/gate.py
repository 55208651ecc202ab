"""Who has passed the gate: nobody searches for a place before, so only those count in the share that is placed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from matching.candidates import stay_of
from matching.constraints.eligibility_gate import EligibilityGate
from matching.facts import Facts

__all__ = ["PlacedShare", "missing_at_gate", "placed_share"]


@dataclass(frozen=True)
class PlacedShare:
    """How many of the cases that have passed the gate are placed.

    Examples
    --------
    >>> str(PlacedShare(29, 34)), str(PlacedShare(0, 0))
    ('29 of 34 with a valid gate placed (85 %)', 'no case has passed the gate')
    """

    placed: int
    passed: int

    def __str__(self) -> str:
        if not self.passed:
            return "no case has passed the gate"
        percent = 100 * self.placed // self.passed  # rounded down: 100 % only when it is everybody
        return f"{self.placed} of {self.passed} with a valid gate placed ({percent} %)"


def missing_at_gate(facts: Facts, case: int) -> tuple[str, ...]:
    """Codes of what a case lacks at the gate whenever it starts; none when there is a start it may be placed at.

    The first start is the easiest: an assessment expires, and nothing else at the gate depends on the day.

    Parameters
    ----------
    facts : what the rules read
    case : number of the case
    """
    told = facts.cases[case]
    last = stay_of(told.legs[-1], 0, told.earliest_day)
    found = EligibilityGate().objection(told, last, facts)
    return () if found is None else tuple(found.reason.split())


def placed_share(facts: Facts, placed: Collection[int]) -> PlacedShare:
    """The share of the waiting cases that have passed the gate and are placed.

    Parameters
    ----------
    facts : what the rules read
    placed : numbers of the cases a plan places
    """
    passed = [case for case in range(len(facts.cases)) if not missing_at_gate(facts, case)]
    return PlacedShare(sum(case in placed for case in passed), len(passed))
