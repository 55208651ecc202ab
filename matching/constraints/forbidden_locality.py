"""`forbidden_locality`: never where the assessment forbids, near home, or where the person is known."""

from __future__ import annotations

import numpy as np

from matching.columns import BoolArray, facility_places
from matching.constraints.base import Audience, OnLive, Origin, PairRule, Scope
from matching.facts import Case, Facts, Stay
from matching.plans import Objection

__all__ = ["ForbiddenLocality"]


class ForbiddenLocality(PairRule):
    """Outside every forbidden area, beyond the home radius, in no place where the person is known.

    A district stands for its parent and all districts of that parent. Distances and minutes are
    keep-apart limits: strictly beyond, rounded down.
    """

    name = "forbidden_locality"
    summary = "in no forbidden area, beyond the home radius of homes and crime localities, in no known place"
    scope = Scope.OWN_CASE
    source = "Socialstyrelsen (2023), list of unsuitable orter; Hedlund (2023), placeringsbedömning; domain §4"
    reads = frozenset(
        {
            "Case.assessment",
            "Case.homes",
            "Case.known_places",
            "Assessment.forbidden",
            "Assessment.home_radius_m",
            "Facility.place",
            "Facts.facilities",
            "Facts.places",
            "Facts.policy",
            "Places.all_that_may_lie_in",
            "Places.may_lie_in",
            "Places.root",
            "Places.town_is_beyond_m",
            "Places.same_locality",
            "Places.towns_within_m",
            "Policy.home_radius_km",
            "Stay.facility",
        }
    )
    messages = {
        Audience.ASSESSOR: (
            "The place lies in a forbidden area, within {radius_km} km of a home or crime locality, "
            "or where the person is known."
        ),
        Audience.COORDINATOR: (
            "The locality is forbidden to this case, within {radius_km} km of a home or crime locality, "
            "or one where the person is known."
        ),
    }
    parameters = {"radius_km": Origin.OWN_CASE}
    on_live = OnLive.MOVE_NOW

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused as an area, the home radius or a known place says."""
        place, places = facts.facilities[stay.facility].place, facts.places
        assessment = case.assessment
        radius_m = _radius_m(case, facts)
        told = (("radius_km", -(-radius_m // 1000)),)
        if assessment is not None and any(places.may_lie_in(place, area) for area in assessment.forbidden):
            return Objection("forbidden_area", values=told)
        for home in case.homes:
            if not places.town_is_beyond_m(place, home, radius_m):
                return Objection("home_radius", values=told)
        if any(places.same_locality(place, known) for known in case.known_places):
            return Objection("known_place", values=told)
        return None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, as an area, the home radius or a known place says of its place."""
        places, assessment = facts.places, case.assessment
        there = np.zeros(len(places.root), dtype=np.bool_)
        for area in () if assessment is None else assessment.forbidden:
            there |= places.all_that_may_lie_in(area)
        for home in case.homes:
            there |= places.towns_within_m(home, _radius_m(case, facts))
        for known in case.known_places:
            there |= places.root == places.root[known]
        return there[facility_places(facts)]


def _radius_m(case: Case, facts: Facts) -> int:
    return facts.policy.home_radius_km * 1000 if case.assessment is None else case.assessment.home_radius_m
