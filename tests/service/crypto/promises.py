"""What a sealer promises, as checks: run on the real one, and on ones with a planted fault, which must fail."""

from __future__ import annotations

from uuid import UUID

import pytest

from service.crypto import CannotOpen, Domain, Sealer, at

HERE = at("assessments", "sealed", 17, 2)
ELSEWHERE = (
    at("answers", "sealed", 17, 2),
    at("assessments", "note", 17, 2),
    at("assessments", "sealed", 18, 2),
    at("assessments", "sealed", 17, 3),
)
HEADER_BYTES = 5
NONCE_BYTES = 12
WRAPPED_BYTES = 60
FIXED_BYTES = HEADER_BYTES + WRAPPED_BYTES + 28
RUN_BYTES = 8


def opens_where_it_was_sealed(sealer: Sealer, subject: UUID, plaintext: bytes) -> None:
    sealed = sealer.seal(Domain.CASE, subject, HERE, plaintext)
    assert sealer.open(Domain.CASE, subject, HERE, sealed) == plaintext


def opens_nowhere_else(sealer: Sealer, subject: UUID, other: UUID, plaintext: bytes) -> None:
    """Not at another table, column, row or version, not for another subject, not in another domain."""
    sealed = sealer.seal(Domain.CASE, subject, HERE, plaintext)
    for place in ELSEWHERE:
        with pytest.raises(CannotOpen):
            sealer.open(Domain.CASE, subject, place, sealed)
    with pytest.raises(CannotOpen):
        sealer.open(Domain.CASE, other, HERE, sealed)
    with pytest.raises(CannotOpen):
        sealer.open(Domain.PLACE, subject, HERE, sealed)


def never_seals_alike(sealer: Sealer, subject: UUID, plaintext: bytes, times: int) -> None:
    """No nonce, no wrapped key and no body twice."""
    sealed = [sealer.seal(Domain.CASE, subject, HERE, plaintext) for _ in range(times)]
    body = HEADER_BYTES + WRAPPED_BYTES
    for begin, length in ((HEADER_BYTES, NONCE_BYTES), (body, NONCE_BYTES), (body + NONCE_BYTES, 16)):
        assert len({one[begin : begin + length] for one in sealed}) == times


def length_tells_the_bucket_only(sealer: Sealer, subject: UUID, length: int) -> None:
    """Four bytes of length and the plaintext, up to the next 256."""
    sealed = sealer.seal(Domain.CASE, subject, HERE, bytes(length))
    assert len(sealed) == FIXED_BYTES + 256 * ((length + 4 + 255) // 256)


def shows_nothing(sealer: Sealer, subject: UUID, plaintext: bytes) -> None:
    """No eight bytes of the plaintext in a row; eight random bytes are equal once in 2^64 tries."""
    sealed = sealer.seal(Domain.CASE, subject, HERE, plaintext)
    runs = {plaintext[at : at + RUN_BYTES] for at in range(len(plaintext) - RUN_BYTES + 1)}
    assert not any(sealed[at : at + RUN_BYTES] in runs for at in range(len(sealed) - RUN_BYTES + 1))
