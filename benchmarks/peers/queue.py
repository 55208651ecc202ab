"""A plan that cases are put into and taken out of, with its levels kept exact all the while."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.peers.board import Board
from matching.solver.program import LEVELS

__all__ = ["Queue", "Way"]

Ints = npt.NDArray[np.int64]
_FIRST_STAYS: Final = 3
"""Of a case with linked stays, so many first stays are tried a day."""

Way = tuple[tuple[int, ...], tuple[int, ...]]
"""Candidates by leg, and what they add to each level."""


class Queue:
    """What is chosen so far; every change keeps all clauses.

    Parameters
    ----------
    board : the instance
    """

    def __init__(self, board: Board) -> None:
        self.board = board
        self.at: dict[int, tuple[int, ...]] = {}
        self.blocked = np.zeros(board.size, dtype=np.int32)
        self.used = np.zeros(len(board.bounds), dtype=np.int64)
        self.true = np.zeros(len(board.program.auxiliaries), dtype=np.int32)
        self.sides = np.zeros((board.pairs, 2), dtype=np.int32)
        self.met = np.zeros(len(board.meets), dtype=np.int32)
        self.homes = [np.full((board.cases, board.legs), -1, dtype=np.int64) for _ in board.near]
        self.levels = np.array([board.program.levels[name][0] for name in LEVELS], dtype=np.int64)

    def copy(self) -> Queue:
        """The same plan, to be changed alone."""
        twin = Queue.__new__(Queue)
        twin.board, twin.at = self.board, dict(self.at)
        twin.blocked, twin.used, twin.true = self.blocked.copy(), self.used.copy(), self.true.copy()
        twin.sides, twin.met = self.sides.copy(), self.met.copy()
        twin.homes = [homes.copy() for homes in self.homes]
        twin.levels = self.levels.copy()
        return twin

    @property
    def values(self) -> tuple[int, ...]:
        """Value of each level."""
        return tuple(self.levels.tolist())

    @property
    def chosen(self) -> tuple[int, ...]:
        """Numbers of the chosen candidates, in order."""
        return tuple(sorted(number for numbers in self.at.values() for number in numbers))

    def fitting(self, numbers: Ints) -> Ints:
        """Those of some candidates of one leg that keep every clause beside what is chosen."""
        board = self.board
        left: Ints = numbers[(self.blocked[numbers] == 0) & ~board.impossible[numbers]]
        if len(left) == 0 or len(board.bounds) == 0:
            return left
        owner, (row, amount, aux) = board.uses.at(left)
        amount = np.where((aux >= 0) & (self.true[aux] > 0), 0, amount)
        # A candidate may use a row several times over: once itself, once by a literal.
        keys, inverse = np.unique(owner * len(board.bounds) + row, return_inverse=True)
        total = np.bincount(inverse, weights=amount, minlength=len(keys)).astype(np.int64)
        whose, row = np.divmod(keys, len(board.bounds))
        bad = whose[self.used[row] + total > board.bounds[row]]
        is_good = np.ones(len(left), dtype=np.bool_)
        is_good[bad] = False
        good: Ints = left[is_good]
        return good

    def costs(self, numbers: Ints) -> Ints:
        """(levels, n) what each of some candidates of one case and leg would add, exactly."""
        board = self.board
        found = board.direct[:, numbers].copy()
        if len(numbers) == 0:
            return found
        owner, (aux, level, amount) = board.shared.at(numbers)
        fresh = self.true[aux] == 0
        np.add.at(found, (level[fresh], owner[fresh]), amount[fresh])
        owner, (pair, side, meet) = board.sides.at(numbers)
        fresh = (self.sides[pair, 1 - side] > 0) & (self.met[meet] == 0)
        if fresh.any():
            keys = np.unique(owner[fresh] * len(board.meets) + meet[fresh])
            whose, which = np.divmod(keys, len(board.meets))
            np.add.at(found, (board.meet_level[which], whose), board.meet_amount[which])
        case = int(board.case[numbers[0]])
        for told, homes in zip(board.near, self.homes, strict=True):
            others, which, amounts = told.others[case], told.which[case], told.amounts[case]
            hits = np.zeros((len(numbers), len(others)), dtype=np.bool_)
            already = np.zeros(len(others), dtype=np.bool_)  # near by another stay of its own
            for leg in range(board.legs):
                there = np.flatnonzero(homes[others, leg] >= 0)
                if len(there) == 0:
                    continue
                home, kind = homes[others[there], leg], which[there]
                hits[:, there] |= told.near[kind[None, :], told.place[numbers][:, None], home[None, :]]
                for own in homes[case][homes[case] >= 0]:
                    already[there] |= told.near[kind, own, home]
            found[told.level] += (hits & ~already) @ amounts
        return found

    def put(self, number: int) -> None:
        """Choose a candidate that fits; its case has nothing for that leg."""
        self.levels += self.costs(np.array([number], dtype=np.int64))[:, 0]
        case = int(self.board.case[number])
        self.at[case] = (*self.at.get(case, ()), number)
        self._count(number, 1)

    def take(self, number: int) -> None:
        """Undo the choice of a candidate."""
        case = int(self.board.case[number])
        left = tuple(other for other in self.at[case] if other != number)
        if left:
            self.at[case] = left
        else:
            del self.at[case]
        self._count(number, -1)
        self.levels -= self.costs(np.array([number], dtype=np.int64))[:, 0]

    def _count(self, number: int, step: int) -> None:
        board = self.board
        self.blocked[board.foes(number)] += step
        row, amount, aux = board.uses.of_one(number)
        (counted,) = board.counted.of_one(number)
        before = self.true[aux] > 0
        self.true[counted] += step
        after = self.true[aux] > 0
        # A literal counts once, however many of its candidates are chosen.
        weight = np.where(aux < 0, step, after.astype(np.int64) - before.astype(np.int64))
        np.add.at(self.used, row, amount * weight)
        pair, side, meet = board.sides.of_one(number)
        was = (self.sides[pair, 0] > 0) & (self.sides[pair, 1] > 0)
        np.add.at(self.sides, (pair, side), step)
        now = (self.sides[pair, 0] > 0) & (self.sides[pair, 1] > 0)
        np.add.at(self.met, meet, now.astype(np.int32) - was.astype(np.int32))
        case, leg = int(board.case[number]), int(board.leg[number])
        for told, homes in zip(board.near, self.homes, strict=True):
            homes[case, leg] = told.place[number] if step > 0 else -1

    def place(self, way: Way) -> None:
        """Choose the candidates of a way."""
        for number in way[0]:
            self.put(number)

    def remove(self, case: int) -> None:
        """Take a case out, if it is in."""
        for number in reversed(self.at.get(case, ())):
            self.take(number)

    def can(self, case: int) -> bool:
        """Whether a case that is out may have candidates left; cheap, sometimes too hopeful."""
        numbers = self.board.ways[case, 0]
        return bool((self.blocked[numbers] == 0).any())

    def best(self, case: int, rng: np.random.Generator | None = None, blink: float = 0.0, most: int = 1) -> list[Way]:
        """The cheapest ways to put a case in that is out, the best first.

        Parameters
        ----------
        case : its number
        rng, blink : each way is overlooked with this probability
        most : so many ways
        """
        if self.board.legs_of[case] == 1:
            return self._ways(self.board.ways[case, 0], rng, blink, most)
        found: list[Way] = []
        first = self.board.ways[case, 0]
        for day in np.unique(self.board.day[first]):
            found += self._linked(case, int(day), rng, blink)
        return sorted(found, key=lambda way: way[1])[:most]

    def _ways(self, numbers: Ints, rng: np.random.Generator | None, blink: float, most: int) -> list[Way]:
        left = self.fitting(numbers)
        if rng is not None and blink > 0 and len(left) > 1:
            seen = rng.random(len(left)) >= blink
            left = left[seen] if seen.any() else left
        costs = self.costs(left)
        order = np.lexsort(costs[::-1])[:most] if len(left) > 1 else range(len(left))
        return [((int(left[place]),), tuple(costs[:, place].tolist())) for place in order]

    def _linked(self, case: int, day: int, rng: np.random.Generator | None, blink: float) -> list[Way]:
        """One way with the first stay on a day: the cheapest first stay with which the others fit, greedily."""
        board = self.board
        first = board.ways[case, 0]
        for (number,), cost in self._ways(first[board.day[first] == day], rng, blink, _FIRST_STAYS):
            self.put(number)
            total = np.array(cost)
            chosen = [number]
            for leg in range(1, board.legs_of[case]):
                later = board.ways.get((case, leg), np.zeros(0, dtype=np.int64))
                ways = self._ways(later[board.day[later] == day], rng, blink, 1)
                if not ways:
                    break
                chosen.append(ways[0][0][0])
                total = total + np.array(ways[0][1])
                self.put(chosen[-1])
            self.remove(case)
            if len(chosen) == board.legs_of[case]:
                return [(tuple(chosen), tuple(total.tolist()))]
        return []
