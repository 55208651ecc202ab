"""Whether a requester can tell by the clock, or by the size of what comes, what is behind an answer.

``python -m benchmarks.inference.timing`` puts two worlds side by side in this process (`tests.service.paired`): the
same people ask the same at the same moments, and nothing but others' secrets differs. Each request goes to both, in
random order, so that whatever else the machine does falls on both alike. A classifier learns from one half of the cases
to tell the worlds by time and length, for each kind of request apart, and is tried on the other half: an area under the
curve of 0.5 is guessing. Once by single answers, once by an attacker who asks again and takes the median.

The first contrast is of a world with itself: what it shows is the noise of the method. One line of JSON each.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.inference.statistics import area_under_curve
from service.processes.embedded import Embedded
from service.store.migrate import upgrade
from tests.service.conftest import Database
from tests.service.harness import SMALL
from tests.service.paired.own import FIRST, Own, Request
from tests.service.paired.pair import Pair, pair_of

__all__ = ["BAR", "CONTRASTS", "Contrast", "Measured", "main", "measure"]

BAR: Final = 0.52
"""Largest area under the curve (security.md)."""
_SETTINGS: Final = SMALL.model_copy(update={"judgement_wait_s": 0})
_CASES: Final = 8
_TEMPLATE: Final = "timing_template"
_TOGETHER: Final = 5
"""Answers of one case to the same request that a patient attacker takes the median of."""
_STEPS: Final = 400
_RATE: Final = 0.5

_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")

Floats = NDArray[np.float64]


class Sample(NamedTuple):
    """One answer.

    Parameters
    ----------
    world : 0 or 1
    case : number of the case
    kind : of the request
    length : of body and headers, bytes
    """

    world: int
    case: int
    kind: str
    took_s: float
    length: int


@dataclass(frozen=True)
class Contrast:
    """Two worlds that a requester should not tell apart.

    Parameters
    ----------
    kinds : how others live in each, see `tests.service.paired.others.KINDS`
    is_preferred : slots were chosen: something is held in the first world; in the second the coordinator has the case,
        unless it is as empty
    """

    name: str
    kinds: tuple[str, str]
    is_preferred: bool


CONTRASTS: Final = (
    Contrast("the same", ("empty", "empty"), is_preferred=True),
    Contrast("empty register or full", ("empty", "full"), is_preferred=False),
    Contrast("backed and held, or with the coordinator", ("empty", "full"), is_preferred=True),
)


@dataclass(frozen=True)
class Measured:
    """How well two worlds can be told apart.

    Parameters
    ----------
    answers : of both worlds, those that were learnt from among them
    auc, auc_ci95 : by single answers
    patient_auc, patient_ci95 : by medians of `_TOGETHER` answers of a case to the same request
    unlike_lengths : answers of one world to a request of a case that have no like of their length in the other
    median_us : by how much the second world's median answer takes longer, microseconds
    is_met : both intervals lie below the bar, and every length has its like; too few answers are not enough for it
    """

    bench: str
    contrast: str
    answers: int
    auc: float
    auc_ci95: tuple[float, float]
    patient_auc: float
    patient_ci95: tuple[float, float]
    unlike_lengths: int
    median_us: float
    bar: float = BAR
    is_met: bool = field(init=False)

    def __post_init__(self) -> None:
        worst = max(self.auc_ci95[1], self.patient_ci95[1])
        object.__setattr__(self, "is_met", worst <= self.bar and not self.unlike_lengths)


def measure(answers: int = 36_000, seed: int = 1, contrasts: Sequence[Contrast] = CONTRASTS) -> list[Measured]:
    """Measure every contrast.

    Parameters
    ----------
    answers : of each contrast, both worlds together
    """
    with tempfile.TemporaryDirectory(prefix="fristad-timing-") as folder, Embedded(Path(folder) / "data") as server:
        server.create_database(_TEMPLATE)
        upgrade(server.url("fristad_owner", _TEMPLATE))
        return [
            measured(contrast.name, samples(Path(folder) / str(number), server, contrast, answers, seed))
            for number, contrast in enumerate(contrasts)
        ]


def samples(
    folder: Path, server: Embedded, contrast: Contrast, answers: int, seed: int, template: str = _TEMPLATE
) -> list[Sample]:
    """Answers of two worlds to the same requests, each sent to both one after the other, in random order.

    Parameters
    ----------
    template : name of a migrated database
    """
    dice = Random(seed)
    found: list[Sample] = []
    with _databases(server, folder.name, template) as databases:
        opened = pair_of(folder, databases, seed, contrast.kinds, "green", cases=_CASES, settings=_SETTINGS)
        with opened as pair:
            requests = _prepared(pair, contrast)
            while len(found) < answers:
                for one, make in dice.sample(requests, len(requests)):
                    found += _both(pair, dice, one, make(dice))
    return found


@contextmanager
def _databases(server: Embedded, name: str, template: str) -> Iterator[tuple[Database, Database]]:
    with ExitStack() as opened:
        made = []
        for number in (1, 2):
            made.append(Database(f"timing_{name}_{number}", server))
            server.create_database(made[-1].name, template)
            opened.callback(server.drop_database, made[-1].name)
        yield made[0], made[1]


Make = Callable[[Random], Request]


def _prepared(pair: Pair, contrast: Contrast) -> list[tuple[Own, Make]]:
    """Carry every case as far as the contrast has it; the requests that are asked again and again from then on."""
    for one in pair.own:
        for step in FIRST:
            pair.send(one, getattr(one, step)(pair.dice))
    pair.run()
    pair.move(minutes=20)
    for one in pair.own:
        pair.send(one, one.read_answer(pair.dice))
        if contrast.is_preferred:
            pair.send(one, one.prefer(pair.dice))
    pair.run()
    if contrast.is_preferred:
        for world in pair.worlds:
            world.serve(pair.asked(), "confirmed")
        pair.run()
    found: list[tuple[Own, Make]] = []
    for one in pair.own:
        reads = tuple(request for request in one.everything() if request.who == one.requester)
        found += [(one, _again(request)) for request in reads]
        found += [(one, one.ask), (one, one.prefer), (one, one.out_of_order)]
    return found


def _again(request: Request) -> Make:
    return lambda _dice: request


def _both(pair: Pair, dice: Random, one: Own, request: Request) -> Iterator[Sample]:
    kind = f"{request.method} {request.who[0]} {_ID.sub('…', request.path)}"
    answers = pair.send_in_order(one, request, dice.sample((0, 1), 2))
    for world, answer in enumerate(answers):
        length = len(answer.content) + sum(len(name) + len(value) for name, value in answer.headers.raw)
        yield Sample(world, one.number, kind, float(answer.extensions["took_s"]), length)


def measured(name: str, found: Sequence[Sample]) -> Measured:
    """Learn from one half of the cases, try on the other, and the other way round.

    Examples
    --------
    >>> even = [Sample(world, case, "GET x", 0.001, 9) for case in range(4) for world in (0, 1) for _ in range(60)]
    >>> measured("the same", even).auc
    0.5
    >>> told = [sample._replace(length=9 + sample.world) for sample in even]
    >>> measured("by length", told).auc, measured("by length", told).is_met
    (1.0, False)
    """
    auc, low, high = _told_apart(found)
    patient, patient_low, patient_high = _told_apart(_medians(found))
    by_length = [
        Counter((sample.case, sample.kind, sample.length) for sample in found if sample.world == world)
        for world in (0, 1)
    ]
    times = [np.array([sample.took_s for sample in found if sample.world == world]) for world in (0, 1)]
    return Measured(
        bench="timing",
        contrast=name,
        answers=len(found),
        auc=auc,
        auc_ci95=(low, high),
        patient_auc=patient,
        patient_ci95=(patient_low, patient_high),
        unlike_lengths=((by_length[0] - by_length[1]) + (by_length[1] - by_length[0])).total(),
        median_us=round(float(np.median(times[1]) - np.median(times[0])) * 1e6, 1),
    )


def _told_apart(found: Sequence[Sample]) -> tuple[float, float, float]:
    """Area under the curve with its interval: each half of the cases is judged by what was learnt of the other."""
    scores: tuple[list[float], list[float]] = ([], [])
    for half in (0, 1):
        for kind in sorted({sample.kind for sample in found}):
            learnt = [sample for sample in found if sample.kind == kind and sample.case % 2 == half]
            tried = [sample for sample in found if sample.kind == kind and sample.case % 2 != half]
            if learnt and tried:
                judged = _learnt(learnt)(tried)
                for sample, score in zip(tried, judged, strict=True):
                    scores[sample.world].append(float(score))
    if min(map(len, scores)) < 2:
        return 0.5, 0.0, 1.0
    area, low, high = area_under_curve(scores[1], scores[0])
    return round(area, 4), round(low, 4), round(high, 4)


def _learnt(found: Sequence[Sample]) -> Callable[[Sequence[Sample]], Floats]:
    """A logistic regression on answers to one kind of request: what it makes of others.

    By descent, on time (logarithm) with its square and length, each against the usual of what was learnt from.
    """
    usual = np.median(_raw(found), axis=0)
    worlds = np.array([sample.world for sample in found], dtype=np.float64)
    spread = _features(found, usual).std(axis=0)
    spread[spread == 0] = 1.0
    scaled = _features(found, usual) / spread
    weights = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        guess = 1 / (1 + np.exp(-(scaled @ weights)))
        weights -= _RATE * scaled.T @ (guess - worlds) / len(worlds)

    def judged(others: Sequence[Sample]) -> Floats:
        made: Floats = _features(others, usual) / spread @ weights
        return made

    return judged


def _raw(found: Sequence[Sample]) -> Floats:
    return np.array([(np.log(sample.took_s), sample.length) for sample in found], dtype=np.float64)


def _features(found: Sequence[Sample], usual: Floats) -> Floats:
    told = _raw(found) - usual
    slow = np.clip(told[:, 0], -1, 1)  # a pause of the machine tells of the machine
    return np.column_stack((slow, slow**2, told[:, 1], np.ones(len(found))))


def _medians(found: Sequence[Sample]) -> list[Sample]:
    """Answers of one case to the same request in one world, so many at a time, by their median."""
    heaps: dict[tuple[int, int, str], list[Sample]] = {}
    for sample in found:
        heaps.setdefault((sample.world, sample.case, sample.kind), []).append(sample)
    made = []
    for (world, case, kind), those in heaps.items():
        for start in range(0, len(those) - _TOGETHER + 1, _TOGETHER):
            some = those[start : start + _TOGETHER]
            took_s = float(np.median([sample.took_s for sample in some]))
            made.append(Sample(world, case, kind, took_s, max(sample.length for sample in some)))
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print one line a contrast, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference.timing", description=__doc__.split("\n")[0])
    parser.add_argument("--answers", type=int, default=36_000, help="answers of each contrast, both worlds together")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args(arguments)
    found = measure(told.answers, told.seed)
    for one in found:
        print(json.dumps(asdict(one), sort_keys=True))
    return 0 if all(one.is_met for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
