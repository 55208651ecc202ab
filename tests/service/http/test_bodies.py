"""Hostile input: a stated fault for each, everything at once, and never the input itself."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.http.bodies import parse_body, parse_query
from service.http.responses import MOST_FAULTS
from service.policies import Process
from service.problems import Rejected
from tests.service.harness import Harness
from tests.service.http.probe import Told

MARKER = "Zx9Canary"

HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n",
    "no JSON": MARKER.encode(),
    "truncated": b'{"word": "' + MARKER.encode(),
    "two documents": b'{"word": "a"}{"word": "b"}',
    "a comment": b'{"word": "a"} // ' + MARKER.encode(),
    "trailing comma": b'{"word": "a",}',
    "single quotes": b"{'word': 'a'}",
    "a list": b'["word"]',
    "null": b"null",
    "a text": json.dumps(MARKER).encode(),
    "a number": b"17",
    "NaN": b'{"word": "a", "amount": NaN}',
    "Infinity": b'{"word": "a", "amount": Infinity}',
    "minus Infinity": b'{"word": "a", "amount": -Infinity}',
    "beyond a double": b'{"word": "a", "amount": 1e999}',
    "a huge exponent": b'{"word": "a", "amount": 1e99999999999999999999}',
    "many digits": b'{"word": "a", "amount": ' + b"9" * 5000 + b"}",
    "a large whole number": b'{"word": "a", "inner": [{"start_day": 100000000000}]}',
    "a fraction": b'{"word": "a", "inner": [{"start_day": 1.5}]}',
    "a number as text": b'{"word": "a", "inner": [{"start_day": "1"}]}',
    "true as a number": b'{"word": "a", "inner": [{"start_day": true}]}',
    "a number as a word": b'{"word": 1}',
    "a null word": b'{"word": null}',
    "a key twice": b'{"word": "a", "word": "b"}',
    "a key twice inside": b'{"word": "a", "inner": [{"start_day": 1, "start_day": 2}]}',
    "an unknown key": json.dumps({"word": "a", MARKER: 1}).encode(),
    "an unknown key inside": json.dumps({"word": "a", "inner": [{"start_day": 1, MARKER: 1}]}).encode(),
    "half a character": b'{"word": "\\ud800"}',
    "half a character in a key": b'{"word": "a", "\\udfff": 1}',
    "NUL": b'{"word": "a\\u0000b"}',
    "NUL in a key": b'{"word": "a", "a\\u0000": 1}',
    "a raw control character": b'{"word": "a\x01b"}',
    "no UTF-8": b'{"word": "\xff\xfe"}',
    "overlong UTF-8": b'{"word": "\xc0\xaf"}',
    "UTF-16": '{"word": "a"}'.encode("utf-16"),
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"a":' * 20_000,
    "nested whole": b'{"word": ' + b"[" * 500 + b"]" * 500 + b"}",
    "too long a list": json.dumps({"word": "a", "inner": [{"start_day": 1}] * 4}).encode(),
    "too long a word": json.dumps({"word": MARKER * 10}).encode(),
    "an identity number": b'{"word": "19811218-9876"}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_bodies(probes: Harness, content: bytes) -> None:
    answer = probes.act("requester").send("/v1/probes", content)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == "rejected"
    assert told["faults"]
    assert MARKER not in answer.text


def test_what_a_validator_says_is_told_and_nothing_else(probes: Harness) -> None:
    told = {"wort": 1, "inner": [{"start_day": 99}, {"start_day": 1}, {}]}
    answer = probes.act("requester").post("/v1/probes", told)
    assert {(fault["path"], fault["wrong"]) for fault in answer.json()["faults"]} == {
        ("word", "is missing"),
        ("<unknown field>", "is unknown"),
        ("inner[0].start_day", "is out of bounds"),
        ("inner[2].start_day", "is missing"),
    }


def test_faults_of_the_document_and_of_its_fields_come_together() -> None:
    with pytest.raises(Rejected) as refused:
        parse_body(Told, b'{"word": "a\\u0000", "inner": [{"start_day": 99}], "amount": 1e999}')
    assert {(fault.path, fault.wrong) for fault in refused.value.faults} >= {
        ("the document", "holds the character NUL"),
        ("the document", "holds a number out of all bounds"),
        ("inner[0].start_day", "is out of bounds"),
    }


def test_faults_are_bounded() -> None:
    with pytest.raises(Rejected) as refused:
        parse_body(Told, json.dumps({"word": "a", **{f"k{number}": 1 for number in range(500)}}).encode())
    assert len(refused.value.faults) <= MOST_FAULTS


@pytest.mark.parametrize(("depth", "is_fine"), [(31, True), (32, False)])
def test_a_request_is_at_most_32_levels_deep(depth: int, is_fine: bool) -> None:
    content = b'{"word": ' + b"[" * depth + b"]" * depth + b"}"
    with pytest.raises(Rejected) as refused:
        parse_body(Told, content)
    assert ("is nested too deeply" in {fault.wrong for fault in refused.value.faults}) is not is_fine


@pytest.mark.parametrize("is_honest", [True, False])
def test_a_body_beyond_the_limit_is_not_read(probes: Harness, is_honest: bool) -> None:
    most = probes.settings.body_limit_bytes
    content = b'{"word": "a"}' + b" " * most
    requester = probes.act("requester")
    if is_honest:
        answer = requester.send("/v1/probes", content)
    else:

        def chunks() -> Iterator[bytes]:
            yield content

        headers = requester.headers(**{"Idempotency-Key": "k" * 16, "Content-Type": "application/json"})
        answer = probes.client(Process.FRONT).post("/v1/probes", content=chunks(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_at_the_limit_is_read(probes: Harness) -> None:
    content = b'{"word": "a"}'.ljust(probes.settings.body_limit_bytes)
    assert probes.act("requester").send("/v1/probes", content).status_code == 201


HEADERS: dict[str, dict[str, str]] = {
    "form": {"Content-Type": "application/x-www-form-urlencoded"},
    "text": {"Content-Type": "text/plain"},
    "none": {"Content-Type": ""},
    "another charset": {"Content-Type": "application/json; charset=utf-16"},
    "nearly": {"Content-Type": "application/jsonx"},
    "gzip": {"Content-Encoding": "gzip"},
    "a short key": {"Idempotency-Key": "k" * 15},
    "a long key": {"Idempotency-Key": "k" * 65},
    "a key with a blank": {"Idempotency-Key": "k" * 16 + " k"},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=list(HEADERS))
def test_headers_that_are_refused(probes: Harness, headers: dict[str, str]) -> None:
    content = b'{"word": "a"}'
    if "Content-Encoding" in headers:
        content = gzip.compress(content)
    answer = probes.act("requester").send("/v1/probes", content, **headers)
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["path"].startswith("header ")


@pytest.mark.parametrize("media", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"'])
def test_json_by_any_of_its_names(probes: Harness, media: str) -> None:
    answer = probes.act("requester").send("/v1/probes", b'{"word": "a"}', **{"Content-Type": media})
    assert answer.status_code == 201


def test_a_key_is_needed_and_one_only(probes: Harness) -> None:
    requester = probes.act("requester")
    for keys in ([], [("Idempotency-Key", "k" * 16), ("Idempotency-Key", "l" * 16)]):
        headers = [*requester.headers(**{"Content-Type": "application/json"}).items(), *keys]
        answer = probes.client(Process.FRONT).post("/v1/probes", content=b'{"word": "a"}', headers=headers)
        assert answer.status_code == 422
        assert answer.json()["faults"][0]["path"] == "header Idempotency-Key"


@pytest.mark.parametrize("content", [b"", b"{}", b" { } "])
def test_a_route_that_is_told_nothing(probes: Harness, content: bytes) -> None:
    with pytest.raises(Rejected):
        parse_body(None, b'{"a": 1}')
    assert parse_body(None, content) is None


QUERIES: dict[str, str] = {
    "out of bounds": "limit=0",
    "out of bounds above": "limit=201",
    "no number": f"limit={MARKER}",
    "a fraction": "limit=1.5",
    "twice": "limit=1&limit=2",
    "unknown": f"{MARKER}=1",
    "no value": "limit",
    "empty": "limit=",
    "no UTF-8": "after=%ff",
    "half a character": "after=%ed%a0%80",
    "NUL": "after=%00",
    "very long": "after=" + "a" * 3000,
    "many": "&".join(f"a{number}=1" for number in range(40)),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=list(QUERIES))
def test_hostile_queries(probes: Harness, query: str) -> None:
    answer = probes.act("requester").get(f"/v1/probes?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "rejected")
    assert MARKER not in answer.text


def test_a_query_is_read(probes: Harness) -> None:
    answer = probes.act("requester").get("/v1/probes", {"limit": 7, "after": "aå"})
    assert answer.json() == {"id": "00000000-0000-0000-0000-000000000007", "times": 2}


def test_a_route_without_a_query_takes_none() -> None:
    with pytest.raises(Rejected):
        parse_query(None, "a=1")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/cases/1",
        "/v1/cases/0B9E2C1A-4F2D-4C55-9B7E-6A1D2F3C4B5A",
        "/v1/cases/0b9e2c1a4f2d4c559b7e6a1d2f3c4b5a",
        "/v1/cases/{0b9e2c1a-4f2d-4c55-9b7e-6a1d2f3c4b5a}",
        "/v1/cases/%00",
        "/v1/cases/..%2f..%2fetc",
        "/v1/cases/" + "9" * 3000,
        "/v1/cases/%ff%fe",
    ],
)
def test_an_id_of_no_form_does_not_exist(probes: Harness, path: str) -> None:
    requester = probes.act("requester")
    unknown = requester.get("/v1/cases/0b9e2c1a-4f2d-4c55-9b7e-6a1d2f3c4b5a")
    odd = requester.get(path)
    assert odd.status_code == unknown.status_code == 404
    assert odd.content == unknown.content
    assert odd.headers == unknown.headers


def test_an_object_of_many_kinds_of_faults_is_told_in_order(probes: Harness) -> None:
    told: Any = probes.act("requester").post("/v1/probes", {"b": 1, "inner": [{"start_day": -1}]}).json()["faults"]
    assert told == sorted(told, key=lambda fault: (fault["path"], fault["wrong"]))
