"""Where and when a case may live at all: every facility on every day of its window, refused or open."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from benchmarks.verification.told import ALONE, day
from benchmarks.verification.world import Option, World

__all__ = ["Openings"]

TIMELESS = ("forbidden_locality", "legal_form", "needs_met", "protection_level", "unknown_placement_margin")
"""Rules that ask for no date: one answer for every day."""


class Openings:
    """What each case may have, alone, beside everybody who is fixed.

    Parameters
    ----------
    world : the scenario, with the whole rule book
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[tuple[int, int, int], frozenset[int]] = {}

    def nights(self, number: int, leg: int, first_day: int) -> tuple[int, int]:
        """Nights ``[begin, end)`` of a leg when the case begins on a day."""
        stays = self.world.cases[number]["stays"]
        begin = first_day + sum(int(stay["nights"]) for stay in stays[:leg])
        return begin, begin + int(stays[leg]["nights"])

    def days(self, number: int, leg: int, home: int) -> frozenset[int]:
        """First days of the case on which no rule refuses the leg there; every day of the window is asked."""
        key = number, leg, home
        if key not in self._known:
            self._known[key] = frozenset(self._days(number, leg, home))
        return self._known[key]

    def _days(self, number: int, leg: int, home: int) -> Iterator[int]:
        world, case = self.world, self.world.cases[number]
        first = max(day(case["window"]["earliest"]), world.today)
        if not all(getattr(world, rule)(case, home, first, first + 1) for rule in TIMELESS):
            return
        rules = [getattr(world, rule) for rule in sorted(ALONE - set(TIMELESS))]
        persons, payer = len(case["household"]), case["responsible_municipality"]
        for first_day in range(first, day(case["window"]["latest"]) + 1):
            begin, end = self.nights(number, leg, first_day)
            stays = ((home, begin, end, ()),)
            [coming] = world.presences(number, stays)
            if (
                all(rule(case, home, begin, end) for rule in rules)
                and world.room.houses(home, begin, end, persons, payer)
                and not world.is_too_crowded({number: Option(stays, 0, 0, 0, 0)})
                and not any(world.clash(coming, other) for other in world.present)
            ):
                yield first_day

    # Pools: units that a count may stand for

    def pools(self, home: int) -> list[list[int]]:
        """Units of a facility by kind, way of sharing, beds and what is fixed in them after today.

        Any grouping would do for a proof: in each, a household takes so many beds of shared units, or so many
        unshared units, and no more are free than are free.
        """
        room, groups = self.world.room, dict[tuple[object, ...], list[int]]()
        told = self.world.raw.get("placements", [])
        for number, unit in enumerate(self.world.facilities[home]["units"]):
            closed = sorted(room.closures[home][number])
            taken = [
                (day(one["start"]), min(day(one["end"]), self.world.left(one)))
                for one in told
                if self.world.number[one["facility"]] == home
                if any(use["unit"] == unit["id"] for use in one["units"])
            ]
            later = sorted(window for window in [*closed, *taken] if self.world.today < window[0] < window[1])
            alone = number if unit["is_shared"] and any(window not in closed for window in later) else -1
            beds = 0 if unit["is_shared"] else unit["beds"]
            groups.setdefault((unit["kind"], unit["is_shared"], beds, tuple(later), alone), []).append(number)
        return list(groups.values())

    def free_pieces(self, home: int, pool: list[int], night: int) -> int:
        """Free beds of shared units, or free unshared units, on a night."""
        free = [self.world.room.free_beds(home, unit, night) for unit in pool]
        is_shared = self.world.facilities[home]["units"][pool[0]]["is_shared"]
        return sum(free) if is_shared else sum(1 for beds in free if beds)

    def ways(self, home: int, persons: int) -> Iterator[dict[int, int]]:
        """Every least number of pieces by pool that houses so many persons: none of them could be left out."""
        units, pools = self.world.facilities[home]["units"], self.pools(home)
        sizes = [units[pool[0]]["beds"] if not units[pool[0]]["is_shared"] else 1 for pool in pools]
        most = [
            sum(units[unit]["beds"] for unit in pool) if units[pool[0]]["is_shared"] else len(pool) for pool in pools
        ]
        for way in product(*(range(min(upper, persons) + 1) for upper in most)):
            spare = sum(size * pieces for size, pieces in zip(sizes, way, strict=True)) - persons
            if spare >= 0 and all(spare < size for size, pieces in zip(sizes, way, strict=True) if pieces):
                yield {pool: pieces for pool, pieces in enumerate(way) if pieces}
