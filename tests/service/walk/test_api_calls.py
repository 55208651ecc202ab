"""The calls of docs/api.md, as they stand there, against `fristad serve`."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from service.settings import Settings
from service.walk.document import answers_in

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
BLOCK = re.compile(r"^```bash\n(.*?)^```\n", re.M | re.S)
PATIENCE_S = 120


def _programs(folder: Path, *, own_curl: bool) -> str:
    """Where the shell finds `fristad`, `python3` and `curl`, installed or not."""
    folder.mkdir()
    (folder / "python3").symlink_to(sys.executable)
    fristad = folder / "fristad"
    fristad.write_text(f"#!{sys.executable}\nfrom matching.cli import main\nmain()\n", encoding="utf-8")
    made = [fristad]
    if own_curl:
        made.append(folder / "curl")
        made[-1].write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("curl.py")}" "$@"\n')
    for program in made:
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_the_calls_of_the_page_walk_from_intake_to_departure(served: Path, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    settings = Settings.load(served)
    path = _programs(tmp_path / "bin", own_curl=shutil.which("curl") is None)
    told = {
        "PATH": path,
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(PAGE.parents[1]),
        "FRISTAD_DATA": str(served),
        "FRONT": f"http://127.0.0.1:{settings.front_port}",
        "BACK": f"http://127.0.0.1:{settings.back_port}",
    }
    blocks = [found[1] for found in BLOCK.finditer(page)]
    assert len(blocks) == len(answers_in(page)) + 3  # the beginning, the tokens, the trail at the end
    script = tmp_path / "walk.sh"
    script.write_text("".join(f"{block}echo 'done {number}'\n" for number, block in enumerate(blocks)), "utf-8")
    ran = subprocess.run(
        ["bash", str(script)], cwd=tmp_path, env=told, text=True, capture_output=True, timeout=PATIENCE_S, check=False
    )
    said = re.findall(r"^(?:.*\})?done (\d+)$", ran.stdout, re.M)
    assert ran.returncode == 0, f"{len(said)} blocks ran; {ran.stderr[-500:]}"
    assert len(said) == len(blocks)
    assert "Whole: " in ran.stdout


@pytest.mark.parametrize("answer", answers_in(PAGE.read_text(encoding="utf-8")))
def test_no_answer_of_the_page_is_empty(answer: str) -> None:
    assert answer.strip()
