"""Networks, households, who may not meet whom, and the risk where that is not certain."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product

from benchmarks.verification.ground import Ground
from benchmarks.verification.land import Land
from benchmarks.verification.told import NEVER, NO_ROAD_MIN, Raw, day, lasts, signed


@dataclass(frozen=True, eq=False)
class There:
    """A household at a place on ``[start, gone)``, cool-down included; `home` is -1 outside the facilities.

    `assessed` is the assessment that counts, `asked` the separations told beside it; the bed is free again
    on `bed_end`.
    """

    household: Sequence[Raw]
    assessed: Raw
    asked: Sequence[Raw]
    place: str
    home: int
    start: int
    gone: int
    bed_end: int

    @cached_property
    def keys(self) -> frozenset[str]:
        """The persons."""
        return frozenset(one["person_key"] for one in self.household)

    @cached_property
    def networks(self) -> frozenset[str]:
        """Networks of any member, ever."""
        return frozenset(told["network"] for one in self.household for told in one.get("memberships", []))

    @cached_property
    def is_unknown(self) -> bool:
        """Whether the networks of any member are unknown."""
        return any(one["knowledge"] == "unknown" for one in self.household)

    @cached_property
    def separations(self) -> list[Raw]:
        """What the assessment, or somebody beside it, asks for."""
        return [*self.assessed.get("separations", []), *self.asked]

    @cached_property
    def links(self) -> list[Raw]:
        """Where the assessment wants the household in regard to other persons."""
        return list(self.assessed.get("links", []))

    def lifts(self, person: str, today: int) -> set[str]:
        """Kinds of links to a person by an assessment that is valid today: what it allows, it allows now."""
        signed = self.assessed
        if not signed or signed.get("withdrawn", False):
            return set()
        if not max(day(signed["valid_from"]), day(signed["signed_on"])) <= today <= day(signed["valid_until"]):
            return set()
        return {told["kind"] for told in self.links if told["person_key"] == person} - {"more_than"}

    @property
    def is_poorly_known(self) -> bool:
        """Whether the assessment has low confidence."""
        return self.assessed.get("confidence") == "low"

    def is_named_by(self, other: There) -> Iterator[int]:
        """For each threat actor of the other's assessment who lives here: the day from which that is over."""
        for actor in other.assessed.get("actors", []):
            if actor.get("person_key") in self.keys:
                yield lasts(actor)[1]

    def is_peripheral_in(self, network: str) -> bool:
        """Whether nobody here ever was more than peripheral in a network of theirs."""
        told = [m for one in self.household for m in one.get("memberships", []) if m["network"] == network]
        return all(m["degree"] == "peripheral" for m in told)

    def besides(self, coming: There) -> There | None:
        """Who is here besides the members of a household that comes."""
        if self.keys.isdisjoint(coming.keys):
            return self
        others = [one for one in self.household if one["person_key"] not in coming.keys]
        return replace(self, household=others) if others else None


