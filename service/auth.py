"""Bearer tokens of an OpenID issuer: who acts, in which one role. Every failure is the same 401.

The issuer's public keys stand in DATA/issuer.jwks.json, put there by the operator; no address is ever fetched, and
nothing a token says about keys (`jku`, `x5u`, `jwk`, `x5c`) is followed: a header has `alg`, `typ`, `kid` and no other
field. A key is tied to one algorithm, so that no key is used as another's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from matching.errors import Fault, InputRejected
from service.actors import Actor, Role
from service.problems import Unauthenticated

__all__ = ["ALGORITHMS", "FRESH_S", "JWKS", "Caller", "IssuerKeys", "Verifier", "is_name"]

JWKS: Final = "issuer.jwks.json"
"""File of the issuer's public keys in the data folder."""

ALGORITHMS: Final = ("Ed25519", "ES256")
"""The algorithms a token may be signed with, the name of RFC 9864 for Ed25519. No RSA, no HMAC, no `none`."""

FRESH_S: Final = 900
"""How long a sign-in counts as recent: fifteen minutes."""

_LONGEST_TOKEN_BYTES: Final = 4096
_LONGEST_LIFE_S: Final = 12 * 3600
_MOST_KEYS: Final = 20
_TYPES: Final = frozenset({"at+jwt", "JWT"})
_HEADER: Final = frozenset({"alg", "typ", "kid"})
_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]{1,700}\.[A-Za-z0-9_-]{1,3200}\.[A-Za-z0-9_-]{1,200}", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}", re.ASCII)
_MOMENTS: Final = ("exp", "iat")


@dataclass(frozen=True)
class Caller:
    """Who a token speaks for, and when they last signed in (seconds since 1970; none: unknown)."""

    actor: Actor
    signed_in_at_s: int | None

    def is_fresh(self, now: datetime) -> bool:
        """Whether they signed in within the last fifteen minutes."""
        return self.signed_in_at_s is not None and now.timestamp() - self.signed_in_at_s <= FRESH_S


class IssuerKeys:
    """The issuer's public keys, read again when their file changes.

    Parameters
    ----------
    path : a JWK set: Ed25519 and P-256 keys, each with a `kid`

    Raises
    ------
    InputRejected : the file cannot be used at the start
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._stamp = _stamp(path)
        self._keys = _read(path)

    def __repr__(self) -> str:
        return f"IssuerKeys({len(self._keys)} keys)"

    def find(self, kid: str) -> tuple[str, OKPKey | ECKey] | None:
        """The algorithm and the key of this name; a file that was spoilt meanwhile holds no keys."""
        with self._lock:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._keys = _read(self._path)
                except InputRejected:
                    self._keys = {}
            return self._keys.get(kid)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> dict[str, tuple[str, OKPKey | ECKey]]:
    try:
        told = json.loads(path.read_bytes())["keys"]
        if not 0 < len(told) <= _MOST_KEYS:
            raise ValueError
        keys = [_key(one) for one in told]
        found = {kid: (algorithm, key) for kid, algorithm, key in keys}
        if len(found) != len(keys):
            raise ValueError
    except (OSError, ValueError, TypeError, KeyError, JoseError, RecursionError):
        pass
    else:
        return found
    fault = Fault(
        JWKS, "cannot be used", f"a JWK set of 1-{_MOST_KEYS} public Ed25519 or P-256 keys, each with a kid of its own"
    )
    raise InputRejected([fault])


def _key(told: Mapping[str, Any]) -> tuple[str, str, OKPKey | ECKey]:
    kid = told["kid"]
    kind = (told["kty"], told["crv"])
    if not isinstance(kid, str) or not kid or "d" in told or told.get("use", "sig") != "sig":
        raise ValueError
    if kind == ("OKP", "Ed25519"):
        return kid, "Ed25519", OKPKey.import_key({name: told[name] for name in ("kty", "crv", "x")})
    if kind == ("EC", "P-256"):
        return kid, "ES256", ECKey.import_key({name: told[name] for name in ("kty", "crv", "x", "y")})
    raise ValueError


class Verifier:
    """Reads bearer tokens.

    Parameters
    ----------
    keys : the issuer's
    issuer, audience : what the token must say, compared letter by letter
    skew_s : how far the issuer's clock may be off
    """

    def __init__(self, keys: IssuerKeys, issuer: str, audience: str, skew_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._skew_s = skew_s

    def caller(self, authorization: str | None, now: datetime) -> Caller:
        """Who an Authorization header speaks for.

        Raises
        ------
        Unauthenticated : for whatever reason
        """
        caller: Caller | None = None
        with suppress(JoseError, ValueError, TypeError, KeyError, RecursionError, OverflowError):
            caller = self._caller(self._claims(authorization or ""), now.timestamp())
        if caller is None:  # outside of the handler: nothing of the token is in the context of the problem
            raise Unauthenticated
        return caller

    def _claims(self, authorization: str) -> dict[str, Any]:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or len(token) > _LONGEST_TOKEN_BYTES or not _COMPACT.fullmatch(token):
            raise ValueError
        parts = jws.extract_compact(token.encode("ascii"))
        header = parts.headers()
        if not set(header) <= _HEADER or header.get("typ", "JWT") not in _TYPES or not isinstance(header["kid"], str):
            raise ValueError
        found = self._keys.find(header["kid"])
        if found is None or header["alg"] != found[0]:
            raise ValueError
        algorithm, key = found
        signed = jws.deserialize_compact(token.encode("ascii"), key, algorithms=[algorithm])
        claims = json.loads(signed.payload, object_pairs_hook=_once)
        if not isinstance(claims, dict):
            raise ValueError
        return claims

    def _caller(self, claims: dict[str, Any], now_s: float) -> Caller:
        told = claims["aud"]
        audience = told if isinstance(told, list) else [told]
        if claims["iss"] != self._issuer or self._audience not in audience:
            raise ValueError
        exp, iat = (_seconds(claims[name]) for name in _MOMENTS)
        nbf = _seconds(claims.get("nbf", iat))
        is_in_time = max(iat, nbf) <= now_s + self._skew_s and now_s - self._skew_s < exp
        if not is_in_time or not 0 < exp - iat <= _LONGEST_LIFE_S:
            raise ValueError
        signed_in_at_s = claims.get("auth_time")
        if signed_in_at_s is not None and _seconds(signed_in_at_s) > now_s + self._skew_s:
            raise ValueError
        _name(claims["jti"])
        role = Role(_name(claims["role"]))
        if role is Role.SYSTEM:
            raise ValueError
        actor = Actor(_name(claims["sub"]), role, _name(claims["unit"]), _name(claims["organisation"]))
        return Caller(actor, signed_in_at_s)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _seconds(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def is_name(value: object) -> bool:
    """Whether a token may name a person, a unit or an organisation so.

    Examples
    --------
    >>> is_name("bops-syd"), is_name("bops syd")
    (True, False)
    """
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _name(value: Any) -> str:
    if not is_name(value):
        raise ValueError
    return str(value)
