"""Databases that hold the trail and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from service.audit import sql
from service.audit.checkpoint import Checkpoint, signed
from service.audit.witness import Witness
from service.processes.embedded import Embedded
from tests.service.audit.stores import fill, made, the_head
from tests.service.audit.trails import COSIGNER, LOG, NOW
from tests.service.conftest import Database


@pytest.fixture
def trailed(bare_database: Database) -> Database:
    """A database with the trail and nothing else."""
    made(bare_database)
    return bare_database


@pytest.fixture
def engine(trailed: Database) -> Iterator[Engine]:
    """Connections of the process that serves the coordinator."""
    engine = create_engine(trailed.url("fristad_back"), hide_parameters=True)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def module_trail(server: Embedded) -> Iterator[Database]:
    """One trail with an entry and a checkpoint, for the tests that are refused."""
    server.create_database("fristad_test_trail")
    try:
        database = Database("fristad_test_trail", server)
        made(database)
        engine = create_engine(database.url("fristad_back"))
        fill(engine, 1, 3)
        with engine.begin() as connection:
            top = the_head(database)
            note = signed(Checkpoint(LOG.name, top.size, top.root()), LOG, NOW)
            connection.execute(text(sql.RECORD), {"note": note})
        engine.dispose()
        yield database
    finally:
        server.drop_database("fristad_test_trail")


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", [LOG.public], COSIGNER)
