"""What organisations and their units sign: that a person is who they say, and what an assessment says.

A statement is a compact JWS (RFC 7515) whose payload names its purpose, its organisation, its case and its moment, so
that it proves nothing anywhere else. The public keys stand in the data folder, `organisations.jwks.json`:
``{organisation: JWKS}``; a key with a member ``unit`` signs for that unit alone. A faulty signature is told as one
fault, whatever is wrong with it.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, import_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matching.domain import PlacementAssessment
from matching.domain.base import Moment, PersonKey
from matching.domain.parse import shape_faults
from matching.domain.reading import read_tree
from matching.errors import Fault, FristadError, InputRejected
from service.actors import Actor
from service.problems import Rejected
from service.schemas.common import within

__all__ = [
    "ALGORITHMS",
    "FILE",
    "LIFE_H",
    "MOST_CHARACTERS",
    "AssessmentStatement",
    "IntakeStatement",
    "Signers",
    "SignersRejected",
    "signed",
]

FILE: Final = "organisations.jwks.json"
ALGORITHMS: Final = ("Ed25519", "ES256")
"""The only ones; the names are those of RFC 9864 and RFC 7518."""
LIFE_H: Final = 24
"""How old a statement may be when it is handed in."""
MOST_CHARACTERS: Final = 120_000
_CURVES: Final = frozenset({("OKP", "Ed25519"), ("EC", "P-256")})
_HEADER: Final = frozenset({"alg", "kid", "typ"})
_MOST_KEYS: Final = 10_000

_Name = Annotated[str, Field(min_length=1, max_length=64)]


class SignersRejected(FristadError):
    """The file of public keys cannot be used: the operator mends it, the process does not start."""


class _Statement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    organisation: _Name
    case_id: UUID
    signed_at: Moment


class IntakeStatement(_Statement):
    """An organisation vouches for the person of a case."""

    purpose: Literal["fristad.intake"]
    person_key: PersonKey


class AssessmentStatement(_Statement):
    """An officer's unit signs one version of a placement assessment."""

    purpose: Literal["fristad.assessment"]
    unit: _Name
    version: int = Field(ge=1, le=100_000)
    assessment: PlacementAssessment


def _does_not_hold() -> Rejected:
    """One sentence for every fault of a signature: which one it is, is nobody's help but a forger's."""
    accepted = "a statement of your organisation about this case, at most a day old: see docs/api.md"
    return Rejected([Fault("signature", "does not hold", accepted)], "signature_rejected", "The signature is rejected.")


@dataclass(frozen=True)
class _Signer:
    key: ECKey | OKPKey
    unit: str | None


class Signers:
    """Who may sign, by organisation.

    Parameters
    ----------
    told : the JWKS of each organisation

    Raises
    ------
    SignersRejected : a private key, a kid twice, an unsuitable key, no object

    Examples
    --------
    >>> Signers({})
    Signers()
    """

    def __init__(self, told: Mapping[str, Any]) -> None:
        try:
            self._known = {organisation: _signers(keys) for organisation, keys in told.items()}
        except (AttributeError, JoseError, KeyError, TypeError, ValueError):
            raise SignersRejected(f"{FILE} is no object of key sets with public keys and distinct kids.") from None

    def __repr__(self) -> str:
        return "Signers()"

    @classmethod
    def of(cls, folder: Path) -> Signers:
        """The signers of a data folder, read again when the file has changed; without the file, nobody.

        Raises
        ------
        SignersRejected : the file cannot be used
        """
        path = folder / FILE
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return cls({})
        return _read(path, (found.st_ino, found.st_mtime_ns, found.st_size))

    def intake(self, signature: str, actor: Actor, now: datetime, skew_s: int) -> IntakeStatement:
        """What an organisation says of a person.

        Raises
        ------
        Rejected : `signature_rejected`, for whatever reason
        """
        payload = self._payload(signature, actor)
        try:
            statement = IntakeStatement.model_validate_json(payload)
        except ValidationError:
            raise _does_not_hold() from None
        _insist_on_time_and_owner(statement, actor, now, skew_s)
        return statement

    def assessment(
        self, signature: str, actor: Actor, case_id: UUID, version: int, now: datetime, skew_s: int
    ) -> AssessmentStatement:
        """What an officer's unit signs about a case.

        Parameters
        ----------
        version : the one that comes next; a statement of another version proves nothing

        Raises
        ------
        Rejected : `signature_rejected`; or, when the signature holds, every fault of the assessment by path
        """
        payload = self._payload(signature, actor)
        inner = _inner(payload)
        faults = within("assessment", shape_faults(PlacementAssessment, inner, ())) if inner is not None else []
        if faults:
            raise Rejected(faults)
        try:
            statement = AssessmentStatement.model_validate_json(payload)
        except ValidationError:
            raise _does_not_hold() from None
        _insist_on_time_and_owner(statement, actor, now, skew_s)
        if (statement.case_id, statement.version, statement.unit) != (case_id, version, actor.unit):
            raise _does_not_hold()
        return statement

    def _payload(self, signature: str, actor: Actor) -> bytes:
        """The payload of a statement that a key of the actor's organisation and unit has signed, as plain JSON."""
        try:
            header = _header(signature)
            signer = self._known.get(actor.organisation, {}).get(header["kid"])
            if signer is None or signer.unit not in (None, actor.unit):
                raise _does_not_hold()
            found = jws.deserialize_compact(signature, signer.key, algorithms=ALGORITHMS)
        except (JoseError, KeyError, TypeError, ValueError):
            raise _does_not_hold() from None
        try:
            tree, faults = read_tree(found.payload)
        except InputRejected as err:
            raise Rejected(err.faults) from None
        if faults or not isinstance(tree, dict):
            raise Rejected(faults) if faults else _does_not_hold()
        return found.payload


