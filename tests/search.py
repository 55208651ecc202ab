"""The best plan by trying every case x facility x date x unit assignment, judged by `tests.brute` alone.

Cut only where the cases still to come, each at its own best, could not make up for what is lost: what two
cases cost together (risk) is never negative, so leaving it out of "its own best" cuts nothing too much.
"""

from __future__ import annotations

from collections import defaultdict

from tests.brute import JUDGED, Option, World, day, left
from tests.tellings import Land, Raw

Levels = tuple[int, int, int, int, int, int, int]
"""Unplaced red, orange and green; days late; risk; moves; soft."""
Beds = dict[tuple[int, int, int], list[int]]

NOTHING: Levels = (0, 0, 0, 0, 0, 0, 0)


def plus(a: Levels, b: Levels) -> Levels:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5], a[6] + b[6])


class Search:
    """Depth first over the cases; `beds` holds for each (facility, unit, night) the beds of each household there."""

    def __init__(self, raw: Raw, land: Land, book: frozenset[str] = JUDGED) -> None:
        self.world = World(raw, land, book)
        self.beds: Beds = defaultdict(list)
        self.fixed: list[tuple[int, int, int, list[int], str]] = []
        self._fill()
        self.options = [
            sorted(
                (self._price(option), option.stays, option)
                for option in self.world.options(n)
                if self._fits(n, option, {})
            )
            for n in range(len(self.world.cases))
        ]
        self.unplaced = [self._unplaced(n) for n in range(len(self.world.cases))]
        self.order = sorted(range(len(self.world.cases)), key=lambda n: (len(self.options[n]), n))
        self.known: dict[object, tuple[bool, int]] = {}

    def _fill(self) -> None:
        for told in self.world.raw.get("placements", []):
            home = self.world.number[told["facility"]]
            names = [unit["id"] for unit in self.world.facilities[home]["units"]]
            start, end = day(told["start"]), min(day(told["end"]), left(told))
            taken = [sum(use["beds"] for use in told["units"] if use["unit"] == name) for name in names]
            self.fixed.append((home, start, end, taken, told["responsible_municipality"]))
            for night in range(start, end):
                for unit, beds in enumerate(taken):
                    if beds:
                        self.beds[home, unit, night].append(beds)

    def _price(self, option: Option) -> Levels:
        return (0, 0, 0, option.late, option.risk, option.moves, option.soft)

    def _unplaced(self, number: int) -> Levels:
        level = self.world.levels[number]
        return (int(level == 0), int(level == 1), int(level == 2), 0, 0, 0, self.world.waiting_cost(number))

    def _is_closed(self, home: int, unit: int, night: int) -> bool:
        told = self.world.facilities[home]
        return any(
            day(closure["start"]) <= night < day(closure["end"])
            and (closure.get("units") is None or told["units"][unit]["id"] in closure["units"])
            for closure in told.get("closures", [])
        )

    def _fits(self, number: int, option: Option, chosen: dict[int, Option]) -> bool:
        """Whether all of it has room beside what is fixed and chosen: beds, quotas, most persons of a place."""
        if "place_capacity" in self.world.book and not self.has_beds(number, option, chosen):
            return False
        return "concentration_cap" not in self.world.book or not self.world.is_too_crowded({**chosen, number: option})

    def has_beds(self, number: int, option: Option, chosen: dict[int, Option]) -> bool:
        """Whether every unit has room on every night, and every quota."""
        for home, begin, end, units in option.stays:
            for night in range(begin, end):
                for unit, beds in enumerate(units):
                    if beds and not self._has_room(home, unit, night, beds):
                        return False
                if not self._within_quotas(number, home, night, sum(units), chosen):
                    return False
        return True

    def lacks_beds(self, chosen: dict[int, Option]) -> bool:
        """Whether a plan, told with its beds, breaks what `place_capacity` says."""
        taken: dict[int, Option] = {}
        for number, option in chosen.items():
            persons = len(self.world.cases[number]["household"])
            if any(sum(units) != persons for *_, units in option.stays) or not self.has_beds(number, option, taken):
                break
            self._take(option, 1)
            taken[number] = option
        for option in taken.values():
            self._take(option, -1)
        return len(taken) < len(chosen)

    def _has_room(self, home: int, unit: int, night: int, beds: int) -> bool:
        told = self.world.facilities[home]["units"][unit]
        there = self.beds.get((home, unit, night), [])
        if self._is_closed(home, unit, night) or (there and not told["is_shared"]):
            return False
        return sum(there) + beds <= int(told["beds"])

    def _within_quotas(self, number: int, home: int, night: int, persons: int, chosen: dict[int, Option]) -> bool:
        own = self.world.cases[number]["responsible_municipality"]
        for contract in self.world.facilities[home].get("contracts", []):
            quota, town = contract.get("quota_beds"), contract.get("municipality")
            if quota is None or town not in (None, own) or not day(contract["start"]) <= night < day(contract["end"]):
                continue
            used = sum(
                sum(taken)
                for place, start, end, taken, payer in self.fixed
                if place == home and start <= night < end and town in (None, payer)
            )
            for other, option in chosen.items():
                if town in (None, self.world.cases[other]["responsible_municipality"]):
                    used += sum(sum(u) for place, b, e, u in option.stays if place == home and b <= night < e)
            if used + persons > quota:
                return False
        return True

    def _together(self, a: int, one: Option, b: int, other: Option) -> tuple[bool, int]:
        """Whether two cases so placed clash, and their risk."""
        key = a, tuple(stay[:3] for stay in one.stays), b, tuple(stay[:3] for stay in other.stays)
        if key not in self.known:
            clashes = any(
                self.world.clash(mine, theirs)
                for mine in self.world.presences(a, one.stays)
                for theirs in self.world.presences(b, other.stays)
            )
            self.known[key] = clashes, 0 if clashes else self.world.risk_between(a, one, b, other)
        return self.known[key]

    def best(self) -> Levels:
        """The least vector of levels over all plans."""
        own_best = [
            min([self.unplaced[n], *(price for price, _, _ in self.options[n][:1])]) for n in range(len(self.options))
        ]
        rest = [NOTHING]
        for number in reversed(self.order):
            rest.append(plus(rest[-1], own_best[number]))
        rest.reverse()
        found: list[Levels] = [plus(NOTHING, NOTHING)]
        for price in self.unplaced:
            found[0] = plus(found[0], price)
        self._descend(0, NOTHING, {}, rest, found)
        return found[0]

    def _descend(
        self, depth: int, so_far: Levels, chosen: dict[int, Option], rest: list[Levels], found: list[Levels]
    ) -> None:
        if depth == len(self.order):
            found[0] = min(found[0], so_far)
            return
        number = self.order[depth]
        for price, _, option in self.options[number]:
            total = plus(so_far, price)
            if plus(total, rest[depth + 1]) >= found[0]:
                break  # the options come in order of price
            met = [self._together(number, option, other, there) for other, there in chosen.items()]
            total = plus(total, (0, 0, 0, 0, sum(risk for _, risk in met), 0, 0))
            if any(clashes for clashes, _ in met) or plus(total, rest[depth + 1]) >= found[0]:
                continue
            if not self._fits(number, option, chosen):
                continue
            self._take(option, 1)
            self._descend(depth + 1, total, {**chosen, number: option}, rest, found)
            self._take(option, -1)
        total = plus(so_far, self.unplaced[number])
        if plus(total, rest[depth + 1]) < found[0]:
            self._descend(depth + 1, total, chosen, rest, found)

    def _take(self, option: Option, sign: int) -> None:
        for home, begin, end, units in option.stays:
            for night in range(begin, end):
                for unit, beds in enumerate(units):
                    if beds and sign > 0:
                        self.beds[home, unit, night].append(beds)
                    elif beds:
                        self.beds[home, unit, night].pop()


def best_levels(raw: Raw, land: Land, book: frozenset[str] = JUDGED) -> Levels:
    """The levels of the best plan there is, judged by a book of rules."""
    return Search(raw, land, book).best()
