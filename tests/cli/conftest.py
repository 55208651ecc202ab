"""One tiny week and its plan for all tests of the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.layers import FOLDER_VARIABLE
from matching.cli import common
from tests.cli.running import run
from tests.report_week import scenario_bytes


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No map data, home folder or terminal of whoever runs this."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.delenv("FRISTAD_TRACEBACK", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 160)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scenario file of a week by hand: `alone`, `late` and `linked` can be placed, `no-consent` and `needy` cannot."""
    path = tmp_path_factory.mktemp("tiny") / "week.json"
    path.write_bytes(scenario_bytes())
    return path


@pytest.fixture(scope="session")
def planned(tiny: Path) -> Path:
    """The plan of it."""
    path = tiny.with_name("plan.json")
    assert run("plan", tiny, "-o", path).code == 0
    return path
