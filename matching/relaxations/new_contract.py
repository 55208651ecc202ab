"""`new_contract`: the responsible municipality makes a framework contract with the provider."""

from __future__ import annotations

from collections.abc import Iterator

from matching.facts import FOREVER, Contract, Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_facility

__all__ = ["NewContract"]


class NewContract(Relaxation):
    """A framework contract of the responsible municipality with one facility, from the start on."""

    name = "new_contract"
    sentence = N_("A framework contract of the responsible municipality with the provider, from {start} on.")
    lifts = frozenset({"contract"})
    days = frozenset({"start"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:
        """Where no contract runs on the start."""
        if shut is None or shut.rule not in self.lifts or shut.objection.reason != "no_contract":
            return
        facility, start_day = shut.facility, shut.stay.start_day
        contract = Contract(facts.cases[case].municipality, start_day, FOREVER)

        def apply(told: Facts) -> Facts:
            return with_facility(told, facility, contracts=(*told.facilities[facility].contracts, contract))

        values = (("start", start_day),)
        yield Change(self.name, self.costs.new_contract, values, apply, shut.first_day, shut.leg, facility)
