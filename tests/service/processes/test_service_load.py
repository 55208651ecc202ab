"""The load of a register, in small: everything is answered as it should be; how fast is no test's business."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.kill_nine import running
from benchmarks.service_load import BARS, Load, load, week


def test_reads_and_holds_beside_them_are_answered(tmp_path: Path) -> None:
    document = week(40)
    with running(tmp_path / "data", document) as service:
        done = load(service, document, 4.0, seed=3)
    assert not done.errors
    assert len(done.reads_s) > 100
    assert done.holds_s


def test_a_bar_is_kept_on_both_sides_of_it() -> None:
    reads, holds = BARS["reads_p95_s"], BARS["holds_p95_s"]
    assert Load([reads] * 20, [holds] * 20).holds
    assert not Load([reads] * 18 + [reads + 0.001] * 2, [holds] * 20).holds
    assert Load([reads] * 19 + [9.0], [holds] * 20).holds
    assert not Load([reads] * 20, [holds + 0.001] * 20).holds


@pytest.mark.parametrize("done", [Load(), Load([0.1], []), Load([0.1], [0.1], Counter({"read: 500": 1}))])
def test_nothing_measured_or_an_error_keeps_no_bar(done: Load) -> None:
    assert not done.holds
