"""The best plan by trying every case x facility x date x unit assignment, judged by `benchmarks.verification` alone.

Cut only where the cases still to come, each at its own best, could not make up for what is lost: what two
cases cost together (risk) is never negative, so leaving it out of "its own best" cuts nothing too much.
"""

from __future__ import annotations

from benchmarks.verification import JUDGED, Option, Raw, Room, World
from tests.tellings import Land

Levels = tuple[int, int, int, int, int, int, int]
"""Unplaced red, orange and green; days late; risk; moves; soft."""

NOTHING: Levels = (0, 0, 0, 0, 0, 0, 0)


def plus(a: Levels, b: Levels) -> Levels:
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5], a[6] + b[6])


class Search:
    """Depth first over the cases; `room` holds who fills which bed on which night."""

    def __init__(self, raw: Raw, land: Land, book: frozenset[str] = JUDGED) -> None:
        self.world = World(raw, land, book)
        self.room = Room(self.world)
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

    def _price(self, option: Option) -> Levels:
        return (0, 0, 0, option.late, option.risk, option.moves, option.soft)

    def _unplaced(self, number: int) -> Levels:
        level = self.world.levels[number]
        return (int(level == 0), int(level == 1), int(level == 2), 0, 0, 0, self.world.waiting_cost(number))

    def _fits(self, number: int, option: Option, chosen: dict[int, Option]) -> bool:
        """Whether all of it has room beside what is fixed and chosen: beds, quotas, most persons of a place."""
        if "place_capacity" in self.world.book and not self.room.fits(option.stays, self._payer(number)):
            return False
        return "concentration_cap" not in self.world.book or not self.world.is_too_crowded({**chosen, number: option})

    def _payer(self, number: int) -> str:
        return str(self.world.cases[number]["responsible_municipality"])

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
            self.room.take(option.stays, self._payer(number))
            self._descend(depth + 1, total, {**chosen, number: option}, rest, found)
            self.room.free(option.stays, self._payer(number))
        total = plus(so_far, self.unplaced[number])
        if plus(total, rest[depth + 1]) < found[0]:
            self._descend(depth + 1, total, chosen, rest, found)


def best_levels(raw: Raw, land: Land, book: frozenset[str] = JUDGED) -> Levels:
    """The levels of the best plan there is, judged by a book of rules."""
    return Search(raw, land, book).best()
