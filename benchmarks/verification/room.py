"""Beds by facility, unit and night, and the quotas of contracts: derived from units and nights alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from benchmarks.verification.ground import Ground
from benchmarks.verification.told import Raw, day

__all__ = ["Room", "Stay"]

Stay = tuple[int, int, int, tuple[int, ...]]
"""Facility, first night, first night after it, beds taken of each of its units."""


class Room:
    """Who fills which beds on which night: everybody fixed, and whoever is added.

    Parameters
    ----------
    world : the scenario; its placements and holds are there from the beginning
    """

    def __init__(self, world: Ground) -> None:
        self.world = world
        self.closures = [self._closed(told) for told in world.facilities]
        self.limits = [
            [told for told in facility.get("contracts", []) if told.get("quota_beds") is not None]
            for facility in world.facilities
        ]
        self.beds: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        self.paid: dict[tuple[int, int], list[tuple[str, int]]] = defaultdict(list)
        self.begins: list[set[int]] = [
            {
                *(start for unit in self.closures[home] for start, _ in unit),
                *(day(told["start"]) for told in self.limits[home]),
            }
            for home in range(len(world.facilities))
        ]
        for told in world.raw.get("placements", []):
            home = world.number[told["facility"]]
            names = [unit["id"] for unit in world.facilities[home]["units"]]
            taken = tuple(sum(use["beds"] for use in told["units"] if use["unit"] == name) for name in names)
            nights = home, day(told["start"]), min(day(told["end"]), world.left(told)), taken
            self.take([nights], told["responsible_municipality"])
            self.begins[home].add(nights[1])

    @staticmethod
    def _closed(facility: Raw) -> list[list[tuple[int, int]]]:
        """Of each unit the nights on which it is closed."""
        return [
            [
                (day(told["start"]), day(told["end"]))
                for told in facility.get("closures", [])
                if told.get("units") is None or unit["id"] in told["units"]
            ]
            for unit in facility["units"]
        ]

    def take(self, stays: Iterable[Stay], payer: str) -> None:
        """Fill the beds of some stays that a municipality pays for."""
        for home, begin, end, units in stays:
            for night in range(begin, end):
                self.paid[home, night].append((payer, sum(units)))
                for unit, beds in enumerate(units):
                    if beds:
                        self.beds[home, unit, night].append(beds)

    def free(self, stays: Iterable[Stay], payer: str) -> None:
        """Empty them again."""
        for home, begin, end, units in stays:
            for night in range(begin, end):
                self.paid[home, night].remove((payer, sum(units)))
                for unit, beds in enumerate(units):
                    if beds:
                        self.beds[home, unit, night].remove(beds)

    def fits(self, stays: Iterable[Stay], payer: str) -> bool:
        """Whether every unit has room on every night beside who is there, and every quota."""
        return all(
            all(beds <= self.free_beds(home, unit, night) for unit, beds in enumerate(units) if beds)
            and self.within_quotas(home, night, sum(units), payer)
            for home, begin, end, units in stays
            for night in range(begin, end)
        )

    def free_beds(self, home: int, unit: int, night: int) -> int:
        """Beds of a unit that one household more may fill: none while it is closed, or in use and unshared."""
        told, there = self.world.facilities[home]["units"][unit], self.beds.get((home, unit, night), [])
        is_closed = any(start <= night < end for start, end in self.closures[home][unit])
        return 0 if is_closed or (there and not told["is_shared"]) else max(0, int(told["beds"]) - sum(there))

    def worst_nights(self, home: int, begin: int, end: int) -> list[int]:
        """Nights of a stay on which less may be free than on the night before: the first, and when something begins."""
        return [begin, *sorted(night for night in self.begins[home] if begin < night < end)]

    def houses(self, home: int, begin: int, end: int, persons: int, payer: str) -> bool:
        """Whether some beds are free on every night for so many persons, and every quota has room for them."""
        nights, units = self.worst_nights(home, begin, end), range(len(self.world.facilities[home]["units"]))
        free = sum(min(self.free_beds(home, unit, night) for night in nights) for unit in units)
        return free >= persons and all(self.within_quotas(home, night, persons, payer) for night in nights)

    def within_quotas(self, home: int, night: int, persons: int, payer: str) -> bool:
        """Whether every quota that counts a municipality's households has room for so many persons."""
        return all(persons <= room for room in self.room_in_quotas(home, night, payer).values())

    def room_in_quotas(self, home: int, night: int, payer: str) -> dict[int, int]:
        """Beds left in each such quota, by the number of its contract."""
        found = {}
        for number, contract in enumerate(self.limits[home]):
            town = contract.get("municipality")
            if town in (None, payer) and day(contract["start"]) <= night < day(contract["end"]):
                used = sum(beds for other, beds in self.paid.get((home, night), []) if town in (None, other))
                found[number] = int(contract["quota_beds"]) - used
        return found

    def overfilled(self, told: dict[int, tuple[Stay, ...]]) -> list[int]:
        """Cases of a plan with a stay that does not fit, or that has not one bed for each of the household.

        Parameters
        ----------
        told : the stays of each planned case
        """
        payers = {number: self.world.cases[number]["responsible_municipality"] for number in told}
        for number, stays in told.items():
            self.take(stays, payers[number])
        found = []
        for number, stays in told.items():
            persons = len(self.world.cases[number]["household"])
            whole = all(sum(units) == persons and min(units) >= 0 for *_, units in stays)
            for stay in stays:  # beside everybody else, the other stays of the case included
                self.free([stay], payers[number])
                whole = whole and self.fits([stay], payers[number])
                self.take([stay], payers[number])
            if not whole:
                found.append(number)
        for number, stays in told.items():
            self.free(stays, payers[number])
        return found
