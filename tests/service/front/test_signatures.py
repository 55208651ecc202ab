"""Statements of organisations: everything that could pass for one, and is none."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey

from matching.domain import PlacementAssessment
from service.actors import Actor, Role
from service.problems import Rejected
from service.signatures import FILE, AssessmentStatement, IntakeStatement, Signers, SignersRejected, signed
from tests.service.front.walk import assessment

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CASE = UUID("5f0c7a3e-9d1b-4c62-8a57-3f6e2b90d4c1")
OTHER = UUID("6f0c7a3e-9d1b-4c62-8a57-3f6e2b90d4c1")
REQUESTER = Actor("r-1", Role.REQUESTER, "bops-syd", "police")
ASSESSOR = Actor("a-1", Role.ASSESSOR, "bops-syd", "police")
POLICE = OKPKey.generate_key("Ed25519", {"kid": "police"})
UNIT = ECKey.generate_key("P-256", {"kid": "syd"})
ELSEWHERE = OKPKey.generate_key("Ed25519", {"kid": "nord"})
TOWN = OKPKey.generate_key("Ed25519", {"kid": "town"})


def public(key: OKPKey | ECKey, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


TOLD: dict[str, Any] = {
    "police": {"keys": [public(POLICE), public(UNIT, unit="bops-syd"), public(ELSEWHERE, unit="bops-nord")]},
    "kommun-0180": {"keys": [public(TOWN)]},
}
SIGNERS = Signers(TOLD)


def payload(**more: Any) -> dict[str, Any]:
    return {
        "purpose": "fristad.intake",
        "organisation": "police",
        "case_id": str(CASE),
        "signed_at": "2026-11-20T11:00:00Z",
        "person_key": "p-0000001",
        **more,
    }


def of(key: Any, told: Any, **header: Any) -> str:
    """A compact JWS of anything."""
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    algorithm = "Ed25519" if isinstance(key, OKPKey) else "ES256"
    return jws.serialize_compact({"alg": algorithm, "kid": key.kid, **header}, content, key, ["Ed25519", "ES256"])


def by_hand(header: dict[str, Any], told: dict[str, Any], signature: bytes = b"x" * 64) -> str:
    parts = (json.dumps(header).encode(), json.dumps(told).encode(), signature)
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def intake(signature: str, actor: Actor = REQUESTER, now: datetime = NOW) -> IntakeStatement:
    return SIGNERS.intake(signature, actor, now, 30)


def refused(signature: str, actor: Actor = REQUESTER, now: datetime = NOW) -> str:
    """The code and the faults of a refusal as text."""
    with pytest.raises(Rejected) as caught:
        intake(signature, actor, now)
    return f"{caught.value.code} {[str(fault) for fault in caught.value.faults]}"


GENUINE = of(POLICE, payload())
ONE_ANSWER = refused(by_hand({"alg": "none"}, payload()))

FORGED = {
    "no signature at all": by_hand({"alg": "none", "kid": "police"}, payload(), b""),
    "a secret made of the public key": jws.serialize_compact(
        {"alg": "HS256", "kid": "police"},
        json.dumps(payload()),
        OctKey.import_key(POLICE.as_dict(private=False)["x"].encode().ljust(32, b"0")),  # type: ignore[union-attr]
        ["HS256"],
    ),
    "the old name of the algorithm": by_hand({"alg": "EdDSA", "kid": "police"}, payload()),
    "a key in the header": of(POLICE, payload(), jwk=public(TOWN)),
    "an address of keys in the header": by_hand({"alg": "Ed25519", "kid": "police", "jku": "https://x"}, payload()),
    "a critical header": by_hand({"alg": "Ed25519", "kid": "police", "crit": ["exp"], "exp": 1}, payload()),
    "a payload that is not encoded": by_hand({"alg": "Ed25519", "kid": "police", "b64": False}, payload()),
    "a kid that is no text": by_hand({"alg": "Ed25519", "kid": {"a": 1}}, payload()),
    "no kid": by_hand({"alg": "Ed25519"}, payload()),
    "an unknown kid": of(OKPKey.generate_key("Ed25519", {"kid": "other"}), payload()),
    "another key under a known kid": of(OKPKey.generate_key("Ed25519", {"kid": "police"}), payload()),
    "the key of another organisation": of(TOWN, payload()),
    "the key of another unit": of(ELSEWHERE, payload()),
    "two parts": GENUINE.rsplit(".", 1)[0],
    "five parts": GENUINE + ".a.b",
    "another payload": ".".join([GENUINE.split(".")[0], GENUINE.split(".")[1][:-4] + "AAAA", GENUINE.split(".")[2]]),
    "letters beyond ASCII": GENUINE + "å",
    "far too long": GENUINE + "A" * 200_000,
    "nothing": "",
    "another purpose": of(POLICE, payload(purpose="fristad.assessment")),
    "another organisation": of(POLICE, payload(organisation="kommun-0180")),
    "a day and a minute old": of(POLICE, payload(signed_at="2026-11-19T11:59:00Z")),
    "a minute ahead": of(POLICE, payload(signed_at="2026-11-20T12:01:00Z")),
    "no zone": of(POLICE, payload(signed_at="2026-11-20T11:00:00")),
    "no moment": of(POLICE, {key: value for key, value in payload().items() if key != "signed_at"}),
    "an unknown field": of(POLICE, payload(note="x")),
    "a person who is none": of(POLICE, payload(person_key="Anna Andersson")),
    "a list": of(POLICE, [payload()]),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_no_statement_is_refused_with_one_answer(name: str) -> None:
    assert refused(FORGED[name]) == ONE_ANSWER


def test_the_answer_repeats_nothing() -> None:
    assert "p-0000001" not in ONE_ANSWER
    assert "police" not in ONE_ANSWER


@pytest.mark.parametrize(
    "content",
    [
        b'{"purpose": "fristad.intake", "purpose": "fristad.intake"}',
        b'{"purpose": NaN}',
        b"\xff\xfe",
        b"{",
        b'{"person_key": "19811228-9874"}',
    ],
)
def test_hostile_payloads_are_refused_even_when_they_are_signed(content: bytes) -> None:
    told = refused(of(POLICE, content))
    assert "9874" not in told


def test_a_statement_holds_for_its_organisation_its_unit_and_a_day() -> None:
    assert intake(GENUINE).person_key == "p-0000001"
    assert intake(of(UNIT, payload())).case_id == CASE
    assert intake(of(POLICE, payload(signed_at="2026-11-19T12:00:00Z"))).case_id == CASE  # 24 h: the limit itself
    assert intake(of(POLICE, payload(signed_at="2026-11-20T12:00:30Z"))).case_id == CASE  # the skew itself
    refused(of(UNIT, payload()), Actor("r-2", Role.REQUESTER, "bops-nord", "police"))
    refused(GENUINE, Actor("r-3", Role.REQUESTER, "bops-syd", "customs"))
    refused(GENUINE, now=NOW + timedelta(days=1))


def said(**more: Any) -> str:
    """An assessment's statement, with some of it replaced."""
    told = {
        "purpose": "fristad.assessment",
        "organisation": "police",
        "unit": "bops-syd",
        "case_id": str(CASE),
        "signed_at": "2026-11-20T11:00:00Z",
        "version": 1,
        "assessment": assessment(),
    }
    return of(UNIT, {**told, **more})


