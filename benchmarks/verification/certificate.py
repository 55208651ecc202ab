"""A claim that no plan leaves fewer cases unplaced, checked by weak duality in exact fractions; no solver.

Three things are derived anew. *Nothing is missing*: every facility on every day of every window is refused by
a rule, or stands for a candidate: itself, or the last one before it at the same facility. Such a candidate stands
for several days, and a row must hold for all of them. *Every row is true* of every plan. *The sum*: rows times their
multipliers give a bound. Whatever cannot be shown is not certified, with the reason.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from typing import Any

from benchmarks.verification.openings import Openings
from benchmarks.verification.solutions import Unreadable
from benchmarks.verification.told import Raw
from benchmarks.verification.world import World

__all__ = ["Certified", "NotCertified", "certified", "rows_shown"]


class NotCertified(Exception):
    """Why a claim is not shown: it may be true, but it is the solver's word."""


@dataclass(frozen=True)
class Certified:
    """What is shown: no plan leaves fewer of the first class, nor, with as many, fewer of the next, and so on.

    `refused` counts the pairs of a case and a facility refused on every day, `open_days` what is not refused,
    `rows` those that were used and found true.
    """

    unplaced: tuple[int, ...]
    refused: int
    open_days: int
    rows: int


@dataclass(frozen=True)
class Listed:
    """A candidate: one leg of a case in a facility when the case begins on a day, with pieces by pool."""

    case: int
    leg: int
    home: int
    first_day: int
    uses: tuple[tuple[int, int], ...]


def certified(told: Any, world: World, scenario_sha256: str) -> Certified:
    """What a certificate shows.

    Parameters
    ----------
    told : tree of the certificate's file
    world : the scenario, with the whole rule book
    scenario_sha256 : of the scenario's file

    Raises
    ------
    NotCertified : something in it cannot be shown
    Unreadable : it is no certificate
    """
    try:
        if told["kind"] != "joint":
            raise Unreadable("the file is no joint certificate")
        if told["scenario_sha256"] != scenario_sha256:
            raise NotCertified("it speaks of another scenario")
        return _Check(told, world).run(told)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError) as bad:
        raise Unreadable("the file is no certificate") from bad


def rows_shown(told: Raw, world: World) -> list[bool]:
    """Of each row of a certificate, whether it can be shown true of every plan; its multiplier plays no part.

    Raises
    ------
    NotCertified : something is open for which no candidate stands, so nothing can be said of any row
    """
    check = _Check(told, world)
    rows = [([(int(n), int(amount)) for n, amount in row["terms"]], row) for row in told["rows"]]
    return [check.is_true(row["kind"], terms, int(row["bound"]), []) for terms, row in rows]


