"""Greedy insertion with the ejection of one: what a patient person with a telephone and a list would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from benchmarks.peers.board import Board
from benchmarks.peers.instance import Clock, Instance
from benchmarks.peers.levels import Answer, SolverFailed, levels_of
from benchmarks.peers.queue import Queue

__all__ = ["answer_of", "blockers", "construct", "eject", "greedy", "urgency"]

_TRIED: Final = 40
"""Places tried for a case that fits nowhere, those with the least own cost."""


def urgency(board: Board, instance: Instance) -> list[int]:
    """Cases that have candidates: the most urgent first, then those with the fewest."""
    cases = instance.facts.cases
    return sorted(board.legs_of, key=lambda case: (cases[case].triage, len(board.ways[case, 0]), case))


def blockers(queue: Queue, number: int) -> set[int]:
    """Cases that are in and exclude a candidate, or fill a capacity that it needs."""
    board = queue.board
    foes = board.foes(number)
    chosen = np.fromiter((n for numbers in queue.at.values() for n in numbers), np.int64)
    found = set(board.case[np.intersect1d(foes, chosen)].tolist())
    row, amount, aux = board.uses.of_one(number)
    amount = np.where((aux >= 0) & (queue.true[aux] > 0), 0, amount)
    full = set(row[queue.used[row] + amount > board.bounds[row]].tolist())
    if full:
        owner, (rows, _, _) = board.uses.at(chosen)
        found |= set(board.case[chosen[owner[np.isin(rows, list(full))]]].tolist())
    return found


def construct(queue: Queue, order: list[int], clock: Clock) -> None:
    """Put every case in where it costs least, then let those left out eject one other that fits elsewhere.

    Parameters
    ----------
    queue : is filled
    order : of the cases
    clock : asked after each case
    """
    for case in order:
        if clock.left_s <= 0:
            return
        for way in queue.best(case):
            queue.place(way)
    improved = True
    while improved and clock.left_s > 0:
        improved = False
        for case in [case for case in order if case not in queue.at]:
            if clock.left_s <= 0:
                return
            improved = eject(queue, case) or improved


def eject(queue: Queue, case: int) -> bool:
    """Whether one other case could be moved so that this one has a place, and the whole became better.

    Parameters
    ----------
    queue : is changed if so
    case : that has no place
    """
    before = queue.values
    for number, other in _exchanges(queue, case):
        old = queue.at[other]
        queue.remove(other)
        way = next((way for way in queue.best(case) if number in way[0]), None)
        for told in [way] if way is not None else queue.best(case):
            queue.place(told)
        for told in queue.best(other):
            queue.place(told)
        if queue.values < before:
            return True
        queue.remove(case)
        queue.remove(other)
        for old_number in old:
            queue.put(old_number)
    return False


def _exchanges(queue: Queue, case: int) -> Iterator[tuple[int, int]]:
    """Candidates of a case's first stay that a single other case excludes, the cheapest first, and that case."""
    board = queue.board
    numbers = board.ways[case, 0]
    numbers = numbers[~board.impossible[numbers]]
    order = np.lexsort(board.direct[::-1, numbers])
    for number in numbers[order][:_TRIED].tolist():
        others = blockers(queue, number)
        if len(others) == 1:
            yield number, others.pop()


def answer_of(instance: Instance, queue: Queue, build_s: float, note: str = "") -> Answer:
    """The answer of a search that proves nothing, its levels counted again by the program.

    Raises
    ------
    SolverFailed : its own count differs, or a clause is broken
    """
    chosen = queue.chosen
    if not instance.fits(chosen) or instance.program.values(chosen) != queue.values:
        raise SolverFailed("the search's own count differs from the program's, or a clause is broken")
    return Answer(chosen, levels_of(instance.program, chosen), build_s, note=note)


def greedy(instance: Instance, clock: Clock, seed: int) -> Answer:  # noqa: ARG001 - it draws nothing
    """Insertion by urgency and fewest candidates, with the ejection of one; once, whatever time is left."""
    before = clock.now_s
    board = Board(instance.program, [len(case.legs) for case in instance.facts.cases])
    build_s = clock.now_s - before
    queue = Queue(board)
    construct(queue, urgency(board, instance), clock)
    clock.saw(queue.values)
    return answer_of(instance, queue, build_s)
