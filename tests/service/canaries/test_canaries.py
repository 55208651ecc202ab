"""Every secret is a marker that occurs nowhere else: none of them leaves the service or lies readable on a disk."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from service.schemas.front_queries import CostBand, Form, Privacy, Staffing
from tests.service.canaries.judging import Leak, dumped, in_answers, in_files, in_texts, settled, stored
from tests.service.canaries.recording import Answer
from tests.service.canaries.run import Run, run
from tests.service.canaries.table import SEES

RESPONSES = 600


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with run(tmp_path_factory.mktemp("canaries"), RESPONSES) as made:
        yield made


def test_no_secret_is_anywhere_but_where_the_table_says(done: Run) -> None:
    assert done.responses >= RESPONSES
    assert {name: sorted(map(str, set(found))) for name, found in done.leaks().items() if found} == {}


def test_every_kind_of_secret_was_met_where_it_may_be(done: Run) -> None:
    """The control of the table: what nobody met there was not looked for."""
    assert {kind for kind, who in SEES.items() if who} - done.seen() == set()
    assert {marker.kind for marker in done.book.markers.values()} == set(SEES)


def test_no_request_however_wrong_is_a_fault_of_ours(done: Run) -> None:
    assert [answer for answer in done.heard.answers if answer.status >= 500] == []
    assert {401, 404, 409, 422} <= {answer.status for answer in done.heard.answers}


def test_every_answer_has_the_same_headers(done: Run) -> None:
    names = {
        tuple(sorted(line.partition(b":")[0] for line in answer.headers.split(b"\n"))) for answer in done.heard.answers
    }
    alike = min(names, key=len)
    assert names <= {alike, tuple(sorted((*alike, b"www-authenticate")))}


def test_a_card_speaks_one_closed_vocabulary(done: Run) -> None:
    cards = [
        card
        for answer in done.heard.answers
        if answer.action == "read_query" and answer.status == 200
        for card in json.loads(answer.body)["slots"] or ()
    ]
    assert cards
    words = {"form": Form, "staffing": Staffing, "privacy": Privacy, "cost_band": CostBand}
    for card in cards:
        assert set(card) == {"slot_id", "rank", *words}
        assert all(card[name] in get_args(vocabulary) for name, vocabulary in words.items())
        assert UUID(card["slot_id"]).version == 4


# The scan itself: what is planted is found, in every channel and in every form.


def _secret(done: Run, kind: str) -> str:
    return next(text for text, marker in done.book.markers.items() if marker.kind == kind)


def _planted(done: Run, action: str = "read_case", **told: Any) -> list[Leak]:
    answer = Answer("requester", "", action, 200, b"content-type: application/json", b"{}")
    return list(in_answers([replace(answer, **told)], done.book, done.story.knows))


@pytest.mark.parametrize("kind", sorted(SEES))
def test_a_secret_in_a_strangers_answer_is_found(done: Run, kind: str) -> None:
    text = _secret(done, kind)
    for body in (text, b64encode(b"x" + text.encode()).decode(), json.dumps({"told": text})):
        assert {leak.what for leak in _planted(done, "list_cases", body=body.encode())} == {
            str(done.book.markers[text])
        }
    assert _planted(done) == []


def test_a_secret_of_another_case_is_found_in_an_officers_own_answer(done: Run) -> None:
    own, other = (done.story.cases[name] for name in ("case-a", "case-b"))
    officer = own.requester.actor.name
    assert _planted(done, actor=officer, body=own.person_key.encode()) == []
    assert len(_planted(done, actor=officer, body=other.person_key.encode())) == 1
    assert len(_planted(done, actor=officer, body=own.person_key.encode(), status=409)) == 1


def test_a_secret_in_a_header_is_found_whoever_asked(done: Run) -> None:
    own = done.story.cases["case-a"]
    found = _planted(done, actor=own.requester.actor.name, headers=b"etag: " + own.person_key.encode())
    assert [leak.where for leak in found] == ["header: requester read_case 200"]


@pytest.mark.parametrize("channel", ["log", "libraries' log", "errors"])
def test_a_secret_in_what_is_written_for_operators_is_found(done: Run, channel: str) -> None:
    texts = [*done.texts()[channel], f"could not place {_secret(done, 'officer')}"]
    assert len(list(in_texts(channel, texts, done.book))) == 1


def test_secrets_in_the_database_are_found_in_its_files_its_log_and_a_dump(done: Run) -> None:
    database = done.story.harness.database
    secrets = {form: done.book.word("input", form) for form in ("plain", "UTF-16", "hex", "reversed", "0", "1", "2")}
    written = {form: text.encode() for form, text in secrets.items()}
    written["UTF-16"] = secrets["UTF-16"].encode("utf-16-le")
    written["hex"] = written["hex"].hex().encode()
    written["reversed"] = written["reversed"][::-1]
    written |= {number: b64encode(b"x" * int(number) + written[number] + b"yy") for number in "012"}
    with database.admin() as connection:
        connection.execute("CREATE TABLE planted (content bytea)")
        connection.execute("INSERT INTO planted SELECT unnest(%s::bytea[])", [list(written.values())])
        connection.execute("CREATE TABLE planted_text AS SELECT encode(content, 'escape') AS content FROM planted")
    settled(database)
    files = {name: one for name, one in stored(done.story.harness.data).items() if name.startswith("postgres/")}
    wal = {name: files.pop(name) for name in list(files) if "/pg_wal/" in name}
    for channel in (files, wal, dumped(database)):
        assert {leak.what for leak in in_files(channel, done.book)} == {f"input of {form}" for form in secrets}


def test_an_id_is_found_in_either_order_of_its_bytes(done: Run) -> None:
    secret = uuid4()
    done.book.known("input", "control", str(secret))
    for content in (secret.bytes, secret.bytes[::-1], secret.bytes_le, secret.hex.encode(), str(secret).encode()):
        assert len(list(in_files({"file": b"\0" + content + b"\0"}, done.book))) == 1


def test_a_secret_in_a_backup_is_found(done: Run) -> None:
    assert len(done.backup) > 100_000
    assert list(in_files({"backup": done.backup + _secret(done, "gate").encode()}, done.book))


def test_keys_of_the_service_are_found_outside_their_folder(done: Run) -> None:
    key = _secret(done, "master key")
    assert {leak.where for leak in in_files({"keys/front.key": key.encode(), "log": key.encode()}, done.book)} == {
        "file: log"
    }
