"""AES-256-GCM as it is used here: a fresh random nonce each time, and what it belongs to bound in."""

from __future__ import annotations

import hmac
import os
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.crypto.errors import CannotOpen

__all__ = ["KEY_BYTES", "OVERHEAD_BYTES", "Secret", "bind", "shut", "unshut"]

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES


class Secret:
    """32 bytes that show themselves only when asked: not in a repr, a log, a pickle or a traceback's locals.

    Python cannot wipe memory: who reads the memory of a process has its keys (docs/decisions/0022).

    Examples
    --------
    >>> Secret(bytes(range(32)))
    <secret>
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        if len(value) != KEY_BYTES:
            raise ValueError("a key has 32 bytes")
        self._value = bytes(value)

    @classmethod
    def fresh(cls) -> Secret:
        """A new random key."""
        return cls(os.urandom(KEY_BYTES))

    def reveal(self) -> bytes:
        """The bytes themselves."""
        return self._value

    def __repr__(self) -> str:
        return "<secret>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a key is no name for anything

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not copied out of its process")


def bind(*parts: str | bytes) -> bytes:
    """Associated data that only the same parts in the same order give: each goes behind its length.

    Examples
    --------
    >>> bind("ab", "c") == bind("a", "bc")
    False
    """
    sized = []
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        sized.append(len(raw).to_bytes(4, "big") + raw)
    return b"".join(sized)


def _nonce() -> bytes:
    return os.urandom(NONCE_BYTES)


def shut(key: Secret, plaintext: bytes, associated: bytes) -> bytes:
    """Nonce and ciphertext.

    Examples
    --------
    >>> key = Secret.fresh()
    >>> unshut(key, shut(key, b"plain", b"where"), b"where")
    b'plain'
    """
    nonce = _nonce()
    return nonce + AESGCM(key.reveal()).encrypt(nonce, plaintext, associated)


def unshut(key: Secret, sealed: bytes, associated: bytes) -> bytes:
    """What `shut` was given, if the key, every byte and the associated data are the same.

    Raises
    ------
    CannotOpen : anything differs
    """
    if len(sealed) < OVERHEAD_BYTES:
        raise CannotOpen
    try:
        return AESGCM(key.reveal()).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
    except InvalidTag:
        raise CannotOpen from None
