"""What a stay, or a case left waiting, costs by each soft rule and by moves."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from tests.brute.alone import Alone
from tests.brute.told import NEVER, day, left, needs, received, signed
from tests.tellings import TODAY, Raw


class Costs(Alone):
    """A scenario with the costs of one case, each ``rule(case, home, begin)`` for one of its stays."""

    def preferred_locality(self, case: Raw, home: int, _begin: int) -> int:
        is_listed = bool((signed(case) or {}).get("preferred"))
        return self.weights["preferred_locality"] * (is_listed and not self._is_preferred(case, home))

    def unlisted_locality(self, case: Raw, home: int, _begin: int) -> int:
        return self.weights["unlisted_locality"] * (not self._is_preferred(case, home))

    def _is_preferred(self, case: Raw, home: int) -> bool:
        areas = (signed(case) or {}).get("preferred", [])
        return any(self.lies_in(self.place(home), area, keep_apart=False) for area in areas)

    def isolation(self, _case: Raw, home: int, _begin: int) -> int:
        minutes = min(int(self.policy["most_counted_min"]), self.land.larger_town_min.get(self.place(home), 0))
        return self.weights["isolation"] * max(0, minutes - int(self.policy["isolation_tolerated_min"]))

    def recognition_risk(self, _case: Raw, home: int, _begin: int) -> int:
        people, steps = self.land.people(self.land.root(self.place(home))), 0
        while steps < self.policy["recognition_most_steps"] and people < self.policy["recognition_population"]:
            people, steps = 2 * people, steps + 1
        return self.weights["recognition_risk"] * steps

    def support_fit(self, case: Raw, home: int, _begin: int) -> int:
        offers = set(self.facilities[home].get("offers", []))
        soon, remote = needs(case, "within_14_days") - offers, needs(case, "remote") - offers
        cost = self.weights["support_fit_within_14_days"] * len(soon)
        return cost if "remote_support" in offers else cost + self.weights["support_fit_remote"] * len(remote)

    def support_intensity(self, case: Raw, home: int, _begin: int) -> int:
        wanted, given = case.get("support_intensity"), self.facilities[home].get("support_intensity")
        if wanted is None:
            return 0
        if given is None:
            return self.weights["support_too_little"]
        steps = int(given) - int(wanted)
        return max(0, steps) * self.weights["support_too_much"] + max(0, -steps) * self.weights["support_too_little"]

    def permitted_contact(self, case: Raw, home: int, _begin: int) -> int:
        ways = [self.land.by_road(self.place(home), one) for one in case.get("permitted_contacts", [])]
        beyond = (
            min(int(self.policy["most_counted_min"]), *ways) - int(self.policy["contact_tolerated_min"]) if ways else 0
        )
        return self.weights["permitted_contact"] * max(0, beyond)

    def day_rate(self, case: Raw, home: int, _begin: int) -> int:
        rate_sek: int = self.facilities[home]["day_rate_sek"] * len(case["household"])
        return self.weights["day_rate"] * (rate_sek // 10)

    def scarcity(self, case: Raw, home: int, _begin: int) -> int:
        """Rare features of the facility for which the household has no use."""
        features = [self._features(facility) for facility in self.facilities]
        offered = Counter(feature for own in features for feature in own)
        most: int = self.policy["scarce_share_percent"] * len(features)
        used = needs(case)
        if self.minors(case):
            used = used | {"children" if self.is_led(case) else "minors alone"}
        return self.weights["scarcity"] * sum(100 * offered[one] <= most for one in features[home] - used)

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
            if day(told["start"]) <= begin < min(day(told["end"]), left(told)):
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
            if left(told) == NEVER and one["person_key"] in {member["person_key"] for member in case["household"]}
        ]
        return [home for _, home in sorted(own)[-1:]]

    def municipality_fairness(self, number: int, levels: list[int]) -> int:
        """Of a case left waiting; `levels` gives for each case its triage, promoted."""
        weeks = [
            min(int(self.policy["fairness_most_weeks"]), max(0, TODAY - received(case).date().toordinal()) // 7)
            for case in self.cases
        ]
        alike = Counter(week for week, level in zip(weeks, levels, strict=True) if level == levels[number])
        points: dict[int, int] = {}
        for week in sorted(alike):  # one of this week counts more than all of the weeks below together
            points[week] = 1 + sum(alike[less] * points[less] for less in points)
        return self.weights["municipality_fairness"] * points[weeks[number]]
