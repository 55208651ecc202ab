"""Every secret is a marker that occurs nowhere else: none of them leaves the service or lies readable on a disk.

One test, since the run is what takes its time: first what was found in it, then that the search finds what is planted.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import get_args
from uuid import UUID

import pytest

from service.flow import case_views
from service.inference import Reason
from service.schemas.front_queries import ANSWER_BYTES, CostBand, Form, Privacy, Staffing
from tests.service.canaries.judging import dumped, in_answers, in_files, in_texts, settled, stored
from tests.service.canaries.run import Run, run
from tests.service.canaries.table import SEES

RESPONSES = 600
TO_REQUESTERS = 150


def test_no_secret_is_anywhere_but_where_the_table_says(tmp_path: Path) -> None:
    with run(tmp_path, RESPONSES, TO_REQUESTERS) as done:
        assert done.responses >= RESPONSES
        assert done.to_requesters >= TO_REQUESTERS
        assert {name: sorted(map(str, set(found))) for name, found in done.leaks().items() if found} == {}
        every_kind_of_secret_was_met_where_it_may_be(done)
        no_request_however_wrong_is_a_fault_of_ours(done)
        every_answer_has_the_same_headers(done)
        a_card_speaks_one_closed_vocabulary(done)
        every_answer_to_a_question_is_as_long_as_any_other(done)
        nobody_in_front_is_told_why_a_case_is_placed_by_hand(done)
        a_fault_of_ours_says_nothing_of_what_it_met(done)
        what_is_planted_in_the_log_is_found(done)
        what_is_planted_in_the_database_is_found_in_files_log_of_changes_and_dump(done)
        what_is_planted_in_a_backup_is_found(done)


def every_kind_of_secret_was_met_where_it_may_be(done: Run) -> None:
    """The control of the table: what nobody met there was not looked for."""
    assert {kind for kind, who in SEES.items() if who} - done.seen() == set()
    assert {marker.kind for marker in done.book.markers.values()} == set(SEES)


def no_request_however_wrong_is_a_fault_of_ours(done: Run) -> None:
    assert [answer for answer in done.heard.answers if answer.status >= 500] == []
    assert {200, 201, 202, 401, 404, 409, 422} <= {answer.status for answer in done.heard.answers}


def every_answer_has_the_same_headers(done: Run) -> None:
    names = {
        tuple(sorted(line.partition(b":")[0] for line in answer.headers.split(b"\n"))) for answer in done.heard.answers
    }
    alike = min(names, key=len)
    assert names <= {alike, tuple(sorted((*alike, b"www-authenticate")))}


def a_card_speaks_one_closed_vocabulary(done: Run) -> None:
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


def every_answer_to_a_question_is_as_long_as_any_other(done: Run) -> None:
    answers = [one for one in done.heard.answers if one.action == "read_query" and one.status == 200]
    assert {len(one.body) for one in answers} == {ANSWER_BYTES}
    assert {json.loads(one.body)["state"] for one in answers} >= {"in_progress", "three_slots", "with_coordinator"}


def nobody_in_front_is_told_why_a_case_is_placed_by_hand(done: Run) -> None:
    reasons = {f'"{reason.value}"'.encode() for reason in Reason} - {b'"expired"', b'"declined"', b'"blocked"'}
    met = {(one.role, reason) for one in done.heard.answers for reason in reasons if reason in one.body}
    assert {role for role, _ in met} == {"coordinator"}


def a_fault_of_ours_says_nothing_of_what_it_met(done: Run) -> None:
    case = done.story.cases["case-a"]
    secret = done.book.word("input", "a fault of ours")

    def broken(*_told: object) -> object:
        raise RuntimeError(f"what {secret} says")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case_views, "view", broken)
        answer = case.requester.get(case.path())
    log = done.story.harness.log.getvalue()
    assert answer.status_code == 500
    assert "RuntimeError" in log
    assert secret in done.heard.errors[-1], "the error itself said it"
    assert list(in_answers(done.heard.answers[-1:], done.book, done.story.knows)) == []
    assert list(in_texts("log", [log], done.book)) == []


def what_is_planted_in_the_log_is_found(done: Run) -> None:
    for name, texts in done.texts().items():
        planted = done.book.word("input", name)
        assert {leak.what for leak in in_texts(name, [*texts, f"no place for {planted}"], done.book)} >= {
            f"input of {name}"
        }


def what_is_planted_in_the_database_is_found_in_files_log_of_changes_and_dump(done: Run) -> None:
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
    settled(database)
    files = {name: one for name, one in stored(done.story.harness.data).items() if name.startswith("postgres/")}
    wal = {name: files.pop(name) for name in list(files) if "/pg_wal/" in name}
    for channel in (files, wal, dumped(database)):
        assert {leak.what for leak in in_files(channel, done.book)} == {f"input of {form}" for form in secrets}


def what_is_planted_in_a_backup_is_found(done: Run) -> None:
    assert len(done.backup) > 100_000
    secret = next(text for text, marker in done.book.markers.items() if marker.kind == "gate")
    assert list(in_files({"backup": done.backup}, done.book)) == []
    assert len(list(in_files({"backup": done.backup + secret.encode()}, done.book))) == 1
