"""An issuer of tokens for the demo and the tests: a key in the data folder, and nobody asked who they are.

It works only where nobody else can come: with a service that listens on the loopback address and that names the demo's
issuer as its own.
"""

from __future__ import annotations

import ipaddress
import json
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from matching.errors import Fault, InputRejected
from service.actors import Actor, Role
from service.auth import JWKS
from service.crypto.files import locked, write_whole
from service.settings import Settings

__all__ = ["ISSUER", "LIFE_S", "PRIVATE", "create_issuer", "is_loopback", "issue"]

ISSUER: Final = "fristad-demo"
"""The one issuer this module speaks for."""

LIFE_S: Final = 3600
"""How long a token of the demo holds."""

PRIVATE: Final = "demo-issuer.jwk"
"""File of its private key in the data folder."""

_KID: Final = "demo"


def is_loopback(host: str) -> bool:
    """Whether nobody outside the machine reaches this address.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("register.example")
    (True, False, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _insist(settings: Settings) -> None:
    faults = []
    if not is_loopback(settings.host):
        faults.append(Fault("settings.host", "can be reached from elsewhere", "127.0.0.1 for a demo"))
    if settings.issuer != ISSUER:
        faults.append(Fault("settings.issuer", "is not the demo's", "tokens of that issuer come from it alone"))
    if faults:
        raise InputRejected(faults)


def create_issuer(data: Path, settings: Settings) -> None:
    """Make the demo's key pair, its public half where the service looks for its issuer's; what is there stays.

    Raises
    ------
    InputRejected : this is no demo, or another issuer's keys are there
    """
    _insist(settings)
    with locked(data):
        if (data / PRIVATE).exists() and (data / JWKS).exists():
            return
        if (data / JWKS).exists():
            raise InputRejected([Fault(JWKS, "holds another issuer's keys", "a data folder without them for a demo")])
        key = OKPKey.generate_key("Ed25519", {"kid": _KID, "use": "sig"})
        write_whole(data / PRIVATE, json.dumps(key.as_dict(private=True)).encode())
        write_whole(data / JWKS, json.dumps({"keys": [key.as_dict(private=False)]}).encode())


def issue(data: Path, settings: Settings, actor: Actor, now: datetime) -> str:
    """A token for whoever is named, signed in just now.

    Raises
    ------
    InputRejected : this is no demo, or its issuer was never made
    """
    _insist(settings)
    try:
        key = OKPKey.import_key(json.loads((data / PRIVATE).read_bytes()))
    except (OSError, ValueError, JoseError):
        fault = Fault(PRIVATE, "cannot be read", "a data folder of `fristad serve` with the demo's issuer")
        raise InputRejected([fault]) from None
    if actor.role is Role.SYSTEM:
        raise InputRejected([Fault("role", "is nobody's", "a role of a person")])
    now_s = int(now.timestamp())
    claims = {
        "iss": settings.issuer,
        "aud": settings.audience,
        "sub": actor.name,
        "role": actor.role.value,
        "unit": actor.unit,
        "organisation": actor.organisation,
        "iat": now_s,
        "nbf": now_s,
        "exp": now_s + LIFE_S,
        "auth_time": now_s,
        "jti": uuid4().hex,
    }
    header = {"alg": "Ed25519", "typ": "at+jwt", "kid": _KID}
    return jwt.encode(header, claims, key, algorithms=["Ed25519"])
