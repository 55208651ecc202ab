"""An instance as arrays for searches that insert and remove cases: what never changes during a search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.solver.nearness import Nearness
from matching.solver.program import LEVELS, AnyOf, Program

__all__ = ["Board", "Entries", "Pairs"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Entries:
    """Rows of integers by candidate: those of candidate n are ``columns[:, starts[n]:starts[n + 1]]``."""

    starts: Ints
    columns: Ints

    @classmethod
    def of(cls, candidates: int, rows: Iterable[tuple[int, ...]], width: int) -> Entries:
        """From rows of a candidate and `width` integers.

        Examples
        --------
        >>> told = Entries.of(3, [(2, 7), (0, 5), (2, 8)], 1)
        >>> owner, columns = told.at(np.array([2, 1, 0]))
        >>> owner.tolist(), columns.tolist()
        ([0, 0, 2], [[7, 8, 5]])
        """
        return cls.joined(candidates, [np.array(list(rows), dtype=np.int64).reshape(-1, width + 1).T], width)

    @classmethod
    def joined(cls, candidates: int, blocks: Sequence[Ints], width: int) -> Entries:
        """From blocks of columns: candidates first, then `width` rows of integers."""
        told = np.concatenate([np.zeros((width + 1, 0), dtype=np.int64), *blocks], axis=1)
        told = told[:, np.argsort(told[0], kind="stable")]
        starts = np.searchsorted(told[0], np.arange(candidates + 1))
        return cls(starts.astype(np.int64), np.ascontiguousarray(told[1:]))

    def at(self, numbers: Ints) -> tuple[Ints, Ints]:
        """Entries of some candidates: for each which of them it belongs to, and (width, entries) its integers."""
        begin = self.starts[numbers]
        lengths = self.starts[numbers + 1] - begin
        owner = np.repeat(np.arange(len(numbers)), lengths)
        ends = np.cumsum(lengths)
        places = np.arange(len(owner)) + np.repeat(begin - (ends - lengths), lengths)
        return owner, self.columns[:, places]

    def of_one(self, number: int) -> Ints:
        """(width, entries) of one candidate."""
        return self.columns[:, self.starts[number] : self.starts[number + 1]]


@dataclass(frozen=True)
class Pairs:
    """Costs of two cases near each other: by case the others, the kind of limit and the amount.

    Parameters
    ----------
    level : place of the level in `LEVELS`
    near : (kinds, places, places), which places are near each other
    place : (candidates,) where each is
    others, which, amounts : by case
    """

    level: int
    near: npt.NDArray[np.bool_]
    place: Ints
    others: tuple[Ints, ...]
    which: tuple[Ints, ...]
    amounts: tuple[Ints, ...]


class Board:
    """Candidates by case and leg, what excludes what, and what each choice costs.

    Parameters
    ----------
    program : clauses and levels
    legs : how many linked stays each case needs
    """

    def __init__(self, program: Program, legs: Sequence[int]) -> None:
        items = program.candidates.items
        self.program, self.cases, self.size = program, len(legs), len(items)
        self.case = np.array([item.case for item in items], dtype=np.int64)
        self.leg = np.array([item.leg for item in items], dtype=np.int64)
        self.day = np.array([item.first_day for item in items], dtype=np.int64)
        self.legs = int(self.leg.max(initial=0)) + 1
        told: dict[tuple[int, int], list[int]] = {}
        for number, item in enumerate(items):
            told.setdefault((item.case, item.leg), []).append(number)
        self.ways = {key: np.array(numbers, dtype=np.int64) for key, numbers in told.items()}
        whole = [case for case, count in enumerate(legs) if all((case, leg) in told for leg in range(count))]
        self.legs_of = {case: legs[case] for case in whole}
        self._members: dict[int, Ints] = {}
        self._exclusions(program)
        self._capacities(program)
        self._costs(program)

    def members(self, literal: int) -> Ints:
        """Candidates that make a literal true."""
        if literal >= 0:
            return np.array([literal], dtype=np.int64)
        if literal not in self._members:
            self._members[literal] = _any_of(self.program.auxiliaries[-literal - 1])
        return self._members[literal]

    def _behind(self, literals: Ints) -> tuple[Ints, Ints]:
        """Candidates that make any of some literals true, and for each the place of its literal."""
        if not (literals < 0).any():
            return literals, np.arange(len(literals))
        members = [self.members(literal) for literal in literals.tolist()]
        return np.concatenate(members), np.repeat(np.arange(len(members)), [len(group) for group in members])

    def _exclusions(self, program: Program) -> None:
        blocks: list[Ints] = []
        self._packed: list[tuple[Ints, Ints]] = []
        self.impossible = np.zeros(self.size, dtype=np.bool_)
        self.impossible[list(program.forbidden)] = True
        for packing in program.packings:
            numbers, owner = self._behind(np.array(packing, dtype=np.int64))
            alone, count = np.unique(numbers, return_counts=True)
            self.impossible[alone[count > 1]] = True  # it would make two of the literals true
            keys = self.case[numbers] * self.legs + self.leg[numbers]
            if len(numbers) and (keys == keys[0]).all():
                continue  # one choice a case and leg holds by construction
            blocks.append(np.stack([numbers, np.full_like(numbers, len(self._packed)), owner]))
            self._packed.append((numbers, owner))
        self._packings = Entries.joined(self.size, blocks, 2)
        self._foes: dict[int, Ints] = {}

    def foes(self, number: int) -> Ints:
        """Candidates that may not be chosen together with one, those of its own case and leg left out."""
        known = self._foes.get(number)
        if known is None:
            parts = [np.zeros(0, dtype=np.int64)]
            for packing, literal in self._packings.of_one(number).T.tolist():
                numbers, owner = self._packed[packing]
                parts.append(numbers[owner != literal])
            found = np.unique(np.concatenate(parts))
            is_own = (self.case[found] == self.case[number]) & (self.leg[found] == self.leg[number])
            known = self._foes[number] = found[~is_own]
        return known

    def _capacities(self, program: Program) -> None:
        self.bounds = np.array([most for _, most in program.rows], dtype=np.int64)
        blocks: list[Ints] = []
        for row, (terms, _) in enumerate(program.rows):
            literals, amounts = np.array(terms, dtype=np.int64).reshape(-1, 2).T
            numbers, owner = self._behind(literals)
            aux = np.where(literals[owner] < 0, -literals[owner] - 1, -1)
            blocks.append(np.stack([numbers, np.full_like(numbers, row), amounts[owner], aux]))
        self.uses = Entries.joined(self.size, blocks, 3)

    def _costs(self, program: Program) -> None:
        self.direct = np.zeros((len(LEVELS), self.size), dtype=np.int64)
        near = {told.first + n for told in program.nearness for n in range(len(told.pairs))}
        shared: list[tuple[int, int, int, int]] = []
        sides: list[tuple[int, int, int, int]] = []
        self.meets: list[tuple[int, int]] = []
        pairs = 0
        for level, name in enumerate(LEVELS):
            for literal, amount in program.levels[name][1].items():
                if literal >= 0:
                    self.direct[level, literal] = amount
                    continue
                told = program.auxiliaries[-literal - 1]
                if isinstance(told, AnyOf):
                    shared += ((int(n), -literal - 1, level, amount) for n in self.members(literal))
                elif -literal - 1 not in near:
                    for both in told.pairs:
                        for side, numbers in enumerate(both):
                            sides += ((n, pairs, side, len(self.meets)) for n in numbers)
                        pairs += 1
                    self.meets.append((level, amount))
        self.shared = Entries.of(self.size, shared, 3)
        self.sides, self.pairs = Entries.of(self.size, sides, 3), pairs
        self.meet_level, self.meet_amount = np.array(self.meets, dtype=np.int64).reshape(-1, 2).T
        # Literals whose truth has to be counted: those in capacities and those that cost.
        self.counted = Entries.of(self.size, self._counted(program, shared), 1)
        self.near = tuple(_pairs(told, self.cases) for told in program.nearness)

    def _counted(self, program: Program, shared: Sequence[tuple[int, ...]]) -> set[tuple[int, int]]:
        found = {(number, aux) for number, aux, _, _ in shared}
        for literal in {literal for terms, _ in program.rows for literal, _ in terms if literal < 0}:
            found |= {(number, -literal - 1) for number in self.members(literal).tolist()}
        return found


def _any_of(told: object) -> Ints:
    if not isinstance(told, AnyOf):
        return np.zeros(0, dtype=np.int64)
    return np.array(sorted({number for group in told.groups for number in group}), dtype=np.int64)


def _pairs(told: Nearness, cases: int) -> Pairs:
    both = np.concatenate([told.pairs, told.pairs[:, ::-1]]) if len(told.pairs) else np.zeros((0, 2), dtype=np.int64)
    which, amounts = np.tile(told.which, 2), np.tile(told.amounts, 2)
    order = np.argsort(both[:, 0], kind="stable")
    cuts = np.searchsorted(both[order, 0], np.arange(1, cases))
    return Pairs(
        LEVELS.index(told.level),
        told.near,
        told.sides.place,
        tuple(np.split(both[order, 1], cuts)),
        tuple(np.split(which[order], cuts)),
        tuple(np.split(amounts[order], cuts)),
    )