class People(Ground):
    """A scenario with the questions about networks and persons."""

    def __init__(self, raw: Raw, land: Land) -> None:
        super().__init__(raw, land)
        self.relations: list[Raw] = raw.get("relations", [])
        self.conflicts: list[Raw] = raw.get("person_conflicts", [])
        self.networks: dict[str, Raw] = {told["id"]: told for told in raw.get("networks", [])}
        self.half = {name: self._halves(name) for name in self.networks}
        self._rivals: dict[tuple[str, str, int], bool] = {}
        self._allies: dict[str, list[str]] = {}
        self._begins = {day(told["start"]) for told in self.relations}
        self._between: dict[tuple[str, str, str], list[Raw]] = {}
        self.present = [
            *(self._placed(told) for told in raw.get("placements", [])),
            *(
                There(
                    told["household"], {}, told.get("separations", []), told["locality"], -1, day(told["start"]),
                    self._gone(told), self.left(told),
                )
                for told in raw.get("residences", [])
            ),
        ]  # fmt: skip

    def _placed(self, told: Raw) -> There:
        home = self.number[told["facility"]]
        return There(
            told["household"], signed(told.get("case_file") or {}) or {}, told.get("separations", []),
            self.place(home), home, day(told["start"]), self._gone(told), min(day(told["end"]), self.left(told)),
        )  # fmt: skip

    def _gone(self, told: Raw) -> int:
        return self.left(told) if self.left(told) == NEVER else self.left(told) + int(self.policy["cool_down_days"])

    # Networks

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

    def between(self, a: str, b: str, kind: str) -> list[Raw]:
        """What is recorded between two networks; each half of a split has the relations of the other."""
        if (a, b, kind) not in self._between:
            self._between[a, b, kind] = self._told_between(a, b, kind)
        return self._between[a, b, kind]

    def _told_between(self, a: str, b: str, kind: str) -> list[Raw]:
        return [
            told
            for told in self.relations
            if a != b
            and told["kind"] == kind
            and ((told["a"] in self.half[a] and told["b"] in self.half[b])
                 or (told["b"] in self.half[a] and told["a"] in self.half[b]))
        ]  # fmt: skip

    def is_certain(self, told: Raw) -> bool:
        """Whether a rivalry is probable enough to be kept apart."""
        return bool(told["probability_percent"] >= self.policy["certain_from_percent"])

    def are_allied(self, a: str, b: str, on: int) -> bool:
        """Whether an alliance counts on a day."""
        return any(self.lives_on(told, on) for told in self.between(a, b, "allied"))

    def are_enemies(self, a: str, b: str, on: int) -> bool:
        """Certain rivals on a day, or the two halves of a split that is live."""
        return any(self.lives_on(told, on) and self.is_certain(told) for told in self.between(a, b, "rival")) or any(
            told["kind"] == "split" and {told["a"], told["b"]} == {a, b} and self.lives_on(told, on)
            for told in self.relations
        )

    def are_rivals(self, a: str, b: str, on: int) -> bool:
        """Enemies on a day, or one the enemy of an ally of the other."""
        key = a, b, self.stretch(on)
        if key not in self._rivals:
            self._rivals[key] = self._are_rivals(a, b, on)
        return self._rivals[key]

    def _are_rivals(self, a: str, b: str, on: int) -> bool:
        if self.are_enemies(a, b, on):
            return True
        if not self.policy["rival_of_ally_counts"]:
            return False
        return a != b and any(
            self.are_allied(one, ally, on) and self.are_enemies(ally, other, on)
            for one, other in ((a, b), (b, a))
            for ally in self._ever_allied(one)
        )

    def _ever_allied(self, name: str) -> list[str]:
        if name not in self._allies:
            self._allies[name] = [other for other in self.networks if self.between(name, other, "allied")]
        return self._allies[name]

    def were_ever_rivals(self, a: str, b: str) -> bool:
        """On some day, past or to come: a relation begins on the first day of every such time."""
        return any(self.are_rivals(a, b, on) for on in self._begins)

    # Two households

    @cached_property
    def widest(self) -> tuple[int, int]:
        """Metres and minutes no separation between any two households exceeds."""
        told, share = self.separations_told(), 100 + int(self.policy["poor_knowledge_widening_percent"])
        km = [int(self.policy["separation_km"]), *(one.get("km") or 0 for one in told)]
        km += [one.get("separation_km") or 0 for one in self.conflicts]
        minutes = [int(self.policy["separation_min"]), *(one.get("minutes") or 0 for one in told)]
        minutes += [one.get("separation_min") or 0 for one in self.conflicts]
        return math.ceil(max(km) * 10 * share), math.ceil(Fraction(max(minutes) * share, 100))

    def are_far(self, a: There, b: There) -> bool:
        """Whether two households are apart whatever separation is asked for."""
        return self.are_apart(a.place, b.place, *self.widest)

    def separation(self, a: There, b: There) -> tuple[int, int]:
        """The largest of both assessments and the policy, in metres and minutes."""
        metres, minutes = self.policy["separation_km"] * 1000, self.policy["separation_min"]
        for own, other in ((a, b), (b, a)):
            for told in own.separations:
                name = told.get("network")
                if name is None or not self.half[name].isdisjoint(other.networks) or other.is_unknown:
                    metres = max(metres, (told.get("km") or 0) * 1000)
                    minutes = max(minutes, told.get("minutes") or 0)
        return self.widened(metres, a, b), self.widened(minutes, a, b)

    def widened(self, limit: int, a: There, b: There) -> int:
        """A separation, wider where one of the two is poorly known."""
        share = self.policy["poor_knowledge_widening_percent"] if a.is_poorly_known or b.is_poorly_known else 0
        return math.ceil(Fraction(limit * (100 + share), 100))

    def hostility(self, a: There, b: There, on: int) -> Iterator[tuple[int, int]]:
        """Separations (metres, minutes) that two households call for on a day, beside the common one."""
        demanded = any(
            told.get("network") and not self.half[told["network"]].isdisjoint(other.networks)
            for own, other in ((a, b), (b, a))
            for told in own.separations
        )
        is_hostile = any(self.are_rivals(n, m, on) for n, m in product(a.networks, b.networks))
        if demanded or is_hostile or a.is_unknown or b.is_unknown:
            yield 0, 0
        for told in self.conflicts:
            one, other = told["a"], told["b"]
            are_they = (one in a.keys and other in b.keys) or (one in b.keys and other in a.keys)
            if are_they and self.lives_on(told, on):
                own_m, own_min = (told.get("separation_km") or 0) * 1000, told.get("separation_min") or 0
                yield self.widened(own_m, a, b), self.widened(own_min, a, b)

    # Rules about a household that comes and one that is there: whether they break it

    def rival_separation(self, a: There, b: There) -> bool:
        """Rivals, or two in conflict, not apart on a common day; one day of every stretch is looked at."""
        if self.are_far(a, b):
            return False
        metres, minutes = self.separation(a, b)
        for on in self.begins_of(max(a.start, b.start), min(a.gone, b.gone)):
            for own_m, own_min in self.hostility(a, b, on):
                if not self.are_apart(a.place, b.place, max(metres, own_m), max(minutes, own_min)):
                    return True
        return False

    def actor_is_placed(self, a: There, b: There) -> bool:
        """A named threat actor of one household lives with the other, not apart."""
        first, end = max(a.start, b.start), min(a.gone, b.gone)
        over = [*a.is_named_by(b), *b.is_named_by(a)]
        return any(first < min(end, until) for until in over) and not self.are_apart(
            a.place, b.place, *self.separation(a, b)
        )

    def former_network_separation(self, a: There, b: There) -> bool:
        """Two of one network in one house, or by policy in one town, and no link that lifts it."""
        in_one_house = a.home >= 0 and a.home == b.home
        in_one_town = self.policy["same_network_apart"] == "locality" and self.is_same_locality(a.place, b.place)
        if not (in_one_house or in_one_town) or not self.share_a_day(a, b):
            return False
        for one in a.household:
            for other in b.household:
                nets = {half for m in one.get("memberships", []) for half in self.half[m["network"]]}
                if nets.isdisjoint(m["network"] for m in other.get("memberships", [])):
                    continue
                lifted = {*a.lifts(other["person_key"], self.today), *b.lifts(one["person_key"], self.today)}
                if (in_one_house and "same" not in lifted) or (in_one_town and not lifted):
                    return True
        return False

    def household_together(self, a: There, b: There) -> bool:
        """A link of one household to a person of the other is not kept."""
        if not a.links and not b.links:
            return False
        links = [link for one, other in ((a, b), (b, a)) for link in one.links if link["person_key"] in other.keys]
        share_a_night = max(a.start, b.start) < min(a.bed_end, b.bed_end)
        for link in links:
            metres = link["km"] * 1000 if link.get("km") is not None else None
            minutes = link.get("minutes")
            if link["kind"] == "same":
                is_kept = not share_a_night or (a.home >= 0 and a.home == b.home)
            elif link["kind"] == "within":
                is_kept = not share_a_night or (
                    self.land.by_road(a.place, b.place) < NO_ROAD_MIN
                    and (metres is None or self.land.metres_up(a.place, b.place) <= metres)
                    and (minutes is None or self.land.by_road(a.place, b.place) <= minutes)
                )
            else:
                is_kept = not self.share_a_day(a, b) or (
                    (metres is None or self.land.metres(a.place, b.place) > metres)
                    and (minutes is None or self.land.minutes(a.place, b.place) > minutes)
                )
            if not is_kept:
                return True
        return False

    @staticmethod
    def share_a_day(a: There, b: There) -> bool:
        """Whether two presences overlap."""
        return max(a.start, b.start) < min(a.gone, b.gone)

    # Risk

    def risk(self, ones: Sequence[There], others: Sequence[There]) -> int:
        """Milli-nats between two households, each with one or two stays; `ones` are those that come."""
        near = []
        for a, there in product(ones, others):
            b = there.besides(a)
            if b is None or self.are_far(a, b) or not self.share_a_day(a, b):
                continue
            if not self.are_apart(a.place, b.place, *self.separation(a, b)):
                near.append((a, b))
        if not near:
            return 0
        a, b = near[0]
        total = 0
        for n, m in product(sorted(a.networks), sorted(b.networks)):
            if m not in self.half[n]:
                percent = max(self._hostile_percent(one, other, n, m) for one, other in near)
                total += math.ceil(-1000 * math.log(1 - percent / 100)) if percent else 0
        return total

    def _hostile_percent(self, a: There, b: There, n: str, m: str) -> int:
        """How probable it is that a network of one household is hostile to a network of the other."""
        first, end = max(a.start, b.start), min(a.gone, b.gone)

        def meets(told: Raw) -> bool:
            return any(self.lives_on(told, on) for on in {first, day(told["start"])} if first <= on < end)

        rivalries = [told for told in self.between(n, m, "rival") if not self.is_certain(told) and meets(told)]
        alliances = [told for told in self.between(n, m, "allied") if meets(told)]
        prior = max(self.prior_percent(n), self.prior_percent(m))
        if rivalries:
            peace = math.prod(1 - Fraction(told["probability_percent"], 100) for told in rivalries)
            percent = math.ceil(100 * (1 - peace))
        elif alliances:
            percent = math.ceil(Fraction(prior * (100 - max(told["probability_percent"] for told in alliances)), 100))
        else:
            percent = prior
        for there, network in ((a, n), (b, m)):
            if there.is_peripheral_in(network):
                percent = math.ceil(Fraction(percent * self.policy["peripheral_involvement_percent"], 100))
        return min(percent, 99)

    def prior_percent(self, name: str) -> int:
        """How often an unexamined relation of a network is hostile."""
        return int(self.networks[name].get("hostility_prior_percent", 20))
