"""The register's facts are those of the document it was filled from, and follow what changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from matching.facts import Facts, Places
from tests.service import conftest
from tests.service.engine.loading import Register, register_of, week


@pytest.fixture(scope="module")
def register(module_database: conftest.Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with register_of(week("small"), module_database, tmp_path_factory.mktemp("register")) as made:
        yield made


def _same_places(one: Places, other: Places) -> None:
    for field in dataclasses.fields(Places):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert np.array_equal(a, b), field.name


def test_facts_of_the_register_are_those_of_the_document(register: Register) -> None:
    found, wanted = register.picture(), register.facts_of_the_document()
    assert not found.set_aside
    assert not found.blocked
    assert not found.is_lost
    _same_places(found.facts.places, wanted.places)
    for field in dataclasses.fields(Facts):
        if field.name not in ("places", "memo"):
            assert getattr(found.facts, field.name) == getattr(wanted, field.name), field.name
