"""Audit mode: two processes, with other hash seeds, print the same ranking and the same plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import run_script
from tests.cli.weeks import week


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "week.json"
    path.write_text(json.dumps(week("small", 2)), encoding="utf-8")
    return path


def told(seed: str, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> dict[str, Any]:
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    ran = run_script(*arguments)
    assert ran.code == 0, ran.err
    answer: dict[str, Any] = json.loads(ran.out)
    return answer


@pytest.mark.long
def test_the_ranking_is_the_same_in_two_processes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ranked = 0
    for case in week("small", 2)["cases"][:6]:
        asked = ["options", str(file), "--case", case["id"], "--audience", "coordinator", "--audit", "--json"]
        one, other = (told(seed, monkeypatch, *asked) for seed in ("1", "2"))
        assert one == other
        ranked += len(one["options"])
    assert ranked > 1


def test_so_is_the_plan(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (told(seed, monkeypatch, "plan", str(file), "--audit", "--json") for seed in ("1", "2"))
    assert one == other
