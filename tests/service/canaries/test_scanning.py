"""The forms of a secret and the search for them, without a service."""

from __future__ import annotations

import random
from base64 import b64encode, urlsafe_b64encode
from uuid import UUID

import pytest

from service.http.app import routes_of
from service.policies import TABLE, Process
from tests.service.canaries.forms import SHORTEST, forms
from tests.service.canaries.markers import Book, Marker
from tests.service.canaries.scanning import Scanner
from tests.service.canaries.table import ANYTHING, SEES, may_see

SECRET = "zqcan0017aries"


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("behind", range(6))
def test_base64_is_found_whatever_stands_around_it(before: int, behind: int) -> None:
    dice = random.Random(before * 10 + behind)
    content = dice.randbytes(before) + SECRET.encode() + dice.randbytes(behind)
    once = b64encode(content)
    for coded in (once, urlsafe_b64encode(content), b64encode(dice.randbytes(before) + once)):
        assert Scanner([SECRET]).names(coded) == {SECRET: Scanner([SECRET]).names(coded)[SECRET]}


def test_a_secret_is_found_at_both_ends_and_in_the_middle() -> None:
    scanner = Scanner([SECRET, "other-secret"])
    noise = random.Random(1).randbytes(10_000)
    for content in (SECRET.encode(), SECRET.encode() + noise, noise + SECRET.encode(), noise + SECRET.encode() + noise):
        assert {one.text for one in scanner.found(content)} == {SECRET}
    assert scanner.names(noise) == scanner.names(b"") == scanner.names(b"zq") == {}


def test_letters_beyond_ascii_are_found_as_json_and_in_an_address_write_them() -> None:
    assert Scanner(["Örkelljunga"]).names(b'{"name": "\\u00d6rkelljunga"}')
    assert Scanner(["Örkelljunga"]).names(b"GET /%C3%96rkelljunga")


def test_ids_numbers_and_keys_are_found_packed() -> None:
    secret = "0d5f2f5e-3f1b-4a52-8a30-0a4f3e0d9b01"
    found = forms(secret)
    assert UUID(secret).bytes in found
    assert UUID(secret).bytes[::-1] in found
    assert any(name.startswith("double") for name in forms("63.1234567").values())
    assert b"\1" * 32 in forms(b64encode(b"\1" * 32).decode())


def test_no_form_is_too_short_to_mean_anything() -> None:
    assert min(map(len, forms("12345 "))) >= SHORTEST


def test_secrets_of_one_book_share_no_form() -> None:
    book = Book()
    words = [book.word("input", "x") for _ in range(200)]
    every = [needle for word in words for needle in forms(word)]
    assert len(every) == len(set(every))
    with pytest.raises(ValueError, match="once"):
        book.known("input", "x", words[0])


def test_places_of_one_book_are_named_once() -> None:
    book = Book()
    places = [book.place("school", "x", "nord") for _ in range(8)]
    assert len(set(places)) == 8
    assert len(book.markers) == 16


def test_the_table_names_roles_and_actions_that_there_are() -> None:
    actions = {route.action.value for process in Process for route in routes_of(process)}
    for kind, who in SEES.items():
        for role, told in who.items():
            for action in told:
                name = action.removesuffix(f" {ANYTHING}")
                assert name == ANYTHING or name in actions, (kind, action)
                served = [row for one, row in TABLE.items() if name in (one.value, ANYTHING)]
                assert any(role in row.who for row in served), (kind, role, action)


def test_who_works_on_something_else_sees_nothing_of_it() -> None:
    street = Marker("address", "facility-1", "Exempelgatan")
    assert may_see(street, "follow_up", "read_address", {"facility-1"})
    for role, action, own in (
        ("follow_up", "read_address", {"facility-2"}),
        ("follow_up", "list_tasks", {"facility-1"}),
        ("requester", "read_case", {"facility-1"}),
        ("nobody", "none", {"facility-1"}),
    ):
        assert not may_see(street, role, action, own)
