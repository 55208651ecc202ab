"""Identity numbers are refused anywhere: personnummer and samordningsnummer, in text or as a number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain

from personnummer import personnummer

__all__ = ["holds_identity_number"]

# Year, month and day with or without separators, an optional sign, four digits; not inside a longer run of digits.
_DASH = r"[\s./_\-\u2010-\u2015\u2212]"
_SHAPE = re.compile(
    rf"(?<!\d)(\d{{2}})?(\d{{2}}){_DASH}?(\d{{2}}){_DASH}?(\d{{2}})(?:{_DASH}|\+){{0,3}}(\d{{4}})(?!\d)"
)
_SHORTEST = 9
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
# A keyed hash is hexadecimal and long, a random id is a UUID of version 4; a run of digits inside them means nothing.
_HASH = re.compile(r"[0-9a-f]{32,64}")
# The public half of a key (RFC 8037) is 32 random bytes as base64url: its digits stand among letters.
_KEY = re.compile(r"(?=(?:[^A-Za-z]*[A-Za-z]){20})[A-Za-z0-9_-]{43}")
_RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _candidates(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text)
    if _HASH.fullmatch(plain) and not plain.isdigit():
        return
    for match in _SHAPE.finditer(plain):
        century, year, month, day, serial = match.groups()
        yield f"{century}{year}{month}{day}{serial}" if century else f"{year}{month}{day}-{serial}"


def _digits(text: str) -> Iterator[str]:
    """All digits of a text as one number, when they are as many as an identity number has; no times of day."""
    if _TIME.match(text):
        return
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text)).lstrip("0") or "0"
    for length in (10, 12):
        if len(digits) == length or (length == 10 and len(digits) == 9):
            digits = digits.zfill(10)
            yield f"{digits[:-4]}-{digits[-4:]}" if len(digits) == 10 else digits


def holds_identity_number(value: object) -> bool:
    """Whether a text or number holds a Swedish personnummer or samordningsnummer.

    Parameters
    ----------
    value : any scalar of a JSON document

    Examples
    --------
    >>> holds_identity_number("see 19811228-9874"), holds_identity_number("1981-12-28 9874")
    (True, True)
    >>> holds_identity_number("8-1-1-2-2-8-9-8-7-4"), holds_identity_number(198112289874)
    (True, True)
    >>> holds_identity_number("2026-11-20T07:00:00")
    False
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    text = repr(value).partition(".")[2] if isinstance(value, float) else str(value)
    if len(text) < _SHORTEST:
        return False
    if _RANDOM_ID.fullmatch(text) and re.search("[a-f].*[a-f].*[a-f]", text):
        return False
    is_random = (_HASH.fullmatch(text) is not None and not text.isdigit()) or _KEY.fullmatch(text) is not None
    found = _candidates(text) if is_random else chain(_candidates(text), _digits(text))
    return any(personnummer.valid(candidate) for candidate in found)
