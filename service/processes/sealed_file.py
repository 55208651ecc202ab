"""A large file sealed to key holders and signed by the trail's key: backups, and the offline export.

::

    fristad sealed 1\\n · length 4 · header (JSON: kind, who may open it, their shares)
    length 4 · AES-256-GCM of up to 64 KiB        again and again, numbered, the last one marked
    length 4 = 0 · signature line of the trail's key over the hash of everything before it

Nobody without a holder's key learns more than the size, nobody without the trail's key makes a file that is believed.
The key of a file is used for it alone; the header is bound into every part, so parts can be neither moved, dropped,
repeated nor cut off unseen.
"""

from __future__ import annotations

import base64
import json
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.audit.errors import NoteRejected
from service.audit.notes import PublicKey, Signer, parted, text_of
from service.processes.holders import KEY_BYTES, Holder, HolderKey, NotSealed, combined, split

__all__ = ["PART_BYTES", "SealedFile", "seal_file"]

MAGIC: Final = b"fristad sealed 1\n"
PART_BYTES: Final = 64 * 1024
_LENGTH: Final = struct.Struct(">I")
_MOST_HEADER_BYTES: Final = 16 * 1024
_TAG_BYTES: Final = 16
_DAMAGED: Final = "The file is damaged, cut off, or was not made by fristad."


def seal_file(
    path: Path, kind: str, content: Iterable[bytes], holders: Sequence[Holder], signer: Signer, now: datetime
) -> int:
    """Write a sealed and signed file, whole or not at all; its size in bytes.

    Parameters
    ----------
    kind : "backup", which each holder opens alone, or "offline", which they open only together
    content : pieces of any size
    holders : two or more, each another

    Raises
    ------
    NotSealed : too few holders, or the file cannot be written
    """
    if len({holder.name for holder in holders}) < 2:
        raise NotSealed("Two different key holders are needed, so that the loss of one key loses nothing.")
    key = os.urandom(KEY_BYTES)
    shares = split(key, holders, together=kind == "offline")
    about = _about(kind)
    told = [
        {"holder": holder.name, "share": base64.b64encode(holder.seal(share, about)).decode()}
        for holder, share in zip(holders, shares, strict=True)
    ]
    header = json.dumps({"kind": kind, "holders": told}, sort_keys=True, separators=(",", ":")).encode()
    head = MAGIC + _LENGTH.pack(len(header)) + header
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".fristad-", delete=False) as stream:
            try:
                digest = sha256()
                for piece in chain([head], _sealed(content, AESGCM(key), sha256(head).digest()), [_LENGTH.pack(0)]):
                    digest.update(piece)
                    stream.write(piece)
                stream.write(signer.line(_signed_text(kind, digest.digest()), now).encode())
                size = stream.tell()
                stream.flush()
                os.fsync(stream.fileno())
                os.replace(stream.name, path)
            except BaseException:
                Path(stream.name).unlink(missing_ok=True)
                raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        raise NotSealed("The file cannot be written there: choose a folder of yours with room.") from None
    return size


