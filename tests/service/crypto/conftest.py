"""A key folder with three key files, and what each process holds of it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from service.crypto import Domain, Keyring, create_keys, load_keyring


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key folder for a module: for what leaves it as it was."""
    folder = tmp_path_factory.mktemp("data") / "keys"
    create_keys(folder)
    return folder


@pytest.fixture(scope="module")
def back(shared_folder: Path) -> Keyring:
    return load_keyring(shared_folder, "back")


@pytest.fixture(scope="module")
def someone(back: Keyring) -> UUID:
    """A subject with a key in each domain the back may open."""
    subject = uuid4()
    for domain in (Domain.CASE, Domain.PLACE, Domain.ADDRESS):
        back.subjects.make(domain, subject)
    return subject


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A key folder of one test."""
    keys = tmp_path / "keys"
    create_keys(keys)
    return keys
