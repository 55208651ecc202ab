"""Everything together: the ways to place a case, what several chosen ways break, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import combinations, product

from tests.brute.costs import Costs
from tests.brute.people import There
from tests.brute.told import ALONE, JUDGED, MEETING, NEVER, SOFT, day, received, signed
from tests.tellings import TODAY, Land, Raw

STAY_COSTS = SOFT - {"municipality_fairness"}
Stay = tuple[int, int, int, tuple[int, ...]]


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
    """A scenario judged by a book of rules; cases go by their number in the order of their ids."""

    def __init__(self, raw: Raw, land: Land, book: frozenset[str] = JUDGED) -> None:
        super().__init__(raw, land)
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
        return [self.urgency(case)[0] for case in self.cases]

    def waiting_cost(self, number: int) -> int:
        """Soft cost of a case left unplaced."""
        return self.municipality_fairness(number, self.levels) if "municipality_fairness" in self.book else 0

    # Ways to place a case

    def options(self, number: int) -> Iterator[Option]:
        """Every facility, date and unit assignment that the case's own rules and what is fixed allow."""
        case = self.cases[number]
        first = max(day(case["window"]["earliest"]), TODAY)
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
        if "uncertain_hostility" not in self.book:
            return 0
        return self.risk(self.presences(a, one.stays), self.presences(b, other.stays))

    def is_too_crowded(self, chosen: Chosen) -> bool:
        """Whether somebody new comes, on some day, to a locality or zone where more are present than the cap."""
        planned = [there for number, option in chosen.items() for there in self.presences(number, option.stays)]
        zones = (self.land.root, "most_persons_per_locality"), (self.land.zone, "most_persons_per_zone")
        for zone_of, cap in zones:
            for zone in {zone_of(there.place) for there in planned}:
                new = [there for there in planned if zone_of(there.place) == zone]
                old = [there for there in self.present if zone_of(there.place) == zone]
                for on in {turn for there in (*new, *old) for turn in (there.start, there.gone)}:
                    already = {key for there in old if there.start <= on < there.gone for key in there.keys}
                    added = {key for there in new if there.start <= on < there.gone for key in there.keys} - already
                    if added and len(already) + len(added) > self.policy[cap]:
                        return True
        return False

    # One rule alone, of a whole plan

    def is_broken(self, rule: str, chosen: Chosen) -> bool:
        """Whether a plan breaks one hard rule (room for beds apart: that is `tests.search`'s)."""
        if rule in ALONE:
            kept = getattr(self, rule)
            return not all(
                kept(self.cases[number], home, begin, end)
                for number, option in chosen.items()
                for home, begin, end, _ in option.stays
            )
        if rule == "concentration_cap":
            return self.is_too_crowded(chosen)
        breaks = getattr(self, rule)
        there = {number: self.presences(number, option.stays) for number, option in chosen.items()}
        pairs = [(a, b) for one, other in combinations(sorted(there), 2) for a, b in product(there[one], there[other])]
        for a in (one for own in there.values() for one in own):
            pairs += [(a, b) for other in self.present if (b := other.besides(a)) is not None]
        return any(breaks(a, b) for a, b in pairs)

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
