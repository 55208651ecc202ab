"""Households: waiting cases with their assessments, placements, residences, and what binds two of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests import tellings as t
from tests.strategies.catalogue import TAGS
from tests.strategies.intelligence import actors, persistences
from tests.strategies.mood import NETWORKS, PLACES, Draw, Mood
from tests.strategies.places import areas
from tests.tellings import Raw


@st.composite
def members(draw: Draw, key: str, others: int, mood: Mood, *, unknown: bool) -> list[Raw]:
    """A household: a defector, now and then with relatives or children and a guardian."""

    def known(number: int, **told: Any) -> Raw:
        most = draw(st.sampled_from([1, 2, 0])) if number == 0 else 1
        nets: list[Any] = draw(st.lists(st.sampled_from(NETWORKS), unique=True, max_size=most))
        if nets and mood.about(draw, "risk"):  # a second, deeper membership in the same network now and then
            nets.insert(0, {"network": nets[0], "degree": "peripheral", "start": t.on(-300)})
            nets = nets[:1] + nets[draw(st.integers(1, 2)) :]
        elif nets and mood.seldom(draw):
            nets = [{"network": nets[0], "degree": "core", "start": t.on(-900), "end": t.on(-400)}, *nets[1:]]
        if unknown and draw(st.integers(0, 4)) == 1:
            told["knowledge"] = "unknown"
        return t.member(f"{key}-{number}", *nets, **told)

    youth = others == 0 and (mood.seldom(draw) or mood.about(draw, "ages", 2))
    ages = st.sampled_from([15, 16, 17, 18, 20, 21]) if youth else st.sampled_from([18, 30])
    people = [known(0, age_years=draw(ages), gender=draw(st.sampled_from(["male"] * 5 + ["female"])))]
    for number in range(1, others + 1):
        age = draw(st.sampled_from([3, 10, 30]))
        people.append(known(number, role="child" if age < 18 else "partner", age_years=age))
    if others and people[0]["age_years"] >= 18:
        people[0]["is_guardian"] = True
    return people


@st.composite
def separations(draw: Draw, *, named: bool) -> Raw:
    told: Raw = draw(st.sampled_from([{"km": 60}, {"minutes": 90}, {"km": 10, "minutes": 10}, {"km": 100}]))
    network = draw(st.sampled_from([None, *NETWORKS])) if named else None
    return told if network is None else {**told, "network": network}


@st.composite
def assessments(draw: Draw, mood: Mood, *, named: bool) -> Raw:
    told: Raw = {}
    if mood.seldom(draw):
        told["forbidden"] = [draw(areas())]
    if draw(st.integers(0, 2)) == 0:
        told["preferred"] = draw(st.lists(areas(), min_size=1, max_size=2))
    if mood.seldom(draw) or mood.about(draw, "reach", 2):
        told["actors"] = [draw(actors("act0"))]
        told["protection_level"] = draw(st.sampled_from([None, 1, 2, 3]))
    if mood.about(draw, "grades"):
        told["protection_level"] = draw(st.sampled_from([1, 2, 3, 2, 4]))
    if draw(st.integers(0, 4)) == 0:
        told["separations"] = [draw(separations(named=named))]
    if mood.seldom(draw, 5):
        told["valid_until"] = t.on(draw(st.integers(-1, 4)))
    waived = draw(st.lists(st.sampled_from(NETWORKS), unique=True))
    told["presence_waived"] = list(NETWORKS) if mood.tame and draw(st.booleans()) else waived
    if draw(st.integers(0, 3)) == 1:
        told["home_radius_km"] = draw(st.sampled_from([0, 10, 50]))
        told["presence_radius_km"] = draw(st.sampled_from([0, 3, 20]))
    if mood.seldom(draw, 6):
        told["threat_level"] = "low"
    if mood.about(draw, "knowledge"):
        told["confidence"] = draw(st.sampled_from(["low", "low", "medium"]))
    if mood.about(draw, "providers", 3):
        told["assessor_unit"] = "bops-2"
    return t.assessment(**told)


@st.composite
def cases(draw: Draw, id: str, mood: Mood, *, longest: int, most: int, unknown: bool) -> Raw:
    others = min(most - 1, draw(st.sampled_from([0, 0, 0, 1, 2])))
    begin = 0 if "changes" in mood.themes else draw(st.sampled_from([0, 0, 1, -2]))
    nights = draw(st.sampled_from([1, 1, 2, 3, 8]))
    stays = [{"kind": "stable", "nights": nights}]
    if longest <= 4 and draw(st.integers(0, 4)) == 0:
        stays = [{"kind": "emergency", "nights": draw(st.integers(1, 2))}, *stays]
    triage, hours = draw(
        st.sampled_from([("green", 2), ("green", 15 * 24), ("orange", 2), ("orange", 48), ("red", 1), ("red", 30)])
    )
    if mood.about(draw, "waiting", 3):
        hours = 24 * draw(st.sampled_from([6, 7, 13, 14, 20, 21, 42, 49])) + draw(st.integers(-1, 1))
    gate = dict(t.PASSED)
    if mood.seldom(draw, 9):
        gate[draw(st.sampled_from(sorted(gate)))] = None
        gate["is_emergency"] = draw(st.booleans())
    needs = [{"tag": "interpreter", "timing": "day_one"}] if draw(st.integers(0, 3)) == 1 else []
    told: Raw = {}
    if "support" in mood.themes:
        timings = st.sampled_from(["within_14_days", "remote", "within_14_days", "remote", "day_one"])
        wanted = draw(st.dictionaries(st.sampled_from(TAGS), timings, max_size=3))
        needs = [{"tag": tag, "timing": timing} for tag, timing in sorted(wanted.items())]
        told["support_intensity"] = draw(st.sampled_from([None, 1, 2, 3, 4]))
    if mood.about(draw, "contacts"):
        told["permitted_contacts"] = draw(st.lists(st.sampled_from(PLACES), unique=True, min_size=1, max_size=2))
    versions = [draw(assessments(mood, named=not unknown))]
    if mood.about(draw, "providers", 3):
        versions.append(t.assessment(version=2, assessor_unit="bops-3"))
    return t.case(
        id,
        *draw(members(id, others, mood, unknown=unknown)),
        unit=draw(st.sampled_from(["bops-1", "bops-2"])) if "providers" in mood.themes else "bops-1",
        days=(begin, max(0, begin) + (longest - 1 if "changes" in mood.themes else draw(st.integers(0, longest - 1)))),
        triage=triage,
        received_at=(datetime.fromisoformat(t.NOW) - timedelta(hours=hours)).isoformat(),
        stays=stays,
        gate=gate,
        responsible_municipality=draw(st.sampled_from(["0180", "0180", "1280"])),
        needs=needs,
        known_places=[{"locality": "b", "kind": "school"}] if mood.seldom(draw) else [],
        assessments=versions,
        **told,
    )


@st.composite
def placements(draw: Draw, id: str, homes: list[Raw], mood: Mood, *, unknown: bool) -> Raw:
    home = draw(st.sampled_from(homes))
    # A partner now and then: then a waiting household may hold one of the two, and meets the other.
    people = draw(members(id, int(mood.about(draw, "housed", 2)), mood, unknown=unknown))
    start = draw(st.sampled_from([-90, -90, -90, 2, 4]))
    end = max(start + 1, draw(st.sampled_from([-40, 0, 1, 2, 3, 5, 60, 60])))
    gone = draw(st.sampled_from([None, None, None, -31, -30, -29, -28, -27, 0, 1])) if start < -50 else None
    if "changes" in mood.themes:
        start, gone = -90, draw(st.sampled_from([-29, -28, -27, -26, None]))
    told: Raw = {}
    if mood.about(draw, "knowledge", 2) or mood.themes & {"links", "named"}:
        told["case_file"] = {"assessments": [draw(assessments(mood, named=not unknown))]}
    return t.placement(
        id,
        home["id"],
        *people,
        days=(start, end),
        beds=[draw(st.sampled_from(home["units"]))["id"]] * len(people),
        departed=None if gone is None else t.on(gone),
        state=draw(st.sampled_from(["placed", "held"])),
        separations=[draw(separations(named=not unknown))] if draw(st.integers(0, 5)) == 0 else [],
        **told,
    )


@st.composite
def residences(draw: Draw, id: str, mood: Mood, *, unknown: bool) -> Raw:
    gone = draw(st.sampled_from([None, None, None, -30, -29, -28, 0, 1]))
    if "changes" in mood.themes:
        gone = draw(st.sampled_from([-29, -28, -27, -26]))
    return t.residence(
        id,
        draw(st.sampled_from(PLACES)),
        *draw(members(id, 0, mood, unknown=unknown)),
        start=draw(st.sampled_from([-50, -50, 3])) if gone is None else -50,
        departed=None if gone is None else t.on(gone),
    )


class _Joined:
    """Who is in one facility by links of the kind `same`, so that nothing is drawn that cannot all be meant."""

    def __init__(self, households: list[Raw], beds: int) -> None:
        self.beds = beds
        self.named: set[tuple[str, str]] = set()
        self.group: dict[str, set[str]] = {}
        for told in households:
            self.put(one["person_key"] for one in told["household"])

    def put(self, keys: Iterable[str]) -> None:
        whole = self.those_with(keys)
        self.group.update(dict.fromkeys(whole, whole))

    def those_with(self, keys: Iterable[str]) -> set[str]:
        return set().union(*(self.group.get(key, {key}) for key in keys))

    def may_join(self, *keys: str) -> bool:
        """Whether all of both groups have a bed somewhere, and none of them is another's threat actor."""
        whole = self.those_with(keys)
        return len(whole) <= self.beds and not any({one, other} <= whole for one, other in self.named)

    def pairs(self) -> set[frozenset[str]]:
        return {frozenset((one, other)) for one, whole in self.group.items() for other in whole - {one}}


