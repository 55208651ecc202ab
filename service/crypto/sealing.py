"""Records as the database holds them: sealed, of a length that tells little, bound to where they stand.

::

    format 1 · key version 4 · wrapped data key 60 · body 28 + n × 256
    └────── header ───────┘   └ AES-256-GCM under the subject's key
                                                 └ AES-256-GCM under the data key: length 4, plaintext, zeros

Both layers have the header, the domain, the subject and the place as associated data.
"""

from __future__ import annotations

import json
import struct
from typing import Any
from uuid import UUID

from service.crypto.domains import Domain
from service.crypto.errors import CannotOpen
from service.crypto.gcm import KEY_BYTES, OVERHEAD_BYTES, Secret, bind, shut, unshut
from service.crypto.subjects import SubjectKeys

__all__ = ["BUCKET_BYTES", "MOST_BYTES", "Sealer", "at"]

BUCKET_BYTES = 256
MOST_BYTES = 16 * 1024 * 1024

_FORMAT = 1
_HEADER = struct.Struct(">BI")
_LENGTH = struct.Struct(">I")
_WRAPPED_BYTES = KEY_BYTES + OVERHEAD_BYTES
_PLACE_PARTS = 4


def at(table: str, column: str, row: UUID | int | str, version: int) -> str:
    """The place of a record: what it is bound to, so that it opens nowhere else.

    Raises
    ------
    ValueError : a part is empty or holds a slash

    Examples
    --------
    >>> at("assessments", "sealed", 17, 2)
    'assessments/sealed/17/2'
    """
    place = f"{table}/{column}/{row}/{version}"
    _insist(place)
    return place


class Sealer:
    """Seals and opens records.

    Parameters
    ----------
    subject_keys : the key store of this process
    """

    def __init__(self, subject_keys: SubjectKeys) -> None:
        self._keys = subject_keys

    def __repr__(self) -> str:
        return "Sealer()"

    def begin(self, domain: Domain, subject: UUID) -> None:
        """Make the subject's key before the first record is sealed for it; one that is there stays.

        Raises
        ------
        CannotOpen : it was destroyed, or this process has no master of the domain
        """
        self._keys.make(domain, subject)

    def seal(self, domain: Domain, subject: UUID, place: str, plaintext: bytes) -> bytes:
        """A record under the subject's key, with a data key of its own.

        Parameters
        ----------
        place : as `at` makes it; the same place opens it and no other

        Raises
        ------
        CannotOpen : the subject has no key, or it was destroyed, or this process has no master of the domain
        ValueError : `place` is none, or the plaintext is larger than 16 MiB
        """
        _insist(place)
        padded = _padded(plaintext)
        key = self._keys.get(domain, subject)
        header = _HEADER.pack(_FORMAT, key.version)
        data_key = Secret.fresh()
        return (
            header
            + shut(key.secret, data_key.reveal(), _bound("data key", header, domain, subject, place))
            + shut(data_key, padded, _bound("record", header, domain, subject, place))
        )

    def open(self, domain: Domain, subject: UUID, place: str, sealed: bytes) -> bytes:
        """What was sealed for this domain, subject and place.

        Raises
        ------
        CannotOpen : anything differs or is damaged; `KeyGone` when the subject was deleted
        ValueError : `place` is none
        """
        _insist(place)
        sealed = bytes(sealed)
        if len(sealed) <= _HEADER.size + _WRAPPED_BYTES or sealed[0] != _FORMAT:
            raise CannotOpen
        header, rest = sealed[: _HEADER.size], sealed[_HEADER.size :]
        key = self._keys.get(domain, subject)
        if header != _HEADER.pack(_FORMAT, key.version):
            raise CannotOpen
        wrapped, body = rest[:_WRAPPED_BYTES], rest[_WRAPPED_BYTES:]
        data_key = Secret(unshut(key.secret, wrapped, _bound("data key", header, domain, subject, place)))
        return _unpadded(unshut(data_key, body, _bound("record", header, domain, subject, place)))

    def seal_json(self, domain: Domain, subject: UUID, place: str, value: Any) -> bytes:
        """`seal` of canonical JSON: sorted names, no spaces, UTF-8.

        Raises
        ------
        CannotOpen, ValueError : as `seal`; ValueError also when the value is no JSON (NaN, a lone surrogate, a date)
        """
        return self.seal(domain, subject, place, _canonical(value))

    def open_json(self, domain: Domain, subject: UUID, place: str, sealed: bytes) -> Any:
        """`open` of canonical JSON.

        Raises
        ------
        CannotOpen : as `open`, or it is no JSON
        """
        plaintext = self.open(domain, subject, place, sealed)
        try:
            return json.loads(plaintext)
        except (ValueError, RecursionError):  # carries the plaintext
            pass
        raise CannotOpen  # outside of the handler: what carries the plaintext is no context of it


def _insist(place: str) -> None:
    parts = place.split("/")
    if len(parts) != _PLACE_PARTS or not all(parts):
        raise ValueError("a place is table/column/row/version")


def _bound(layer: str, header: bytes, domain: Domain, subject: UUID, place: str) -> bytes:
    return bind(f"fristad {layer}", header, domain, subject.bytes, place)


def _padded(plaintext: bytes) -> bytes:
    if len(plaintext) > MOST_BYTES:
        raise ValueError("a record has at most 16 MiB")
    filled = _LENGTH.pack(len(plaintext)) + plaintext
    return filled + bytes(-len(filled) % BUCKET_BYTES)


def _unpadded(padded: bytes) -> bytes:
    if len(padded) < _LENGTH.size:
        raise CannotOpen
    (length,) = _LENGTH.unpack_from(padded)
    if length > len(padded) - _LENGTH.size:
        raise CannotOpen
    return padded[_LENGTH.size : _LENGTH.size + length]


def _canonical(value: Any) -> bytes:
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError):  # carries the value
        pass
    raise ValueError("the value is no JSON")
