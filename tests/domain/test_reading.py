"""Documents that are broken as files or as JSON, and identity numbers anywhere in them."""

import json
from pathlib import Path
from typing import Any

import pytest

from matching.domain import parse, read_bytes
from matching.domain.reading import MAX_BYTES, MAX_DEPTH
from matching.errors import InputRejected
from tests.domain.refusing import LAND, MARKER, good, only_fault, refused, spoilt, written

GOOD = written(spoilt("cases", 0, "unit", to=MARKER))


def test_a_marker_where_text_is_free_is_fine() -> None:
    assert parse(GOOD, LAND.index()).cases[0].unit == MARKER


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated(share: float) -> None:
    only_fault(GOOD[: int(len(GOOD) * share)], "the document")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"])
def test_wrongly_encoded(encoding: str) -> None:
    text = GOOD.decode().replace(MARKER, MARKER + "åäö")
    only_fault(text.encode(encoding), "the document")


def test_a_byte_order_mark_is_fine() -> None:
    parse(b"\xef\xbb\xbf" + GOOD, LAND.index())


@pytest.mark.parametrize("content", [b"[]", b"null", b'"zqmarker"', b"1", b"[{}]", b"true"])
def test_no_object(content: bytes) -> None:
    only_fault(content, "the document")


@pytest.mark.parametrize("content", [b"\x00", b"zqmarker", b"{'synthetic': 1}", GOOD + GOOD, GOOD + b"zqmarker"])
def test_no_json(content: bytes) -> None:
    only_fault(content, "the document")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('"attempt', '"attempt', ""),
        ('"synthetic": true', '"synthetic": true, "synthetic": true', "the document"),
        ('"id": "c"', '"id": "c", "id": "zqmarker"', "cases[0]"),
        ('"definition_met": true', '"definition_met": false, "definition_met": true', "cases[0].gate"),
        ('"isolation": 3', '"isolation": 3, "zqmarker": 1, "zqmarker": 2', "policy.weights"),
    ],
)
def test_duplicate_keys(old: str, new: str, path: str) -> None:
    content = GOOD.decode().replace(old, new, 1).encode()
    if not path:
        parse(content, LAND.index())
        return
    faults = {fault.path: fault for fault in refused(content)}
    assert "twice" in faults[path].wrong


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize(
    "where",
    [
        ("cases", 0, "assessments", 0, "forbidden", 5, "point", "latitude_deg"),
        ("cases", 0, "household", 0, "age_years"),
        ("policy", "home_radius_km"),
        ("cases", 0, "assessments", 0, "home_radius_km"),  # optional: must not become "none"
    ],
)
def test_no_number(value: str, where: tuple[str | int, ...]) -> None:
    content = written(spoilt(*where, to=123456)).replace(b"123456", value.encode())
    faults = refused(content)
    assert any(fault.path.endswith(str(where[-1])) for fault in faults)


@pytest.mark.parametrize("digits", [20, 400, 4300, 5000, 100_000])
def test_huge_whole_numbers(digits: int) -> None:
    content = written(spoilt("policy", "home_radius_km", to=123456)).replace(b"123456", b"7" * digits)
    refused(content, "7777")


@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH + 2, 200, 480, 900, 990, 2000, 50_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"deep": ', "}")])
@pytest.mark.parametrize("where", ["top", "case", "policy"])
def test_deep_nesting(depth: int, opening: str, closing: str, where: str) -> None:
    deep = opening * depth + "1" + closing * depth
    text = GOOD.decode()
    if where == "top":
        text = text[:-1] + ', "deep": ' + deep + "}"
    elif where == "case":
        text = text.replace('"unit": "zqmarker"', '"unit": ' + deep, 1)
    else:
        text = text.replace('"isolation": 3', '"isolation": ' + deep, 1)
    refused(text.encode())


@pytest.mark.parametrize("where", [("cases", 0, "unit"), ("cases", 0, "household", 0, "person_key"), ("now",)])
def test_half_a_character(where: tuple[str | int, ...]) -> None:
    for broken in ("zqmarker\ud800", "\udfffzqmarker"):
        refused(written(spoilt(*where, to=broken)))


