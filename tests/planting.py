"""Planting a fault: a change to the engine's source, and the test that must turn red.

Each is applied to a copy of the package and of the tests; the copy is what its tests import. The faults
themselves: `tests.planted_engine` and `tests.planted_rules`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Change:
    """In a file of the package, one piece of text becomes another."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Fault:
    """A planted fault, and the one test that must fail because of it."""

    name: str
    changes: tuple[Change, ...]
    test: str


class Copy:
    """The engine and its tests in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("matching", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "geodata"))
        shutil.copy(ROOT / "pyproject.toml", folder)

    def plant(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            path = self.folder / "matching" / change.file
            text = path.read_text(encoding="utf-8")
            assert text.count(change.old) == 1, f"the fault in {change.file} no longer applies: mend its text"
            path.write_text(text.replace(change.old, change.new), encoding="utf-8")

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run Python here, with the copy before everything that is installed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return done.returncode, done.stdout + done.stderr

    def test(self, *names: str) -> tuple[int, str]:
        return self.run("-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", *(f"tests/{n}" for n in names))
