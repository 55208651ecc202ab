"""`larger_quota`: a contract's quota of beds is raised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matching.facts import Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_facility

__all__ = ["LargerQuota"]


class LargerQuota(Relaxation):
    """One quota is larger by the beds of the household; where it is overdrawn already that may not be enough."""

    name = "larger_quota"
    sentence = N_("The contract's quota raised from {quota} to {beds} beds.")
    lifts = frozenset({"place_capacity"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:
        """Each quota of the facility that runs on a night of the stay, where one is full."""
        if shut is None or shut.rule not in self.lifts or shut.objection.reason != "quota_full":
            return
        more = len(facts.cases[case].household)
        for number, quota in enumerate(facts.facilities[shut.facility].quotas):
            if quota.start_day < shut.stay.end_day and shut.stay.start_day < quota.end_day:
                yield self._change(shut, number, quota.beds, more)

    def _change(self, shut: Shut, number: int, beds: int, more: int) -> Change:
        def apply(facts: Facts) -> Facts:
            quotas = list(facts.facilities[shut.facility].quotas)
            quotas[number] = replace(quotas[number], beds=beds + more)
            return with_facility(facts, shut.facility, quotas=tuple(quotas))

        cost = self.costs.larger_quota + more * self.costs.quota_per_bed
        values = (("quota", beds), ("beds", beds + more))
        return Change(self.name, cost, values, apply, shut.first_day, shut.leg, shut.facility)