def test_an_assessment_holds_for_its_case_version_and_unit_alone() -> None:
    found = SIGNERS.assessment(said(), ASSESSOR, CASE, 1, NOW, 30)
    assert found.assessment == PlacementAssessment.model_validate_json(json.dumps(assessment()))
    for signature, case_id, version in (
        (said(), OTHER, 1),
        (said(), CASE, 2),
        (said(unit="bops-nord"), CASE, 1),
        (said(purpose="fristad.intake"), CASE, 1),
        (said(assessment=None), CASE, 1),
        (GENUINE, CASE, 1),
    ):
        with pytest.raises(Rejected) as caught:
            SIGNERS.assessment(signature, ASSESSOR, case_id, version, NOW, 30)
        assert caught.value.faults


def test_faults_of_a_signed_assessment_are_told_by_path() -> None:
    with pytest.raises(Rejected) as caught:
        SIGNERS.assessment(
            said(assessment=assessment(threat_level="huge", valid_until="soon")), ASSESSOR, CASE, 1, NOW, 30
        )
    assert sorted(one.path for one in caught.value.faults) == ["assessment.threat_level", "assessment.valid_until"]


@pytest.mark.parametrize(
    "told",
    [
        {"police": {"keys": [POLICE.as_dict(private=True)]}},
        {"police": {"keys": [public(POLICE), public(POLICE)]}},
        {"police": {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "s"}]}},
        {"police": {"keys": [public(ECKey.generate_key("P-521", {"kid": "e"}))]}},
        {"police": {"keys": [{key: value for key, value in public(POLICE).items() if key != "kid"}]}},
        {"police": {"keys": [public(POLICE, unit=7)]}},
        {"police": {"keys": 7}},
        {"police": []},
    ],
)
def test_a_file_of_keys_that_cannot_be_trusted_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(SignersRejected) as caught:
        Signers(told)
    assert "c2VjcmV0" not in str(caught.value)


def test_the_file_is_read_again_when_it_changes_and_nobody_signs_without_it(tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        Signers.of(tmp_path).intake(GENUINE, REQUESTER, NOW, 30)
    (tmp_path / FILE).write_text(json.dumps(TOLD))
    assert Signers.of(tmp_path).intake(GENUINE, REQUESTER, NOW, 30).case_id == CASE
    assert Signers.of(tmp_path) is Signers.of(tmp_path)
    (tmp_path / FILE).write_text(json.dumps({"kommun-0180": TOLD["kommun-0180"]}))
    with pytest.raises(Rejected):
        Signers.of(tmp_path).intake(GENUINE, REQUESTER, NOW, 30)
    for content in ("[]", "{", "null"):
        (tmp_path / FILE).write_text(content)
        with pytest.raises(SignersRejected):
            Signers.of(tmp_path)


def test_our_own_helper_signs_what_is_read_here() -> None:
    told = IntakeStatement.model_validate_json(json.dumps(payload()))
    assert intake(signed(POLICE, told)) == told
    assessed = AssessmentStatement.model_validate_json(
        json.dumps(
            {
                **{key: value for key, value in payload().items() if key != "person_key"},
                "purpose": "fristad.assessment",
                "unit": "bops-syd",
                "version": 1,
                "assessment": assessment(),
            }
        )
    )
    assert SIGNERS.assessment(signed(UNIT, assessed), ASSESSOR, CASE, 1, NOW, 30) == assessed
