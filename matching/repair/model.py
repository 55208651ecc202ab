"""The repair as a program: stay put or move, for each household that may move.

Staying put is decided by the live breaches alone, so what is broken and asks only for a task adds no move: the rules
write what a stay elsewhere must fulfil, and who may be beside whom. Levels, in order: who was safe and would lose the
bed (always 0), who must move now and has no bed, who must move by a day and has none, persons moved, harm of the
moves, risk, soft cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from matching.candidates import generate
from matching.constraints import hard
from matching.constraints.base import Constraint, Level, OnLive
from matching.constraints.clauses import Clauses
from matching.facts import Facts, Live
from matching.plans import Candidate, Candidates
from matching.repair.harm import MoveHarm, harm_points
from matching.repair.night import Mover, night_of
from matching.repair.room import keep_room
from matching.solver.program import PLACED, Program, build
from matching.solver.run import LevelResult

__all__ = ["LEVELS_OF_A_REPAIR", "RepairModel", "judging_moves", "model_of", "move_costs"]

LEVELS_OF_A_REPAIR: Final = (
    "safe_without_bed",
    "unplaced_move_now",
    "unplaced_move_by",
    "persons_moved",
    "harm",
    "risk",
    "soft",
)
"""What a repair minimises, in order; see `RepairModel.levels`."""

_BEDS: Final = "place_capacity"
"""The rule whose clauses `matching.repair.room` writes: whoever has no bed elsewhere keeps the own."""
_MOVES_AT: Final = "late_days"
"""Where a program holds persons moved and harm, packed exactly: before risk. Nobody is late in a repair."""


@dataclass(frozen=True)
class RepairModel:
    """A program, with the number of the candidate by which each mover stays put (none: it may not)."""

    movers: tuple[Mover, ...]
    night: Facts
    program: Program
    stay_put: Mapping[int, int]
    harm_unit: int

    def levels(self, found: Iterable[LevelResult]) -> tuple[LevelResult, ...]:
        """What was found of the program's levels, told as those of a repair: `LEVELS_OF_A_REPAIR`."""
        by_name = {level.name: level for level in found}
        packed = by_name[_MOVES_AT]
        persons = LevelResult("persons_moved", packed.value // self.harm_unit, max(0, packed.bound) // self.harm_unit)
        harm_bound = max(0, packed.bound) % self.harm_unit if persons.is_proven else 0
        names = zip(LEVELS_OF_A_REPAIR[: len(PLACED)], PLACED, strict=True)
        unplaced = [LevelResult(name, by_name[old].value, by_name[old].bound) for name, old in names]
        points = LevelResult("harm", packed.value % self.harm_unit, harm_bound)
        return (*unplaced, persons, points, by_name["risk"], by_name["soft"])

    def moved(self, chosen: Iterable[int]) -> tuple[Candidate, ...]:
        """The chosen stays of those who do not stay put."""
        items = self.program.candidates.items
        return tuple(items[number] for number in chosen if self.stay_put.get(items[number].case) != number)

    def unplaced(self, chosen: Iterable[int]) -> tuple[int, ...]:
        """Numbers of the movers that found no bed."""
        found = {self.program.candidates.items[number].case for number in chosen}
        return tuple(number for number in range(len(self.movers)) if number not in found)


def judging_moves(rules: Sequence[Constraint]) -> tuple[Constraint, ...]:
    """Rules a stay elsewhere is judged by: all but those that ask for a task and cannot tell places apart.

    Papers that lack (`eligibility_gate`) lack wherever the household lives: they never keep it in danger.

    Examples
    --------
    >>> from matching.constraints import rule_book
    >>> {rule.name for rule in rule_book()} - {rule.name for rule in judging_moves(rule_book())}
    {'eligibility_gate'}
    """
    return tuple(rule for rule in rules if not (rule.on_live is OnLive.TASK and "Stay.facility" not in rule.reads))


def model_of(
    facts: Facts,
    movers: Sequence[Mover],
    apart: Iterable[tuple[int, int]],
    rules: Sequence[Constraint],
    harm: MoveHarm,
) -> RepairModel:
    """The program of a repair.

    Parameters
    ----------
    facts : the changed week
    movers : who may move
    apart : pairs of presences of which at most one may stay put
    rules : the rule book
    harm : what a move costs
    """
    night = night_of(facts, movers, harm)
    book = judging_moves(rules)
    elsewhere = generate(night, book)
    staying = {number: _stay_put(number, mover) for number, mover in enumerate(movers) if mover.may_stay}
    items = sorted([*(item for item in elsewhere.items if _may_go(item, movers[item.case])), *staying.values()])
    stay_put = {number: items.index(item) for number, item in staying.items()}
    candidates = Candidates(tuple(items), elsewhere.filtered_by)
    lenient = [rule for rule in hard(book) if rule.on_live in (OnLive.TASK, OnLive.IGNORE)]
    binding = [rule for rule in book if rule.name != _BEDS and rule.level is not Level.MOVES and rule not in lenient]
    program = build(night, candidates, binding)
    for rule in lenient:
        rule.add_to(_Sparing(program, frozenset(stay_put.values())), candidates, night)
    _keep_apart(program, movers, apart, stay_put)
    keep_room(program, movers, facts, night, stay_put)
    harm_unit = _charge_moves(program, movers, facts, stay_put, harm)
    return RepairModel(tuple(movers), night, program, stay_put, harm_unit)


def _may_go(item: Candidate, mover: Mover) -> bool:
    """Without a case file nobody can say where a household would be safe: it only changes rooms."""
    return mover.live.has_file or item.stay.facility == mover.live.stay.facility


def _stay_put(number: int, mover: Mover) -> Candidate:
    """The stay as it is; its beds are kept, see `matching.repair.room`."""
    stay = mover.live.stay
    return Candidate(number, 0, stay.start_day, stay, ())


def _keep_apart(
    program: Program, movers: Sequence[Mover], apart: Iterable[tuple[int, int]], stay_put: Mapping[int, int]
) -> None:
    """Of two who are not safe beside each other one stays only if the other leaves.

    Who must leave and finds no bed is still there: then neither is safe, and the other leaves if it can.
    """
    number_of = {mover.presence: number for number, mover in enumerate(movers)}
    leaving: dict[int, list[int]] = defaultdict(list)
    for literal, item in enumerate(program.candidates.items):
        if stay_put.get(item.case) != literal:
            leaving[item.case].append(literal)
    for pair in sorted({told for a, b in apart for told in ((a, b), (b, a))}):
        if pair[0] not in number_of or pair[1] not in number_of:
            continue
        one, other = (number_of[presence] for presence in pair)
        if one in stay_put:
            program.at_most([(stay_put[one], 1), *((literal, -1) for literal in leaving[other])], 0)


def _charge_moves(
    program: Program, movers: Sequence[Mover], facts: Facts, stay_put: Mapping[int, int], harm: MoveHarm
) -> int:
    """Charge each stay elsewhere persons and harm as one number; what one person counts in it, so that it is exact."""
    points: dict[int, int] = {}
    for literal, item in enumerate(program.candidates.items):
        if stay_put.get(item.case) != literal:
            points[literal] = move_costs(movers[item.case].live, item.stay.facility, facts, harm)[1]
    worst: dict[int, int] = defaultdict(int)
    for literal, amount in points.items():
        case = program.candidates.items[literal].case
        worst[case] = max(worst[case], amount)
    unit = sum(worst.values()) + 1
    packed = {}
    for literal, amount in points.items():
        item = program.candidates.items[literal]
        packed[literal] = unit * move_costs(movers[item.case].live, item.stay.facility, facts, harm)[0] + amount
    program.levels[_MOVES_AT] = 0, packed
    return unit


def move_costs(live: Live, facility: int, facts: Facts, harm: MoveHarm) -> tuple[int, int]:
    """Persons moved, and points of harm, when a household is given other beds in a facility.

    Examples
    --------
    >>> from tests.builders import case, live, present, world
    >>> stay = live(case(), 0)
    >>> facts = world(presences=[present(1)], live=[stay])
    >>> move_costs(stay, 1, facts, MoveHarm()), move_costs(stay, 0, facts, MoveHarm())  # 14 weeks; another room
    ((1, 29), (0, 1))
    """
    persons = len(live.case.household)
    if facility == live.stay.facility:
        return 0, harm.another_room * persons
    is_there = facts.presences[live.presence].start_day <= facts.today
    return persons if is_there else 0, harm_points(live, facts, harm)


class _Sparing:
    """Clauses that leave some candidates alone: a rule that asks those placed for a task never moves them.

    Who comes is bound all the same: whoever may move counts as present where they live now.
    """

    def __init__(self, clauses: Clauses, spared: frozenset[int]) -> None:
        self._clauses = clauses
        self._spared = spared

    def forbid(self, candidate: int) -> None:
        """Unless it is spared."""
        if candidate not in self._spared:
            self._clauses.forbid(candidate)

    def any_of(self, groups: Sequence[Sequence[int]]) -> int:
        """Of those not spared."""
        return self._clauses.any_of([[number for number in group if number not in self._spared] for group in groups])

    def meet(self, pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> int:
        """Costs spare nobody."""
        return self._clauses.meet(pairs)

    def at_most_one(self, literals: Iterable[int]) -> None:
        """Of those not spared."""
        self._clauses.at_most_one([literal for literal in literals if literal not in self._spared])

    def at_most(self, terms: Iterable[tuple[int, int]], bound: int) -> None:
        """Of those not spared."""
        self._clauses.at_most([term for term in terms if term[0] not in self._spared], bound)

    def charge_near(
        self,
        places: npt.NDArray[np.int64],
        near: npt.NDArray[np.bool_],
        pairs: npt.NDArray[np.int64],
        which: npt.NDArray[np.int64],
        amounts: npt.NDArray[np.int64],
    ) -> None:
        """Costs spare nobody."""
        self._clauses.charge_near(places, near, pairs, which, amounts)

    def charge(self, literal: int, amount: int) -> None:
        """Costs spare nobody."""
        self._clauses.charge(literal, amount)

    def charge_always(self, amount: int) -> None:
        """Costs spare nobody."""
        self._clauses.charge_always(amount)
