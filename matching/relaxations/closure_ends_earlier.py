"""`closure_ends_earlier`: units that are closed are opened again in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matching.facts import FOREVER, Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_facility

__all__ = ["ClosureEndsEarlier"]


class ClosureEndsEarlier(Relaxation):
    """One closure that has a known end and covers the start ends on the start; a later one is not postponed."""

    name = "closure_ends_earlier"
    sentence = N_("The closure ended on {end}, {days_earlier} days earlier than planned.")
    lifts = frozenset({"place_capacity"})
    days = frozenset({"end"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:  # noqa: ARG002 - signature
        """Each closure of the facility that covers the start."""
        if shut is None or shut.rule not in self.lifts:
            return
        for number, block in enumerate(facts.facilities[shut.facility].closures):
            if block.start_day <= shut.stay.start_day < block.end_day < FOREVER:
                yield self._change(shut, number, block.end_day - shut.stay.start_day)

    def _change(self, shut: Shut, number: int, earlier_days: int) -> Change:
        end_day = shut.stay.start_day

        def apply(facts: Facts) -> Facts:
            closures = list(facts.facilities[shut.facility].closures)
            closures[number] = replace(closures[number], end_day=end_day)
            return with_facility(facts, shut.facility, closures=tuple(closures))

        cost = self.costs.closure + earlier_days * self.costs.closure_per_day
        values = (("end", end_day), ("days_earlier", earlier_days))
        return Change(self.name, cost, values, apply, shut.first_day, shut.leg, shut.facility)
