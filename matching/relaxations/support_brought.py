"""`support_brought`: support that the facility does not offer is brought there before the start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from matching.facts import Facts
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_facility

__all__ = ["PORTABLE", "SupportBrought"]


PORTABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "addiction_treatment": N_("addiction treatment"),
        "daily_contact": N_("daily contact"),
        "debt_advice": N_("debt advice"),
        "disability_support": N_("disability support"),
        "interpreter": N_("interpreter"),
        "psychiatric_care": N_("psychiatric care"),
        "remote_support": N_("remote support"),
        "trauma_treatment": N_("trauma treatment"),
        "work_training": N_("work training"),
    }
)
"""What comes to the household by persons; who else lives there, the staff by night and the stairs do not."""


class SupportBrought(Relaxation):
    """One need of day one, of those that persons can bring, is met at one facility."""

    name = "support_brought"
    sentence = N_("Support brought to the facility before the start: {need}.")
    lifts = frozenset({"needs_met"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:
        """Where exactly one need lacks, and it can be brought."""
        if shut is None or shut.rule not in self.lifts:
            return
        facility = shut.facility
        offers = facts.facilities[facility].offers
        lacking = facts.cases[case].day_one_needs - offers
        if len(lacking) == 1 and lacking <= set(PORTABLE):
            (need,) = lacking
            yield Change(
                self.name,
                self.costs.support,
                (("need", need),),
                lambda told: with_facility(told, facility, offers=offers | lacking),
                shut.first_day,
                shut.leg,
                facility,
                need,
            )
