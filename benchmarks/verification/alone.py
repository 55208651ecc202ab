"""Hard rules about one case at one place: whether it may begin to live there on a day, for some nights."""

from __future__ import annotations

import math

from benchmarks.verification.people import People
from benchmarks.verification.told import Raw, day, happened, lasts, months_on, needs, signed


class Alone(People):
    """A scenario with the rules that ask nobody else, each ``rule(case, home, begin, end)``: may it be?"""

    def eligibility_gate(self, case: Raw, _home: int, begin: int, _end: int) -> bool:
        """Every fact of the gate holds, and the assessment is valid today and at the start."""
        gate, told = case["gate"], signed(case)
        if told is None or told.get("withdrawn", False):
            return False
        wanted = ("definition_met", "motivated", "written_consent", "conditions_signed", "investigation_clearance")
        is_emergency = bool(gate.get("is_emergency", False)) and case["stays"][0]["kind"] == "emergency"
        return (
            all(gate.get(fact) is True for fact in wanted)
            and gate.get("is_evidence_witness") is False
            and (gate.get("measure_decision") is True or is_emergency)
            and max(day(told["valid_from"]), day(told["signed_on"])) <= self.today <= day(told["valid_until"])
            and begin <= day(told["valid_until"])
            and (told["threat_level"] == "high" or bool(gate.get("relocation_expressly_needed", False)))
        )

    def start_in_time(self, case: Raw, _home: int, begin: int, _end: int) -> bool:
        """Of a whole stay: the window; of each leg: not while the household fills another bed."""
        offset = 0 if len(case["stays"]) == 1 else int(case["stays"][0]["nights"])
        first, latest = max(day(case["window"]["earliest"]), self.today), day(case["window"]["latest"])
        return begin >= self.housed_until(case) and first <= begin <= latest + offset

    def housed_until(self, case: Raw) -> int:
        """When the last bed that a member of the household fills is free again."""
        keys = {one["person_key"] for one in case["household"]}
        ends = [
            min(day(told["end"]), self.left(told))
            for told in self.raw.get("placements", [])
            if keys & {one["person_key"] for one in told["household"]}
            and min(day(told["end"]), self.left(told)) > day(told["start"])
        ]
        return max(ends, default=0)

    def forbidden_locality(self, case: Raw, home: int, _begin: int, _end: int) -> bool:
        """In no forbidden area, beyond the home radius, in no known place."""
        told, place = signed(case) or {}, self.place(home)
        radius = max(int(self.policy["home_radius_km"]), told.get("home_radius_km") or 0) * 1000
        return not (
            any(self.lies_in(place, area, keep_apart=True) for area in told.get("forbidden", []))
            or any(
                self.is_same_locality(place, town) or self.metres(place, town) <= radius
                for town in (*case["homes"], *case.get("crime_localities", []))
            )
            or any(self.is_same_locality(place, known["locality"]) for known in case.get("known_places", []))
        )

    # Threat actors

    def threat_reach(self, case: Raw, home: int, begin: int, end: int) -> bool:
        """By nobody on any night. Within a stretch a reach only shrinks, so its first night is the worst."""
        return signed(case) is None or not any(self._is_reached(case, home, on) for on in self.begins_of(begin, end))

    def _is_reached(self, case: Raw, home: int, on: int) -> bool:
        told, place = signed(case) or {}, self.place(home)
        radius_m = max(int(self.policy["presence_radius_km"]), told.get("presence_radius_km") or 0) * 1000
        own = {half for name in self.networks_of(case) for half in self.half[name]}
        actors = {name for name in self.networks if name in own or any(self.are_rivals(mine, name, on) for mine in own)}
        return any(
            self._network_reaches(name, place, radius_m, on)
            for name in actors
            if name not in told.get("presence_waived", [])
        ) or any(self._actor_reaches(actor, told, home, radius_m, on) for actor in told.get("actors", []))

    @staticmethod
    def networks_of(case: Raw) -> set[str]:
        """Networks of any member, ever."""
        return {told["network"] for one in case["household"] for told in one.get("memberships", [])}

    def _network_reaches(self, name: str, place: str, radius_m: int, on: int) -> bool:
        friends = {*self.half[name], *(other for other in self.networks if self.are_allied(name, other, on))}
        return any(
            self.lives_on(at, on)
            and (self.is_same_locality(place, at["locality"]) or self.metres(place, at["locality"]) <= radius_m)
            for friend in friends
            for at in self.networks[friend].get("presence", [])
        )

    def _actor_reaches(self, actor: Raw, told: Raw, home: int, radius_m: int, on: int) -> bool:
        reach, place, (full, gone) = actor["reach"], self.place(home), lasts(actor)
        if on >= gone:
            return False
        if reach["kind"] == "national":
            level = told.get("protection_level")
            return level is None or self.facilities[home]["security_grade"] < level
        if reach["kind"] == "presence":
            return self._network_reaches(actor["network"], place, radius_m, on)
        if reach["kind"] == "areas":
            return any(self.lies_in(place, area, keep_apart=True) for area in reach["areas"])
        by_radius = reach["kind"] == "radius"
        limit = reach["radius_km"] * 1000 if by_radius else reach["minutes"]
        still, whole = (gone - on, gone - full) if on > full else (1, 1)
        for base in reach["bases"]:
            gap = (self.metres if by_radius else self.minutes)(place, base)
            if self.is_same_locality(place, base) or (gap - 1) * whole < limit * still:  # gap <= limit left, rounded up
                return True
        return False

    def exposed_place(self, case: Raw, home: int, begin: int, _end: int) -> bool:
        """Not where somebody who threatens the case knows the place."""
        for told in self.raw.get("exposures", []):
            end = months_on(told["exposed_on"], self.policy["exposure_months"])
            if len({name.casefold() for name in told.get("cleared_by", [])}) >= 2:
                end = min(end, happened(told.get("cleared_on"), self.today))
            where = told.get("locality") or self.place(self.number[told["facility"]])
            if begin < end and self.is_same_locality(self.place(home), where) and self._concerns(case, told["network"]):
                return False
        return True

    def _concerns(self, case: Raw, exposed: str) -> bool:
        """Whether what a network knows is known to anybody who threatens a household."""
        if any(one["knowledge"] == "unknown" for one in case["household"]):
            return True
        knowing = {
            *self.half[exposed],
            *(name for name in self.networks for half in self.half[exposed] if self.between(half, name, "allied")),
        }
        own = {half for name in self.networks_of(case) for half in self.half[name]}
        rivals = {name for name in self.networks if any(self.were_ever_rivals(mine, name) for mine in own)}
        told = signed(case) or {}
        named = {actor.get("network") for actor in told.get("actors", [])}
        named |= {half for one in told.get("separations", []) for half in self.half.get(one.get("network"), ())}
        persons = {actor.get("person_key") for actor in told.get("actors", [])}
        everybody = [*self.raw.get("cases", []), *self.raw.get("placements", []), *self.raw.get("residences", [])]
        named |= {
            m["network"]
            for item in everybody
            for one in item["household"]
            if one["person_key"] in persons
            for m in one.get("memberships", [])
        }
        return not knowing.isdisjoint(own | rivals | named | self._ever_called_rivals(own))

    def _ever_called_rivals(self, own: set[str]) -> set[str]:
        """Networks some source called a rival of one of these, however improbably."""
        return {
            name
            for told in self.relations
            if told["kind"] == "rival"
            for one, other in ((told["a"], told["b"]), (told["b"], told["a"]))
            if own & self.half[one]
            for name in self.half[other]
        }

    # The catalogue

    def legal_form(self, case: Raw, home: int, _begin: int, _end: int) -> bool:
        """The form may take this household, and the facility does."""
        facility = self.facilities[home]
        people, takes, form = case["household"], facility["accepts"], facility["form"]
        minors, is_led = self.minors(case), self.is_led(case)
        if minors and not is_led:
            if form not in self.policy["forms_for_minors"] or not takes.get("unaccompanied_minors", False):
                return False
        elif minors and not takes.get("children_with_guardian", False):
            return False
        youngest = self.policy["supported_housing_min_age_years"]
        oldest = self.policy["supported_housing_max_age_years"]
        if form == "supported_housing" and not all(youngest <= one["age_years"] <= oldest for one in people):
            return False
        low, high = takes.get("min_age_years", 18), takes.get("max_age_years", 110)
        for one in people:
            if not (one in minors and is_led) and not low <= one["age_years"] <= high:
                return False
            if one["gender"] not in takes.get("genders", ("female", "male", "other")):
                return False
        if len(people) > takes.get("max_household", 1):
            return False
        pupils = range(self.policy["school_min_age_years"], self.policy["school_max_age_years"] + 1)
        if is_led and any(one["age_years"] in pupils for one in people):
            ways = [self.land.by_road(facility["locality"], school) for school in facility.get("schools", [])]
            return any(way <= self.policy["school_reach_min"] for way in ways)
        return True

    def minors(self, case: Raw) -> list[Raw]:
        """Members below the age of an adult, guardians apart."""
        adult = self.policy["adult_age_years"]
        return [one for one in case["household"] if one["age_years"] < adult and not one.get("is_guardian", False)]

    @staticmethod
    def is_led(case: Raw) -> bool:
        """Whether a guardian comes along."""
        return any(one.get("is_guardian", False) for one in case["household"])

    def needs_met(self, case: Raw, home: int, _begin: int, _end: int) -> bool:
        """Every need of day one is offered."""
        return needs(case, "day_one") <= set(self.facilities[home].get("offers", []))

    def protection_level(self, case: Raw, home: int, _begin: int, _end: int) -> bool:
        """The grade suffices; a residential care home is approved."""
        facility, level = self.facilities[home], (signed(case) or {}).get("protection_level")
        if facility["form"] == "residential_care_home" and not facility.get("security_approved", False):
            return False
        return level is None or facility["security_grade"] >= level

    def provider_vetting(self, case: Raw, home: int, begin: int, _end: int) -> bool:
        """Vetted and permitted at the start and some time on, no incident, no conflict of interest."""
        facility = self.facilities[home]
        provider = self.providers[facility["provider"]]
        ahead = begin + self.policy["provider_ahead_days"]
        is_vetted = provider["vetting"] == "vetted" and provider.get("vetting_valid_until") is not None
        if not is_vetted or day(provider["vetting_valid_until"]) < ahead:
            return False
        permit = facility.get("permit_valid_until")
        if facility["form"] in self.policy["permit_required_for"] and (permit is None or day(permit) < ahead):
            return False
        if any(one["is_disqualifying"] and happened(one.get("lifted_on"), self.today) > begin
               for one in provider.get("incidents", [])):  # fmt: skip
            return False
        units = {case["unit"], *(told["assessor_unit"] for told in case.get("assessments", []))}
        return units.isdisjoint(provider.get("conflicts_of_interest", []))

    def contract(self, case: Raw, home: int, begin: int, _end: int) -> bool:
        """A contract at the start and some time on, or direct award."""
        facility = self.facilities[home]
        return bool(facility.get("direct_award_allowed", False)) or all(
            any(
                day(told["start"]) <= on < day(told["end"])
                and told.get("municipality") in (None, case["responsible_municipality"])
                for told in facility.get("contracts", [])
            )
            for on in (begin, begin + self.policy["provider_ahead_days"])
        )

    def unknown_placement_margin(self, case: Raw, home: int, _begin: int, _end: int) -> bool:
        """The chance of meeting somebody hostile placed unseen is small enough."""
        kommun = self.land.kommun_of(self.place(home))
        unseen = {told["kommun"]: told["persons_milli"] for told in self.policy["unseen_zones"]}
        milli = unseen.get(kommun, self.policy["unseen_persons_milli"])
        if any(one["knowledge"] == "unknown" for one in case["household"]):
            percent = 100
        else:
            percent = max((self.prior_percent(name) for name in self.networks_of(case)), default=0)
        most = -math.log(1 - self.policy["residual_risk_percent"] / 100)
        return bool(milli * percent <= math.floor(most * 100_000))
