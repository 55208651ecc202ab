"""The command of the leakage bench, its tables and its objects."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.inference.attackers import attack
from benchmarks.inference.cells import cells_of
from benchmarks.inference.leakage_report import (
    as_markdown,
    as_short_markdown,
    defence_verdict,
    is_as_wanted,
    naive_verdict,
    pooled,
    verdicts,
)
from benchmarks.inference.plans import DEFENCES, full, quick
from benchmarks.inference.reckoned import RECKONED
from benchmarks.inference.records import Run, to_json
from benchmarks.inference.running import FILE, Job, in_order, kept_runs
from benchmarks.inference.statistics import Tally
from benchmarks.leakage import main
from tests.benchmarks.flatland import Flatland, Telling

_FIELDS = (
    "mode", "attacker", "target", "vacancy", "runs", "success", "success_ci95", "control", "leakage_bits",
    "leakage_bits_upper95", "residual_risk",
)  # fmt: skip


def _run(number: int, mode: str = "all_on", play: str = "fingerprint") -> Run:
    return attack(
        Flatland(number, Telling.YES), play, number, 4, mode=mode, number=number, clock=lambda: 0.0
    )  # fmt: skip


def _folder(path: Path) -> Path:
    path.joinpath(FILE).write_text("".join(to_json(_run(number)) + "\n" for number in (1, 2)), encoding="utf-8")
    return path


def test_an_object_for_each_cell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--report", "--json", "--folder", str(_folder(tmp_path))]) == 0
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert [name for name in _FIELDS if name not in told] == []
    assert (told["attacker"], told["target"], told["runs"]) == ("fingerprint", "offered_kommun", 2)
    assert told["success_ci95"][0] <= told["success"] <= told["success_ci95"][1]


def test_marks_are_filled_and_a_document_without_any_is_refused(tmp_path: Path) -> None:
    whole, short, none = (tmp_path / name for name in ("whole.md", "short.md", "none.md"))
    whole.write_text("a\n<!-- leakage: begin -->\n<!-- leakage: end -->\n", encoding="utf-8")
    short.write_text("<!-- leakage-short: begin -->\nold\n<!-- leakage-short: end -->\n", encoding="utf-8")
    none.write_text("nothing\n", encoding="utf-8")
    folder = ["--report", "--folder", str(_folder(tmp_path))]
    assert main([*folder, "--update", str(whole), "--update", str(short)]) == 0
    assert "(c) fingerprint" in whole.read_text(encoding="utf-8")
    assert "worst estimate" in short.read_text(encoding="utf-8")
    assert "old" not in short.read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        main([*folder, "--update", str(none)])


def test_a_line_cut_off_is_passed_over(tmp_path: Path) -> None:
    file = _folder(tmp_path) / FILE
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole[:-200], encoding="utf-8")
    assert [run.number for run in kept_runs(tmp_path)] == [1]


def test_a_verdict_says_what_is_not_shown() -> None:
    # Two runs show nothing: the estimate may be within the bar, its bound is not.
    cells = cells_of([_run(1), _run(2)])
    (bits, risk) = verdicts(cells)
    assert "0 of 1 shown to be" in bits
    assert "0 of 1 shown to be" in risk


def test_all_vacancies_together_have_all_runs() -> None:
    cells = cells_of([_run(1), _run(2)])
    twice = pooled([*cells, *cells])
    assert twice.runs == 4
    assert twice.success == cells[0].tally.success
    assert "all vacancies" in as_markdown([_run(1)], cells)


def test_tables_name_the_modes_there_are() -> None:
    runs = [_run(1), _run(2), _run(1, "naive"), _run(2, "naive")]
    text = as_markdown(runs, cells_of(runs), (7, 9))
    assert "All defences on" in text
    assert "The naive service" in text
    assert "The naive service leaks at most" in as_short_markdown(cells_of(runs))


def test_jobs_of_one_world_stay_together_and_worlds_take_turns() -> None:
    jobs = [Job("all_on", play, vacancy, number, 1) for number in (2, 1) for vacancy in (5, 35) for play in "ab"]
    assert [(own[0].number, own[0].vacancy, len(own)) for own in in_order(jobs)] == [
        (1, 35, 2), (1, 5, 2), (2, 35, 2), (2, 5, 2)
    ]  # fmt: skip


def test_the_full_plan_has_every_defence_on_and_off() -> None:
    modes = {job.mode for job in full(1).jobs()}
    assert {"all_on", "naive", "reckoned"} <= modes
    assert {mode for one in DEFENCES.values() for mode in (one.without, one.with_it)} <= modes
    assert len({job.key for job in full(2).jobs()}) == len(full(2).jobs())


def test_modes_of_defences_exist() -> None:
    from benchmarks.inference.modes import MODES

    known = {*MODES, *RECKONED}
    assert {mode for one in DEFENCES.values() for mode in (one.without, one.with_it)} <= known


def test_a_bench_that_finds_nothing_in_the_naive_service_is_too_weak() -> None:
    weak = cells_of([_run(1, "naive"), _run(2, "naive")])
    assert naive_verdict(weak).endswith("**missed**.")
    assert not is_as_wanted(weak)
    assert "not attacked" in naive_verdict([])


def test_a_defence_is_seen_where_the_attacker_gains_without_it() -> None:
    (cell,) = cells_of([_run(1), _run(2)])
    won = replace(cell, tally=Tally((4, 4, 3), (0, 1, 0), (4, 4, 4)))
    lost = replace(cell, tally=Tally((0, 1, 0), (0, 1, 0), (4, 4, 4)))
    assert defence_verdict(won, lost).startswith("shown: +83 points")
    assert defence_verdict(lost, won) == "not seen"
    assert defence_verdict(won, None) == "not run"
    seldom = replace(cell, tally=Tally((4, 0), (0, 0), (4, 4)))
    assert defence_verdict(seldom, lost) == "+50 points, not shown"


@pytest.mark.long
def test_the_quick_run_ends_with_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--jobs", "1", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["mode"] for one in told} >= {"all_on", "naive", "reckoned"}
    assert len(quick().jobs()) == len({job.key for job in quick().jobs()})
