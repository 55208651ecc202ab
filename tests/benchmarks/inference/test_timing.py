"""The classifier of times and lengths finds what is planted, and nothing where nothing is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.inference.timing import BAR, CONTRASTS, Measured, Sample, measured, samples
from service.processes.embedded import Embedded
from tests.service.conftest import server, template

__all__ = ["server", "template"]

KINDS = {"GET a": (0.004, 2048), "GET b": (0.009, 500), "POST c": (0.02, 300), "POST d": (0.03, 200)}


def answers(
    slower: float = 1.0, longer: int = 0, number: int = 150, *, by_kind: bool = False, spread: float = 0.3
) -> list[Sample]:
    """Of two worlds; those of the second take so many times as long, and are so many bytes longer.

    Parameters
    ----------
    by_kind : every other kind of request is so much faster and shorter instead
    """
    dice = np.random.default_rng(7)
    found = []
    for case in range(8):
        for place, (kind, (usual_s, length)) in enumerate(KINDS.items()):
            sign = -1 if by_kind and place % 2 else 1
            for _ in range(number):
                for world in (0, 1):
                    took_s = usual_s * slower ** (sign * world) * float(dice.lognormal(0, spread))
                    found.append(Sample(world, case, kind, took_s, length + sign * longer * world))
    return found


def test_worlds_that_are_alike_are_not_told_apart() -> None:
    found = measured("alike", answers(number=1000))
    assert found.is_met
    assert found.unlike_lengths == 0
    assert found.auc_ci95[0] < 0.5 < found.auc_ci95[1] <= BAR


def test_few_answers_show_nothing() -> None:
    assert not measured("alike", answers(number=20)).is_met


@pytest.mark.parametrize("by_kind", [False, True])
@pytest.mark.parametrize("planted", [{"slower": 1.25}, {"slower": 0.8}, {"longer": 1}, {"longer": -40}])
def test_what_is_planted_is_found(planted: dict[str, Any], by_kind: bool) -> None:
    found = measured("planted", answers(**planted, by_kind=by_kind))
    assert found.auc > 0.6
    assert not found.is_met
    assert bool(found.unlike_lengths) == ("longer" in planted)


def test_who_asks_again_and_again_tells_apart_what_one_answer_does_not() -> None:
    found = measured("a little slower", answers(slower=1.06, number=400))
    assert found.auc < 0.58
    assert found.patient_auc > found.auc + 0.03


@pytest.mark.long
def test_every_contrast_is_asked_of_both_worlds_alike(tmp_path: Path, server: Embedded, template: str) -> None:
    (contrast,) = (one for one in CONTRASTS if one.kinds == ("empty", "full") and one.is_preferred)
    found = samples(tmp_path / "here", server, contrast, 200, 1, template=template)
    told: Measured = measured(contrast.name, found)
    assert told.unlike_lengths == 0
    one, other = ([(it.case, it.kind, it.length) for it in found if it.world == world] for world in (0, 1))
    assert one == other
    assert {it.kind.split()[0] for it in found} == {"GET", "POST"}
