"""What an attacker concludes: a Bayesian reader of transcripts, calibrated on other runs of the same kind.

An answer tells something of a place where somebody may live through one quantity: the number of free beds that would
be safe for the sham person if nobody lived there, as expected from public figures (`Land.expected`), less those too
near the place. How often each kind of answer comes at which number is learnt, by a multinomial logistic regression.
Where a service lists its options with their cards, what another sham person was shown and this one is not is weighed
card by card.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from benchmarks.inference.evidence import (
    FEATURES,
    Look,
    Outcomes,
    evidence,
    features,
    fit_outcomes,
    normal,
    prior,
    told_label,
)
from benchmarks.inference.land import Flags, Floats, Land
from benchmarks.inference.records import Run

__all__ = ["Reader", "Training", "reader"]

_TEMPERS: Final = (0.0, 0.25, 0.5, 1.0)
_EDGES: Final = (1, 2, 3, 5, 9, 17, 33, 65)
"""Positions in the own order at which its classes begin: the first alone, then ever wider ones."""


@dataclass(frozen=True)
class Reader:
    """An attacker's calibrated eye.

    Parameters
    ----------
    look : at what of an answer
    outcomes : how often each label comes
    temper : how much of the evidence is believed: the share that told the truth best on the training runs
    positions : how much likelier an offer is at each class of positions of the own order than the beds alone say;
        the last is of facilities that are not in the order
    tightened : for each label of a later version, log odds that it comes when the offer lay in what it forbids
    """

    look: Look
    outcomes: Outcomes = field(repr=False)
    temper: float
    positions: Floats = field(repr=False)
    tightened: Mapping[str, float] = field(repr=False)

    def where(self, run: Run, network: str) -> tuple[Floats, Floats]:
        """(n,) prior and posterior of where somebody of a network lives."""
        moved = [first for name, first in run.moved if name == network]
        before = prior(run, network)
        told = evidence(run, network, moved[-1] if moved else None, self.look, self.outcomes)
        return before, normal(before * np.exp(self.temper * (told - told.max())))

    def offered(self, run: Run, number: int) -> tuple[Floats, Floats]:
        """(n,) prior and posterior of where the offer of a question is."""
        land, seen = run.land, run.steps[number].seen
        before = land.beds * land.mask(seen.eligible)
        after = before * _position_weights(run, number, self.positions) * _is_true_of(land, seen.card)
        after = after * np.exp(_later(run, number, self.look, self.tightened))
        return before, after if after.sum() > 0 else before


def _classes(run: Run, number: int) -> Floats:
    """(n,) class of the position of each facility in the own order."""
    land, seen = run.land, run.steps[number].seen
    found = np.full(len(land.ids), float(len(_EDGES)))
    for position, name in enumerate(seen.ranked):
        found[land.number[name]] = np.searchsorted(_EDGES, position, side="right")
    found[~np.isin(np.arange(len(land.ids)), [land.number[name] for name in seen.ranked])] = len(_EDGES) + 1
    return found


def _position_weights(run: Run, number: int, positions: Floats) -> Floats:
    found: Floats = positions[_classes(run, number).astype(np.int64)]
    return found


def _is_true_of(land: Land, card: Sequence[str]) -> Flags:
    """(n,) of which facilities a card is true; a withheld attribute is true of all."""
    found: Flags = np.ones(len(land.ids), dtype=np.bool_)
    for place, value in enumerate(card):
        if value != "withheld":
            told = [land.public.facilities[name].attributes for name in land.ids]
            found &= np.array([len(one) <= place or one[place] == value for one in told])
    return found


def _versions(run: Run, number: int) -> list[int]:
    """Numbers of the later versions of a question's case."""
    first = run.steps[number].question.case
    root = number if first is None else first
    return [later for later in range(number + 1, len(run.steps)) if run.steps[later].question.case == root]


