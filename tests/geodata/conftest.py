"""Loaded once for every test of the map data."""

from pathlib import Path

import pytest

from geodata.layers import FOLDER_VARIABLE, Layers
from geodata.network import TravelNetwork


@pytest.fixture(scope="session")
def layers() -> Layers:
    return Layers.load()


@pytest.fixture(scope="session")
def network(layers: Layers) -> TravelNetwork:
    return TravelNetwork.load(layers)


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the map data of whoever runs it."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))
