"""Identity numbers are refused anywhere: personnummer and samordningsnummer, in text or as a number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from personnummer import personnummer

__all__ = ["holds_identity_number"]

# Year, month and day with or without separators, an optional sign, four digits; not inside a longer run of digits.
_DASH = r"[\s./_\-\u2010-\u2015\u2212]"
_SHAPE = re.compile(
    rf"(?<!\d)(\d{{2}})?(\d{{2}}){_DASH}?(\d{{2}}){_DASH}?(\d{{2}})(?:{_DASH}|\+){{0,3}}(\d{{4}})(?!\d)"
)
_SHORTEST = 10
# A keyed hash is hexadecimal and long; a run of digits inside it means nothing.
_HASH = re.compile(r"[0-9a-f]{32,64}")


def _candidates(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text)
    if _HASH.fullmatch(plain) and not plain.isdigit():
        return
    for match in _SHAPE.finditer(plain):
        century, year, month, day, serial = match.groups()
        yield f"{century}{year}{month}{day}{serial}" if century else f"{year}{month}{day}-{serial}"


def holds_identity_number(value: object) -> bool:
    """Whether a text or number holds a Swedish personnummer or samordningsnummer.

    Parameters
    ----------
    value : any scalar of a JSON document

    Examples
    --------
    >>> holds_identity_number("see 19811228-9874"), holds_identity_number("1981-12-28 9874")
    (True, True)
    >>> holds_identity_number("2026-11-20T07:00:00")
    False
    >>> holds_identity_number(198112289874)
    True
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    text = str(value)
    return len(text) >= _SHORTEST and any(personnummer.valid(candidate) for candidate in _candidates(text))
