"""Asking for options in one process, as a service would: nothing remembered from one case helps the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

from benchmarks.generate import generate, to_bytes
from benchmarks.generation.spec import WeekSpec
from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.facts import Facts
from matching.intake import read

__all__ = ["Spent", "asked", "facts_of", "timed"]

Answer = TypeVar("Answer")

Spent = tuple[float, float]
"""Seconds on the wall's clock, and on a processor: far apart when other programs run as well."""


def timed(work: Callable[[], Answer]) -> tuple[Spent, Answer]:
    """What a piece of work took, and its answer.

    Examples
    --------
    >>> (wall_s, cpu_s), answer = timed(lambda: 7)
    >>> answer, wall_s >= 0, cpu_s >= 0
    (7, True, True)
    """
    began, began_cpu = time.perf_counter(), time.process_time()
    answer = work()
    return (time.perf_counter() - began, time.process_time() - began_cpu), answer


def asked(facts: Facts, cases: Iterable[int], answer: Callable[[Facts, int], Answer]) -> Iterator[tuple[Spent, Answer]]:
    """What each case's question took, and its answer; each is asked of facts that remember nothing.

    Parameters
    ----------
    facts : the week
    cases : numbers of the cases, asked in this order
    answer : from facts and a case
    """
    for case in cases:
        yield timed(partial(answer, replace(facts), case))


def facts_of(spec: WeekSpec) -> Facts:
    """Facts of a generated week.

    Examples
    --------
    >>> len(facts_of(WeekSpec(waiting=2, placed=0, facilities=3, networks=4)).cases)
    2
    """
    layers = Layers.load()
    network = TravelNetwork.load(layers)
    content = to_bytes(generate(spec, layers, network))
    return read(content, place_index(layers), lambda told: enrich(told, layers, network))[1]
