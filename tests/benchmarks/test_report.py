"""Summaries of the comparison: arithmetic by hand, tables and the picture."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.common import between
from benchmarks.peers.record import Record
from benchmarks.report import as_markdown, fields_of, main, read_records
from benchmarks.statistics import charged_s, duels, interval, profile, ratio_interval, shifted_mean
from matching.solver.program import LEVELS


def record(solver: str, seed: int, values: tuple[int, ...] | None, proof_s: float | None = None) -> Record:
    told: Mapping[str, int] = dict(zip(LEVELS, values, strict=True)) if values is not None else {}
    bound = {name: value if proof_s is not None or name != "soft" else value - 5 for name, value in told.items()}
    return Record(
        solver=solver,
        size="N",
        seed=seed,
        starts=3,
        time_limit_s=60.0,
        status="out_of_time" if values is None else "feasible" if proof_s is None else "optimal",
        objective=told,
        bound=bound,
        gap={name: (value - bound[name]) / max(1, value) for name, value in told.items()},
        time_to_proof_s=proof_s,
        total_s=60.0 if proof_s is None else proof_s,
        peak_mb=100.0,
    )


GOOD, POOR = (0, 1, 2, 3, 4, 0, 50), (0, 1, 2, 3, 9, 0, 10)
RECORDS = [
    record("fristad", 1, GOOD, 1.0),
    record("fristad", 2, GOOD, 7.0),
    record("naive_cpsat", 1, GOOD, 3.0),
    record("naive_cpsat", 2, POOR),
    record("greedy", 1, POOR),
    record("greedy", 2, None),
]


@pytest.mark.parametrize(
    ("values", "shift", "mean"),
    [([1.0, 7.0], 1.0, 3.0), ([5.0], 1.0, 5.0), ([0.0, 0.0], 1.0, 0.0), ([2.0, 8.0], 0.0, 4.0)],
)
def test_shifted_geometric_means(values: list[float], shift: float, mean: float) -> None:
    assert math.isclose(shifted_mean(values, shift), mean, abs_tol=1e-12)


@pytest.mark.parametrize(("values", "shift"), [([], 1.0), ([0.0], 0.0), ([-1.0, 3.0], 1.0)])
def test_a_mean_of_nothing_is_refused(values: list[float], shift: float) -> None:
    with pytest.raises(ValueError, match="geometric mean"):
        shifted_mean(values, shift)


def test_what_is_not_proven_counts_as_the_limit() -> None:
    assert [charged_s(one) for one in RECORDS[:4]] == [1.0, 7.0, 3.0, 60.0]


def test_a_proof_after_the_limit_is_none() -> None:
    assert charged_s(record("a", 1, GOOD, 61.0)) == 60.0


def test_intervals_hold_the_mean_and_repeat() -> None:
    values = [1.0, 2.0, 4.0, 8.0, 16.0]
    low, high = interval(values)
    assert low < shifted_mean(values) < high
    assert min(values) <= low
    assert high <= max(values)
    assert interval(values) == (low, high)


def test_ratios_are_of_means_and_drawn_together() -> None:
    ratio, low, high = ratio_interval([3.0, 15.0, 63.0], [1.0, 7.0, 31.0])
    assert math.isclose(ratio, (2.0 * shifted_mean([1.0, 7.0, 31.0]) + 1.0) / shifted_mean([1.0, 7.0, 31.0]))
    assert low <= ratio <= high


def test_wins_ties_and_losses() -> None:
    ours, theirs = RECORDS[:2], RECORDS[2:4]
    assert duels(ours, theirs) == (1, 1, 0)
    assert duels(theirs, ours) == (0, 1, 1)
    assert duels(ours, RECORDS[4:]) == (2, 0, 0)
    assert duels(ours, theirs[:1]) == (0, 1, 0)


def test_performance_profile_by_hand() -> None:
    times = {"a": [1.0, 10.0, None, 0.5], "b": [2.0, 5.0, None, 4.0]}
    assert profile(times, [1.0, 2.0, 8.0, 1e9]) == {"a": [0.5, 0.75, 0.75, 0.75], "b": [0.25, 0.5, 0.75, 0.75]}


def test_the_table_by_hand() -> None:
    text = as_markdown(RECORDS, "make bench")
    assert "### N: 12 × 180 × 80, 240 placed; at most 3 starts; limit 60 s; seeds 1–2" in text
    rows = {
        line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ") for line in text.splitlines() if "/2" in line
    }
    assert rows["fristad"][1] == "2/2"
    assert rows["fristad"][2].startswith("3.00 [1.00, 7.00]")
    assert rows["naive_cpsat"][1] == "1/2"
    assert rows["naive_cpsat"][9] == "soft 50.0 % (1)"
    assert rows["naive_cpsat"][10] == "1/1/0 (risk 1)"
    assert rows["greedy"][2] == "never"
    assert rows["greedy"][10] == "2/0/0 (risk 1)"
    ratio = shifted_mean([3.0, 60.0]) / 3.0
    assert f"`naive_cpsat`, takes {ratio:.1f} [" in text
    assert "`naive_cpsat` proved nothing on 1 of 2, which count as the limit" in text


def test_a_refused_plan_is_said_loudly() -> None:
    told = RECORDS[0].to_json() | {"judged": False, "status": "failed", "note": "the rules refuse: needs_met"}
    text = as_markdown([Record.of(told), RECORDS[2]], "make bench")
    assert "**1 results failed or were refused by the rules**: fristad seed 1 (the rules refuse: needs_met)" in text


def test_the_last_of_several_runs_counts() -> None:
    lines = [json.dumps(one.to_json()) for one in (record("a", 1, POOR), record("a", 1, GOOD))]
    (kept,) = read_records([*lines, ""])
    assert kept.vector == GOOD


def test_sizes_starts_and_limits_are_tables_of_their_own() -> None:
    other = Record.of(RECORDS[0].to_json() | {"size": "M", "starts": 1})
    assert [(field.size, field.starts) for field in fields_of([other, *RECORDS])] == [("N", 3), ("M", 1)]


def test_a_document_is_updated_and_a_picture_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results, document, picture = tmp_path / "r.jsonl", tmp_path / "README.md", tmp_path / "figures" / "profile.png"
    results.write_text("".join(json.dumps(one.to_json()) + "\n" for one in RECORDS), encoding="utf-8")
    document.write_text("above\n<!-- peers: begin -->\nold\n<!-- peers: end -->\nbelow\n", encoding="utf-8")
    told = tmp_path / "verified.json"
    told.write_text('{"plans": 6, "refused": ["N: greedy"]}', encoding="utf-8")
    assert main([str(results), "--update", str(document), "--plot", str(picture), "--verified", str(told)]) == 0
    text = document.read_text(encoding="utf-8")
    assert "The verifier accepts 5 of 6 plans. **Refused: N: greedy.**" in text
    assert "](figures/profile.png)" in text
    assert text.startswith("above\n<!-- peers: begin -->\n### N")
    assert "old" not in text
    assert capsys.readouterr().out in text
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("content", ["", "no json", '{"solver": "a"}'])
def test_results_that_are_none_are_refused(content: str, tmp_path: Path) -> None:
    results = tmp_path / "r.jsonl"
    results.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match="2"):
        main([str(results)])


def test_the_readme_has_its_marks() -> None:
    readme = Path(report.__file__).with_name("README.md").read_text(encoding="utf-8")
    for name in ("speed", "peers", "options", "repair"):
        assert between(readme, name, "")
