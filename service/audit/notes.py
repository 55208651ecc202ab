"""Signed notes in C2SP form: keys as text, signature lines, and a witness's dated cosignature.

A note is a text that ends in a newline, an empty line, and one line per signature: em dash, key name, base64 of the
four bytes of the key id and the signature. The key id is taken from the key's name, kind and bytes.

Source: C2SP signed-note (kind 1, Ed25519) and tlog-cosignature (kind 4, Ed25519 with the time).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.audit.errors import NoteRejected

__all__ = [
    "Kind",
    "PublicKey",
    "Signer",
    "bytes_of",
    "new_signer",
    "parted",
    "read_public_keys",
    "read_signer",
    "signature_line",
    "text_of",
]

_NAME: Final = re.compile(r"[^\s+\x00-\x20\x7f]{1,200}")
_SECRET: Final = "PRIVATE+KEY+"
_SIGNATURE_LINE: Final = re.compile("— (" + _NAME.pattern + ") ([A-Za-z0-9+/]+={0,2})")
MOST_SIGNATURES: Final = 16


class Kind(IntEnum):
    """What a key signs: heads of a trail, or that a head was witnessed."""

    LOG = 1
    WITNESS = 4


@dataclass(frozen=True)
class PublicKey:
    """Whose signatures are believed; its text form is ``name+id+base64``.

    Raises
    ------
    NoteRejected : the name or the key is none
    """

    name: str
    kind: Kind
    key: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.key) != 32:
            raise NoteRejected("a key has a name without spaces or plus signs, and 32 bytes")

    @property
    def id(self) -> bytes:
        """The four bytes that stand before each of its signatures."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{text_of(bytes([self.kind]) + self.key)}"

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """The key of a text form.

        Raises
        ------
        NoteRejected : it is none

        Examples
        --------
        >>> PublicKey.parse("no key")
        Traceback (most recent call last):
            ...
        service.audit.errors.NoteRejected: a public key is written name+id+base64
        """
        name, told, content = _key_parts(text, "a public key is written name+id+base64")
        key = cls(name, Kind(content[0]), content[1:])
        if key.id.hex() != told:
            raise NoteRejected("a public key is damaged: its id does not fit")
        return key

    def signed(self, text: str, signatures: Iterable[tuple[str, bytes]]) -> datetime | None:
        """Insist that this key signed the text; when, if the key is a witness's.

        Raises
        ------
        NoteRejected : no signature of this key, or a wrong one
        """
        mine = [value[4:] for name, value in signatures if name == self.name and value[:4] == self.id]
        if len(mine) != 1:
            raise NoteRejected("a note is not signed once by the key it should be")
        message, signature, at = text.encode(), mine[0], None
        if self.kind is Kind.WITNESS:
            seconds, signature = int.from_bytes(mine[0][:8], "big"), mine[0][8:]
            message = _dated(text, seconds)
            at = _time(seconds)
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise NoteRejected("a signature of a note is wrong") from None
        return at


@dataclass(frozen=True)
class Signer:
    """A key that signs; never shown."""

    name: str
    kind: Kind
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return PublicKey(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def line(self, text: str, now: datetime) -> str:
        """The signature line under a note's text; a witness's holds the time, too."""
        if self.kind is Kind.WITNESS:
            seconds = int(now.timestamp())
            signature = seconds.to_bytes(8, "big") + self.private.sign(_dated(text, seconds))
        else:
            signature = self.private.sign(text.encode())
        return signature_line(self.name, self.public.id + signature)


def new_signer(path: Path, name: str, kind: Kind) -> Signer:
    """Make a signing key and its file, which only this user may read; a file that is there stays.

    Raises
    ------
    NoteRejected : the name is none, or there is a file already
    """
    signer = Signer(name, kind, Ed25519PrivateKey.generate())
    seed = bytes([kind]) + signer.private.private_bytes_raw()
    content = f"{_SECRET}{name}+{signer.public.id.hex()}+{text_of(seed)}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise NoteRejected("there is a signing key already; it is never replaced by another") from None
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return signer


def read_signer(path: Path) -> Signer:
    """The signing key of a file.

    Raises
    ------
    NoteRejected : there is none, it is damaged, or others may read it
    """
    try:
        with path.open(encoding="utf-8") as stream:
            mode = os.fstat(stream.fileno())
            if stat.S_IMODE(mode.st_mode) & 0o077 or mode.st_uid != os.geteuid():
                raise NoteRejected("the signing key's file must be this user's own, mode 0600")
            text = stream.read(4096).removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        raise NoteRejected("the signing key's file cannot be read") from None
    if not text.startswith(_SECRET):
        raise NoteRejected("the signing key's file holds no signing key")
    name, told, content = _key_parts(text.removeprefix(_SECRET), "the signing key is damaged")
    signer = Signer(name, Kind(content[0]), Ed25519PrivateKey.from_private_bytes(content[1:]))
    if signer.public.id.hex() != told:
        raise NoteRejected("the signing key is damaged: its id does not fit")
    return signer


def read_public_keys(text: str) -> tuple[PublicKey, ...]:
    """The keys of a file, one a line.

    Raises
    ------
    NoteRejected : one is damaged, or there is none
    """
    keys = tuple(PublicKey.parse(line) for line in text.splitlines() if line.strip())
    if not keys:
        raise NoteRejected("there is no public key")
    return keys


def parted(note: str) -> tuple[str, tuple[tuple[str, bytes], ...]]:
    """The text of a note, and name and bytes of each signature. Says nothing of who signed.

    Raises
    ------
    NoteRejected : it is no note
    """
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not note.endswith("\n") or any(ord(letter) < 32 and letter != "\n" for letter in note):
        raise NoteRejected("a signed note is text, an empty line and signatures")
    signatures: list[tuple[str, bytes]] = []
    for line in lines[:-1].split("\n"):
        found = _SIGNATURE_LINE.fullmatch(line)
        if not found or len(signatures) == MOST_SIGNATURES:
            raise NoteRejected("a signature line is not in the form of a signed note")
        signatures.append((found[1], bytes_of(found[2])))
    return text + "\n", tuple(signatures)


def signature_line(name: str, value: bytes) -> str:
    """A signature as it stands in a note; `value` begins with the key's id."""
    return f"— {name} {text_of(value)}\n"


def _dated(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _time(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise NoteRejected("a cosignature's time cannot be") from None


def _key_parts(text: str, complaint: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise NoteRejected(complaint)
    content = bytes_of(parts[2])
    if len(content) != 33 or content[0] not in tuple(Kind):
        raise NoteRejected(complaint)
    return parts[0], parts[1], content


def text_of(content: bytes) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(content).decode()


def bytes_of(text: str) -> bytes:
    """Strict base64: one text for each value, or an edit could go unseen."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content or text_of(content) != text:
        raise NoteRejected("a key or signature is not written in base64")
    return content
