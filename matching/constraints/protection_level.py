"""`protection_level`: the facility's security grade is at least the one the assessment requires."""

from __future__ import annotations

from matching.columns import BoolArray, column, flags
from matching.constraints.base import Audience, OnLive, Origin, PairRule, Scope
from matching.facts import Case, Facility, Facts, Live, Stay
from matching.plans import Objection

__all__ = ["ProtectionLevel"]

_LOWEST_GRADE = 1


class ProtectionLevel(PairRule):
    """The security grade is the required one or higher; an assessment that requires none accepts all.

    A residential care home must be expressly security approved, whatever is required. The amount is the
    number of grades that lack, and one for an approval that lacks.
    """

    name = "protection_level"
    summary = "the security grade is at least the required one; a residential care home is security approved"
    scope = Scope.OWN_CASE
    source = "Hedlund (2023), round-the-clock protection, HVB often unsafe; Socialstyrelsen (2023); domain §4"
    reads = frozenset(
        {
            "Assessment.protection_level",
            "Case.assessment",
            "Facility.form",
            "Facility.is_security_approved",
            "Facility.security_grade",
            "Facts.facilities",
            "Live.case",
            "Live.is_housed",
            "Live.stay",
            "Stay.facility",
        }
    )
    messages = {
        Audience.ASSESSOR: (
            "Security grade {needed} or higher is required, and of a residential care home a security approval."
        ),
        Audience.COORDINATOR: (
            "The facility's security grade is {grade}, and {needed} or higher is required; "
            "a residential care home must be security approved."
        ),
    }
    parameters = {"grade": Origin.CATALOGUE, "needed": Origin.OWN_CASE}
    on_live = OnLive.MOVE_BY

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused by the number of grades that lack, and for a care home without approval."""
        facility = facts.facilities[stay.facility]
        needed = None if case.assessment is None else case.assessment.protection_level
        lacking = 0 if needed is None else max(0, needed - facility.security_grade)
        is_unapproved = _is_unapproved(facility)
        codes = ["grade_too_low"] * (lacking > 0) + ["care_home_not_approved"] * is_unapproved
        told = (("grade", facility.security_grade), ("needed", needed or _LOWEST_GRADE))
        return Objection(" ".join(codes), lacking + is_unapproved, told) if codes else None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, whether the grade is too low or the approval lacks."""
        needed = None if case.assessment is None else case.assessment.protection_level
        unapproved = flags(facts, (self.name, "unapproved"), _is_unapproved)
        if needed is None:
            return unapproved
        return unapproved | (column(facts, "security_grade", lambda facility: facility.security_grade) < needed)

    def live_objection(self, live: Live, facts: Facts) -> Objection | None:
        """The same while the bed is in use: later the facility protects nobody, whoever is still in town."""
        return self.objection(live.case, live.stay, facts) if live.is_housed else None


def _is_unapproved(facility: Facility) -> bool:
    return facility.form == "residential_care_home" and not facility.is_security_approved
