"""Names of places: compared without case and accents, and turned into ids."""

import re
import unicodedata

_NOT_LETTERS = re.compile(r"[^0-9a-z]+")
_PRELIMINARY = re.compile(r"\s*\(\s*preliminär\s*\)\s*$", re.IGNORECASE)
_SPECIAL = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "đ": "d", "ł": "l"})


def folded(name: str) -> str:
    """Return the name in lower case, without accents or double spaces.

    Examples
    --------
    >>> folded("Norra  ÅSUM")
    'norra asum'
    """
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_SPECIAL))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def slug(name: str) -> str:
    """Return the ASCII form used in locality ids.

    Examples
    --------
    >>> slug("Skanör med Falsterbo"), slug("Åre")
    ('skanor-med-falsterbo', 'are')
    """
    return _NOT_LETTERS.sub("-", folded(name)).strip("-")


def settled(name: str) -> str:
    """Return a tätort's name without SCB's closing "(preliminär)".

    Examples
    --------
    >>> settled("Ekerö sommarstad (preliminär)")
    'Ekerö sommarstad'
    """
    return _PRELIMINARY.sub("", name).strip()
