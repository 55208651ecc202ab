"""The tree is RFC 6962's: roots and proofs against the standard's own recursion, written out as it stands there."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    proof_since,
    verify_consistency,
    verify_inclusion,
)

MOST = 70
SIZES = st.integers(min_value=0, max_value=MOST)


# The definitions of RFC 6962 section 2.1, word for word and slow.
def mth(entries: list[bytes]) -> bytes:
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = largest_power_below(len(entries))
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = largest_power_below(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: list[bytes], b: bool) -> list[bytes]:
    if m == len(entries):
        return [] if b else [mth(entries)]
    k = largest_power_below(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], b), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def entries_of(size: int) -> list[bytes]:
    return [b"entry %d" % n for n in range(size)]


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(entry) for entry in entries_of(size)]


ROOTS = [mth(entries_of(size)) for size in range(MOST + 1)]


def test_the_hashes_of_the_standard() -> None:
    # SHA-256 of nothing, and of one zero byte: published with the standard's test vectors
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("size", range(MOST + 1))
def test_the_root_is_the_recursive_one(size: int) -> None:
    assert Frontier.of(leaves_of(size)).root() == ROOTS[size]


def test_a_frontier_grows_one_leaf_at_a_time_to_the_same() -> None:
    frontier = Frontier()
    for size, leaf in enumerate(leaves_of(MOST), start=1):
        frontier = frontier.append(leaf)
        assert (frontier.size, len(frontier.peaks)) == (size, bin(size).count("1"))
        assert frontier.root() == ROOTS[size]


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_every_inclusion_proof_is_the_standards_and_verifies(size: int) -> None:
    leaves, entries = leaves_of(size), entries_of(size)
    for index in range(size):
        proof = inclusion_proof(leaves, index)
        assert list(proof) == path(index, entries)
        assert verify_inclusion(leaves[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize("size", range(1, 41))
def test_every_consistency_proof_is_the_standards_and_verifies(size: int) -> None:
    leaves, entries = leaves_of(size), entries_of(size)
    for old in range(1, size + 1):
        proof = consistency_proof(leaves, old)
        assert list(proof) == subproof(old, entries, True)
        assert proof == proof_since(Frontier.of(leaves[:old]), leaves[old:])
        assert verify_consistency(old, ROOTS[old], size, ROOTS[size], proof)


def test_every_tree_begins_with_the_empty_one() -> None:
    assert verify_consistency(0, EMPTY_ROOT, 5, ROOTS[5], ())
    assert not verify_consistency(0, EMPTY_ROOT, 5, ROOTS[5], (ROOTS[1],))
    assert not verify_consistency(0, ROOTS[1], 5, ROOTS[5], ())


def test_a_smaller_tree_does_not_follow() -> None:
    assert not verify_consistency(5, ROOTS[5], 4, ROOTS[4], ())
    assert not verify_consistency(-1, EMPTY_ROOT, 4, ROOTS[4], ())


def test_equal_sizes_need_equal_roots() -> None:
    assert verify_consistency(5, ROOTS[5], 5, ROOTS[5], ())
    assert not verify_consistency(5, ROOTS[5], 5, ROOTS[6], ())
    assert not verify_consistency(5, ROOTS[5], 5, ROOTS[5], (ROOTS[5],))


@given(SIZES.filter(bool), st.data())
def test_a_proof_of_inclusion_fits_one_leaf_at_one_place_only(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(leaves, index)
    for elsewhere in range(-1, size + 1):
        fits = verify_inclusion(leaves[index], elsewhere, size, proof, ROOTS[size])
        assert fits == (elsewhere == index)
    assert not verify_inclusion(leaf_hash(b"another"), index, size, proof, ROOTS[size])


@given(SIZES.filter(lambda size: size > 1), st.data())
def test_a_damaged_proof_of_consistency_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    proof = list(consistency_proof(leaves_of(size), old))
    damage = data.draw(st.sampled_from(["flip", "drop", "add", "root"]))
    at = data.draw(st.integers(0, len(proof) - 1))
    old_root = ROOTS[old]
    if damage == "flip":
        proof[at] = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    elif damage == "drop":
        del proof[at]
    elif damage == "add":
        proof.insert(at, leaf_hash(b"more"))
    else:
        old_root = leaf_hash(b"another past")
    assert not verify_consistency(old, old_root, size, ROOTS[size], proof)


@pytest.mark.parametrize(
    ("size", "peaks"), [(-1, ()), (1, ()), (0, (EMPTY_ROOT,)), (2, (EMPTY_ROOT, EMPTY_ROOT)), (1, (b"short",))]
)
def test_a_frontier_that_cannot_be_is_refused(size: int, peaks: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"a (frontier|peak)"):
        Frontier(size, peaks)


@pytest.mark.parametrize("index", [-1, 3])
def test_no_proof_for_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(leaves_of(3), index)


@pytest.mark.parametrize("old", [-1, 4])
def test_no_proof_from_a_larger_tree(old: int) -> None:
    with pytest.raises(ValueError, match="no beginning"):
        consistency_proof(leaves_of(3), old)
