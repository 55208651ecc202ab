"""What answers say of where somebody lives: likelihoods, by kinds of answers and by lists of options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.inference.interface import Question, Seen
from benchmarks.inference.land import Flags, Floats, Land, Occupancy
from benchmarks.inference.records import Run

__all__ = [
    "FEATURES",
    "LOOKS",
    "Look",
    "Outcomes",
    "evidence",
    "features",
    "features_at",
    "fit_outcomes",
    "normal",
    "note",
    "outcome",
    "prior",
    "told_label",
]

Look = Callable[[Seen], str]
"""What of an answer is looked at, as one of few words."""

_COUNTED: Final = 6
_STRANGE: Final = 0.03
"""Share of free facilities an answer leaves out, or keeps, for reasons the attacker does not know."""
_RARE: Final = 4
FEATURES: Final = 6
_MOST_SLOTS: Final = 3
_RIDGE: Final = 1.0


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
    first = min((minute for _, minute in seen.trail), default=0)
    return f"{told_label(seen)} {','.join(f'{name}+{(minute - first) // 60}' for name, minute in seen.trail)}"


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
    found = np.ones((len(land.ids) + 1, FEATURES))
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


def features(run: Run, number: int, reach: str) -> Floats:
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


def normal(weight: Floats) -> Floats:
    total = float(weight.sum())
    return weight / total if total else weight


def prior(run: Run, network: str) -> Floats:
    """(n,) where somebody of a network may live, from the catalogue alone: by beds, where they may be placed."""
    land = run.land
    among = land.mask(run.bases[network]) if network in run.bases else np.ones(len(land.ids), dtype=np.bool_)
    return normal(land.beds * among) if among.any() else normal(land.beds)


def evidence(run: Run, network: str, moved_at: int | None, look: Look, outcomes: Outcomes) -> Floats:
    """(n,) log likelihood of all answers, up to a constant, by where somebody of the network lives."""
    found = _of_lists(run, network, moved_at).copy()
    for number in range(0 if moved_at is None else moved_at, len(run.steps)):
        reach = _reach(run, network, number, is_moved=moved_at is not None)
        seen = run.steps[number].seen
        if reach is not None and seen.order is None:
            found += outcomes.log_probability(look(seen), features(run, number, reach)[:-1])
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
