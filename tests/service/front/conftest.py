"""The front alone: what back and solver do meanwhile is written by the tests themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.http.app import routes_of
from service.policies import Process
from tests.service.harness import Harness, new_harness

if TYPE_CHECKING:
    from tests.service.conftest import Database as TestDatabase

_ROUTES = {Process.FRONT: routes_of(Process.FRONT)}


@pytest.fixture
def harness(tmp_path: Path, database: TestDatabase) -> Iterator[Harness]:
    """The front over a database of its own."""
    with new_harness(tmp_path, database, routes=_ROUTES) as made:
        yield made


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, module_database: TestDatabase) -> Iterator[Harness]:
    """The same for tests of one module that work on cases of their own."""
    with new_harness(tmp_path_factory.mktemp("data"), module_database, routes=_ROUTES) as made:
        yield made
