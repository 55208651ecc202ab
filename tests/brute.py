"""The rules said a second time, from the specification alone, without the engine.

Reads the raw scenario (dicts) and the made-up land; takes nothing from the engine: no rule, no
hostility, no pools, no candidates. Days are judged one by one; an interval is a pair of dates.

`tests/search.py` tries every case x facility x date x unit assignment that passes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, Final

from tests.tellings import KOMMUNER, LAN, REGIONS, TODAY, Land, Raw

NEVER = 10**7

POLICY = {
    "home_radius_km": 50, "neighbouring_km": 20, "neighbouring_min": 25, "separation_km": 30, "separation_min": 30,
    "presence_radius_km": 5, "cool_down_days": 30, "rival_of_ally_counts": True, "school_reach_min": 45,
    "isolation_tolerated_min": 20, "triage_red_hours": 4, "triage_orange_hours": 12, "triage_green_days": 14,
}  # fmt: skip
WEIGHTS = {"preferred_locality": 300, "isolation": 4, "day_rate": 1}


def day(text: str | None) -> int:
    return NEVER if text is None else date.fromisoformat(text).toordinal()


def left(told: Raw) -> int:
    """The day somebody left, once that is recorded: a departure still to come has not happened."""
    return day(told.get("departed")) if day(told.get("departed")) <= TODAY else NEVER


JUDGED: Final = frozenset({
    "day_rate", "eligibility_gate", "forbidden_locality", "isolation", "legal_form", "needs_met", "place_capacity",
    "preferred_locality", "rival_separation", "start_in_time", "threat_reach",
})  # fmt: skip
"""The rules stated again here; a rule that is not is no part of the comparison until it is."""


def lives_on(told: Raw, on: int) -> bool:
    """A relation, conflict or presence of a network counts until its own end, confirmed."""
    end = day(told.get("end")) if told.get("end_confirmed", False) else NEVER
    end = end if end <= TODAY else NEVER  # nobody has confirmed a day to come
    return day(told["start"]) <= on < (end if end <= TODAY else NEVER)  # nobody confirms a day to come


@dataclass(frozen=True)
class Option:
    """One way to place a case: a (facility, first night, end, units) a leg, and what it costs."""

    stays: tuple[tuple[int, int, int, tuple[int, ...]], ...]
    late: int
    soft: int


class World:
    """A raw scenario and the land, with the questions the rules ask."""

    def __init__(self, raw: Raw, land: Land) -> None:
        self.raw, self.land = raw, land
        self.policy: dict[str, Any] = {**POLICY, **raw.get("policy", {})}
        self.weights = {**WEIGHTS, **self.policy.get("weights", {})}
        self.cases = sorted(raw.get("cases", []), key=lambda told: str(told["id"]))
        self.facilities = sorted(raw.get("facilities", []), key=lambda told: str(told["id"]))
        self.number = {told["id"]: n for n, told in enumerate(self.facilities)}
        self.relations: list[Raw] = raw.get("relations", [])
        self.conflicts: list[Raw] = raw.get("person_conflicts", [])
        self.networks: dict[str, Raw] = {told["id"]: told for told in raw.get("networks", [])}
        self.half = {name: self._halves(name) for name in self.networks}
        # (household, separations, place, first day, day gone)
        self.present = [
            (told["household"], told.get("separations", []), place, day(told["start"]), self._gone(told))
            for told, place in [
                *((p, self.facilities[self.number[p["facility"]]]["locality"]) for p in raw.get("placements", [])),
                *((r, r["locality"]) for r in raw.get("residences", [])),
            ]
        ]

    def _gone(self, told: Raw) -> int:
        return left(told) if left(told) == NEVER else left(told) + int(self.policy["cool_down_days"])

    def _halves(self, name: str) -> set[str]:
        """All networks this one ever split from or into, and theirs."""
        found, fresh = {name}, [name]
        while fresh:
            one = fresh.pop()
            for told in self.relations:
                if told["kind"] == "split" and one in (told["a"], told["b"]):
                    fresh += {told["a"], told["b"]} - found
                    found |= {told["a"], told["b"]}
        return found

    # Places

    def is_same_locality(self, a: str, b: str) -> bool:
        return self.land.root(a) == self.land.root(b)

    def are_apart(self, a: str, b: str, km: int, minutes: int) -> bool:
        if self.is_same_locality(a, b):
            return False
        metres, time = self.land.metres(a, b), self.land.minutes(a, b)
        if metres < self.policy["neighbouring_km"] * 1000 or time < self.policy["neighbouring_min"]:
            return False
        return metres > km * 1000 and time > minutes

    def town(self, place: str) -> list[str]:
        """All that counts as one locality with a place."""
        return [place, *(one for one in self.land.ids if self.is_same_locality(one, place))]

    def metres(self, place: str, other: str) -> int:
        """From the nearest part of a place's town: what takes in a part takes in all of it."""
        return 0 if self.is_same_locality(place, other) else min(self.land.metres(o, other) for o in self.town(place))

    def minutes(self, place: str, other: str) -> int:
        return 0 if self.is_same_locality(place, other) else min(self.land.minutes(o, other) for o in self.town(place))

    def lies_in(self, place: str, area: Raw, *, keep_apart: bool) -> bool:
        kind, zone = area["kind"], self.land.zone(place)
        if kind == "kommun":
            return bool(KOMMUNER[zone] == area["kommun"])
        if kind == "lan":
            return bool(LAN[zone] == area["lan"])
        if kind == "police_region":
            return bool(REGIONS[zone] == area["police_region"])
        centre = area["locality"]
        if kind == "locality":
            return self.is_same_locality(place, centre)
        if kind == "circle":
            metres = self.metres(place, centre) if keep_apart else self.land.metres(place, centre)
            return bool(metres <= area["radius_km"] * 1000)
        minutes = self.minutes(place, centre) if keep_apart else self.land.by_road(place, centre)
        return bool(minutes <= area["minutes"])

    # Networks and persons

    def are_related(self, a: str, b: str, kind: str, on: int) -> bool:
        """On a day; each half of a split has the relations of the other."""
        return a != b and any(
            told["kind"] == kind
            and lives_on(told, on)
            and ((told["a"] in self.half[a] and told["b"] in self.half[b])
                 or (told["b"] in self.half[a] and told["a"] in self.half[b]))
            for told in self.relations
        )  # fmt: skip

    def are_enemies(self, a: str, b: str, on: int) -> bool:
        """Rivals on a day, or the two halves of a split that is live."""
        return self.are_related(a, b, "rival", on) or any(
            told["kind"] == "split" and {told["a"], told["b"]} == {a, b} and lives_on(told, on)
            for told in self.relations
        )

    def are_rivals(self, a: str, b: str, on: int) -> bool:
        if self.are_enemies(a, b, on):
            return True
        if not self.policy["rival_of_ally_counts"]:
            return False
        return a != b and any(
            self.are_related(one, ally, "allied", on) and self.are_enemies(ally, other, on)
            for one, other in ((a, b), (b, a))
            for ally in self.networks
        )

    def hostility(
        self, a: list[Raw], wanted_a: list[Raw], b: list[Raw], wanted_b: list[Raw], on: int
    ) -> list[tuple[int, int]]:
        """Separations (km, minutes) that a person of the household that comes and another one call for on a day."""
        found = []
        named = [
            {half for told in wanted if told.get("network") for half in self.half[told["network"]]}
            for wanted in (wanted_a, wanted_b)
        ]
        together = {one["person_key"] for one in a}
        for one, other in product(a, b):
            keys = {one["person_key"], other["person_key"]}
            if keys <= together:
                continue
            nets = [m["network"] for m in one.get("memberships", [])]
            others = [m["network"] for m in other.get("memberships", [])]
            is_unknown = "unknown" in (one["knowledge"], other["knowledge"])
            is_named = not named[0].isdisjoint(others) or not named[1].isdisjoint(nets)
            if is_unknown or is_named or any(self.are_rivals(n, m, on) for n, m in product(nets, others)):
                found.append((0, 0))
            for told in self.conflicts:
                if {told["a"], told["b"]} == keys and lives_on(told, on):
                    found.append((told.get("separation_km") or 0, told.get("separation_min") or 0))
        return found

    def limits(self, a: list[Raw], wanted_a: list[Raw], b: list[Raw], wanted_b: list[Raw]) -> tuple[int, int]:
        """The largest separation of both assessments and the policy."""
        km, minutes = self.policy["separation_km"], self.policy["separation_min"]
        for wanted, others in ((wanted_a, b), (wanted_b, a)):
            nets = {m["network"] for other in others for m in other.get("memberships", [])}
            is_unknown = any(other["knowledge"] == "unknown" for other in others)
            for told in wanted:
                name = told.get("network")
                if name is None or not self.half[name].isdisjoint(nets) or is_unknown:
                    km, minutes = max(km, told.get("km") or 0), max(minutes, told.get("minutes") or 0)
        return km, minutes

    def clash(self, one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
        """Whether two presences (household, separations, place, first day, day gone) break the separation.

        Every condition begins on some day and holds on without a gap, so the days on which one of
        them begins are all that need be looked at.
        """
        (a, wanted_a, place_a, from_a, gone_a), (b, wanted_b, place_b, from_b, gone_b) = one, other
        begins = {from_a, from_b, *(day(told["start"]) for told in (*self.relations, *self.conflicts))}
        km, minutes = self.limits(a, wanted_a, b, wanted_b)
        for on in begins:
            if from_a <= on < gone_a and from_b <= on < gone_b:
                for own_km, own_min in self.hostility(a, wanted_a, b, wanted_b, on):
                    if not self.are_apart(place_a, place_b, max(km, own_km), max(minutes, own_min)):
                        return True
        return False

    # One case at one place

    def assessment(self, case: Raw) -> Raw | None:
        return max(case.get("assessments", []), key=lambda told: int(told["version"]), default=None)

    def has_passed(self, case: Raw, first: int) -> bool:
        gate, told = case["gate"], self.assessment(case)
        if told is None or told.get("withdrawn", False):
            return False
        wanted = ("definition_met", "motivated", "written_consent", "conditions_signed", "investigation_clearance")
        return (
            all(gate.get(fact) is True for fact in wanted)
            and gate.get("is_evidence_witness") is False
            and (
                gate.get("measure_decision") is True
                or (bool(gate.get("is_emergency", False)) and case["stays"][0]["kind"] == "emergency")
            )
            and max(day(told["valid_from"]), day(told["signed_on"])) <= TODAY <= day(told["valid_until"])
            and first <= day(told["valid_until"])
            and (told["threat_level"] == "high" or bool(gate.get("relocation_expressly_needed", False)))
        )

    def is_emergency(self, case: Raw) -> bool:
        return bool(case["gate"].get("is_emergency", False)) and case["stays"][0]["kind"] == "emergency"

    def is_forbidden(self, case: Raw, place: str) -> bool:
        told = self.assessment(case) or {}
        radius = max(int(self.policy["home_radius_km"]), told.get("home_radius_km") or 0) * 1000
        return (
            any(self.lies_in(place, area, keep_apart=True) for area in told.get("forbidden", []))
            or any(
                self.is_same_locality(place, home) or self.metres(place, home) <= radius
                for home in (*case["homes"], *case.get("crime_localities", []))
            )
            or any(self.is_same_locality(place, known["locality"]) for known in case.get("known_places", []))
        )

    def _network_reaches(self, name: str, place: str, radius_m: int, on: int) -> bool:
        friends = [*self.half[name], *(other for other in self.networks if self.are_related(name, other, "allied", on))]
        return any(
            lives_on(at, on)
            and (self.is_same_locality(place, at["locality"]) or self.metres(place, at["locality"]) <= radius_m)
            for friend in friends
            for at in self.networks[friend].get("presence", [])
        )

    def is_reached(self, case: Raw, facility: Raw, on: int) -> bool:
        """On a night."""
        told, place = self.assessment(case) or {}, facility["locality"]
        radius_m = max(int(self.policy["presence_radius_km"]), told.get("presence_radius_km") or 0) * 1000
        own = {
            half for one in case["household"] for m in one.get("memberships", []) for half in self.half[m["network"]]
        }
        actors = {name for name in self.networks if name in own or any(self.are_rivals(mine, name, on) for mine in own)}
        if any(
            self._network_reaches(name, place, radius_m, on)
            for name in actors
            if name not in told.get("presence_waived", [])
        ):
            return True
        return any(self._actor_reaches(actor, told, facility, radius_m, on) for actor in told.get("actors", []))

    def _actor_reaches(self, actor: Raw, told: Raw, facility: Raw, radius_m: int, on: int) -> bool:
        reach, lasts, place = actor["reach"], actor["persistence"], facility["locality"]
        full = gone = NEVER
        if lasts["kind"] == "until":
            full = gone = day(lasts["until"])
        elif lasts["kind"] == "fading":
            full, gone = day(lasts["full_until"]), day(lasts["gone_by"])
        if on >= gone:
            return False
        if reach["kind"] == "national":
            return told.get("protection_level") is None or facility["security_grade"] < told["protection_level"]
        if reach["kind"] == "presence":
            return self._network_reaches(actor["network"], place, radius_m, on)
        if reach["kind"] == "areas":
            return any(self.lies_in(place, area, keep_apart=True) for area in reach["areas"])
        by_radius = reach["kind"] == "radius"
        limit = reach["radius_km"] * 1000 if by_radius else reach["minutes"]
        left, whole = (gone - on, gone - full) if on > full else (1, 1)
        for base in reach["bases"]:
            measure = self.land.metres if by_radius else self.land.minutes
            gap = min(measure(one, base) for one in self.town(place))
            if self.is_same_locality(place, base) or (gap - 1) * whole < limit * left:  # gap <= limit left, rounded up
                return True
        return False

    def fits(self, case: Raw, facility: Raw) -> bool:
        people, takes, form = case["household"], facility["accepts"], facility["form"]
        minors = [one for one in people if one["age_years"] < 18]
        is_led = any(one.get("is_guardian", False) for one in people)
        if minors and not is_led:
            if form == "protected_housing" or not takes.get("unaccompanied_minors", False):
                return False
        elif minors and not takes.get("children_with_guardian", False):
            return False
        if form == "supported_housing" and not all(16 <= one["age_years"] <= 20 for one in people):
            return False
        low, high = takes.get("min_age_years", 18), takes.get("max_age_years", 110)
        for one in people:
            if not (one in minors and is_led) and not low <= one["age_years"] <= high:
                return False
            if one["gender"] not in takes.get("genders", ("female", "male", "other")):
                return False
        if len(people) > takes.get("max_household", 1):
            return False
        if is_led and any(6 <= one["age_years"] <= 17 for one in people):
            ways = [self.land.by_road(facility["locality"], school) for school in facility.get("schools", [])]
            if not any(way <= self.policy["school_reach_min"] for way in ways):
                return False
        needs = {need["tag"] for need in case.get("needs", []) if need["timing"] == "day_one"}
        return needs <= set(facility.get("offers", []))

    def housed_until(self, case: Raw) -> int:
        keys = {one["person_key"] for one in case["household"]}
        ends = [
            min(day(told["end"]), left(told))
            for told in self.raw.get("placements", [])
            if keys & {one["person_key"] for one in told["household"]}
            and min(day(told["end"]), left(told)) > day(told["start"])
        ]
        return max(ends, default=0)

    def cost(self, case: Raw, facility: Raw) -> int:
        told, place = self.assessment(case) or {}, facility["locality"]
        preferred = told.get("preferred", [])
        cost: int = 0
        if preferred and not any(self.lies_in(place, area, keep_apart=False) for area in preferred):
            cost += self.weights["preferred_locality"]
        minutes = min(600, self.land.larger_town_min.get(place, 0)) - int(self.policy["isolation_tolerated_min"])
        cost += self.weights["isolation"] * max(0, minutes)
        rate_sek: int = facility["day_rate_sek"] * len(case["household"])
        return int(cost + self.weights["day_rate"] * (rate_sek // 10))

    def urgency(self, case: Raw) -> tuple[int, int]:
        """Level of the case (an overdue one is promoted) and the day of its deadline."""
        hours = {"red": self.policy["triage_red_hours"], "orange": self.policy["triage_orange_hours"]}
        limit = timedelta(hours=hours.get(case["triage"], self.policy["triage_green_days"] * 24))
        deadline = datetime.fromisoformat(case["received_at"]) + limit
        is_overdue = datetime.fromisoformat(self.raw["now"]) > deadline
        level = ["red", "orange", "green"].index(case["triage"])
        return max(0, level - is_overdue), deadline.date().toordinal()

    def options(self, case: Raw) -> Iterator[Option]:
        """Every facility, date and unit assignment that the case's own rules and what is fixed allow."""
        first = max(day(case["window"]["earliest"]), TODAY)
        for start in range(first, day(case["window"]["latest"]) + 1):
            legs, begin = [], start
            for stay in case["stays"]:
                end = begin + stay["nights"]
                legs.append(
                    [
                        (number, begin, end, units)
                        for number, told in enumerate(self.facilities)
                        if self._may_live(case, told, begin, end)
                        for units in ways_to_sleep(len(case["household"]), [u["beds"] for u in told["units"]])
                    ]
                )
                begin = end
            late = max(0, start - self.urgency(case)[1])
            for stays in product(*legs):
                yield Option(stays, late, sum(self.cost(case, self.facilities[home]) for home, *_ in stays))

    def _may_live(self, case: Raw, facility: Raw, begin: int, end: int) -> bool:
        signed = self.assessment(case) or {}
        coming = (case["household"], signed.get("separations", []), facility["locality"], begin, NEVER)
        return (
            begin >= self.housed_until(case)
            and self.has_passed(case, begin)
            and self.fits(case, facility)
            and not self.is_forbidden(case, facility["locality"])
            and not any(self.is_reached(case, facility, night) for night in range(begin, end))
            and not any(self.clash(coming, other) for other in self.present)
        )


def ways_to_sleep(persons: int, beds: list[int]) -> Iterator[tuple[int, ...]]:
    """Every way to spread persons over units, as a number of beds a unit."""
    yield from (way for way in product(*(range(most + 1) for most in beds)) if sum(way) == persons)
