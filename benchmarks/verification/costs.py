"""What a stay, or a case left waiting, costs by each soft rule and by moves."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import pairwise

from benchmarks.verification.alone import Alone
from benchmarks.verification.told import NEVER, Raw, day, needs, received, signed


class Costs(Alone):
    """A scenario with the costs of one case, each ``rule(case, home, begin)`` for one of its stays."""

    def preferred_locality(self, case: Raw, home: int, _begin: int) -> int:
        """In none of the preferred areas, where any is listed."""
        is_listed = bool((signed(case) or {}).get("preferred"))
        return self.weights["preferred_locality"] * (is_listed and not self._is_preferred(case, home))

    def unlisted_locality(self, case: Raw, home: int, _begin: int) -> int:
        """In no listed area."""
        return self.weights["unlisted_locality"] * (not self._is_preferred(case, home))

    def _is_preferred(self, case: Raw, home: int) -> bool:
        areas = (signed(case) or {}).get("preferred", [])
        return any(self.lies_in(self.place(home), area, keep_apart=False) for area in areas)

    def isolation(self, _case: Raw, home: int, _begin: int) -> int:
        """Road minutes beyond the tolerated to a larger town."""
        to_town = self.land.to_larger_town(self.place(home), int(self.policy["larger_town_population"]))
        minutes = min(int(self.policy["most_counted_min"]), to_town)
        return self.weights["isolation"] * max(0, minutes - int(self.policy["isolation_tolerated_min"]))

    def recognition_risk(self, _case: Raw, home: int, _begin: int) -> int:
        """Halvings of the town below the size at which nobody is noticed."""
        people, steps = self.land.people(self.land.root(self.place(home))), 0
        while steps < self.policy["recognition_most_steps"] and people < self.policy["recognition_population"]:
            people, steps = 2 * people, steps + 1
        return self.weights["recognition_risk"] * steps

    def support_fit(self, case: Raw, home: int, _begin: int) -> int:
        """Needs that are not of day one and not offered."""
        offers = set(self.facilities[home].get("offers", []))
        soon, remote = needs(case, "within_14_days") - offers, needs(case, "remote") - offers
        cost = self.weights["support_fit_within_14_days"] * len(soon)
        return cost if "remote_support" in offers else cost + self.weights["support_fit_remote"] * len(remote)

    def support_intensity(self, case: Raw, home: int, _begin: int) -> int:
        """Steps of support below or beyond what is needed."""
        wanted, given = case.get("support_intensity"), self.facilities[home].get("support_intensity")
        if wanted is None:
            return 0
        if given is None:
            return self.weights["support_too_little"]
        steps = int(given) - int(wanted)
        return max(0, steps) * self.weights["support_too_much"] + max(0, -steps) * self.weights["support_too_little"]

    def permitted_contact(self, case: Raw, home: int, _begin: int) -> int:
        """Road minutes beyond the tolerated to the nearest permitted contact."""
        ways = [self.land.by_road(self.place(home), one) for one in case.get("permitted_contacts", [])]
        beyond = (
            min(int(self.policy["most_counted_min"]), *ways) - int(self.policy["contact_tolerated_min"]) if ways else 0
        )
        return self.weights["permitted_contact"] * max(0, beyond)

    def day_rate(self, case: Raw, home: int, _begin: int) -> int:
        """The household's daily rate, per 10 SEK."""
        rate_sek: int = self.facilities[home]["day_rate_sek"] * len(case["household"])
        return self.weights["day_rate"] * (rate_sek // 10)

    def scarcity(self, case: Raw, home: int, _begin: int) -> int:
        """Rare features of the facility for which the household has no use."""
        most: int = self.policy["scarce_share_percent"] * len(self.facilities)
        used = needs(case)
        if self.minors(case):
            used = used | {"children" if self.is_led(case) else "minors alone"}
        return self.weights["scarcity"] * sum(
            100 * self._offered[one] <= most for one in self._features(self.facilities[home]) - used
        )

    @cached_property
    def _offered(self) -> Counter[str]:
        return Counter(feature for facility in self.facilities for feature in self._features(facility))

    @staticmethod
    def _features(facility: Raw) -> set[str]:
        takes = facility["accepts"]
        return {
            *facility.get("offers", []),
            *(["children"] if takes.get("children_with_guardian", False) else []),
            *(["minors alone"] if takes.get("unaccompanied_minors", False) else []),
        }

    def provider_share(self, _case: Raw, home: int, begin: int) -> int:
        """By what share one provider's beds among all in use that day exceed the tolerated."""
        beds = dict.fromkeys(self.providers, 0)
        for told in self.raw.get("placements", []):
            if day(told["start"]) <= begin < min(day(told["end"]), self.left(told)):
                provider = self.facilities[self.number[told["facility"]]]["provider"]
                beds[provider] += sum(use["beds"] for use in told["units"])
        if not any(beds.values()):
            return 0
        share = 100 * beds[self.facilities[home]["provider"]] // sum(beds.values())
        return self.weights["provider_share"] * max(0, share - int(self.policy["provider_share_tolerated_percent"]))

    def moves(self, case: Raw, homes: tuple[int, ...]) -> int:
        """Of the whole case: from where it lives or is held a bed, and from leg to leg."""
        way = (*self._lives_at(case), *homes)
        changes = sum(one != other for one, other in pairwise(way))
        return self.weights["moves"] * len(case["household"]) * changes

    def _lives_at(self, case: Raw) -> list[int]:
        """Where a member has, or had, a bed without having been recorded as gone; of several the last."""
        own = [
            (day(told["end"]), self.number[told["facility"]])
            for told in self.raw.get("placements", [])
            for one in told["household"]
            if self.left(told) == NEVER and one["person_key"] in {member["person_key"] for member in case["household"]}
        ]
        return [home for _, home in sorted(own)[-1:]]

    def municipality_fairness(self, number: int, levels: list[int]) -> int:
        """Of a case left waiting; `levels` gives for each case its triage, promoted."""
        weeks = self._weeks
        alike = Counter(week for week, level in zip(weeks, levels, strict=True) if level == levels[number])
        points: dict[int, int] = {}
        for week in sorted(alike):  # one of this week counts more than all of the weeks below together
            points[week] = 1 + sum(alike[less] * points[less] for less in points)
        return self.weights["municipality_fairness"] * points[weeks[number]]

    @cached_property
    def _weeks(self) -> list[int]:
        most = int(self.policy["fairness_most_weeks"])
        waited = [self.today - received(case).date().toordinal() for case in self.cases]
        return [min(most, max(0, days) // 7) for days in waited]
