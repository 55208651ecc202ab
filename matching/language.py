"""Texts for people in their language: English is the source, gettext catalogues hold the others.

The catalogues lie in `matching/locale`; `make docs` collects their messages anew and compiles them. A
sentence without a translation is shown in English.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

__all__ = ["DOMAIN", "LANGUAGES", "LOCALE", "Language", "Translate", "in_words", "translator"]

Language = Literal["sv", "en"]
LANGUAGES: Final[tuple[str, ...]] = get_args(Language)
DOMAIN: Final = "fristad"
LOCALE: Final = Path(__file__).parent / "locale"

Translate = Callable[[str], str]


@cache
def translator(language: str) -> Translate:
    """What turns an English sentence into a language's, or leaves it as it is.

    Parameters
    ----------
    language : sv or en

    Raises
    ------
    ValueError : another language

    Examples
    --------
    >>> translator("sv")("The place is far from a larger town.")
    'Platsen ligger långt från en större ort.'
    >>> translator("en")("The place is far from a larger town.")
    'The place is far from a larger town.'
    """
    if language not in LANGUAGES:
        raise ValueError("no such language")
    if language == "en":
        return gettext.NullTranslations().gettext
    return gettext.translation(DOMAIN, LOCALE, languages=[language]).gettext


def in_words(code: str) -> str:
    """A code as English words, the form in which catalogues hold it.

    Examples
    --------
    >>> in_words("rival_present")
    'rival present'
    """
    return code.replace("_", " ")
