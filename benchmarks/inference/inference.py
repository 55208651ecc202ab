"""What an attacker concludes: a Bayesian reader of transcripts, calibrated on other runs of the same kind.

An answer tells something of a place where somebody may live through one quantity: the number of free beds that would
be safe for the sham person if nobody lived there, as expected from public figures (`Land.expected`), less those too
near the place. How often each kind of answer comes at which number is learnt, by a multinomial logistic regression.
Where a service lists its options with their cards, what another sham person was shown and this one is not is weighed
card by card.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from benchmarks.inference.interface import Question, Seen
from benchmarks.inference.land import Flags, Floats, Land, Occupancy
from benchmarks.inference.records import Run

__all__ = ["LOOKS", "Look", "Outcomes", "Reader", "features_at", "note", "outcome", "prior", "reader", "told_label"]

Look = Callable[[Seen], str]
"""What of an answer is looked at, as one of few words."""

_COUNTED: Final = 6
_STRANGE: Final = 0.03
"""Share of free facilities an answer leaves out, or keeps, for reasons the attacker does not know."""
_RARE: Final = 4
_FEATURES: Final = 6
_MOST_SLOTS: Final = 3
_RIDGE: Final = 1.0
_TEMPERS: Final = (0.0, 0.25, 0.5, 1.0)
_EDGES: Final = (1, 2, 3, 5, 9, 17, 33, 65)
"""Positions in the own order at which its classes begin: the first alone, then ever wider ones."""


def told_label(seen: Seen) -> str:
    """Whether slots came, how many, and at which round something was offered.

    Examples
    --------
    >>> told_label(Seen(True, frozenset(), (), 0)), told_label(Seen(False, frozenset(), (), None, count=9))
    ('slots - 0', 'hand 6 none')
    """
    counted = "-" if seen.count is None else str(min(seen.count, _COUNTED))
    return (
        f"{'slots' if seen.is_answered else 'hand'} {counted} {'none' if seen.told_round is None else seen.told_round}"
    )


def _lengths_label(seen: Seen) -> str:
    return f"{told_label(seen)} {sum(seen.lengths)} {len(seen.lengths)}"


def _times_label(seen: Seen) -> str:
    spent = sum(seen.elapsed_s)
    slow = int(np.log2(max(spent, 1e-3)) * 2) if seen.elapsed_s else "-"
    return f"{_lengths_label(seen)} {slow}"


def _trail_label(seen: Seen) -> str:
    """Acts of the trail in order, each with the hours since the first."""
    first = min((hour for _, hour in seen.trail), default=0)
    return f"{told_label(seen)} {','.join(f'{name}+{hour - first}' for name, hour in seen.trail)}"


LOOKS: Final[Mapping[str, Look]] = {"told": told_label, "times": _times_label, "trail": _trail_label}


def outcome(seen: Seen) -> bool:
    """Whether anything was there for the person: offered in time, or counted."""
    return bool(seen.count) if seen.count is not None else seen.told_round is not None


def _kept_before(run: Run, number: int) -> int:
    """Beds of the same part of the country that the attackers keep already."""
    forbidden = run.steps[number].question.forbidden
    return sum(
        step.question.keeps and step.question.forbidden == forbidden and outcome(step.seen)
        for step in run.steps[:number]
    )


def _before(run: Run, number: int) -> float:
    """What the same part got when it was last asked about: 0 nothing, 1 enough, a half if never."""
    own = run.steps[number].question
    for step in reversed(run.steps[:number]):
        if step.question.forbidden == own.forbidden:
            return float(outcome(step.seen)) if step.seen.count is None else min(step.seen.count, 3) / 3
    return 0.5


def features_at(land: Land, expected: Floats, seen: Seen, blocked: Flags, kept: int, before: float) -> Floats:
    """(n + 1, 6) what the answer's distribution depends on, if the person looked for lives at each facility.

    The last row is of no knowledge where they live.

    Parameters
    ----------
    expected : (n,) free safe beds of each facility, as known before the question
    blocked : (n, n) which facilities a person at each facility makes useless for the question
    kept : beds the attackers hold already
    before : what the same facts got before
    """
    found = np.ones((len(land.ids) + 1, _FEATURES))
    for column, among in ((1, land.mask(seen.eligible)), (2, land.mask(seen.ranked))):
        there = expected * among
        found[:-1, column] = there.sum() - blocked @ there
        found[-1, column] = there.sum()
    found[:, 1:3] = np.log(found[:, 1:3] + 0.05)
    found[:, 3], found[:, 4], found[:, 5] = kept / 4, before, before * found[:, 1]
    return found


def _reach(run: Run, network: str, number: int, *, is_moved: bool) -> str | None:
    """How far somebody of a network makes facilities useless for a question; None: they change nothing."""
    asked = run.steps[number].question.network
    if network in run.public.rivals.get(asked, ()):
        return "near"
    if network == asked:
        return "same_town"  # people of one network are kept out of one town
    return "own_bed" if is_moved else None


def _blocked(land: Land, reach: str) -> Flags:
    """(n, n) what somebody at each facility makes useless."""
    none = np.zeros((len(land.ids), len(land.ids)), dtype=np.bool_)
    return {"near": land.near, "same_town": land.same_town, "own_bed": ~none & np.eye(len(none), dtype=np.bool_)}.get(
        reach, none
    )


def _expected(run: Run) -> Sequence[Floats]:
    """For each question, free safe beds of each facility as known before it."""
    if "expected" not in run.memory:
        known, found = Occupancy(run.land), []
        for step in run.steps:
            found.append(known.expected(step.question.network))
            note(known, run.land, step.question, step.seen)
        run.memory["expected"] = found
    told: Sequence[Floats] = run.memory["expected"]
    return told


def note(known: Occupancy, land: Land, question: Question, seen: Seen) -> None:
    """Let an answer tell what is free; one that came without slots tells nothing if nothing was offered either."""
    is_some = outcome(seen)
    if seen.is_answered or is_some:
        count = None if seen.count is None or seen.count >= _MOST_SLOTS else seen.count
        among = land.mask(seen.eligible)
        known.learn(question.network, among, count, is_some=is_some, is_kept=question.keeps and is_some)


def _features(run: Run, number: int, reach: str) -> Floats:
    """`features_at` of a question, worked out once."""
    key = "features", number, reach
    if key not in run.memory:
        step = run.steps[number]
        kept, before = _kept_before(run, number), _before(run, number)
        blocked = _blocked(run.land, reach)
        run.memory[key] = features_at(run.land, _expected(run)[number], step.seen, blocked, kept, before)
    found: Floats = run.memory[key]
    return found


@dataclass(frozen=True)
class Outcomes:
    """How often each label comes, by the features: one logistic regression of all labels.

    Parameters
    ----------
    labels : in order; `rare`, the last if it is there, stands for all that are rare
    weights : (6, labels)
    """

    labels: tuple[str, ...]
    weights: Floats = field(repr=False)

    def log_probability(self, label: str, features: Floats) -> Floats:
        """(rows,) of a label at each row of features."""
        number = next((n for n, known in enumerate(self.labels) if known in (label, "rare")), None)
        if number is None:
            return np.zeros(len(features))
        scores = features @ self.weights
        scores = scores - scores.max(axis=1, keepdims=True)
        found: Floats = scores[:, number] - np.log(np.exp(scores).sum(axis=1))
        return found


def fit_outcomes(told: Sequence[str], features: Floats) -> Outcomes:
    """Fit by Newton's method with a ridge; rare labels are one.

    Examples
    --------
    >>> steep = np.stack([np.ones(40), np.arange(40.0) - 20], axis=1)
    >>> fitted = fit_outcomes(["none"] * 20 + ["offered"] * 20, steep)
    >>> bool(np.exp(fitted.log_probability("offered", steep[-1:]))[0] > 0.9)
    True
    """
    counts = Counter(told)
    common = sorted(label for label, count in counts.items() if count >= _RARE)
    labels = (*common, *(["rare"] if len(common) < len(counts) else []))
    which = np.array([labels.index(label) if label in labels else len(labels) - 1 for label in told])
    width, classes = features.shape[1], len(labels)
    wanted = np.eye(classes)[which]
    weights = np.zeros((width, classes))
    ridge = np.full(width, _RIDGE)
    ridge[0] = 1e-3
    for _ in range(200):
        scores = features @ weights
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        slope = features.T @ (wanted - chances) - ridge[:, None] * weights
        # Boehning's bound on the curvature is the same for all classes, so that one small system does for all.
        curve = 0.5 * features.T @ features + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return Outcomes(labels, weights)


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
        evidence = _evidence(run, network, moved[-1] if moved else None, self.look, self.outcomes)
        return before, _normal(before * np.exp(self.temper * (evidence - evidence.max())))

    def offered(self, run: Run, number: int) -> tuple[Floats, Floats]:
        """(n,) prior and posterior of where the offer of a question is."""
        land, seen = run.land, run.steps[number].seen
        before = land.beds * land.mask(seen.eligible)
        after = before * _position_weights(run, number, self.positions) * _is_true_of(land, seen.card)
        after = after * np.exp(_later(run, number, self.look, self.tightened))
        return before, after if after.sum() > 0 else before


def _normal(weight: Floats) -> Floats:
    total = float(weight.sum())
    return weight / total if total else weight


def prior(run: Run, network: str) -> Floats:
    """(n,) where somebody of a network may live, from the catalogue alone: by beds, where they may be placed."""
    land = run.land
    among = land.mask(run.bases[network]) if network in run.bases else np.ones(len(land.ids), dtype=np.bool_)
    return _normal(land.beds * among) if among.any() else _normal(land.beds)


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


def _evidence(run: Run, network: str, moved_at: int | None, look: Look, outcomes: Outcomes) -> Floats:
    """(n,) log likelihood of all answers, up to a constant, by where somebody of the network lives."""
    found = _of_lists(run, network, moved_at).copy()
    for number in range(0 if moved_at is None else moved_at, len(run.steps)):
        reach = _reach(run, network, number, is_moved=moved_at is not None)
        seen = run.steps[number].seen
        if reach is not None and seen.order is None:
            found += outcomes.log_probability(look(seen), _features(run, number, reach)[:-1])
    return found


def _of_lists(run: Run, network: str, moved_at: int | None) -> Floats:
    """(n,) the part of the evidence that lists of options give, worked out once."""
    key = "lists", network, moved_at
    if key not in run.memory:
        found = np.zeros(len(run.land.ids))
        for number in range(0 if moved_at is None else moved_at, len(run.steps)):
            reach = _reach(run, network, number, is_moved=moved_at is not None)
            if reach is not None and run.steps[number].seen.order is not None:
                reference = _reference(run, network, number, moved_at)
                if reference is not None:
                    found += _missing(run, number, reference, _blocked(run.land, reach))
        run.memory[key] = found
    told: Floats = run.memory[key]
    return told


def _reference(run: Run, network: str, number: int, moved_at: int | None) -> int | None:
    """The last answer about the same part of the country on which the one looked for had no influence."""
    forbidden, foes = run.steps[number].question.forbidden, run.public.rivals.get(network, frozenset())
    for earlier in range((number if moved_at is None else moved_at) - 1, -1, -1):
        asked = run.steps[earlier].question
        if asked.forbidden == forbidden and asked.network != network and asked.network not in foes:
            return earlier
    return None


def _missing(run: Run, number: int, reference: int, blocked: Flags) -> Floats:
    """(n,) log likelihood of how many options of each card an answer has fewer than another, by where one lives.

    Facilities with the same card cannot be told apart: of so many that were free, so many are missing.
    """
    land, step, other = run.land, run.steps[number], run.steps[reference]
    eligible, before = land.mask(step.seen.eligible), land.mask(other.seen.eligible)
    listed, known = Counter(step.seen.order), Counter(other.seen.order)
    rivals = len(run.public.rivals.get(step.question.network, ()))
    others = np.clip(1 - np.exp(-rivals * land.rival_near), _STRANGE, 1 - _STRANGE)
    found = np.zeros(len(land.ids))
    for card, free in known.items():
        there = land.cards == card
        if not (there & eligible).any() or ((there & eligible) != (there & before)).any():
            continue
        same = there & eligible
        gone = max(0, free - listed[card])
        share = blocked[:, same].mean(axis=1)
        chance = np.clip(share + (1 - share) * others[same].mean(), _STRANGE, 1 - _STRANGE)
        found += gone * np.log(chance) + (free - gone) * np.log(1 - chance)
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
                    rows.append(_features(run, number, "nowhere")[-1])
        return fit_outcomes(told, np.array(rows)) if rows else Outcomes(("rare",), np.zeros((_FEATURES, 1)))

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
                evidence = _evidence(run, network, first, self.look, self.outcomes)
                there = run.land.mask(at)
                for temper in _TEMPERS:
                    after = _normal(before * np.exp(temper * (evidence - evidence.max())))
                    gained[temper] += float(np.log(max(1e-6, float(after[there].mean()))))
        return max(_TEMPERS, key=lambda temper: (gained[temper], -temper))

    @cached_property
    def positions(self) -> Floats:
        """Offers found at each class of positions, over those the beds alone would put there."""
        seen = np.ones(len(_EDGES) + 2)
        wanted = np.ones(len(_EDGES) + 2)
        for run in self.runs:
            for number, offered in enumerate(run.secrets.offered[: len(run.steps)]):
                weight = _normal(run.land.beds * run.land.mask(run.steps[number].seen.eligible))
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
