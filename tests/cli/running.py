"""Running the command: in this process, or as the real script in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from typer.testing import CliRunner

from matching.cli import app

SCRIPT: Final = Path(sys.executable).with_name("fristad")


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def body(self) -> Any:
        """The one JSON document on standard output; anything beside it is a fault."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Both streams, with line breaks as spaces."""
        return " ".join((self.out + " " + self.err).split())


def run(*arguments: str | Path) -> Ran:
    """The command in this process."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    return Ran(done.exit_code, done.stdout, done.stderr)


def run_script(*arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Ran:
    """The installed script in a process of its own."""
    told = {key: value for key, value in os.environ.items() if key not in ("FRISTAD_TRACEBACK", "COLUMNS")}
    done = subprocess.run(
        [SCRIPT, *(str(one) for one in arguments)],
        capture_output=True,
        check=False,
        timeout=120,
        env={**told, **(env or {})},
        cwd=cwd,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
