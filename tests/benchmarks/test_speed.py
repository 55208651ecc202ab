"""The speed script: its arithmetic and its output; no time is asserted anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import speed
from benchmarks.speed import BEGIN, END, Figure, as_markdown, main, process, quantile, updated

FIGURES = (
    Figure("help", 0.5, "s", 1.0, "5 runs"),
    Figure("demo", 60.01, "s", 60.0),
    Figure("peak", 300.4, "MB", 1500.0),
    Figure("p50", 0.125, "s"),
)


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([3], 0.5, 3), ([1, 2], 0.5, 1), ([1, 2, 3], 0.5, 2), (range(1, 21), 0.95, 19), (range(1, 22), 0.95, 20),
     (range(1, 21), 1.0, 20), (range(1, 101), 0.95, 95)],
)  # fmt: skip
def test_quantiles(values: list[float], share: float, found: float) -> None:
    assert quantile(values, share) == found


@pytest.mark.parametrize(("value", "verdict"), [(0.99, "met"), (1.0, "met"), (1.001, "MISSED")])
def test_the_bar_itself_is_met(value: float, verdict: str) -> None:
    assert Figure("x", value, "s", 1.0).verdict == verdict


def test_the_bars_are_those_of_the_task() -> None:
    assert (speed.HELP_S, speed.DEMO_S, speed.OPTIONS_S, speed.MEMORY_MB) == (1.0, 60.0, 2.0, 1500.0)


def test_circumstances_name_machine_versions_and_seeds() -> None:
    told = speed.circumstances(7)
    assert set(told) == {
        "machine", "load_before", "python", "packages", "seed_of_the_week", "seed_of_the_search", "workers",
    }  # fmt: skip
    assert told["seed_of_the_week"] == 7
    assert "ortools" in told["packages"]


def test_the_table_has_a_row_a_figure() -> None:
    text = as_markdown(FIGURES, speed.circumstances(1))
    assert "| help | 0.50 s | 1.00 s | met | 5 runs |" in text
    assert "| demo | 60.01 s | 60.00 s | MISSED |  |" in text
    assert "| peak | 300 MB | 1500 MB | met |  |" in text
    assert "week: demo, seed 1" in text


@pytest.mark.parametrize("document", ["", "no marks", f"{END}\n{BEGIN}\n"])
def test_a_document_without_marks_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="no marks"):
        updated(document, "x")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(seed: int, cases: int, say: Callable[[str], None]) -> tuple[Figure, ...]:
        return FIGURES

    monkeypatch.setattr(speed, "measure", measure)


def test_json_is_one_document(told: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 0
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [row["verdict"] for row in body["figures"]] == ["met", "MISSED", "met", ""]


def test_a_document_is_updated_between_its_marks(told: None, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"# Above\n{BEGIN}\nold\n{END}\nbelow\n", encoding="utf-8")
    assert main(["--update", str(path), "--seed", "3"]) == 0
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# Above\n{BEGIN}\n| what |")
    assert text.endswith(f"{END}\nbelow\n")
    assert "old" not in text


@pytest.mark.parametrize("arguments", [["--cases", "0"], ["--seed", "-1"], ["--update", "no-such-file"]])
def test_wrong_usage_measures_nothing(arguments: list[str], told: None) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments)
    assert refused.value.code == 2


def test_a_process_is_measured() -> None:
    done = process("--help")
    assert done.code == 0
    assert done.wall_s > 0
    assert done.peak_mb > 1
    assert process("nosuch").code == 2


def test_the_readme_has_its_marks() -> None:
    readme = Path(speed.__file__).with_name("README.md")
    assert updated(readme.read_text(encoding="utf-8"), "")
