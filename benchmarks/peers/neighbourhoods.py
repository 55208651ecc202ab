"""Adaptive large neighbourhood search with the package `alns`: operators for putting cases in and out of a queue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from alns import ALNS
from alns.select import RouletteWheel

from benchmarks.peers.board import Board
from benchmarks.peers.greedy import answer_of, blockers, construct, eject, urgency
from benchmarks.peers.instance import Clock, Instance
from benchmarks.peers.levels import Answer
from benchmarks.peers.queue import Queue, Way
from matching.solver.program import LEVELS, PLACED

__all__ = ["alns", "weights_of"]

_SCORES: Final = [20.0, 8.0, 3.0, 0.5]
_DECAY: Final = 0.9
_MOST_OUT: Final = 30
_SHARE_OUT: Final = 0.2
_BLINK: Final = 0.05
_EJECTING: Final = 6
_GREED: Final = 4.0
_THRESHOLD: Final = 0.01
"""Share of the levels after `late_days` by which a plan may be worse than the best one, at the beginning."""


def weights_of(values: tuple[int, ...]) -> tuple[int, ...]:
    """Weights that fold levels exactly into one whole number, for plans of at most these values by level.

    Examples
    --------
    >>> weights_of((3, 9, 99))
    (1000, 100, 1)
    """
    weights = [1]
    for value in reversed(values[1:]):
        weights.append(weights[-1] * (value + 1))
    return tuple(reversed(weights))


@dataclass
class _State:
    """A plan as the package wants it: a lower objective is better, whole numbers without end."""

    queue: Queue
    weights: tuple[int, ...]
    out: list[int] = field(default_factory=list)

    def copy(self) -> _State:
        return _State(self.queue.copy(), self.weights)

    def objective(self) -> int:
        return sum(weight * value for weight, value in zip(self.weights, self.queue.values, strict=True))


class _ByTime:
    """Record-to-record travel whose threshold falls to nothing as the time runs out; never worse before `risk`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.first = LEVELS.index("risk")

    def __call__(self, rng: np.random.Generator, best: _State, current: _State, candidate: _State) -> bool:  # noqa: ARG002
        record = best.queue.values
        tail = sum(w * v for w, v in zip(best.weights[self.first :], record[self.first :], strict=True))
        millionths = int(1_000_000 * _THRESHOLD * self.clock.left_s / self.clock.limit_s)
        return candidate.objective() - best.objective() <= tail * millionths // 1_000_000


