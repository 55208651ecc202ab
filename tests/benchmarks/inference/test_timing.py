"""The classifier of times and lengths finds what is planted, and nothing where nothing is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.inference.timing import BAR, CONTRASTS, Measured, Sample, measured, samples
from service.processes.embedded import Embedded
from tests.service.conftest import server, template

__all__ = ["server", "template"]

KINDS = {"GET a": (0.004, 2048), "GET b": (0.009, 500), "POST c": (0.02, 300)}


def answers(slower: float = 1.0, longer: int = 0, number: int = 150) -> list[Sample]:
    """Of two worlds; those of the second take so many times as long, and are so many bytes longer."""
    dice = np.random.default_rng(7)
    return [
        Sample(world, case, kind, usual_s * slower**world * float(dice.lognormal(0, 0.3)), length + longer * world)
        for case in range(8)
        for kind, (usual_s, length) in KINDS.items()
        for _ in range(number)
        for world in (0, 1)
    ]


def test_worlds_that_are_alike_are_not_told_apart() -> None:
    found = measured("alike", answers())
    assert found.auc <= BAR
    assert found.is_met
    assert found.unlike_lengths == 0
    assert found.auc_ci95[0] < 0.5 < found.auc_ci95[1]


@pytest.mark.parametrize("planted", [{"slower": 1.25}, {"slower": 0.8}, {"longer": 1}, {"longer": -3}])
def test_what_is_planted_is_found(planted: dict[str, float]) -> None:
    found = measured("planted", answers(**planted))  # type: ignore[arg-type]
    assert found.auc > 0.6
    assert not found.is_met
    assert bool(found.unlike_lengths) == ("longer" in planted)


def test_who_asks_again_and_again_tells_apart_what_one_answer_does_not() -> None:
    found = measured("a hundredth", answers(slower=1.04, number=400))
    assert found.auc < 0.56
    assert found.patient_auc > found.auc + 0.1


@pytest.mark.long
def test_every_contrast_is_asked_of_both_worlds_alike(tmp_path: Path, server: Embedded, template: str) -> None:
    (contrast,) = (one for one in CONTRASTS if one.kinds == ("empty", "full") and one.is_preferred)
    found = samples(tmp_path / "here", server, contrast, 200, 1, template=template)
    told: Measured = measured(contrast.name, found)
    assert told.unlike_lengths == 0
    one, other = ([(it.case, it.kind, it.length) for it in found if it.world == world] for world in (0, 1))
    assert one == other
    assert {it.kind.split()[0] for it in found} == {"GET", "POST"}
