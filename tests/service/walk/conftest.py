"""A service as `fristad serve` starts it, with a synthetic week, for all tests of one worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from matching.cli.serving import write_week
from service.walk.demo import free_ports, serving


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Data folder of a demonstration that is being served by processes of its own."""
    made = tmp_path_factory.mktemp("served")
    data, week = made / "data", made / "week.json"
    free_ports(data)
    write_week(week)
    with serving(data, "--init", "--demo", "--week", str(week)):
        yield data
