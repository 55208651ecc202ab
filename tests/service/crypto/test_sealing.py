"""Sealed records: refusals first, then what they promise for any plaintext."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.crypto import CannotOpen, Domain, KeyGone, Keyring, NoMaster, at, load_keyring
from tests.service.crypto import promises
from tests.service.crypto.promises import HERE

PLAINTEXT = st.binary(max_size=1200)
SENTENCE = "This record cannot be opened here."
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plaintext=st.binary(max_size=300), data=st.data())
@settings(deadline=None, max_examples=60)
def test_any_flipped_bit_closes_it(back: Keyring, someone: UUID, plaintext: bytes, data: st.DataObject) -> None:
    sealed = bytearray(back.sealer.seal(Domain.CASE, someone, HERE, plaintext))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen, match=SENTENCE):
        back.sealer.open(Domain.CASE, someone, HERE, bytes(sealed))


def test_every_bit_of_the_header_and_of_the_first_bytes_counts(back: Keyring, someone: UUID) -> None:
    sealed = back.sealer.seal(Domain.CASE, someone, HERE, b"x")
    for bit in range(promises.FIXED_BYTES * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            back.sealer.open(Domain.CASE, someone, HERE, bytes(changed))


def test_cut_or_lengthened_it_stays_closed(back: Keyring, someone: UUID) -> None:
    sealed = back.sealer.seal(Domain.CASE, someone, HERE, b"x")
    for wrong in (b"", sealed[:1], sealed[:5], sealed[:65], sealed[:66], sealed[:93], sealed[:-1], sealed + b"\0"):
        with pytest.raises(CannotOpen, match=SENTENCE):
            back.sealer.open(Domain.CASE, someone, HERE, wrong)


def test_halves_of_two_records_do_not_make_one(back: Keyring, someone: UUID) -> None:
    one, two = (back.sealer.seal(Domain.CASE, someone, HERE, b"x") for _ in range(2))
    with pytest.raises(CannotOpen):
        back.sealer.open(Domain.CASE, someone, HERE, one[:65] + two[65:])


@given(plaintext=PLAINTEXT)
@settings(deadline=None, max_examples=25)
def test_nowhere_else(back: Keyring, someone: UUID, plaintext: bytes) -> None:
    other = UUID(int=1)
    back.subjects.make(Domain.CASE, other)
    promises.opens_nowhere_else(back.sealer, someone, other, plaintext)


def test_a_subject_without_a_key_seals_nothing(back: Keyring) -> None:
    with pytest.raises(CannotOpen, match=SENTENCE):
        back.sealer.seal(Domain.CASE, uuid4(), HERE, b"x")


def test_a_process_without_the_master_opens_nothing(back: Keyring, shared_folder: Path, someone: UUID) -> None:
    sealed = back.sealer.seal(Domain.PLACE, someone, HERE, b"a place")
    address = back.sealer.seal(Domain.ADDRESS, someone, HERE, b"an address")
    front = load_keyring(shared_folder, "front")
    solver = load_keyring(shared_folder, "solver")
    with pytest.raises(NoMaster):
        front.sealer.open(Domain.PLACE, someone, HERE, sealed)
    for keys in (front, solver):
        with pytest.raises(NoMaster):
            keys.sealer.open(Domain.ADDRESS, someone, HERE, address)
        with pytest.raises(NoMaster):
            keys.subjects.make(Domain.ADDRESS, uuid4())
    assert solver.sealer.open(Domain.PLACE, someone, HERE, sealed) == b"a place"


def test_what_was_destroyed_is_closed_for_good(back: Keyring) -> None:
    subject = uuid4()
    back.subjects.make(Domain.CASE, subject)
    sealed = back.sealer.seal(Domain.CASE, subject, HERE, b"x")
    assert back.sealer.open(Domain.CASE, subject, HERE, sealed) == b"x"
    back.subjects.destroy(Domain.CASE, subject)
    with pytest.raises(KeyGone):
        back.sealer.open(Domain.CASE, subject, HERE, sealed)
    with pytest.raises(KeyGone):
        back.sealer.seal(Domain.CASE, subject, HERE, b"x")
    with pytest.raises(KeyGone):
        back.subjects.make(Domain.CASE, subject)


@pytest.mark.parametrize("place", ["", "a", "a/b/c", "a/b/c/", "/b/c/1", "a/b/c/1/2"])
def test_a_place_has_four_parts(back: Keyring, someone: UUID, place: str) -> None:
    with pytest.raises(ValueError, match="a place is table/column/row/version"):
        back.sealer.seal(Domain.CASE, someone, place, b"x")
    with pytest.raises(ValueError, match="a place is table/column/row/version"):
        back.sealer.open(Domain.CASE, someone, place, b"x")


def test_a_slash_in_a_part_is_no_second_part() -> None:
    with pytest.raises(ValueError, match="a place is"):
        at("answers", "sealed/x", 1, 1)


@pytest.mark.parametrize("value", [float("nan"), {"a": b"bytes"}, "\ud800", {1: 2, "a": {3}}])
def test_what_is_no_json_is_not_sealed(back: Keyring, someone: UUID, value: object) -> None:
    with pytest.raises(ValueError, match=r"^the value is no JSON$") as caught:
        back.sealer.seal_json(Domain.CASE, someone, HERE, value)
    assert caught.value.__context__ is None  # the first error would carry the value


def test_what_is_no_json_is_not_opened_as_json(back: Keyring, someone: UUID) -> None:
    sealed = back.sealer.seal(Domain.CASE, someone, HERE, b"plain text")
    with pytest.raises(CannotOpen, match=SENTENCE) as caught:
        back.sealer.open_json(Domain.CASE, someone, HERE, sealed)
    assert caught.value.__context__ is None


@given(plaintext=PLAINTEXT)
@settings(deadline=None, max_examples=50)
def test_round_trip(back: Keyring, someone: UUID, plaintext: bytes) -> None:
    promises.opens_where_it_was_sealed(back.sealer, someone, plaintext)


@given(value=JSON)
@settings(deadline=None, max_examples=50)
def test_round_trip_of_json(back: Keyring, someone: UUID, value: object) -> None:
    sealed = back.sealer.seal_json(Domain.CASE, someone, HERE, value)
    assert back.sealer.open_json(Domain.CASE, someone, HERE, sealed) == value


def test_json_is_canonical(back: Keyring, someone: UUID) -> None:
    sealed = back.sealer.seal_json(Domain.CASE, someone, HERE, {"b": [1, None], "a": "å"})
    assert back.sealer.open(Domain.CASE, someone, HERE, sealed) == '{"a":"å","b":[1,null]}'.encode()


def test_never_alike(back: Keyring, someone: UUID) -> None:
    promises.never_seals_alike(back.sealer, someone, b"the same", 500)


@given(plaintext=st.binary(min_size=8, max_size=1200))
@settings(deadline=None, max_examples=30)
def test_no_run_of_the_plaintext_is_seen(back: Keyring, someone: UUID, plaintext: bytes) -> None:
    promises.shows_nothing(back.sealer, someone, plaintext)


@pytest.mark.parametrize("length", [0, 1, 251, 252, 253, 507, 508, 509, 5000])
def test_length_buckets(back: Keyring, someone: UUID, length: int) -> None:
    promises.length_tells_the_bucket_only(back.sealer, someone, length)


def test_both_sides_of_a_bucket_by_hand(back: Keyring, someone: UUID) -> None:
    # 5 header + 60 wrapped data key + 28 nonce and tag = 93; 4 + 252 = 256 fills one bucket
    lengths = [len(back.sealer.seal(Domain.CASE, someone, HERE, bytes(n))) for n in (0, 252, 253)]
    assert lengths == [93 + 256, 93 + 256, 93 + 512]


def test_too_large_is_refused(back: Keyring, someone: UUID) -> None:
    with pytest.raises(ValueError, match="at most 16 MiB"):
        back.sealer.seal(Domain.CASE, someone, HERE, bytes(16 * 1024 * 1024 + 1))
