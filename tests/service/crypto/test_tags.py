"""Tags compare equal only for the same kind, value and key; tokens are long and stored as hashes."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from service.crypto import Tagger, load_keyring, new_token, token_hash
from service.crypto.gcm import Secret

KEY = Secret(bytes(range(32)))


@given(one=st.text(), two=st.text())
def test_equal_exactly_when_the_values_are(one: str, two: str) -> None:
    tagger = Tagger(KEY)
    assert (tagger.person(one) == tagger.person(two)) == (one == two)
    assert tagger.person(one) != Tagger(Secret.fresh()).person(one)
    assert tagger.tag("input", one) != tagger.person(one)


def test_kind_and_value_do_not_run_together() -> None:
    assert Tagger(KEY).tag("ab", "c") != Tagger(KEY).tag("a", "bc")


def test_a_tag_by_hand() -> None:
    # "fristad tag" (11 bytes), "person" (6), "å" (2 in UTF-8), each behind its length in four bytes
    told = b"\0\0\0\x0bfristad tag" + b"\0\0\0\x06person" + b"\0\0\0\x02\xc3\xa5"
    assert Tagger(KEY).person("å") == hmac.new(bytes(range(32)), told, hashlib.sha256).digest()


def test_every_process_makes_the_same_tag(folder: Path) -> None:
    assert len({load_keyring(folder, name).tagger.person("one") for name in ("front", "back", "solver")}) == 1


def test_tokens() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)  # 256 bit
    # FIPS 180-2, appendix B.1
    assert token_hash(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