class _Operators:
    """Ways to take cases out, and to put them in again."""

    def __init__(self, board: Board, order: list[int]) -> None:
        self.board = board
        self.rank = {case: place for place, case in enumerate(order)}

    def _how_many(self, queue: Queue, rng: np.random.Generator) -> int:
        most = max(2, min(_MOST_OUT, round(_SHARE_OUT * len(queue.at))))
        return 1 + int(most * rng.random() ** 2)  # small neighbourhoods more often: they are quick

    def _without(self, state: _State, cases: Iterable[int]) -> _State:
        found = state.copy()
        found.out = list(dict.fromkeys(int(case) for case in cases))
        for case in found.out:
            found.queue.remove(case)
        return found

    def take_any(self, state: _State, rng: np.random.Generator) -> _State:
        """Any cases."""
        cases = list(state.queue.at)
        count = min(len(cases), self._how_many(state.queue, rng))
        return self._without(state, rng.choice(cases, count, replace=False) if cases else [])

    def take_dearest(self, state: _State, rng: np.random.Generator) -> _State:
        """Cases that cost much where they are, by chance the more often the dearer."""
        queue = state.queue
        costs = sorted((self._cost(queue, case), case) for case in queue.at)
        found: list[int] = []
        for _ in range(min(len(costs), self._how_many(queue, rng))):
            place = len(costs) - 1 - int(len(costs) * rng.random() ** _GREED)
            found.append(costs.pop(max(0, place))[1])
        return self._without(state, found)

    def _cost(self, queue: Queue, case: int) -> tuple[int, ...]:
        found = np.zeros(len(LEVELS), dtype=np.int64)
        for number in queue.at[case]:
            # What it adds where it is: whoever is near already counts it as near, so only the own level is exact.
            found += self.board.direct[:, number] + self._risk(queue, number)
        return tuple(found[len(PLACED) :].tolist())

    def _risk(self, queue: Queue, number: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        found = np.zeros(len(LEVELS), dtype=np.int64)
        case = int(self.board.case[number])
        for told, homes in zip(self.board.near, queue.homes, strict=True):
            for leg in range(self.board.legs):
                home = homes[told.others[case], leg]
                hit = (home >= 0) & told.near[told.which[case], told.place[number], home]
                found[told.level] += told.amounts[case][hit].sum()
        return found

    def take_related(self, state: _State, rng: np.random.Generator) -> _State:
        """A case and those that stand in each other's way: near it, or hostile to it."""
        queue, board = state.queue, self.board
        cases = list(queue.at)
        if not cases:
            return self._without(state, [])
        seed = int(rng.choice(cases))
        closeness: dict[int, float] = {case: float(rng.random()) for case in cases if case != seed}
        for told, homes in zip(board.near, queue.homes, strict=True):
            for number in queue.at[seed]:
                home = homes[told.others[seed], int(board.leg[number])]
                near = (home >= 0) & told.near[told.which[seed], told.place[number], home]
                for other in told.others[seed][near].tolist():
                    closeness[other] = closeness.get(other, 0.0) + 1.0
        wanted = np.zeros(board.size, dtype=np.bool_)
        wanted[board.ways[seed, 0]] = True
        for case in closeness:
            foes = board.foes(queue.at[case][0]) if case in queue.at else np.zeros(0, dtype=np.int64)
            closeness[case] += 2.0 * float(wanted[foes].sum()) / len(board.ways[seed, 0])
        ranked = sorted((case for case in closeness if case in queue.at), key=lambda case: -closeness[case])
        return self._without(state, [seed, *ranked[: self._how_many(queue, rng) - 1]])

    def take_zone(self, state: _State, rng: np.random.Generator) -> _State:
        """Everybody near a place."""
        queue, board = state.queue, self.board
        if not queue.at or not board.near:
            return self.take_any(state, rng)
        told, homes = board.near[0], queue.homes[0]
        near = told.near[int(rng.integers(len(told.near)))]
        centre = int(rng.choice(np.unique(homes[homes >= 0])))
        there = [case for case in queue.at if any(near[centre, home] for home in homes[case] if home >= 0)]
        rng.shuffle(there)
        return self._without(state, there[:_MOST_OUT])

    def take_blockers(self, state: _State, rng: np.random.Generator) -> _State:
        """Whoever keeps a case that has no place from one of its candidates."""
        queue, board = state.queue, self.board
        out = [case for case in board.legs_of if case not in queue.at]
        if not out:
            return self.take_related(state, rng)
        case = int(rng.choice(out))
        numbers = board.ways[case, 0]
        some = rng.permutation(numbers[~board.impossible[numbers]])[:8].tolist()
        found = min((sorted(blockers(queue, number)) for number in some), key=len, default=[])
        return self._without(state, found[:_MOST_OUT])

    def put_greedily(self, state: _State, rng: np.random.Generator) -> _State:
        """The most urgent with the fewest candidates first, each where it costs least; a way is overlooked at times."""
        return self._put(state, sorted(self._waiting(state), key=self.rank.__getitem__), rng)

    def put_and_eject(self, state: _State, rng: np.random.Generator) -> _State:
        """In any order; then some of those left out may each eject one other that fits elsewhere."""
        state = self._put(state, rng.permutation(self._waiting(state)).tolist(), rng)
        out = [case for case in self.board.legs_of if case not in state.queue.at]
        for case in rng.permutation(out)[:_EJECTING].tolist():
            eject(state.queue, case)
        return state

    def put_the_taken_last(self, state: _State, rng: np.random.Generator) -> _State:
        """Whoever had no place before goes first."""
        taken = set(state.out)
        waiting = rng.permutation(self._waiting(state)).tolist()
        return self._put(state, sorted(waiting, key=lambda case: case in taken), rng)

    def _waiting(self, state: _State) -> list[int]:
        queue = state.queue
        return [case for case in self.board.legs_of if case not in queue.at and queue.can(case)]

    def _put(self, state: _State, order: list[int], rng: np.random.Generator) -> _State:
        for case in order:
            for way in state.queue.best(case, rng, _BLINK):
                state.queue.place(way)
        return state

    def put_by_regret(self, state: _State, rng: np.random.Generator) -> _State:
        """Again and again the case that would lose most by waiting for its second way."""
        queue = state.queue
        ways: dict[int, list[Way]] = {case: queue.best(case, most=2) for case in self._waiting(state)}
        while ways := {case: told for case, told in ways.items() if told}:
            case = max(ways, key=lambda case: (self._regret(ways[case], state.weights), rng.random()))
            way = ways.pop(case)[0]
            queue.place(way)
            for other in ways:  # costs only rise as others are put in: who is far off keeps its ways
                if self._is_touched(way, ways[other]):
                    ways[other] = queue.best(other, most=2)
        return state

    def _regret(self, ways: list[Way], weights: tuple[int, ...]) -> float:
        first = sum(w * v for w, v in zip(weights, ways[0][1], strict=True))
        if len(ways) == 1:
            return float(-first) + float(weights[0])
        return float(sum(w * v for w, v in zip(weights, ways[1][1], strict=True)) - first)

    def _is_touched(self, way: Way, ways: list[Way]) -> bool:
        """Whether what was put in may change one of these ways; capacities are asked again in any case."""
        board = self.board
        foes = {foe for number in way[0] for foe in board.foes(number).tolist()}
        rows = {row for number in way[0] for row in board.uses.of_one(number)[0].tolist()}
        for other, _ in ways:
            if any(number in foes or not rows.isdisjoint(board.uses.of_one(number)[0].tolist()) for number in other):
                return True
            if any(self._are_near(one, number) for one in way[0] for number in other):
                return True
        return False

    def _are_near(self, one: int, other: int) -> bool:
        return any(told.near[:, told.place[one], told.place[other]].any() for told in self.board.near)


def alns(instance: Instance, clock: Clock, seed: int) -> Answer:
    """ALNS from the greedy plan until the time is over: roulette wheel, record-to-record travel."""
    before = clock.now_s
    board = Board(instance.program, [len(case.legs) for case in instance.facts.cases])
    build_s = clock.now_s - before
    order = urgency(board, instance)
    queue = Queue(board)
    construct(queue, order, clock)
    clock.saw(queue.values)
    if not order:  # nobody has a candidate: nothing can become better
        return answer_of(instance, queue, build_s)
    most = tuple(max(value, low) for value, low in zip(queue.values, instance.nothing(), strict=True))
    first = _State(queue, weights_of(tuple(4 * value + 1_000_000 for value in most)))
    operators = _Operators(board, order)
    search = ALNS(np.random.default_rng(seed))
    out: tuple[Callable[[_State, np.random.Generator], _State], ...] = (
        operators.take_any,
        operators.take_dearest,
        operators.take_related,
        operators.take_zone,
        operators.take_blockers,
    )
    into: tuple[Callable[[_State, np.random.Generator], _State], ...] = (
        operators.put_greedily,
        operators.put_and_eject,
        operators.put_the_taken_last,
        operators.put_by_regret,
    )
    for operator in out:
        search.add_destroy_operator(operator)
    for operator in into:
        search.add_repair_operator(operator)
    search.on_best(lambda state, _: clock.saw(state.queue.values))
    wheel = RouletteWheel(_SCORES, _DECAY, len(out), len(into))
    result = search.iterate(first, wheel, _ByTime(clock), lambda *_: clock.left_s <= 0)
    rounds = len(result.statistics.objectives) - 1
    return answer_of(instance, result.best_state.queue, build_s, note=f"{rounds} rounds")
