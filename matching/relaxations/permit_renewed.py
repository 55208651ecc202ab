"""`permit_renewed`: a facility's permit that was valid once is renewed in time."""

from __future__ import annotations

from collections.abc import Iterator

from matching.facts import Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_facility

__all__ = ["PermitRenewed"]


class PermitRenewed(Relaxation):
    """The permit lasts as long as the policy looks ahead; a facility that never had one is not proposed."""

    name = "permit_renewed"
    sentence = N_("The facility's permit renewed through {through}.")
    lifts = frozenset({"provider_vetting"})
    days = frozenset({"through"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:  # noqa: ARG002 - signature
        """Where a permit ended, or ends too soon."""
        if shut is None or shut.rule not in self.lifts:
            return
        facility = shut.facility
        through_day = shut.stay.start_day + facts.policy.provider_ahead_days
        if 0 < facts.facilities[facility].permit_through_day < through_day:
            values = (("through", through_day),)
            yield Change(
                self.name,
                self.costs.permit,
                values,
                lambda told: with_facility(told, facility, permit_through_day=through_day),
                shut.first_day,
                shut.leg,
                facility,
            )