def test_half_a_character_in_a_key() -> None:
    for where in ("cases", "networks"):
        raw = good()
        raw[where][0]["zqmarker\ud800"] = 1
        refused(written(raw))
    raw = good()
    raw["zqmarker\ud800"] = 1
    refused(written(raw))


# Files


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(InputRejected) as caught:
        read_bytes(huge)
    assert [(fault.path, fault.wrong) for fault in caught.value.faults] == [("the file", "is too large")]
    with huge.open("wb") as stream:
        stream.truncate(MAX_BYTES)
    assert len(read_bytes(huge)) == MAX_BYTES


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRejected) as caught:
        read_bytes(tmp_path / name)
    assert caught.value.faults[0].wrong == "does not exist or is no file"


# Identity numbers. All are the published test numbers of Skatteverket or made from them by the checksum.

PERSONNUMMER = "198112289874"
SAMORDNINGSNUMMER = "198112889863"
SPELLINGS = [
    "198112289874",
    "19811228-9874",
    "8112289874",
    "811228-9874",
    "811228+9874",
    "811228 9874",
    "19811228–9874",  # an en dash
    "１９８１１２２８９８７４",  # full-width digits
    "１９８１１２２８－９８７４",
]


def checksum(nine: str) -> str:
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(nine))
    return str(-total % 10)


def test_the_numbers_used_here_are_real_ones() -> None:
    assert checksum(PERSONNUMMER[2:11]) == PERSONNUMMER[11]
    assert checksum(SAMORDNINGSNUMMER[2:11]) == SAMORDNINGSNUMMER[11]


@pytest.mark.parametrize("number", [*SPELLINGS, SAMORDNINGSNUMMER, "811288-9863"])
@pytest.mark.parametrize("around", ["{}", "see {} please", "x{}x", "person_{}"])
@pytest.mark.parametrize(
    "where", [("cases", 0, "unit"), ("cases", 0, "id"), ("cases", 0, "household", 0, "person_key"), ("now",)]
)
def test_identity_numbers_in_text(number: str, around: str, where: tuple[str | int, ...]) -> None:
    faults = refused(written(spoilt(*where, to=around.format(number))), number)
    assert any("identity number" in fault.wrong for fault in faults)


@pytest.mark.parametrize("number", [int(PERSONNUMMER), int(SAMORDNINGSNUMMER), 8112289874])
@pytest.mark.parametrize("where", [("policy", "home_radius_km"), ("cases", 0, "household", 0, "age_years")])
def test_identity_numbers_as_numbers(number: int, where: tuple[str | int, ...]) -> None:
    faults = refused(written(spoilt(*where, to=number)), str(number))
    assert any("identity number" in fault.wrong for fault in faults)


@pytest.mark.parametrize("number", SPELLINGS)
@pytest.mark.parametrize("where", [(), ("cases", 0), ("policy", "weights")])
def test_identity_numbers_as_keys(number: str, where: tuple[str | int, ...]) -> None:
    raw = good()
    node: Any = raw
    for part in where:
        node = node[part]
    node[number] = 1
    faults = refused(written(raw), number)
    assert any("identity number" in fault.wrong for fault in faults)


@pytest.mark.parametrize(
    "text",
    [
        "198112289873",  # a wrong check digit
        "198113289874",  # no thirteenth month
        "2026-11-20",
        "a" * 32,
        "0" * 63,
        "deadbeef" * 4,
    ],
)
def test_other_digits_are_no_identity_numbers(text: str) -> None:
    parse(written(spoilt("cases", 0, "unit", to="u" + text)), LAND.index())


def test_a_keyed_hash_with_digits_that_look_like_a_number_is_a_hash() -> None:
    key = "ab" * 10 + "198112289874"
    raw = good()
    raw["residences"][0]["household"][0]["person_key"] = key
    assert json.loads(written(raw))["residences"][0]["household"][0]["person_key"] == key
    parse(written(raw), LAND.index())
