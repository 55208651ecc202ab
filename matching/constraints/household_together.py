"""`household_together`: linked persons live together, near each other, or apart, as the assessment says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matching.columns import BoolArray, IntArray, facility_places
from matching.constraints.base import Audience, OnLive
from matching.constraints.meeting import Hindrance, MeetingRule
from matching.facts import NO_PATH_MIN, Facts, Link, Party, Places, Presence, overlap
from matching.plans import Objection

__all__ = ["HouseholdTogether"]


class HouseholdTogether(MeetingRule):
    """Who is linked lives in the same facility, within, or beyond what either assessment says.

    The members of a household are in one facility by construction: a stay is one facility, with a bed
    for each. Living together or near is asked of nights on which both have a bed, a residence
    included; being apart of every day on which both are present. *Within* is at most the limit, and no
    path fails whichever limit is given; *more than* is beyond it. A limit that is not given asks nothing.
    """

    name = "household_together"
    summary = "linked persons in the same facility, within, or farther apart than their assessments say"
    source = "FoU Nordväst (2023), moving the whole family; Socialstyrelsen (2023), threats to siblings; domain §4"
    reads = frozenset(
        {
            "Facts.places",
            "Link.key",
            "Link.kind",
            "Link.limit_m",
            "Link.limit_min",
            "Party.keys",
            "Party.links",
            "Places.gap_m",
            "Places.is_beyond_m",
            "Places.is_beyond_min",
            "Places.reach_m",
            "Places.road_min",
            "Places.safe_min",
            "Presence.bed_end_day",
            "Presence.end_day",
            "Presence.facility",
            "Presence.party",
            "Presence.place",
            "Presence.start_day",
        }
    )
    messages = {
        Audience.COORDINATOR: "Somebody the assessment links to the household would live too far away, or too near."
    }
    on_live = OnLive.MOVE_BY

    def concerns(self, a: Party, b: Party, facts: Facts) -> bool:  # noqa: ARG002 - signature
        """Whether an assessment links the one to a person of the other."""
        return any(True for _ in _links(a, b))

    def meeting(self, a: Presence, b: Presence, facts: Facts) -> Objection | None:
        """Refused when a link between them is broken."""
        share_a_night = overlap(a.start_day, a.bed_end_day, b.start_day, b.bed_end_day)
        share_a_day = overlap(a.start_day, a.end_day, b.start_day, b.end_day)
        broken = {
            _BROKEN[link.kind]
            for link in _links(a.party, b.party)
            if (share_a_day if link.kind == "more_than" else share_a_night) and not _is_kept(link, a, b, facts.places)
        }
        return next((Objection(reason) for reason in _BROKEN.values() if reason in broken), None)

    def ends(self, a: Presence, b: Presence, facts: Facts) -> Iterator[int]:  # noqa: ARG002 - signature
        """When the other has no bed any more or, for being apart, has left."""
        for link in _links(a.party, b.party):
            yield b.end_day if link.kind == "more_than" else b.bed_end_day

    def marks(self, party: Party, facts: Facts) -> frozenset[int]:  # noqa: ARG002 - signature
        """Its persons and those its assessment links."""
        return party.keys | {link.key for link in party.links}

    def present_hindrances(self, coming: Party, there: Presence, facts: Facts) -> Iterator[Hindrance]:
        """Each link between them, wherever it is broken."""
        places = facility_places(facts)
        is_there = np.arange(len(places)) == there.facility
        there_at = np.full(len(places), there.place)
        for link in _links(coming, there.party):
            is_of_nights = link.kind != "more_than"
            end_day = there.bed_end_day if is_of_nights else there.end_day
            at = _broken_at(link, is_there, places, there_at, facts.places)
            yield Hindrance(at, there.start_day, end_day, is_of_nights)

    def planned_hindrances(self, a: Party, b: Party, facts: Facts) -> Iterator[Hindrance]:
        """Each link between them, wherever it is broken."""
        places = facility_places(facts)
        is_same = np.eye(len(places), dtype=np.bool_)
        for link in _links(a, b):
            at = _broken_at(link, is_same, places[:, None], places[None, :], facts.places)
            yield Hindrance(at, is_of_nights=link.kind != "more_than")


_BROKEN = {"same": "linked_not_together", "within": "linked_too_far", "more_than": "linked_too_near"}


def _links(a: Party, b: Party) -> Iterator[Link]:
    """Links of either assessment to a person of the other household."""
    for own, other in ((a, b), (b, a)):
        yield from (link for link in own.links if link.key in other.keys)


def _is_kept(link: Link, a: Presence, b: Presence, places: Places) -> bool:
    if link.kind == "same":
        return a.facility >= 0 and a.facility == b.facility
    if link.kind == "within":
        road_min = places.road_min[a.place, b.place]
        return not (
            road_min >= NO_PATH_MIN
            or (link.limit_m >= 0 and places.reach_m[a.place, b.place] > link.limit_m)
            or (link.limit_min >= 0 and road_min > link.limit_min)
        )
    # A limit that is not given is -1, and everywhere is beyond it.
    return places.is_beyond_m(a.place, b.place, link.limit_m) and places.is_beyond_min(a.place, b.place, link.limit_min)


def _broken_at(link: Link, is_same: BoolArray, a: IntArray, b: IntArray, places: Places) -> BoolArray:
    """Where a link is not kept: `_is_kept` of many facilities, at places `a`, and others at places `b`, at once."""
    broken: BoolArray
    if link.kind == "same":
        broken = ~is_same
    elif link.kind == "within":
        road_min = places.road_min[a, b]
        broken = road_min >= NO_PATH_MIN
        if link.limit_m >= 0:
            broken = broken | (places.reach_m[a, b] > link.limit_m)
        if link.limit_min >= 0:
            broken = broken | (road_min > link.limit_min)
    else:
        broken = (places.gap_m[a, b] <= link.limit_m) | (places.safe_min[a, b] <= link.limit_min)
    return broken