class _Check:
    """One certificate against one scenario."""

    def __init__(self, told: Raw, world: World) -> None:
        self.world, self.openings = world, Openings(world)
        numbers = {str(case["id"]): number for number, case in enumerate(world.cases)}
        self.listed = [
            Listed(
                numbers[one["case"]], int(one["leg"]), world.number[one["facility"]],
                date.fromisoformat(one["first_day"]).toordinal(),
                tuple(sorted((int(pool), int(pieces)) for pool, pieces in one["uses"])),
            )
            for one in told["candidates"]
        ]  # fmt: skip
        self.groups = [[[int(n) for n in group] for group in one["groups"]] for one in told["auxiliaries"]]
        if any(not 0 <= n < len(self.listed) for groups in self.groups for group in groups for n in group):
            raise Unreadable("the certificate names a candidate it does not list")
        self.refused = self.open_days = 0
        self.stand_for = self._stand_for()

    def run(self, told: Raw) -> Certified:
        """The whole check."""
        levels, bound, rows = self._prove(told)
        if levels != 3:
            raise NotCertified("its objective is not the number of cases of all three classes")
        return Certified(self._digits(bound), self.refused, self.open_days, rows)

    # Nothing is missing

    def _stand_for(self) -> list[set[int]]:
        """For each candidate the first days it stands for; all that is open must stand for one."""
        at: dict[tuple[int, int, int, int], dict[tuple[tuple[int, int], ...], int]] = defaultdict(dict)
        starts: dict[tuple[int, ...], set[int]] = defaultdict(set)
        for number, one in enumerate(self.listed):
            at[one.case, one.leg, one.home, one.first_day][one.uses] = number
            starts[self._shared(one.case, one.leg, one.home)].add(one.first_day)
        ordered = {key: sorted(days) for key, days in starts.items()}
        found: list[set[int]] = [set() for _ in self.listed]
        for case, told in enumerate(self.world.cases):
            for leg, home in product(range(len(told["stays"])), range(len(self.world.facilities))):
                days = self.openings.days(case, leg, home)
                self.open_days += len(days)
                self.refused += not days
                for first_day in days:
                    known = ordered.get(self._shared(case, leg, home), [])
                    before = bisect_right(known, first_day)
                    same = at.get((case, leg, home, known[before - 1])) if before else None
                    if not same:
                        raise NotCertified(f"{self._at(case, home, first_day)} is open, and no candidate stands for it")
                    for uses in self._free_ways(case, leg, home, first_day):
                        if uses not in same:
                            raise NotCertified(f"{self._at(case, home, first_day)} has beds no candidate stands for")
                        found[same[uses]].add(first_day)
        return found

    def _shared(self, case: int, leg: int, home: int) -> tuple[int, ...]:
        """What shares its starts: a leg in a facility, or all of a case with linked stays, which begin together."""
        return (case,) if len(self.world.cases[case]["stays"]) > 1 else (case, leg, home)

    def _free_ways(self, case: int, leg: int, home: int, first_day: int) -> list[tuple[tuple[int, int], ...]]:
        """Pieces by pool that house the household and are free of what is fixed on every night."""
        begin, end = self.openings.nights(case, leg, first_day)
        nights, pools = self.world.room.worst_nights(home, begin, end), self._pools(home)
        ways = self.openings.ways(home, len(self.world.cases[case]["household"]))
        least = [min(self.openings.free_pieces(home, pool, night) for night in nights) for pool in pools]
        return [tuple(sorted(way.items())) for way in ways if all(n <= least[pool] for pool, n in way.items())]

    def _pools(self, home: int) -> list[list[int]]:
        if home not in self._known_pools:
            self._known_pools[home] = self.openings.pools(home)
        return self._known_pools[home]

    @cached_property
    def _known_pools(self) -> dict[int, list[list[int]]]:
        return {}

    def _at(self, case: int, home: int, first_day: int) -> str:
        names = self.world.cases[case]["id"], self.world.facilities[home]["id"]
        return f"{names[0]} in {names[1]} from {date.fromordinal(first_day)}"

    # The sum

    def _prove(self, told: Raw) -> tuple[int, int, int]:
        """How many classes the objective counts, the bound that is shown, and how many rows it took."""
        before = [(one, self._prove(one)) for one in told.get("premises", [])]
        coefficients = {int(n): int(amount) for n, amount in told["objective"]["coefficients"].items() if int(amount)}
        constant, claimed = int(told["objective"]["constant"]), int(told["claimed_bound"])
        levels = self._levels_counted(constant, coefficients)
        reduced: dict[int, Fraction] = defaultdict(Fraction, {n: Fraction(c) for n, c in coefficients.items()})
        total, used = Fraction(constant), sum(rows for _, (_, _, rows) in before)
        for row in told["rows"]:
            share = Fraction(row["multiplier"])
            if not share:
                continue
            terms, bound = [(int(n), int(amount)) for n, amount in row["terms"]], int(row["bound"])
            if share < 0 and row["kind"] != "link":
                raise NotCertified("a multiplier below 0 on a row that is no equation")
            if not self.is_true(row["kind"], terms, bound, [one for one, _ in before]):
                raise NotCertified(f"a row of the kind {row['kind']} cannot be shown")
            total -= share * bound
            for literal, amount in terms:
                reduced[literal] += share * amount
            used += 1
        shown = math.ceil(total + sum((cost for cost in reduced.values() if cost < 0), Fraction(0)))
        if shown < claimed:
            raise NotCertified(f"the rows show {shown}, not {claimed}")
        return levels, claimed, used

    def _weights(self, levels: int) -> list[int]:
        """What a case of each class weighs when so many classes are counted: each outweighs all that follow."""
        sizes = [self.world.levels.count(level) + 1 for level in range(levels)]
        return [math.prod(sizes[level + 1 :]) for level in range(levels)]

    def _levels_counted(self, constant: int, coefficients: dict[int, int]) -> int:
        """The most classes for which an objective is exactly the weighted number of unplaced cases."""
        for levels in (3, 2, 1):
            weights = [*self._weights(levels), 0, 0, 0][:3]
            wanted = {
                number: -weights[self.world.levels[one.case]]
                for number, one in enumerate(self.listed)
                if one.leg == 0 and weights[self.world.levels[one.case]]
            }
            if constant == sum(weights[level] for level in self.world.levels) and wanted == coefficients:
                return levels
        raise NotCertified("its objective is not the weighted number of unplaced cases")

    def _digits(self, bound: int) -> tuple[int, ...]:
        found = []
        for weight in self._weights(3):
            found.append(max(0, bound) // weight)
            bound = max(0, bound) % weight
        return tuple(found)

    # Rows

    def is_true(self, kind: str, terms: list[tuple[int, int]], bound: int, premises: list[Raw]) -> bool:
        """Whether every plan fulfils a row."""
        if len({n for n, _ in terms}) < len(terms):
            return False
        if kind == "premise":
            return any(self._says(one, terms, bound) for one in premises)
        if kind == "link":
            return bound == 0 and self._is_link(dict(terms))
        if kind == "definition":
            return bound == 0 and self._is_definition(terms)
        if kind == "packing":
            parts = [self._parts(n) for n, _ in terms]
            return bound >= 1 and all(amount == 1 for _, amount in terms) and self._exclude_each_other(parts)
        return kind == "capacity" and all(amount > 0 for _, amount in terms) and self._is_capacity(terms, bound)

    @staticmethod
    def _says(premise: Raw, terms: list[tuple[int, int]], bound: int) -> bool:
        objective = premise["objective"]
        told = {int(n): -int(amount) for n, amount in objective["coefficients"].items()}
        return told == dict(terms) and bound >= int(objective["constant"]) - int(premise["claimed_bound"])

    def _parts(self, literal: int) -> list[int]:
        """Candidates of which one is chosen when a literal is true; those that stand for nothing never are."""
        told = [literal] if literal >= 0 else [n for group in self.groups[-literal - 1] for n in group]
        return [n for n in told if self.stand_for[n]]

    def _is_definition(self, terms: list[tuple[int, int]]) -> bool:
        """A group of one leg, of which at most one is chosen, makes its auxiliary true."""
        auxiliaries = [n for n, amount in terms if n < 0 and amount == -1]
        group = [n for n, amount in terms if n >= 0 and amount == 1]
        if len(auxiliaries) != 1 or len(group) + 1 != len(terms):
            return False
        known = {n for one in self.groups[-auxiliaries[0] - 1] for n in one}
        return set(group) <= known and len({(self.listed[n].case, self.listed[n].leg) for n in group}) <= 1

    def _is_link(self, terms: dict[int, int]) -> bool:
        """On every day on which a case may begin, all candidates of its first leg are in it and all of its second."""
        cases = {self.listed[n].case for n in terms if n >= 0}
        if len(cases) != 1 or min(terms) < 0 or set(terms.values()) - {1, -1}:
            return False
        of_day: dict[int, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
        for number, one in enumerate(self.listed):
            if {one.case} == cases:
                for first_day in self.stand_for[number]:
                    of_day[first_day][one.leg].add(terms.get(number, 0))
        full = [(first, later) for first, later in of_day.values() if first and later]
        signs = {(1, -1), (0, 0), (-1, 1)}
        return all((a, b) in signs for first, later in full for a, b in product(first, later))

    def _exclude_each_other(self, parts: list[list[int]]) -> bool:
        return all(self._excludes(a, b) for one, other in combinations(parts, 2) for a, b in product(one, other))

    def _excludes(self, a: int, b: int) -> bool:
        """Whether two candidates never go together, on whichever of the days they stand for."""
        one, other = self.listed[a], self.listed[b]
        if one.case == other.case:
            return (a != b and one.leg == other.leg) or self.stand_for[a].isdisjoint(self.stand_for[b])
        if all(self.world.clash(here, there) for here in self._presences(a) for there in self._presences(b)):
            return True
        return self._lack_room_together(a, b)

    def _lack_room_together(self, a: int, b: int) -> bool:
        """Whether a pool, a quota or an area that takes each of two candidates is too small for both."""
        one, other = self.listed[a], self.listed[b]
        persons = [len(self.world.cases[candidate.case]["household"]) for candidate in (one, other)]
        mine, theirs = dict(one.uses), dict(other.uses)
        needs = [persons, *([mine[pool], theirs[pool]] for pool in mine.keys() & theirs.keys())]
        if one.home == other.home and any(
            self._is_room([(a, own), (b, more)], one.home, own + more - 1) for own, more in needs
        ):
            return True
        return self._is_cap([(n, [n], own) for n, own in zip((a, b), persons, strict=True)], sum(persons) - 1)

    def _presences(self, number: int) -> Iterable[Any]:
        one = self.listed[number]
        for first_day in self.stand_for[number]:
            begin, end = self.openings.nights(one.case, one.leg, first_day)
            yield from self.world.presences(one.case, ((one.home, begin, end, ()),))

    # Room

    def _is_capacity(self, terms: list[tuple[int, int]], bound: int) -> bool:
        """By the beds of a pool or a quota on a night that all stays share, or by the persons an area may hold."""
        parts = [(n, self._parts(n), amount) for n, amount in terms]
        held = [(n, amount) for _, own, amount in parts for n in own]
        if not held:
            return bound >= 0
        homes = {self.listed[n].home for n, _ in held}
        if len(homes) == 1 and all(n >= 0 for n, _ in terms) and self._is_room(held, homes.pop(), bound):
            return True
        return self._is_cap(parts, bound)

    def _is_room(self, held: list[tuple[int, int]], home: int, bound: int) -> bool:
        room, listed = self.world.room, self.listed
        spans = [
            self.openings.nights(listed[n].case, listed[n].leg, first_day)
            for n, _ in held
            for first_day in self.stand_for[n]
        ]
        last_begin, first_end = max(begin for begin, _ in spans), min(end for _, end in spans)
        if last_begin >= first_end:
            return False
        nights = room.worst_nights(home, last_begin, first_end)
        for number, pool in enumerate(self._pools(home)):
            free = min(self.openings.free_pieces(home, pool, night) for night in nights)
            if free <= bound and all(amount <= dict(listed[n].uses).get(number, 0) for n, amount in held):
                return True
        households = [self.world.cases[listed[n].case] for n, _ in held]
        payers = {case["responsible_municipality"] for case in households}
        if any(amount > len(case["household"]) for (_, amount), case in zip(held, households, strict=True)):
            return False
        left = [[room.room_in_quotas(home, night, payer) for payer in payers] for night in nights]
        return any(
            all(quota in known and max(0, known[quota]) <= bound for known in night)
            for night in left
            for quota in night[0]
        )

    def _is_cap(self, parts: list[tuple[int, list[int], int]], bound: int) -> bool:
        """No more new persons in a locality, or a zone, than may come to those present on a day after every start."""
        world, listed, held = self.world, self.listed, [(n, amount) for _, own, amount in parts for n in own]
        counted: dict[int, set[int]] = defaultdict(set)
        for literal, own, _ in parts:  # a household counts once: by one of its legs, or by one literal for both
            for n in own:
                counted[listed[n].case].add(listed[n].leg if literal >= 0 else literal)
        people = [one["person_key"] for case in counted for one in world.cases[case]["household"]]
        if any(len(found) > 1 for found in counted.values()) or len(set(people)) < len(people):
            return False
        begins = [
            self.openings.nights(listed[n].case, listed[n].leg, first_day)[0]
            for n, _ in held
            for first_day in self.stand_for[n]
        ]
        areas = (world.land.root, "most_persons_per_locality"), (world.land.kommun_of, "most_persons_per_zone")
        for zone_of, cap in areas:
            zones = {zone_of(world.place(listed[n].home)) for n, _ in held}
            present = [there for there in world.present if {zone_of(there.place)} == zones]
            days = {max(begins), *(there.start for there in present if there.start > max(begins))}
            for on in days if len(zones) == 1 else ():
                now = {key for there in present if there.start <= on < there.gone for key in there.keys}
                new = [
                    sum(one["person_key"] not in now for one in world.cases[listed[n].case]["household"])
                    for n, _ in held
                ]
                counts = all(amount <= persons for (_, amount), persons in zip(held, new, strict=True))
                if counts and max(0, int(world.policy[cap]) - len(now)) <= bound:
                    return True
        return False