@lru_cache(maxsize=4)
def _read(path: Path, _stamp: tuple[int, int, int]) -> Signers:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        raise SignersRejected(f"{FILE} cannot be read as JSON.") from None
    if not isinstance(told, dict):
        raise SignersRejected(f"{FILE} is no object of key sets.")
    return Signers(told)


def _signers(told: Mapping[str, Any]) -> dict[str, _Signer]:
    """Public keys by kid; `told` is a JWKS."""
    found: dict[str, _Signer] = {}
    for member in told["keys"]:
        kid, unit = member["kid"], member.get("unit")
        if (member["kty"], member["crv"]) not in _CURVES:
            raise ValueError("curve")
        key = import_key(dict(member))
        if not isinstance(key, OKPKey | ECKey) or key.is_private:
            raise ValueError("key")
        if kid in found or len(found) == _MOST_KEYS or not isinstance(kid, str) or not isinstance(unit, str | None):
            raise ValueError("kid or unit")
        found[kid] = _Signer(key, unit)
    return found


def _header(signature: str) -> dict[str, str]:
    """The header of a compact JWS that says which algorithm and which key, and nothing that could name another."""
    if len(signature) > MOST_CHARACTERS or not signature.isascii() or signature.count(".") != 2:
        raise ValueError("form")
    first = signature.split(".", 1)[0]
    try:
        header = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (NotBase64, RecursionError):
        raise ValueError("header") from None
    if not isinstance(header, dict) or not header.keys() <= _HEADER or header.get("alg") not in ALGORITHMS:
        raise ValueError("header")
    if not all(isinstance(value, str) for value in header.values()):
        raise ValueError("header")
    return header


def _inner(payload: bytes) -> Any:
    found: dict[str, Any] = json.loads(payload)
    return found.get("assessment")


def _insist_on_time_and_owner(statement: _Statement, actor: Actor, now: datetime, skew_s: int) -> None:
    oldest = now - timedelta(hours=LIFE_H, seconds=skew_s)
    is_in_time = oldest <= statement.signed_at <= now + timedelta(seconds=skew_s)
    if statement.organisation != actor.organisation or not is_in_time:
        raise _does_not_hold()


def signed(key: ECKey | OKPKey, statement: IntakeStatement | AssessmentStatement) -> str:
    """The compact JWS of a statement: what an organisation's own system does; here for the demo and the tests.

    Parameters
    ----------
    key : private, with a kid

    Examples
    --------
    >>> key = OKPKey.generate_key("Ed25519", {"kid": "k-1"})
    >>> told = IntakeStatement(organisation="police", case_id=UUID(int=4), purpose="fristad.intake",
    ...     signed_at=datetime.fromisoformat("2026-11-20T08:00:00+01:00"), person_key="p-0000001")
    >>> signed(key, told).count(".")
    2
    """
    header: dict[str, Any] = {"alg": "Ed25519" if isinstance(key, OKPKey) else "ES256", "kid": key.kid}
    return jws.serialize_compact(header, statement.model_dump_json(), key, algorithms=ALGORITHMS)
