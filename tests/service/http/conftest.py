"""The guard around routes that stand for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.policies import Process
from tests.service.conftest import Database
from tests.service.harness import Harness, new_harness
from tests.service.http.probe import DOING, PROBES


@pytest.fixture(scope="module")
def shared_probes(tmp_path_factory: pytest.TempPathFactory, module_database: Database) -> Iterator[Harness]:
    folder = tmp_path_factory.mktemp("data")
    with new_harness(folder, module_database, routes={Process.FRONT: tuple(PROBES.written)}) as made:
        yield made


@pytest.fixture
def probes(shared_probes: Harness) -> Iterator[Harness]:
    """Both applications with probes instead of the product's routes; what `DOING` does ends with the test."""
    yield shared_probes
    DOING.clear()


@pytest.fixture
def own_probes(tmp_path: Path, database: Database) -> Iterator[Harness]:
    """The same over a database that the test may spoil."""
    with new_harness(tmp_path, database, routes={Process.FRONT: tuple(PROBES.written)}) as made:
        yield made
    DOING.clear()
