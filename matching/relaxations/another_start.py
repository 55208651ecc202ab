"""`another_start`: the stay starts earlier or later than the wanted window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from matching.facts import Case, Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_case

__all__ = ["AnotherStart"]


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
        if shut is not None:
            return
        told = facts.cases[case]
        for off in range(1, _FARTHEST_DAYS + 1):
            yield self._change(case, max(told.latest_day, facts.today - 1) + off, off, is_later=True)
            if told.earliest_day - off >= facts.today:
                yield self._change(case, told.earliest_day - off, off, is_later=False)

    def _change(self, case: int, day: int, off: int, *, is_later: bool) -> Change:
        def moved(told: Case) -> Case:
            return replace(told, earliest_day=day, latest_day=day)

        return Change(
            self.name,
            off * self.costs.start_per_day,
            (("start", day), ("days_off", off)),
            lambda facts: with_case(facts, case, moved),
            day,
            variant="later" if is_later else "earlier",
        )
