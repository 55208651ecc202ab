"""`another_start`: the stay starts earlier or later than the wanted window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from matching.facts import Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_case

__all__ = ["AnotherStart", "within"]


_FARTHEST_DAYS: Final = 21
"""Days before or after the window that are tried: farther off, the assessment is to be written again first."""


class AnotherStart(Relaxation):
    """The window is one other day, outside the wanted one: never before today, at most three weeks off."""

    name = "another_start"
    sentence = N_("Another start: {start}, {days_off} days outside the wanted window.")
    lifts = frozenset({"start_in_time"})
    days = frozenset({"start"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:
        """Each other day, the nearest first; which facility is left to the proof."""
        if shut is None:
            for days in self.spans(case, facts):
                for day in days:
                    yield self.on(case, day, facts)

    def spans(self, case: int, facts: Facts) -> tuple[range, range]:
        """The days after the window, and those before it, the nearest first."""
        told = facts.cases[case]
        first, last = max(told.latest_day + 1, facts.today), told.earliest_day - 1
        later = range(first, first + _FARTHEST_DAYS)
        return later, range(last, max(facts.today, told.earliest_day - _FARTHEST_DAYS) - 1, -1)

    def on(self, case: int, day: int, facts: Facts) -> Change:
        """The change to one day."""
        told = facts.cases[case]
        is_later = day > told.latest_day
        off = day - told.latest_day if is_later else told.earliest_day - day
        return Change(
            self.name,
            off * self.costs.start_per_day,
            (("start", day), ("days_off", off)),
            lambda facts: within(facts, case, day, day),
            day,
            variant="later" if is_later else "earlier",
        )


def within(facts: Facts, case: int, earliest_day: int, latest_day: int) -> Facts:
    """The facts with another window of one case, both days included."""
    return with_case(facts, case, lambda told: replace(told, earliest_day=earliest_day, latest_day=latest_day))