def _cut_off(run: Run, number: int, later: int) -> Flags:
    """(n,) what a later version forbids of what the question allowed."""
    land = run.land
    return land.mask(run.steps[number].seen.eligible) & ~land.mask(run.steps[later].seen.eligible)


def _later(run: Run, number: int, look: Look, tightened: Mapping[str, float]) -> Floats:
    """(n,) evidence of the next version on where the offer of a question is.

    Only the version that comes next is read: with those after it another offer may be behind the answer.
    """
    found = np.zeros(len(run.land.ids))
    for later in _versions(run, number)[:1]:
        found += _cut_off(run, number, later) * tightened.get(look(run.steps[later].seen), 0.0)
    return found


class Training:
    """What is read off training runs once, whoever looks."""

    def __init__(self, runs: Sequence[Run], look: Look) -> None:
        self.runs, self.look = runs, look

    @cached_property
    def outcomes(self) -> Outcomes:
        """Of every answer that names no facilities."""
        told, rows = [], []
        for run in self.runs:
            for number, step in enumerate(run.steps):
                if step.seen.order is None:
                    told.append(self.look(step.seen))
                    rows.append(features(run, number, "nowhere")[-1])
        return fit_outcomes(told, np.array(rows)) if rows else Outcomes(("rare",), np.zeros((FEATURES, 1)))

    @cached_property
    def temper(self) -> float:
        """Of those offered, the one with the greatest likelihood of where people live."""
        gained = dict.fromkeys(_TEMPERS, 0.0)
        for run in self.runs:
            moved = {name: (place, first) for (name, first), place in zip(run.moved, run.secrets.moved, strict=False)}
            for network in run.aimed:
                at, first = ((moved[network][0],), moved[network][1]) if network in moved else (
                    run.secrets.placed.get(network, ()), None
                )  # fmt: skip
                if not at:
                    continue
                before = prior(run, network)
                told = evidence(run, network, first, self.look, self.outcomes)
                there = run.land.mask(at)
                for temper in _TEMPERS:
                    after = normal(before * np.exp(temper * (told - told.max())))
                    gained[temper] += float(np.log(max(1e-6, float(after[there].mean()))))
        return max(_TEMPERS, key=lambda temper: (gained[temper], -temper))

    @cached_property
    def positions(self) -> Floats:
        """Offers found at each class of positions, over those the beds alone would put there."""
        seen = np.ones(len(_EDGES) + 2)
        wanted = np.ones(len(_EDGES) + 2)
        for run in self.runs:
            for number, offered in enumerate(run.secrets.offered[: len(run.steps)]):
                weight = normal(run.land.beds * run.land.mask(run.steps[number].seen.eligible))
                if offered is None or not weight[run.land.number[offered]]:
                    continue
                classes = _classes(run, number).astype(np.int64)
                seen[classes[run.land.number[offered]]] += 1
                wanted += np.bincount(classes, weights=weight, minlength=len(wanted))
        found: Floats = seen / wanted
        return found

    @cached_property
    def tightened(self) -> Mapping[str, float]:
        """Log odds of each label of a later version, the offer in what it forbids against elsewhere."""
        inside: Counter[str] = Counter()
        outside: Counter[str] = Counter()
        for run in self.runs:
            for number, offered in enumerate(run.secrets.offered[: len(run.steps)]):
                for later in _versions(run, number)[:1] if offered is not None else ():
                    is_cut = _cut_off(run, number, later)[run.land.number[offered or ""]]
                    (inside if is_cut else outside)[self.look(run.steps[later].seen)] += 1
        labels = {*inside, *outside}
        kinds = max(1, len(labels))
        return {
            label: float(
                np.log((inside[label] + 1) / (inside.total() + kinds))
                - np.log((outside[label] + 1) / (outside.total() + kinds))
            )
            for label in labels
        }


def reader(runs: Sequence[Run], look: Look = told_label) -> Reader:
    """An attacker's eye, calibrated on training runs."""
    told = Training(runs, look)
    return Reader(look, told.outcomes, told.temper, told.positions, told.tightened)
