"""`direct_award`: the provider is awarded the stay directly, without a framework contract."""

from __future__ import annotations

from collections.abc import Iterator

from matching.facts import Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_facility

__all__ = ["DirectAward"]


class DirectAward(Relaxation):
    """Direct award is allowed at one facility; whether the law allows it there, somebody has to decide."""

    name = "direct_award"
    sentence = N_("A direct award to the provider, where the law allows one.")
    lifts = frozenset({"contract"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:  # noqa: ARG002 - signature
        """Where no contract is all that is in the way."""
        if shut is None or shut.rule not in self.lifts:
            return
        facility = shut.facility
        yield Change(
            self.name,
            self.costs.direct_award,
            (),
            lambda told: with_facility(told, facility, is_direct_award_allowed=True),
            shut.first_day,
            shut.leg,
            facility,
        )
