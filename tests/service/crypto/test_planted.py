"""Each fault planted in the sealing is noticed by a promise; each promise holds without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from service.crypto import CannotOpen, Domain, Keyring, Sealer, gcm, load_keyring, sealing, subjects
from service.crypto.gcm import Secret
from tests.service.crypto import promises
from tests.service.crypto.promises import HERE

OTHER = UUID(int=77)
PLAINTEXT = b"a plaintext of more than eight bytes"


@pytest.fixture
def keys(folder: Path) -> Keyring:
    held = load_keyring(folder, "back")
    for subject in (UUID(int=1), OTHER):
        held.subjects.make(Domain.CASE, subject)
        held.subjects.make(Domain.PLACE, subject)
    return held


def nowhere_else(sealer: Sealer, subject: UUID) -> None:
    promises.opens_nowhere_else(sealer, subject, OTHER, PLAINTEXT)


def never_alike(sealer: Sealer, subject: UUID) -> None:
    promises.never_seals_alike(sealer, subject, PLAINTEXT, 20)


def bucket(sealer: Sealer, subject: UUID) -> None:
    promises.length_tells_the_bucket_only(sealer, subject, 100)


def silent(sealer: Sealer, subject: UUID) -> None:
    promises.shows_nothing(sealer, subject, PLAINTEXT)


def round_trip(sealer: Sealer, subject: UUID) -> None:
    promises.opens_where_it_was_sealed(sealer, subject, PLAINTEXT)


PROMISES = [nowhere_else, never_alike, bucket, silent, round_trip]


def plant_no_associated_data(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sealing, "_bound", lambda *_: b"")


def plant_no_place(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sealing, "_bound", lambda layer, header, domain, subject, _: gcm.bind(layer, domain, subject.bytes))


def plant_one_nonce(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gcm, "_nonce", lambda: bytes(12))


def plant_one_data_key(patch: pytest.MonkeyPatch) -> None:
    """With nonces that repeat for the second layer alone."""
    nonces = iter(range(10**6))

    def nonce() -> bytes:
        number = next(nonces)
        return (number if number % 2 == 0 else 1).to_bytes(12, "big")

    patch.setattr(gcm, "_nonce", nonce)


def plant_no_padding(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sealing, "_padded", lambda plaintext: len(plaintext).to_bytes(4, "big") + plaintext)


def plant_padding_without_length(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sealing, "_unpadded", lambda padded: padded[4:].rstrip(b"\0") + b"\0")


def plant_no_cipher(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sealing, "shut", lambda key, plain, bound: bytes(12) + plain + bytes(16))


PLANTED: list[tuple[Callable[[pytest.MonkeyPatch], None], Callable[[Sealer, UUID], None]]] = [
    (plant_no_associated_data, nowhere_else),
    (plant_no_place, nowhere_else),
    (plant_one_nonce, never_alike),
    (plant_one_data_key, never_alike),
    (plant_no_padding, bucket),
    (plant_padding_without_length, round_trip),
    (plant_no_cipher, silent),
]


@pytest.mark.parametrize("promise", PROMISES)
def test_the_promise_holds(keys: Keyring, promise: Callable[[Sealer, UUID], None]) -> None:
    promise(keys.sealer, UUID(int=1))


@pytest.mark.parametrize(("plant", "promise"), PLANTED)
def test_the_planted_fault_is_noticed(
    keys: Keyring,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    promise: Callable[[Sealer, UUID], None],
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        promise(keys.sealer, UUID(int=1))


def test_a_cache_that_does_not_look_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the look at the file, a process would go on opening what another one destroyed."""
    here, there = load_keyring(folder, "back"), load_keyring(folder, "back")
    here.subjects.make(Domain.CASE, OTHER)
    sealed = here.sealer.seal(Domain.CASE, OTHER, HERE, PLAINTEXT)
    with monkeypatch.context() as planted:
        planted.setattr(subjects, "_stamp", lambda path: None if path.suffix == ".gone" else (1, 1, 1))
        there.sealer.open(Domain.CASE, OTHER, HERE, sealed)
        here.subjects.destroy(Domain.CASE, OTHER)
        assert there.sealer.open(Domain.CASE, OTHER, HERE, sealed) == PLAINTEXT  # the fault opens it
    with pytest.raises(CannotOpen):
        there.sealer.open(Domain.CASE, OTHER, HERE, sealed)


def test_lengths_before_parts_keep_them_apart() -> None:
    parts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("a", "b", "c")]
    assert len({gcm.bind(*one) for one in parts}) == len(parts)


def test_another_key_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        gcm.unshut(Secret.fresh(), gcm.shut(Secret.fresh(), PLAINTEXT, b""), b"")