@dataclass(frozen=True)
class SealedFile:
    """A sealed file whose signature holds; nothing of it is opened yet.

    Parameters
    ----------
    kind : "backup" or "offline"
    shares : what stands in it for each holder
    """

    path: Path
    kind: str
    shares: tuple[tuple[str, bytes], ...]
    digest: bytes

    @classmethod
    def read(cls, path: Path, kind: str, believed: Sequence[PublicKey]) -> SealedFile:
        """Look at a file: its form and its signature, over every byte.

        Raises
        ------
        NotSealed : it is none of that kind, is damaged, or none of these keys has signed it
        """
        try:
            with path.open("rb") as stream:
                digest = sha256()
                header = _header(stream, digest.update)
                for part in _parts(stream, digest.update):
                    del part
                line = stream.read(_MOST_HEADER_BYTES).decode()
                shares = tuple((str(one["holder"]), base64.b64decode(one["share"])) for one in header["holders"])
                told = str(header["kind"])
        except OSError:
            raise NotSealed("The file cannot be read.") from None
        except (ValueError, KeyError, TypeError):
            raise NotSealed(_DAMAGED) from None
        if told != kind:
            raise NotSealed("The file is of another kind: a backup is restored, an offline export is opened.")
        if not any(_holds(key, _signed_text(kind, digest.digest()), line) for key in believed):
            raise NotSealed("The file is not signed by the trail's key: it was changed, or made elsewhere.")
        return cls(path, kind, shares, digest.digest())

    def open(self, keys: Sequence[HolderKey]) -> Iterator[bytes]:
        """Its content, piece by piece. Use nothing of it before the last piece has come: only then it was whole.

        Raises
        ------
        NotSealed : these holders may not open it, or it was changed since it was looked at
        """
        cipher = AESGCM(self._key(keys))
        digest = sha256()
        with self.path.open("rb") as stream:
            _header(stream, digest.update)
            bound = digest.digest()
            waiting: bytes | None = None
            number = 0
            for part in _parts(stream, digest.update):
                if waiting is not None:
                    yield _part(cipher, number, waiting, bound, is_last=False)
                    number += 1
                waiting = part
            if waiting is None or digest.digest() != self.digest:
                raise NotSealed(_DAMAGED)
            yield _part(cipher, number, waiting, bound, is_last=True)

    def _key(self, keys: Sequence[HolderKey]) -> bytes:
        held = {key.name: key for key in keys}
        mine = [held[name].unseal(share, _about(self.kind)) for name, share in self.shares if name in held]
        if self.kind == "offline" and len(mine) < len(self.shares):
            raise NotSealed("Every key holder it was sealed to must be present, with their own key.")
        if not mine:
            raise NotSealed("The file was not sealed to this key holder.")
        key = combined(mine) if self.kind == "offline" else mine[0]
        if len(key) != KEY_BYTES:
            raise NotSealed(_DAMAGED)
        return key


def _about(kind: str) -> bytes:
    return MAGIC + kind.encode()


def _signed_text(kind: str, digest: bytes) -> str:
    """What is signed; its first line, with blanks in it, can be no trail's name, so it is never a checkpoint."""
    return f"fristad sealed {kind}\n{text_of(digest)}\n"


def _holds(key: PublicKey, text: str, line: str) -> bool:
    try:
        key.signed(*parted(f"{text}\n{line}"))
    except NoteRejected:
        return False
    return True


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _sealed(content: Iterable[bytes], cipher: AESGCM, bound: bytes) -> Iterator[bytes]:
    number, waiting = 0, bytearray()
    for piece in content:
        for start in range(0, len(piece), PART_BYTES):
            waiting += piece[start : start + PART_BYTES]
            if len(waiting) > PART_BYTES:  # more is to come, so this is not the last part
                yield _framed(cipher.encrypt(_nonce(number, is_last=False), bytes(waiting[:PART_BYTES]), bound))
                del waiting[:PART_BYTES]
                number += 1
    yield _framed(cipher.encrypt(_nonce(number, is_last=True), bytes(waiting), bound))


def _framed(part: bytes) -> bytes:
    return _LENGTH.pack(len(part)) + part


def _part(cipher: AESGCM, number: int, sealed: bytes, bound: bytes, *, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, is_last=is_last), sealed, bound)
    except InvalidTag:
        raise NotSealed(_DAMAGED) from None


def _header(stream: BinaryIO, seen: Any) -> Any:
    start = stream.read(len(MAGIC) + _LENGTH.size)
    if len(start) != len(MAGIC) + _LENGTH.size or not start.startswith(MAGIC):
        raise NotSealed(_DAMAGED)
    (length,) = _LENGTH.unpack(start[len(MAGIC) :])
    if length > _MOST_HEADER_BYTES:
        raise NotSealed(_DAMAGED)
    header = stream.read(length)
    seen(start + header)
    try:
        return json.loads(header)
    except (ValueError, RecursionError):
        raise NotSealed(_DAMAGED) from None


def _parts(stream: BinaryIO, seen: Any) -> Iterator[bytes]:
    """The sealed parts, up to the end mark."""
    while True:
        size = stream.read(_LENGTH.size)
        if len(size) != _LENGTH.size:
            raise NotSealed(_DAMAGED)
        (length,) = _LENGTH.unpack(size)
        if length == 0:
            seen(size)
            return
        part = stream.read(length) if _TAG_BYTES <= length <= PART_BYTES + _TAG_BYTES else b""
        if len(part) != length:
            raise NotSealed(_DAMAGED)
        seen(size + part)
        yield part
