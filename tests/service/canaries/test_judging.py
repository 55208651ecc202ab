"""The judge finds what is planted: of each kind, in each channel, for whoever works on something else."""

from __future__ import annotations

import json
from base64 import b64encode
from uuid import uuid4

import pytest

from tests.service.canaries.judging import Leak, in_answers, in_files, in_texts
from tests.service.canaries.markers import POINTERS, Book
from tests.service.canaries.recording import Answer
from tests.service.canaries.table import ANYTHING, SEES

KNOWS = {"officer-a": {"a"}, "officer-b": {"b"}}


@pytest.fixture
def book() -> Book:
    """A secret of each kind of two cases."""
    made = Book()
    for kind in SEES:
        for about in ("a", "b"):
            made.word(kind, about)
    return made


def secret(book: Book, kind: str, about: str = "a") -> str:
    return next(text for text, marker in book.markers.items() if (marker.kind, marker.about) == (kind, about))


def judged(
    book: Book, body: str, *, role: str = "requester", actor: str = "", action: str = "list_cases"
) -> list[Leak]:
    answer = Answer(role, actor, action, 200, b"content-type: application/json", body.encode())
    return list(in_answers([answer], book, KNOWS))


@pytest.mark.parametrize("kind", sorted(SEES))
def test_in_a_strangers_answer(book: Book, kind: str) -> None:
    text = secret(book, kind)
    for body in (text, b64encode(b"x" + text.encode()).decode(), json.dumps({"told": [text]})):
        assert {leak.what for leak in judged(book, body)} == {f"{kind} of a"}
    assert judged(book, "{}") == []


@pytest.mark.parametrize(
    ("kind", "role", "action"),
    [
        (kind, role, action)
        for kind, who in SEES.items()
        for role, actions in who.items()
        for action in sorted(actions)
        if ANYTHING not in action
    ],
)
def test_of_another_case_in_an_officers_own_answer(book: Book, kind: str, role: str, action: str) -> None:
    both = f"{secret(book, kind, 'a')} {secret(book, kind, 'b')}"
    found = judged(book, both, role=role, actor="officer-a", action=action)
    everybody = f"{action} {ANYTHING}" in SEES[kind][role]
    assert [leak.what for leak in found] == ([] if everybody else [f"{kind} of b"])


def test_in_a_refusal_even_of_what_one_may_see(book: Book) -> None:
    text = secret(book, "person key").encode()
    refusal = Answer("requester", "officer-a", "read_case", 409, b"", text)
    assert len(list(in_answers([refusal], book, KNOWS))) == 1


def test_in_a_header_whoever_asked(book: Book) -> None:
    text = secret(book, "person key").encode()
    answer = Answer("requester", "officer-a", "read_case", 200, b"etag: " + text, b"{}")
    assert [leak.where for leak in in_answers([answer], book, KNOWS)] == ["header: requester read_case 200"]


@pytest.mark.parametrize("kind", sorted(SEES))
def test_in_the_log_of_whatever_kind(book: Book, kind: str) -> None:
    assert len(list(in_texts("log", ["fine", f"no place for {secret(book, kind)}"], book))) == 1


@pytest.mark.parametrize("kind", sorted(SEES))
def test_in_a_file_unless_it_is_a_pointer(book: Book, kind: str) -> None:
    found = list(in_files({"postgres/base/1": b"\0\1" + secret(book, kind).encode() + b"\0"}, book))
    assert len(found) == (0 if kind in POINTERS else 1)


def test_an_id_in_either_order_of_its_bytes(book: Book) -> None:
    told = uuid4()
    book.known("input", "control", str(told))
    for content in (told.bytes, told.bytes[::-1], told.bytes_le, told.hex.encode(), str(told).encode()):
        assert len(list(in_files({"file": b"\0" + content + b"\0"}, book))) == 1


def test_keys_of_the_service_outside_their_folder(book: Book) -> None:
    key = secret(book, "master key").encode()
    found = in_files({"keys/front.key": key, "logs/postgres.log": key}, book)
    assert {leak.where for leak in found} == {"file: logs/postgres.log"}
