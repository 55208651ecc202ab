"""Data folders whose database is set up already: setting one up costs more than everything these tests do with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.processes.embedded import Embedded
from service.processes.users import own_folder, server_account


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one folder that is set up."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    Embedded(data, durable=False).start().stop()
    return data


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Iterator[Path]:
    """That folder, moved to the test; what a test changes in it, it changes back."""
    prepared.rename(tmp_path / "data")
    try:
        yield tmp_path / "data"
    finally:
        (tmp_path / "data").rename(prepared)


@pytest.fixture
def far_data(data: Path, tmp_path: Path) -> Iterator[Path]:
    """The same, at a path too long for a socket."""
    far = tmp_path / ("long" * 30)
    data.rename(far)
    try:
        yield far
    finally:
        far.rename(data)


@pytest.fixture
def hollow(data: Path, tmp_path: Path) -> Path:
    """A folder that looks as if set up, with passwords, and without anything a server could start on."""
    folder = tmp_path / "hollow"
    folder.mkdir(0o700)
    shutil.copy(data / "secrets.json", folder)
    own_folder(folder / "postgres", server_account(folder / "postgres"))
    shutil.copy(data / "postgres" / "PG_VERSION", folder / "postgres")
    return folder


@pytest.fixture
def unused(tmp_path: Path) -> Path:
    """Where a data folder can be made."""
    return tmp_path / "unused"
