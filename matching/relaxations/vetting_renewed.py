"""`vetting_renewed`: a provider's vetting that was valid once is renewed in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matching.facts import Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut

__all__ = ["VettingRenewed"]


class VettingRenewed(Relaxation):
    """The vetting lasts as long as the policy looks ahead; a provider that never was vetted is not proposed.

    An incident or a conflict of interest is no matter of time: with one of them the stay does not open.
    """

    name = "vetting_renewed"
    sentence = N_("The provider's vetting renewed through {through}.")
    lifts = frozenset({"provider_vetting"})
    days = frozenset({"through"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:  # noqa: ARG002 - signature
        """Where a vetting ended, or ends too soon."""
        if shut is None or shut.rule not in self.lifts:
            return
        number = facts.facilities[shut.facility].provider
        through_day = shut.stay.start_day + facts.policy.provider_ahead_days
        if not 0 < facts.providers[number].vetted_through_day < through_day:
            return

        def apply(told: Facts) -> Facts:
            providers = list(told.providers)
            providers[number] = replace(providers[number], vetted_through_day=through_day)
            return replace(told, providers=tuple(providers))

        values = (("through", through_day),)
        yield Change(self.name, self.costs.vetting, values, apply, shut.first_day, shut.leg, shut.facility)
