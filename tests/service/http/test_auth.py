"""Tokens: each trick gets the same refusal, and nothing of the token is in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from matching.errors import InputRejected
from service.actors import Role
from service.auth import FRESH_S, JWKS, IssuerKeys, Verifier
from service.problems import Unauthenticated

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
STRANGER = OKPKey.generate_key("Ed25519", {"kid": "ed"})
CLAIMS: dict[str, Any] = {
    "iss": "https://issuer.example",
    "aud": "fristad",
    "sub": "a-7",
    "role": "assessor",
    "unit": "bops-syd",
    "organisation": "police",
    "iat": NOW_S,
    "exp": NOW_S + 600,
    "jti": "j-1",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_keys(tmp_path, ED, EC)
    return tmp_path


@pytest.fixture
def verifier(folder: Path) -> Verifier:
    return Verifier(IssuerKeys(folder / JWKS), "https://issuer.example", "fristad", 30)


def write_keys(folder: Path, *keys: OKPKey | ECKey) -> None:
    told = {"keys": [dict(key.as_dict(private=False)) for key in keys]}
    (folder / JWKS).write_text(json.dumps(told), encoding="utf-8")


def token(key: OKPKey | ECKey = ED, header: dict[str, Any] | None = None, **changed: Any) -> str:
    algorithm = "Ed25519" if isinstance(key, OKPKey) else "ES256"
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not ...}
    return jwt.encode({"alg": algorithm, "kid": key.kid, **(header or {})}, claims, key, algorithms=[algorithm])


def part(told: Any) -> str:
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def resigned(header: dict[str, Any], claims: Any = None) -> str:
    """A header that no library would write, with a signature of ours that holds over it."""
    private = ED.private_key
    assert private is not None
    signed = f"{part(header)}.{part(CLAIMS if claims is None else claims)}"
    return f"{signed}.{part(private.sign(signed.encode()))}"  # type: ignore[union-attr]


@pytest.mark.parametrize("key", [ED, EC])
@pytest.mark.parametrize("header", [{}, {"typ": "at+jwt"}, {"typ": "JWT"}])
def test_a_token_of_the_issuer_says_who_acts(verifier: Verifier, key: OKPKey | ECKey, header: dict[str, str]) -> None:
    actor = verifier.caller(f"Bearer {token(key, header)}", NOW).actor
    assert (actor.name, actor.role, actor.unit, actor.organisation) == ("a-7", Role.ASSESSOR, "bops-syd", "police")


def test_one_of_several_audiences_suffices(verifier: Verifier) -> None:
    assert verifier.caller(f"bearer {token(aud=['other', 'fristad'])}", NOW).actor.name == "a-7"


@pytest.mark.parametrize(
    ("changed", "late_s"),
    [({}, 600 + 29), ({"iat": NOW_S + 30}, 0), ({"nbf": NOW_S + 30}, 0), ({"auth_time": NOW_S + 30}, 0)],
)
def test_clocks_may_differ_by_thirty_seconds(verifier: Verifier, changed: dict[str, Any], late_s: int) -> None:
    assert verifier.caller(f"Bearer {token(**changed)}", datetime.fromtimestamp(NOW_S + late_s, UTC)).actor


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"iat": NOW_S - 700, "exp": NOW_S - 31},
    "expired to the second": {"iat": NOW_S - 700, "exp": NOW_S - 30},
    "issued in the future": {"iat": NOW_S + 31},
    "not yet": {"nbf": NOW_S + 31},
    "signed in in the future": {"auth_time": NOW_S + 31},
    "holds for a day": {"exp": NOW_S + 12 * 3600 + 1},
    "ends before it begins": {"iat": NOW_S, "exp": NOW_S},
    "text as time": {"exp": str(NOW_S + 600)},
    "fraction as time": {"exp": NOW_S + 600.5},
    "infinite time": {"exp": float("inf")},
    "true as time": {"iat": True},
    "negative sign-in": {"auth_time": -1},
    "another issuer": {"iss": "https://issuer.example/"},
    "issuer in capitals": {"iss": "https://ISSUER.example"},
    "list of issuers": {"iss": ["https://issuer.example"]},
    "another audience": {"aud": "fristad2"},
    "part of an audience": {"aud": "xfristadx"},
    "audience as object": {"aud": {"fristad": 1}},
    "no audience listed": {"aud": []},
    "unknown role": {"role": "root"},
    "system": {"role": "system"},
    "two roles": {"role": ["assessor", "approver"]},
    "roles in one": {"role": "assessor approver"},
    "name with a control character": {"sub": "a\n7"},
    "name too long": {"sub": "a" * 65},
    "empty unit": {"unit": ""},
    "unit as number": {"unit": 7},
    "organisation as null": {"organisation": None},
    **{f"no {name}": {name: ...} for name in CLAIMS},
}


@pytest.mark.parametrize("changed", BAD_CLAIMS.values(), ids=list(BAD_CLAIMS))
def test_claims_that_do_not_hold(verifier: Verifier, changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        verifier.caller(f"Bearer {token(**changed)}", NOW)


def _with_hmac(_: Verifier) -> str:
    """The public key as the secret of an HMAC, the oldest trick."""
    public = ED.as_pem(private=False)
    signed = f"{part({'alg': 'HS256', 'kid': 'ed'})}.{part(CLAIMS)}"
    made = hmac.HMAC(public, hashes.SHA256())
    made.update(signed.encode())
    return f"{signed}.{part(made.finalize())}"


def _with_rsa(_: Verifier) -> str:
    key = RSAKey.generate_key(2048, {"kid": "ed"})
    return jwt.encode({"alg": "PS256", "kid": "ed"}, CLAIMS, key, algorithms=["PS256"])


def _with_octets(_: Verifier) -> str:
    key = OctKey.generate_key(256, {"kid": "ed"})
    return jwt.encode({"alg": "HS256", "kid": "ed"}, CLAIMS, key, algorithms=["HS256"])


def _carrying(name: str, value: Any) -> Callable[[Verifier], str]:
    return lambda _: resigned({"alg": "Ed25519", "kid": "ed", name: value})


def _flipped(_: Verifier) -> str:
    whole = token()
    head, body, signature = whole.split(".")
    return f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


TRICKS: dict[str, Callable[[Verifier], str]] = {
    "none": lambda _: f"{part({'alg': 'none', 'kid': 'ed'})}.{part(CLAIMS)}.",
    "none with a signature": lambda _: resigned({"alg": "none", "kid": "ed"}),
    "None": lambda _: resigned({"alg": "nOnE", "kid": "ed"}),
    "the public key as a secret": _with_hmac,
    "HS256": _with_octets,
    "PS256": _with_rsa,
    "the deprecated name": lambda _: resigned({"alg": "EdDSA", "kid": "ed"}),
    "another key's algorithm": lambda _: resigned({"alg": "ES256", "kid": "ed"}),
    "another key's name": lambda _: resigned({"alg": "Ed25519", "kid": "ec"}),
    "no algorithm": lambda _: resigned({"kid": "ed"}),
    "a list of algorithms": lambda _: resigned({"alg": ["Ed25519"], "kid": "ed"}),
    "no key named": lambda _: resigned({"alg": "Ed25519"}),
    "an unknown key": lambda _: resigned({"alg": "Ed25519", "kid": "other"}),
    "a path for a key": lambda _: resigned({"alg": "Ed25519", "kid": "../../etc/passwd"}),
    "a number for a key": lambda _: resigned({"alg": "Ed25519", "kid": 0}),
    "a stranger's signature": lambda _: token(STRANGER),
    "jku": _carrying("jku", "https://evil.example/jwks"),
    "x5u": _carrying("x5u", "https://evil.example/x5"),
    "x5c": _carrying("x5c", ["MIIB"]),
    "jwk": _carrying("jwk", dict(STRANGER.as_dict(private=False))),
    "crit": _carrying("crit", ["exp"]),
    "b64": _carrying("b64", False),
    "zip": _carrying("zip", "DEF"),
    "cty": _carrying("cty", "JWT"),
    "wrong typ": _carrying("typ", "id+jwt"),
    "typ as list": _carrying("typ", ["JWT"]),
    "a changed signature": _flipped,
    "no signature": lambda _: token().rpartition(".")[0] + ".",
    "two parts": lambda _: token().rpartition(".")[0],
    "five parts": lambda _: token() + ".AA.AA",
    "padding": lambda _: token() + "==",
    "a line break": lambda _: token() + "\n",
    "claims that are a list": lambda _: resigned({"alg": "Ed25519", "kid": "ed"}, [CLAIMS]),
    "claims twice": lambda _: resigned(
        {"alg": "Ed25519", "kid": "ed"}, json.dumps(CLAIMS)[:-1].encode() + b',"role":"approver"}'
    ),
    "claims that are no JSON": lambda _: resigned({"alg": "Ed25519", "kid": "ed"}, b"{"),
    "claims nested deeply": lambda _: resigned({"alg": "Ed25519", "kid": "ed"}, b"[" * 2000),
    "very long": lambda _: token(sub="a" * 4000),
    "nothing": lambda _: "",
}


def test_the_tricks_fail_for_what_they_are(verifier: Verifier) -> None:
    assert verifier.caller(f"Bearer {resigned({'alg': 'Ed25519', 'kid': 'ed'})}", NOW)


@pytest.mark.parametrize("trick", TRICKS.values(), ids=list(TRICKS))
def test_tricks(verifier: Verifier, trick: Callable[[Verifier], str]) -> None:
    told = trick(verifier)
    with pytest.raises(Unauthenticated) as refused:
        verifier.caller(f"Bearer {told}", NOW)
    assert str(refused.value) == str(Unauthenticated())
    assert refused.value.__context__ is None


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic YTph", "bearer  x.y.z", "Token " + "x" * 9])
def test_other_headers(verifier: Verifier, header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        verifier.caller(header, NOW)


def test_an_expired_token_stays_refused(verifier: Verifier) -> None:
    told = f"Bearer {token()}"
    assert verifier.caller(told, NOW)
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            verifier.caller(told, datetime.fromtimestamp(NOW_S + 700, UTC))


@pytest.mark.parametrize(("ago_s", "is_fresh"), [(None, False), (0, True), (FRESH_S, True), (FRESH_S + 1, False)])
def test_a_sign_in_is_fresh_for_fifteen_minutes(verifier: Verifier, ago_s: int | None, is_fresh: bool) -> None:
    changed: dict[str, Any] = {} if ago_s is None else {"auth_time": NOW_S - ago_s}
    assert verifier.caller(f"Bearer {token(**changed)}", NOW).is_fresh(NOW) is is_fresh


def test_keys_are_read_again_when_their_file_changes(folder: Path, verifier: Verifier) -> None:
    new = OKPKey.generate_key("Ed25519", {"kid": "new-2"})
    write_keys(folder, new)
    assert verifier.caller(f"Bearer {token(new)}", NOW)
    with pytest.raises(Unauthenticated):
        verifier.caller(f"Bearer {token(ED)}", NOW)
    (folder / JWKS).write_text("{", encoding="utf-8")
    with pytest.raises(Unauthenticated):
        verifier.caller(f"Bearer {token(new)}", NOW)
    (folder / JWKS).unlink()
    with pytest.raises(Unauthenticated):
        verifier.caller(f"Bearer {token(new)}", NOW)


def _told(key: OKPKey | ECKey | RSAKey | OctKey, *, private: bool = False, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=private), **more}


BAD_KEYS: dict[str, Any] = {
    "no keys": {"keys": []},
    "no set": [],
    "private": {"keys": [_told(ED, private=True)]},
    "symmetric": {"keys": [_told(OctKey.generate_key(256, {"kid": "o"}), private=True)]},
    "RSA": {"keys": [_told(RSAKey.generate_key(2048, {"kid": "r"}))]},
    "P-384": {"keys": [_told(ECKey.generate_key("P-384", {"kid": "e"}))]},
    "for encryption": {"keys": [_told(ED, use="enc")]},
    "one kid twice": {"keys": [_told(ED), _told(EC, kid="ed")]},
    "no kid": {"keys": [{name: value for name, value in _told(ED).items() if name != "kid"}]},
    "a point that is none": {"keys": [_told(EC, x="AAAA")]},
}


@pytest.mark.parametrize("told", BAD_KEYS.values(), ids=list(BAD_KEYS))
def test_keys_that_cannot_be_used_stop_the_start(tmp_path: Path, told: Any) -> None:
    (tmp_path / JWKS).write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(InputRejected) as refused:
        IssuerKeys(tmp_path / JWKS)
    assert "AAAA" not in str(refused.value.faults)


def test_no_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(InputRejected):
        IssuerKeys(tmp_path / JWKS)


def test_nothing_of_a_token_is_in_a_repr(verifier: Verifier, folder: Path) -> None:
    caller = verifier.caller(f"Bearer {token()}", NOW)
    assert "a-7" not in repr(caller) + repr(IssuerKeys(folder / JWKS)) + repr(verifier)
