"""`longer_contract`: a contract that runs on the start is prolonged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matching.facts import Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_facility

__all__ = ["LongerContract"]


_NATIONAL = -1


class LongerContract(Relaxation):
    """One contract, the municipality's or national, that runs on the start runs as long as the policy looks ahead."""

    name = "longer_contract"
    sentence = N_("The contract with the provider prolonged: its `end` set to {end}, the first day it no longer runs.")
    lifts = frozenset({"contract"})
    days = frozenset({"end"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:
        """Each contract that runs on the start and ends too soon."""
        if shut is None or shut.rule not in self.lifts or shut.objection.reason != "contract_ends_soon":
            return
        through_day = shut.stay.start_day + facts.policy.provider_ahead_days
        for number, contract in enumerate(facts.facilities[shut.facility].contracts):
            is_own = contract.municipality in (facts.cases[case].municipality, _NATIONAL)
            if is_own and contract.start_day <= shut.stay.start_day < contract.end_day <= through_day:
                yield self._change(shut, number, through_day)

    def _change(self, shut: Shut, number: int, through_day: int) -> Change:
        def apply(facts: Facts) -> Facts:
            contracts = list(facts.facilities[shut.facility].contracts)
            contracts[number] = replace(contracts[number], end_day=through_day + 1)
            return with_facility(facts, shut.facility, contracts=tuple(contracts))

        values = (("end", through_day + 1),)
        return Change(self.name, self.costs.longer_contract, values, apply, shut.first_day, shut.leg, shut.facility)
