"""Everything together: the ways to place a case, what several chosen ways break, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import combinations, product
from typing import Final

from benchmarks.verification.costs import Costs
from benchmarks.verification.danger import in_danger
from benchmarks.verification.land import Land
from benchmarks.verification.people import There
from benchmarks.verification.room import Room, Stay
from benchmarks.verification.told import ALONE, JUDGED, MEETING, NEVER, SOFT, Raw, day, received, signed

__all__ = ["Chosen", "Option", "World"]

STAY_COSTS: Final = SOFT - {"municipality_fairness"}


@dataclass(frozen=True)
class Option:
    """One way to place a case: a (facility, first night, end, beds of each unit) a leg, and what it costs alone."""

    stays: tuple[Stay, ...]
    late: int
    risk: int
    moves: int
    soft: int


Chosen = Mapping[int, Option]


class World(Costs):
    """A scenario judged by a book of rules; cases go by their number in the order of their ids.

    Parameters
    ----------
    raw : the scenario as its file tells it
    land : the map
    book : names of the rules that judge
    counts_danger : whether a case whose household is in danger where it lives ranks with red
    """

    def __init__(self, raw: Raw, land: Land, book: frozenset[str] = JUDGED, *, counts_danger: bool = False) -> None:
        super().__init__(raw, land)
        self.counts_danger = counts_danger
        self.book = book
        self.alone = [getattr(self, name) for name in sorted(ALONE & book)]
        self.meeting = [getattr(self, name) for name in sorted(MEETING & book)]
        self.stay_costs = [getattr(self, name) for name in sorted(STAY_COSTS & book)]

    def urgency(self, case: Raw) -> tuple[int, int]:
        """Level of the case (an overdue one is promoted) and the day of its deadline."""
        hours = {"red": self.policy["triage_red_hours"], "orange": self.policy["triage_orange_hours"]}
        limit = timedelta(hours=hours.get(case["triage"], self.policy["triage_green_days"] * 24))
        deadline = datetime.fromisoformat(case["received_at"]) + limit
        is_overdue = datetime.fromisoformat(self.raw["now"]) > deadline
        level = ["red", "orange", "green"].index(case["triage"])
        return max(0, level - is_overdue), deadline.astimezone(received(case).tzinfo).date().toordinal()

    @cached_property
    def levels(self) -> list[int]:
        """Of each case: 0 red, 1 orange, 2 green."""
        unsafe = in_danger(self) if self.counts_danger else frozenset[str]()
        return [
            0 if any(one["person_key"] in unsafe for one in case["household"]) else self.urgency(case)[0]
            for case in self.cases
        ]

    def waiting_cost(self, number: int) -> int:
        """Soft cost of a case left unplaced."""
        return self.municipality_fairness(number, self.levels) if "municipality_fairness" in self.book else 0

    # Ways to place a case

    def options(self, number: int) -> Iterator[Option]:
        """Every facility, date and unit assignment that the case's own rules and what is fixed allow."""
        case = self.cases[number]
        first = max(day(case["window"]["earliest"]), self.today)
        for start in range(first, day(case["window"]["latest"]) + 1):
            legs, begin = [], start
            for stay in case["stays"]:
                end = begin + stay["nights"]
                homes = (home for home in range(len(self.facilities)) if self._may_live(number, home, begin, end))
                legs.append([(home, begin, end) for home in homes])
                begin = end
            for stays in product(*legs):
                bare = self.option(number, tuple((*stay, ()) for stay in stays))
                for units in product(*(self.ways_to_sleep(number, home) for home, *_ in stays)):
                    slept = tuple((*stay, beds) for stay, beds in zip(stays, units, strict=True))
                    yield Option(slept, bare.late, bare.risk, bare.moves, bare.soft)

    def option(self, number: int, stays: tuple[Stay, ...]) -> Option:
        """A way to place a case, with what it costs."""
        case, there = self.cases[number], self.presences(number, stays)
        has_risk = "uncertain_hostility" in self.book
        return Option(
            stays,
            max(0, stays[0][1] - self.urgency(case)[1]),
            sum(self.risk(there, [other]) for other in self.present) if has_risk else 0,
            self.moves(case, tuple(home for home, *_ in stays)) if "moves" in self.book else 0,
            sum(rule(case, home, begin) for rule in self.stay_costs for home, begin, *_ in stays),
        )

    def ways_to_sleep(self, number: int, home: int) -> Iterator[tuple[int, ...]]:
        """Every way to spread a household over units, as a number of beds a unit."""
        persons, units = len(self.cases[number]["household"]), self.facilities[home]["units"]
        yield from (way for way in product(*(range(one["beds"] + 1) for one in units)) if sum(way) == persons)

    def presences(self, number: int, stays: tuple[Stay, ...]) -> list[There]:
        """Present from each start without end; the beds are free again at the planned end."""
        case = self.cases[number]
        return [
            There(case["household"], signed(case) or {}, [], self.place(home), home, begin, NEVER, end)
            for home, begin, end, _ in stays
        ]

    def _may_live(self, number: int, home: int, begin: int, end: int) -> bool:
        if not all(rule(self.cases[number], home, begin, end) for rule in self.alone):
            return False
        [coming] = self.presences(number, ((home, begin, end, ()),))
        return not any(self.clash(coming, other) for other in self.present)

    # Several households

    def clash(self, coming: There, there: There) -> bool:
        """Whether any rule about two households is broken."""
        other = there.besides(coming)
        return other is not None and any(rule(coming, other) for rule in self.meeting)

    def risk_between(self, a: int, one: Option, b: int, other: Option) -> int:
        """Risk between two cases so placed."""
        if "uncertain_hostility" not in self.book:
            return 0
        return self.risk(self.presences(a, one.stays), self.presences(b, other.stays))

    def is_too_crowded(self, chosen: Chosen) -> bool:
        """Whether somebody new comes, on some day, to a locality or zone where more are present than the cap."""
        return next(self._crowds(chosen), None) is not None

    def _crowds(self, chosen: Chosen) -> Iterator[tuple[int, ...]]:
        """The cases in each such locality and zone."""
        planned = [there for number, option in chosen.items() for there in self.presences(number, option.stays)]
        zones = (self.land.root, "most_persons_per_locality"), (self.land.kommun_of, "most_persons_per_zone")
        for zone_of, cap in zones:
            of_zone: dict[str, tuple[list[There], list[There]]] = {zone_of(one.place): ([], []) for one in planned}
            for nth, everybody in enumerate((planned, self.present)):
                for there in everybody:
                    if zone_of(there.place) in of_zone:
                        of_zone[zone_of(there.place)][nth].append(there)
            for new, old in of_zone.values():
                if self._is_above(int(self.policy[cap]), new, old):
                    keys = frozenset[str]().union(*(there.keys for there in new))
                    yield tuple(n for n in chosen if not keys.isdisjoint(self._keys[n]))

    @cached_property
    def room(self) -> Room:
        """Who fills which bed, before anybody is planned."""
        return Room(self)

    @cached_property
    def _keys(self) -> list[frozenset[str]]:
        return [frozenset(one["person_key"] for one in case["household"]) for case in self.cases]

    @staticmethod
    def _is_above(cap: int, new: list[There], old: list[There]) -> bool:
        for on in {turn for there in (*new, *old) for turn in (there.start, there.gone)}:
            already = {key for there in old if there.start <= on < there.gone for key in there.keys}
            added = {key for there in new if there.start <= on < there.gone for key in there.keys} - already
            if added and len(already) + len(added) > cap:
                return True
        return False

    # One rule alone, of a whole plan

    def is_broken(self, rule: str, chosen: Chosen) -> bool:
        """Whether a plan, told with its beds, breaks one hard rule."""
        return next(self.breaches(rule, chosen), None) is not None

    def breaches(self, rule: str, chosen: Chosen) -> Iterator[tuple[int, ...]]:
        """The cases of each breach of one hard rule by a plan that is told with its beds."""
        if rule in ALONE:
            kept = getattr(self, rule)
            for number, option in chosen.items():
                if not all(kept(self.cases[number], home, begin, end) for home, begin, end, _ in option.stays):
                    yield (number,)
        elif rule == "concentration_cap":
            yield from self._crowds(chosen)
        elif rule == "place_capacity":
            yield from ((n,) for n in self.room.overfilled({n: option.stays for n, option in chosen.items()}))
        else:
            yield from self._meetings(rule, chosen)

    def _meetings(self, rule: str, chosen: Chosen) -> Iterator[tuple[int, ...]]:
        breaks = getattr(self, rule)
        there = {number: self.presences(number, option.stays) for number, option in chosen.items()}
        for one, other in combinations(sorted(there), 2):
            if any(breaks(a, b) for a, b in product(there[one], there[other])):
                yield one, other
        for number, own in there.items():
            others = ((a, present.besides(a)) for a in own for present in self.present)
            if any(breaks(a, b) for a, b in others if b is not None):
                yield (number,)

    def cost_of(self, rule: str, chosen: Chosen) -> int:
        """What one rule charges a plan."""
        if rule == "municipality_fairness":
            waiting = (number for number in range(len(self.cases)) if number not in chosen)
            return sum(self.municipality_fairness(number, self.levels) for number in waiting)
        if rule == "moves":
            return sum(self.moves(self.cases[n], tuple(home for home, *_ in o.stays)) for n, o in chosen.items())
        if rule == "uncertain_hostility":
            there = {number: self.presences(number, option.stays) for number, option in chosen.items()}
            fixed = sum(self.risk(own, [other]) for own in there.values() for other in self.present)
            return fixed + sum(self.risk(there[a], there[b]) for a, b in combinations(sorted(there), 2))
        cost = getattr(self, rule)
        return sum(cost(self.cases[n], home, begin) for n, o in chosen.items() for home, begin, *_ in o.stays)
