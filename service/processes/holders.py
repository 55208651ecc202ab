"""Key holders: who may open a backup or an offline export. Each has a private key that never lies in the service.

A holder's file holds an X25519 key in PEM form; its public half, beside it as ``.pub``, is all the service is given.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from matching.errors import FristadError

__all__ = ["Holder", "HolderKey", "NotSealed", "combined", "make_holder", "read_holder", "read_holder_key", "split"]

KEY_BYTES: Final = 32
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)  # RFC 9180
_MOST_FILE_BYTES: Final = 4096


class NotSealed(FristadError):
    """A holder's key or a sealed file cannot be used; the message is for people, without a path or a value."""


@dataclass(frozen=True)
class Holder:
    """Somebody things are sealed to.

    Parameters
    ----------
    name : fingerprint of the public key; says nothing of who holds it
    """

    name: str
    public: X25519PublicKey = field(repr=False)

    def seal(self, content: bytes, about: bytes) -> bytes:
        """Something that only this holder opens, bound to what it is about."""
        return _SUITE.encrypt(content, self.public, info=about)


@dataclass(frozen=True)
class HolderKey:
    """The private half; with its holder alone."""

    name: str
    private: X25519PrivateKey = field(repr=False)

    def unseal(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed to this holder about the same.

        Raises
        ------
        NotSealed : it was sealed to somebody else, or a byte differs
        """
        try:
            return _SUITE.decrypt(sealed, self.private, info=about)
        except (InvalidTag, ValueError):
            raise NotSealed("The file is damaged: what stands in it for this key holder does not open.") from None


def split(key: bytes, holders: Sequence[Holder], *, together: bool) -> list[bytes]:
    """What each holder is given of a key: all of it, or a share that is worth nothing without every other.

    Examples
    --------
    >>> split(b"k", [], together=False)
    []
    """
    if not together:
        return [key for _ in holders]
    shares = [os.urandom(len(key)) for _ in holders[1:]]
    return [combined([key, *shares]), *shares]


def combined(shares: Sequence[bytes]) -> bytes:
    """The key of all its shares: their exclusive or.

    Examples
    --------
    >>> combined([b"\\x01\\x02", b"\\x03\\x02"])
    b'\\x02\\x00'
    """
    total = bytes(len(shares[0]))
    for share in shares:
        total = bytes(a ^ b for a, b in zip(total, share, strict=True))
    return total


def make_holder(path: Path) -> Path:
    """Make a holder's key and the file of its public half; a file that is there stays.

    Returns
    -------
    the file of the public half

    Raises
    ------
    NotSealed : one of the files exists, or the folder may not be written to
    """
    private = X25519PrivateKey.generate()
    public = path.with_suffix(".pub")
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if path.suffix == ".pub" or public.exists():
        raise NotSealed("There is a key of that name already: it is never replaced. Choose another name, not .pub.")
    try:
        for target, content, mode in ((path, secret, 0o600), (public, shown, 0o644)):
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            with open(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
    except FileExistsError:
        raise NotSealed("There is a key of that name already: it is never replaced.") from None
    except OSError:
        raise NotSealed("The key cannot be written there: choose a folder of yours with room.") from None
    return public


def read_holder(path: Path) -> Holder:
    """The holder of a public file.

    Raises
    ------
    NotSealed : it is none
    """
    try:
        key = load_pem_public_key(_content(path, private=False))
    except ValueError:
        key = None
    if not isinstance(key, X25519PublicKey):
        raise NotSealed("A key holder's public file (.pub) is damaged, or is something else.")
    return Holder(_name(key), key)


def read_holder_key(path: Path) -> HolderKey:
    """The private key of a holder's file.

    Raises
    ------
    NotSealed : it is none, or others may read it
    """
    try:
        key = load_pem_private_key(_content(path, private=True), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, X25519PrivateKey):
        raise NotSealed("A key holder's private file is damaged, or is something else.")
    return HolderKey(_name(key.public_key()), key)


def _name(key: X25519PublicKey) -> str:
    return sha256(key.public_bytes_raw()).hexdigest()[:16]


def _content(path: Path, *, private: bool) -> bytes:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            found = os.fstat(stream.fileno())
            if private and (found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077):
                raise NotSealed("A key holder's private file must be yours and yours alone: chmod 600.")
            return stream.read(_MOST_FILE_BYTES)
    except OSError:
        raise NotSealed("A key holder's file cannot be read.") from None
