"""The suite, the options' and the repairs' timing: what they run, what they print, how they end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import options, repair_bench, suite
from benchmarks.asking import asked, facts_of
from benchmarks.generation.spec import BENCHED, SIZES, STARTS, instance
from benchmarks.options import Asked
from benchmarks.peers.record import Record
from benchmarks.peers.worker import SOLVERS
from benchmarks.repair_bench import Repaired, pairs_near
from benchmarks.suite import SUITES, Comparison, compared, worst_min

# -- instances -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["N", "surge", "M", "L", "XL", "dense", "dense-L"])
def test_every_measured_size_has_240_placed(size: str) -> None:
    assert size in BENCHED
    assert SIZES[size].placed == 240
    assert instance(size, 3).live_breaches == 0


@pytest.mark.parametrize(
    ("size", "told"),
    [("N", (12, 180, 80)), ("surge", (40, 180, 80)), ("M", (200, 200, 25)), ("L", (600, 400, 40)),
     ("XL", (2000, 1000, 80)), ("dense-L", (600, 400, 40))],
)  # fmt: skip
def test_sizes_are_those_of_the_bars(size: str, told: tuple[int, int, int]) -> None:
    spec = instance(size, 1)
    assert (spec.waiting, spec.facilities, spec.networks) == told


@pytest.mark.parametrize("starts", sorted(STARTS))
def test_a_case_has_at_most_so_many_starts(starts: int) -> None:
    facts = facts_of(instance("small", 1, starts))
    assert max(case.latest_day - case.earliest_day + 1 for case in facts.cases) <= starts


@pytest.mark.parametrize(("size", "starts"), [("demo", 3), ("N", 2), ("nosuch", 1)])
def test_what_is_not_measured_is_refused(size: str, starts: int) -> None:
    with pytest.raises(ValueError, match="must be one of"):
        instance(size, 1, starts)


@pytest.mark.parametrize("size", ["dense", "dense-L"])
def test_a_dense_week_is_dense(size: str) -> None:
    assert SIZES[size].is_dense
    assert SIZES[size].vacancy_percent == 30


# -- suites --------------------------------------------------------------------------------------


def test_the_default_suite_is_bearable_and_the_full_one_has_the_seeds_of_the_bars() -> None:
    assert worst_min(SUITES["quick"]) < 5
    assert worst_min(SUITES["default"]) < 60
    seeds = {(told.size, told.starts): told.seeds for told in SUITES["full"].comparisons}
    assert seeds["N", 3] == seeds["M", 3] == 20
    assert seeds["L", 1] == seeds["L", 3] == seeds["XL", 1] == seeds["dense", 3] == 5


def test_minutes_are_counted_by_solver_and_instance() -> None:
    one = Comparison("N", 6, suite._OVERHEAD_S)
    assert worst_min(replace(SUITES["quick"], comparisons=(one,)), 3) == 6 * 3 * 2 * suite._OVERHEAD_S / 60


@pytest.mark.long
def test_a_suite_compares_verifies_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(SUITES["quick"], comparisons=(Comparison("tiny", 1, 1.0), Comparison("N", 1, 1.0)))
    assert compared(small, tmp_path, ["tiny"]) == 0
    records = [Record.of(json.loads(line)) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert sorted(one.solver for one in records) == sorted(SOLVERS)
    assert {one.size for one in records} == {"tiny"}
    assert json.loads((tmp_path / "verified.json").read_bytes()) == {"plans": len(SOLVERS), "refused": []}


def test_a_refused_plan_ends_the_suite_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = replace(SUITES["quick"], comparisons=(Comparison("tiny", 1, 1.0),))
    assert compared(small, tmp_path, []) == 0
    (plan,) = tmp_path.glob("*greedy.plan.json")
    told = json.loads(plan.read_bytes())
    told["levels"][-1]["value"] += 1
    plan.write_bytes(json.dumps(told).encode())
    count, refused = suite.verified(tmp_path, tmp_path / "results.jsonl")
    assert count == len(SOLVERS)
    assert refused == ["tiny, at most 3 starts, seed 1: greedy"]


def test_an_unknown_size_runs_nothing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        suite.main(["--only", "N,huge", "--to", str(tmp_path / "x")])
    assert not (tmp_path / "x").exists()


# -- options -------------------------------------------------------------------------------------


def test_each_case_is_asked_of_facts_that_remember_nothing() -> None:
    facts = facts_of(instance("tiny", 1))
    facts.remember(("anything",), lambda: 1)
    seen = [answer for _, answer in asked(facts, [0, 2], lambda told, case: (told is facts, case))]
    assert seen == [(False, 0), (False, 2)]


def test_options_are_timed_and_exact_ones_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "README.md"
    document.write_text("<!-- options: begin -->\n<!-- options: end -->\n", encoding="utf-8")
    assert options.main(["--size", "tiny", "--json", "--update", str(document)]) == 0
    told = [Asked(**json.loads(line)) for line in capsys.readouterr().out.splitlines()]
    assert told
    assert all(one.is_answered and 0 < one.exact <= one.options <= options.MOST for one in told)
    assert f"| tiny | {len(told)} of 1 instances |" in document.read_text(encoding="utf-8")


def test_a_late_answer_and_a_missed_bar_are_said() -> None:
    told = [Asked("N", 1, 3.0, 3.0, 0, 0, 0, False), Asked("N", 2, 0.5, 0.5, 4, 3, 0, True)]
    row = options.as_markdown(told, 3, 30.0).splitlines()[2]
    assert row == "| N | 2 of 2 instances, 1 too late | 0.50 s | 3.00 s | 1.00 s | MISSED | 3.00 s | 3 of 4 (75 %) |"


# -- repairs -------------------------------------------------------------------------------------


def test_changed_relations_make_somebody_move(capsys: pytest.CaptureFixture[str]) -> None:
    assert repair_bench.main(["--size", "small", "--changes", "2", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 2
    for line in lines:
        total_s = line.pop("total_s")
        one = Repaired(**line)
        assert total_s == one.total_s
        assert one.is_answered
        assert one.must_move > 0


def test_pairs_live_near_each_other_and_are_no_rivals_yet() -> None:
    facts = facts_of(instance("small", 1))
    pairs = pairs_near(facts)
    assert pairs
    names = {name: number for number, name in enumerate(facts.names.networks)}
    for a, b in pairs:
        assert a < b
        assert names[b] not in facts.rivals_of(frozenset({names[a]}))
    # With nowhere near anywhere there is no pair.
    assert pairs_near(replace(facts, policy=facts.policy.model_copy(update={"separation_km": 0}))) != pairs


def test_the_bar_of_repairs_is_for_every_change() -> None:
    told = [Repaired("N", 1, 1.0, seconds, 1, 1, 0, True, True, True) for seconds in (1.0, 1.0, 4.5)]
    row = repair_bench.as_markdown(told, 30.0).splitlines()[2]
    assert "| MISSED | 5.50 s |" in row
    assert "| 3 of 3 |" in row


@pytest.mark.parametrize("arguments", [["--seeds", "0"], ["--changes", "0"], ["--time-limit", "0"]])
def test_wrong_usage_measures_nothing(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        repair_bench.main(arguments)
