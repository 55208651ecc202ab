"""The Merkle tree of RFC 6962: hashes, compact frontier, proofs and their verification. Pure functions.

A tree of n leaves is split at the largest power of two below n. `Frontier` holds the roots of the perfect
subtrees n is made of, the largest first: all that an append or a root needs. Leaves are given to the proofs as
their hashes; a proof is a tuple of hashes in the order of RFC 6962.

Source: RFC 6962 section 2.1; the verifications are those of RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from typing import Final

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Frontier",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "proof_since",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf: of a zero byte and the entry.

    Examples
    --------
    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: of a one byte and its two children.

    Examples
    --------
    >>> node_hash(leaf_hash(b""), leaf_hash(b"")) == node_hash(leaf_hash(b""), leaf_hash(b"x"))
    False
    """
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """A tree of which only the roots of its perfect subtrees are kept, the largest first.

    Parameters
    ----------
    size : number of leaves
    peaks : one hash per set bit of `size`, the highest bit first

    Raises
    ------
    ValueError : the peaks do not fit the size

    Examples
    --------
    >>> three = Frontier().append(leaf_hash(b"a")).append(leaf_hash(b"b")).append(leaf_hash(b"c"))
    >>> three.size, len(three.peaks)
    (3, 2)
    >>> three.root() == node_hash(node_hash(leaf_hash(b"a"), leaf_hash(b"b")), leaf_hash(b"c"))
    True
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError("a frontier has one peak for each set bit of its size")
        if any(len(peak) != HASH_BYTES for peak in self.peaks):
            raise ValueError("a peak is a SHA-256 hash")

    @classmethod
    def of(cls, leaves: Iterable[bytes]) -> Frontier:
        """The frontier over leaf hashes.

        Examples
        --------
        >>> Frontier.of([]).root() == EMPTY_ROOT
        True
        """
        return cls().extend(leaves)

    def append(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier with more leaf hashes, in their order."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            node, full = leaf, size
            while full & 1:
                node, full = node_hash(peaks.pop(), node), full >> 1
            peaks.append(node)
            size += 1
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """The root of the whole tree."""
        return _folded(self.peaks) if self.peaks else EMPTY_ROOT


def _folded(peaks: Sequence[bytes]) -> bytes:
    """One root over neighbouring subtrees that grow smaller to the right."""
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))


def _split(size: int) -> int:
    """The largest power of two below a size of at least two."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes that lead from one leaf to the root, the lowest first.

    Raises
    ------
    ValueError : there is no such leaf

    Examples
    --------
    >>> leaves = [leaf_hash(bytes([n])) for n in range(5)]
    >>> len(inclusion_proof(leaves, 0)), len(inclusion_proof(leaves, 4))
    (3, 1)
    """
    if not 0 <= index < len(leaves):
        raise ValueError("no such leaf")
    start, end, path = 0, len(leaves), []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(Frontier.of(leaves[middle:end]).root())
            end = middle
        else:
            path.append(Frontier.of(leaves[start:middle]).root())
            start = middle
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a leaf hash stands at an index of the tree of that size and root.

    Examples
    --------
    >>> leaves = [leaf_hash(bytes([n])) for n in range(5)]
    >>> root = Frontier.of(leaves).root()
    >>> [verify_inclusion(leaves[2], at, 5, inclusion_proof(leaves, 2), root) for at in (1, 2, 3)]
    [False, True, False]
    """
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(other, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, other)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def proof_since(old: Frontier, fresh: Sequence[bytes]) -> tuple[bytes, ...]:
    """The consistency proof from an old head to the head with fresh leaf hashes behind it.

    The old leaves are not needed: what the proof takes from them is in the frontier.

    Examples
    --------
    >>> leaves = [leaf_hash(bytes([n])) for n in range(7)]
    >>> old, new = Frontier.of(leaves[:3]), Frontier.of(leaves)
    >>> verify_consistency(3, old.root(), 7, new.root(), proof_since(old, leaves[3:]))
    True
    """
    size, path = old.size, []
    if not size or not fresh:
        return ()
    starts = _starts(size)
    start, end, told = 0, size + len(fresh), True
    while end != size:
        middle = start + _split(end - start)
        if size <= middle:
            path.append(Frontier.of(fresh[middle - size : end - size]).root())
            end = middle
        else:  # a perfect subtree that was whole already: one of the peaks
            path.append(old.peaks[starts.index(start)])
            start, told = middle, False
    if not told:
        path.append(_folded(old.peaks[starts.index(start) :]))
    return tuple(reversed(path))


def _starts(size: int) -> list[int]:
    """Where each perfect subtree of a tree begins, the largest first."""
    starts, start = [], 0
    for bit in range(size.bit_length() - 1, -1, -1):
        if size >> bit & 1:
            starts.append(start)
            start += 1 << bit
    return starts


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """The hashes that show that the tree over the first `old_size` leaves is a beginning of the whole.

    Raises
    ------
    ValueError : the old tree is larger than the new one

    Examples
    --------
    >>> leaves = [leaf_hash(bytes([n])) for n in range(8)]
    >>> len(consistency_proof(leaves, 4)), len(consistency_proof(leaves, 3)), consistency_proof(leaves, 8)
    (1, 4, ())
    """
    if not 0 <= old_size <= len(leaves):
        raise ValueError("the old tree is no beginning of the new one")
    return proof_since(Frontier.of(leaves[:old_size]), leaves[old_size:])


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the old tree is a beginning of the new one; every tree begins with the empty one.

    Examples
    --------
    >>> leaves = [leaf_hash(bytes([n])) for n in range(6)]
    >>> roots = [Frontier.of(leaves[:n]).root() for n in range(7)]
    >>> verify_consistency(4, roots[4], 6, roots[6], consistency_proof(leaves, 4))
    True
    >>> verify_consistency(4, roots[3], 6, roots[6], consistency_proof(leaves, 4))
    False
    """
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old_size & (old_size - 1) == 0:  # a perfect tree is its own first hash
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old, new = path[0], path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, other)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root
