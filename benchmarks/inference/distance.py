"""An assessment that keeps a named person far away: what is offered, or not, measures how far off that person is.

What can be offered are free beds farther from the person than the limit; the attacker chooses limit and permitted
kommuner. The likelihood needs no calibration: a facility has a free bed by chance, whoever lives where.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from benchmarks.inference.evidence import outcome
from benchmarks.inference.game import Game, narrow
from benchmarks.inference.interface import Question
from benchmarks.inference.land import Flags, Floats, Land
from benchmarks.inference.records import Run

__all__ = ["locate", "offered_chance", "where_named"]

_RADII_KM: Final = tuple(itertools.chain(range(30, 200, 20), range(200, 1300, 50)))
_FREE: Final = 0.7
"""Share of the vacant beds that are free for a sham person on the nights that are wanted."""
_SURE: Final = 0.96
_POOL: Final = 24
_TRIED: Final = 6
_WIDENED: Final = 1.2
"""Admission allows for separations widened by a fifth."""


def offered_chance(land: Land, among: Flags, apart_km: int) -> Floats:
    """(n,) chance that something is offered, by where the named person lives.

    Parameters
    ----------
    among : (n,) facilities the question allows
    """
    none = np.log1p(-np.minimum(1 - (1 - _FREE * land.vacancy) ** land.beds, 0.95))
    far = (land.gap_m > apart_km * 1000) & among
    return np.asarray((1 - _SURE) / 2 + _SURE * (1 - np.exp(far @ none)), dtype=np.float64)


def _entropy(chance: Floats) -> Floats:
    kept = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(-(kept * np.log2(kept) + (1 - kept) * np.log2(1 - kept)), dtype=np.float64)


def locate(game: Game, named: str, unit: int) -> None:
    """Ask about one person: each time what is expected to tell most, of what is admitted wherever the person lives."""
    land, network = game.land, game.aim.neutral
    base = game.base(network)
    belief = land.beds / land.beds.sum()
    for _ in range(game.per_unit):
        best: tuple[float, frozenset[str], int, Floats] | None = None
        for _ in range(_POOL):
            centre = game.dice.randrange(len(land.ids))
            forbidden = narrow(game, network, centre, game.dice.choice((0.7, 2.0, 5.0)))
            among = base & land.allowed(forbidden)
            for apart_km in game.dice.sample(_RADII_KM, _TRIED):
                shut = land.gap_m <= apart_km * 1000 * _WIDENED
                if not land.is_admitted(among, game.service.settings, shut):
                    continue
                chance = offered_chance(land, among, apart_km)
                told = float(_entropy(np.array([belief @ chance]))[0] - belief @ _entropy(chance))
                if best is None or told > best[0]:
                    best = told, forbidden, apart_km, chance
        if best is None:
            continue
        _, forbidden, apart_km, chance = best
        step = game.ask_of(Question(network, forbidden, unit, named=named, apart_km=apart_km))
        if step.seen.is_answered:
            belief = belief * (chance if outcome(step.seen) else 1 - chance)
            belief = belief / belief.sum()


def where_named(run: Run, named: str) -> tuple[Floats, Floats]:
    """(n,) prior and posterior of where a named person lives."""
    land = run.land
    before = land.beds / land.beds.sum()
    after = before.copy()
    for step in run.steps:
        if step.question.named != named or not step.seen.is_answered:
            continue
        chance = offered_chance(land, land.mask(step.seen.eligible), step.question.apart_km)
        after = after * (chance if outcome(step.seen) else 1 - chance)
    return before, after / after.sum()
