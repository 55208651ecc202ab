"""A wider read ends with its block, also when the block ends with a refusal."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from service.actors import Actor, Role
from service.policies import Process
from service.problems import Conflict
from service.store.repository.wider import as_system
from service.store.tables import stays
from tests.service.back.scene import Scene
from tests.service.harness import Harness


def test_rows_are_seen_inside_the_block_alone(harness: Harness) -> None:
    scene = Scene.of(harness)
    scene.held(scene.opened())
    count = select(func.count()).select_from(stays)
    coordinator = Actor("c-1", Role.COORDINATOR, "noa", "police")
    with harness.contexts[Process.BACK].database.transaction(coordinator) as tx:
        assert tx.connection.execute(count).scalar_one() == 0
        with as_system(tx):
            with as_system(tx):
                assert tx.connection.execute(count).scalar_one() == 1
            assert tx.connection.execute(count).scalar_one() == 1
        assert tx.connection.execute(count).scalar_one() == 0
        with pytest.raises(Conflict), as_system(tx):
            raise Conflict("taken", "Taken.")
        assert tx.connection.execute(count).scalar_one() == 0
        assert tx.connection.execute(text("SELECT current_setting('fristad.role')")).scalar_one() == "coordinator"
