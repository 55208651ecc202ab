"""What a requester reads of the slots: in either language, without a column that never holds a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from matching.cli import slots
from matching.cli.slots import print_requester
from matching.language import in_words, translator
from matching.redaction import Card, RequesterAnswer, Withheld
from tests import tellings as t
from tests.cli.running import run


def answer(**shown: str) -> RequesterAnswer:
    values = {"form": "withheld", "staffing": "withheld", "privacy": "withheld", "cost_band": "withheld", **shown}
    cards = tuple(Card.model_validate({"rank": rank, **values}) for rank in (1, 2, 3))
    return RequesterAnswer.model_validate({"state": "three_slots", "slots": cards})


def printed(given: RequesterAnswer, language: str, capsys: pytest.CaptureFixture[str]) -> str:
    print_requester(given, translator(language))
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_every_card_withholds_has_no_column(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    say = translator(language)
    text = printed(answer(form="protected_housing"), language, capsys)
    assert text.count(say("protected housing")) == 3
    assert say("form") in text
    assert "withheld" not in text
    assert not any(say(title) in text for title in ("staffing", "cost a night, SEK"))
    empty = printed(answer(), language, capsys)
    assert all(rank in empty for rank in "123")


def test_the_slots_say_why_they_look_alike_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert "look alike on purpose" in printed(answer(), "en", capsys)
    swedish = printed(answer(form="foster_home", staffing="daily_contact"), "sv", capsys)
    assert "liknar varandra med avsikt" in swedish
    assert "Nästa steg: skicka alla tre till samordnaren" in swedish
    assert swedish.count("familjehem") == swedish.count("daglig kontakt") == 3


def test_every_value_of_a_card_is_translated() -> None:
    say = translator("sv")
    for name in ("form", "staffing", "privacy", "cost_band"):
        kinds = get_args(Card.model_fields[name].annotation)
        values = {value for kind in kinds for value in get_args(kind) or (kind,)} - {*get_args(Withheld)}
        assert len(values) > 2
        for value in values:
            assert in_words(value) in slots._VALUES
            assert say(in_words(value)) != in_words(value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ((), "Ärendet uppfyller inte förutsättningarna. Saknas: - skriftligt samtycke saknas"),
        (("--language", "en"), "The case has not passed the gate. Missing: - no written consent"),
    ],
)
def test_the_printed_answer_is_swedish_unless_english_is_said(
    more: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    raw = t.scenario(cases=[t.case("c", home="1280-malmo", gate={**t.PASSED, "written_consent": False})])
    path = tmp_path / "week.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    done = run("options", path, "--case", "c", *more)
    assert (done.code, done.err) == (0, "")
    assert " ".join(done.out.split()) == words
    assert run("options", path, "--case", "c", "--json", *more) == run("options", path, "--case", "c", "--json")