def bind(draw: Draw, mood: Mood, files: list[tuple[Raw, Raw]], others: list[Raw], beds: int) -> set[frozenset[str]]:
    """Link some households and name some actors, each file to a member of another household; who is linked to whom.

    Nobody is to live both with and away from somebody: all links of a scenario are of one sort. Households
    that are to live in one facility fit its beds, of which one has so many at most, and none threatens another.
    """
    linked: set[frozenset[str]] = set()
    waiting = [told for told, file in files if told is file]
    moving = {one["person_key"] for told in waiting for one in told["household"]}
    staying = [told for told in others if moving.isdisjoint(one["person_key"] for one in told["household"])]
    joined = _Joined([*waiting, *staying], beds)
    kinds = draw(st.sampled_from([["same", "within"], ["same", "within"], ["more_than"]])) if files else []
    for told, file in files:
        own = {one["person_key"] for one in told["household"]}
        counted = max(file["assessments"], key=lambda one: int(one["version"]))
        for theme in ("links", "named"):
            key = draw(st.sampled_from(draw(st.sampled_from(others))["household"]))["person_key"]
            if key in own or not mood.about(draw, theme):
                continue
            if theme == "named":
                if key not in joined.those_with(own):
                    nowhere = {"kind": "areas", "areas": [{"kind": "locality", "locality": "home"}]}
                    actor = {"id": "named", "person_key": key, "reach": nowhere, "persistence": draw(persistences())}
                    counted["actors"] = [*counted.get("actors", []), actor]
                    joined.named.add((min(own), key))
                continue
            linked |= {frozenset((key, one)) for one in own}
            kind = draw(st.sampled_from(kinds))
            limits: Raw = {}
            if kind == "same":
                if not joined.may_join(key, *own):
                    continue
                joined.put((key, *own))
            else:
                near = [{"km": 5}, {"km": 30}, {"minutes": 30}, {"km": 20, "minutes": 45}, {"km": 60, "minutes": 24}]
                limits = draw(st.sampled_from(near))
            counted["links"] = [{"person_key": key, "kind": kind, **limits}]
    return linked | joined.pairs()
