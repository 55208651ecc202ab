"""docs/threat-model.md: every row names a test that is there or accepts the risk, and every file it names exists."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
_PATH = re.compile(r"`((?:tests|benchmarks)/[A-Za-z0-9_/.]+)`")
_TEST = re.compile(r"^ {0,4}def test_", re.M)
ACCEPTED = "**accepted risk**"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _rows() -> list[tuple[str, list[str], list[str]]]:
    """Chapter, header and cells of every row of every table."""
    found, chapter, header = [], "", []
    for before, line in pairwise(["", *PAGE.splitlines()]):
        if line.startswith("## "):
            chapter = line.removeprefix("## ")
        elif line.startswith("|---"):
            header = _cells(before)
        elif line.startswith("|") and before.startswith("|"):
            found.append((chapter, header, _cells(line)))
    return found


ROWS = _rows()


def _has_tests(path: Path) -> bool:
    files = [path] if path.is_file() else sorted(path.rglob("test_*.py"))
    return any(_TEST.search(file.read_text(encoding="utf-8")) for file in files)


def test_there_are_rows_of_every_chapter() -> None:
    chapters = [chapter for chapter, _, _ in ROWS]
    assert {chapter: chapters.count(chapter) >= 6 for chapter in chapters} == {
        "What is protected": True,
        "Who uses it, and how far each is trusted": True,
        "Adversaries": True,
        "What a compromise surrenders": True,
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2][0][:40])
def test_every_row_names_a_test_or_accepts_the_risk(row: tuple[str, list[str], list[str]]) -> None:
    _, header, cells = row
    assert header[-1] == "shown by"
    assert len(cells) == len(header)
    assert all(cells), "no cell is empty"
    assert _PATH.search(cells[-1]) or ACCEPTED in cells[-1]


@pytest.mark.parametrize("name", sorted(set(_PATH.findall(PAGE))))
def test_what_it_names_exists_and_holds_tests(name: str) -> None:
    path = ROOT / name
    assert path.exists()
    assert name.startswith("benchmarks/") or _has_tests(path)


def test_every_process_and_every_role_is_spoken_of() -> None:
    taken = " ".join(cells[0] for chapter, _, cells in ROWS if chapter == "What a compromise surrenders")
    assert all(f"the **{process}** process" in taken for process in ("front", "back", "solver"))
    users = " ".join(cells[0] for chapter, _, cells in ROWS if chapter.startswith("Who uses it")).lower()
    for role in ("requester", "assessor", "decider", "approver", "coordinator", "registrar", "receiving", "keeper"):
        assert role in users
    assert "auditor" in users
    assert "security officer" in users
    assert "follow-up" in users


def test_every_document_it_points_to_exists() -> None:
    for target in re.findall(r"\]\(([a-z0-9/-]+[.]md)\)", PAGE):
        assert (ROOT / "docs" / target).is_file()
