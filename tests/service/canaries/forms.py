"""The forms a secret can lie in: text, hexadecimal, base64 at every alignment, packed numbers and ids, either order."""

from __future__ import annotations

import json
import re
import struct
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote
from uuid import UUID

__all__ = ["SHORTEST", "forms"]

SHORTEST = 6
"""A form of fewer bytes is found everywhere and tells nothing."""


def _base64(content: bytes) -> Iterator[tuple[str, bytes]]:
    """What stays the same of base64 whatever stands before and behind."""
    for offset in range(3):
        padded = b"\0" * offset + content
        whole = len(padded) - len(padded) % 3
        first = 0 if not offset else 4  # the first four characters depend on what stands before
        for name, encode in (("base64", b64encode), ("base64url", urlsafe_b64encode)):
            yield f"{name} at {offset}", encode(padded[:whole])[first:]


def _of_bytes(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    yield f"{name} as hex", content.hex().encode()
    yield f"{name} as HEX", content.hex().upper().encode()
    for how, found in _base64(content):
        yield f"{name} as {how}", found
        for again, twice in _base64(found):
            yield f"{name} as {how}, as {again}", twice


def _of_text(text: str) -> Iterator[tuple[str, bytes]]:
    yield from _of_bytes("utf-8", text.encode())
    yield "reversed", text.encode()[::-1]
    for name in ("utf-16-le", "utf-16-be"):
        yield name, text.encode(name)
        yield f"{name} as hex", text.encode(name).hex().encode()
    yield "JSON", json.dumps(text)[1:-1].encode()
    yield "JSON as hex", json.dumps(text)[1:-1].encode().hex().encode()
    yield "in an address", quote(text, safe="").encode()


def _of_uuid(told: UUID) -> Iterator[tuple[str, bytes]]:
    for name, content in (("id", told.bytes), ("id reversed", told.bytes[::-1]), ("id, mixed order", told.bytes_le)):
        yield from _of_bytes(name, content)


def _of_key(text: str) -> Iterator[tuple[str, bytes]]:
    """The bytes of a key that is written as base64."""
    with suppress(ValueError):
        yield from _of_bytes("key", urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=="))


def _of_number(text: str) -> Iterator[tuple[str, bytes]]:
    for order in "<>":
        yield f"double {order}", struct.pack(f"{order}d", float(text))


def forms(text: str) -> dict[bytes, str]:
    """Every form of a secret that is long enough to be told from chance, and what it is called.

    Examples
    --------
    >>> found = forms("canary-17")
    >>> found[b"canary-17"], found["canary-17".encode().hex().encode()]
    ('utf-8', 'utf-8 as hex')
    """
    found: dict[bytes, str] = {}
    parts = [_of_text(text)]
    try:
        parts.append(_of_uuid(UUID(text)))
    except ValueError:
        if re.fullmatch(r"[A-Za-z0-9+/_-]{43}=?", text):
            parts.append(_of_key(text))
        elif re.fullmatch(r"[0-9]+[.][0-9]+", text):
            parts.append(_of_number(text))
    for part in parts:
        for name, content in part:
            if len(content) >= SHORTEST:
                found.setdefault(content, name)
    return found
