"""`legal_form`: minors only in the forms the law permits; everybody as the facility accepts."""

from __future__ import annotations

from collections.abc import Iterator

from matching.columns import BoolArray, column, flags
from matching.constraints.base import Audience, OnLive, Origin, PairRule, Scope
from matching.domain import Policy
from matching.facts import Case, Facility, Facts, Live, Person, Stay, is_accompanied, is_minor
from matching.plans import Objection

__all__ = ["LegalForm"]


class LegalForm(PairRule):
    """Form of housing, ages, genders, family and school fit the household.

    Who is a minor, the ages of supported housing and those of school, both ends included, the policy says,
    and which forms take unaccompanied minors: foster home, residential care home, supported housing, or
    fewer. Children with a guardian follow the household into a facility that takes children, with a school
    within reach for those of school age (road minutes rounded up; no path fails). A guardian is no minor.
    """

    name = "legal_form"
    summary = "minors only in permitted forms, children with school in reach, ages, genders and family as accepted"
    scope = Scope.OWN_CASE
    source = "Socialstyrelsen (2023), minors: familjehem, HVB, stödboende; FoU Nordväst (2023), school; domain §4"
    reads = frozenset(
        {
            "Case.household",
            "Person.age_years",
            "Person.gender",
            "Person.is_guardian",
            "Facility.form",
            "Facility.genders",
            "Facility.max_age_years",
            "Facility.max_household",
            "Facility.min_age_years",
            "Facility.place",
            "Facility.schools",
            "Facility.takes_children",
            "Facility.takes_unaccompanied_minors",
            "Facts.facilities",
            "Facts.places",
            "Facts.policy",
            "Live.case",
            "Live.is_housed",
            "Live.stay",
            "Places.road_min",
            "Policy.adult_age_years",
            "Policy.forms_for_minors",
            "Policy.school_max_age_years",
            "Policy.school_min_age_years",
            "Policy.school_reach_min",
            "Policy.supported_housing_max_age_years",
            "Policy.supported_housing_min_age_years",
            "Stay.facility",
        }
    )
    messages = {
        Audience.ASSESSOR: "The form of housing, or whom it takes, does not fit the household.",
        Audience.COORDINATOR: "The facility may not or does not take this household; points that do not fit: {amount}.",
    }
    parameters = {"amount": Origin.CATALOGUE}
    on_live = OnLive.MOVE_BY

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused with the codes of all that does not fit."""
        facility = facts.facilities[stay.facility]
        faults = [
            *_form(case, facility, facts.policy),
            *_accepted(case, facility, facts.policy),
            *_school(case, facility, facts),
        ]
        return Objection(" ".join(faults), len(faults)) if faults else None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, whether anything does not fit; what is told of each facility is worked out once."""
        household, policy = case.household, facts.policy
        follows, has_minors = is_accompanied(household), any(is_minor(person, policy) for person in household)
        refused = column(facts, "max_household", lambda facility: facility.max_household) < len(household)
        ages = [person.age_years for person in _judged_by_age(case, policy)]
        if ages:
            refused |= column(facts, "min_age_years", lambda facility: facility.min_age_years) > min(ages)
            refused |= column(facts, "max_age_years", lambda facility: facility.max_age_years) < max(ages)
        for gender in {person.gender for person in household}:
            refused |= _refuses_gender(gender, facts)
        if has_minors and follows:
            refused |= flags(facts, (self.name, "children"), lambda facility: not facility.takes_children)
        if has_minors and not follows:
            refused |= flags(facts, (self.name, "alone"), lambda facility: not _takes_minors_alone(facility, policy))
        if not _fits_supported_housing(case, policy):
            refused |= flags(facts, (self.name, "supported"), lambda facility: facility.form == "supported_housing")
        if _has_pupils(case, policy):
            refused |= flags(facts, (self.name, "school"), lambda facility: not _has_school(facility, facts))
        return refused

    def live_objection(self, live: Live, facts: Facts) -> Objection | None:
        """The same while the bed is in use; the household is known even without a case file."""
        return self.objection(live.case, live.stay, facts) if live.is_housed else None


def _form(case: Case, facility: Facility, policy: Policy) -> Iterator[str]:
    has_minors = any(is_minor(person, policy) for person in case.household)
    follows = is_accompanied(case.household)
    if has_minors and not follows:
        if facility.form not in policy.forms_for_minors:
            yield "form_not_for_minors"
        if not facility.takes_unaccompanied_minors:
            yield "takes_no_unaccompanied_minors"
    if has_minors and follows and not facility.takes_children:
        yield "takes_no_children"
    if facility.form == "supported_housing" and not _fits_supported_housing(case, policy):
        yield "outside_supported_housing_ages"


def _takes_minors_alone(facility: Facility, policy: Policy) -> bool:
    return facility.form in policy.forms_for_minors and facility.takes_unaccompanied_minors


def _fits_supported_housing(case: Case, policy: Policy) -> bool:
    lowest, highest = policy.supported_housing_min_age_years, policy.supported_housing_max_age_years
    return all(lowest <= person.age_years <= highest for person in case.household)


def _accepted(case: Case, facility: Facility, policy: Policy) -> Iterator[str]:
    own = _judged_by_age(case, policy)
    if any(not facility.min_age_years <= person.age_years <= facility.max_age_years for person in own):
        yield "age_not_accepted"
    if any(person.gender not in facility.genders for person in case.household):
        yield "gender_not_accepted"
    if len(case.household) > facility.max_household:
        yield "household_too_large"


def _judged_by_age(case: Case, policy: Policy) -> list[Person]:
    """Whose age a facility accepts or not: children who follow a guardian are not asked."""
    follows = is_accompanied(case.household)
    return [person for person in case.household if not (follows and is_minor(person, policy))]


def _refuses_gender(gender: str, facts: Facts) -> BoolArray:
    return flags(facts, (LegalForm.name, "gender", gender), lambda facility: gender not in facility.genders)


def _school(case: Case, facility: Facility, facts: Facts) -> Iterator[str]:
    if _has_pupils(case, facts.policy) and not _has_school(facility, facts):
        yield "no_school_within_reach"


def _has_pupils(case: Case, policy: Policy) -> bool:
    """Whether children of school age come with a guardian."""
    youngest, oldest = policy.school_min_age_years, policy.school_max_age_years
    has_pupils = any(youngest <= person.age_years <= oldest for person in case.household)
    return has_pupils and is_accompanied(case.household)


def _has_school(facility: Facility, facts: Facts) -> bool:
    road_min, reach_min = facts.places.road_min, facts.policy.school_reach_min
    return any(bool(road_min[facility.place, school] <= reach_min) for school in facility.schools)
