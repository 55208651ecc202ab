"""Keyed tags for equality in the database without the value, and reveal tokens stored as hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from service.crypto.gcm import Secret, bind

__all__ = ["Tagger", "new_token", "token_hash"]

TOKEN_BYTES = 32


class Tagger:
    """HMAC-SHA-256 under the tag key of the key file.

    Parameters
    ----------
    key : the same in every process, never rotated: another key would make every tag unequal

    Examples
    --------
    >>> tagger = Tagger(Secret.fresh())
    >>> tagger.person("a key of a person") == tagger.person("a key of a person")
    True
    >>> tagger.tag("input", "the same text") == tagger.person("the same text")
    False
    """

    def __init__(self, key: Secret) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Tagger()"

    def tag(self, kind: str, value: str | bytes) -> bytes:
        """32 bytes that are equal for equal kinds and values.

        Parameters
        ----------
        kind : what the tag is for; tags of two kinds never compare equal
        """
        return hmac.digest(self._key.reveal(), bind("fristad tag", kind, value), "sha256")

    def person(self, person_key: str) -> bytes:
        """The tag of a person key: of cases, relatives and named actors alike."""
        return self.tag("person", person_key)


def new_token() -> str:
    """A token of 256 random bits for one use, safe in a URL.

    Examples
    --------
    >>> len(new_token())
    43
    """
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: bytes) -> bytes:
    """What is stored of a token: SHA-256. No key and no salt: nobody guesses 256 bits.

    Examples
    --------
    >>> token_hash(b"").hex()[:8]
    'e3b0c442'
    """
    return hashlib.sha256(token).digest()
