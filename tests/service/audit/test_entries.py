"""An entry says words of the vocabulary, hashes and numbers; nothing else can be put into it, nor comes back out."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.actors import Actor, Role
from service.audit import verify
from service.audit.acts import ACTS, Outcome
from service.audit.entries import FORM, SYSTEM, Entry, parse
from service.audit.errors import EntryRejected
from service.crypto import Tagger
from service.crypto.gcm import Secret
from service.store.database import pseudonym
from tests.service.audit.trails import NOW, contents, numbered

GOOD: dict[str, Any] = {"at": NOW, "actor": "a7" * 16, "role": "assessor", "act": "read_case"}

BAD: dict[str, list[Any]] = {
    "act": ["read the case", "", "READ_CASE", "unheard_of", None, 5],
    "actor": ["Anna Svensson", "a-7", "AB" * 16, "ab" * 32, "", None, 7],
    "at": [datetime(2030, 1, 2), "2030-01-02", None],
    "case": ["4b5e", str(UUID(int=1)), 5],
    "input": ["AB" * 32, "ab" * 31, b"ab", 5],
    "object": ["the blue house", 1],
    "outcome": ["because she moved", "", None],
    "role": ["owner", "", None],
    "rule_set": ["v1", ""],
    "sealed": ["ab", b"ab"],
    "seed": [-1, 10**19, 1.5, "7", True],
    "versions": [
        {"ortools": "latest"},
        {"Or-tools": "9.15"},
        {"ortools": 9},
        {f"p{n}": "1" for n in range(17)},
        "9.15",
    ],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_what_is_not_in_the_closed_form_is_refused_by_name_alone(name: str, value: Any) -> None:
    with pytest.raises(EntryRejected) as refused:
        Entry(**{**GOOD, name: value})
    assert str(refused.value) == f"an audit entry is not in the closed form: {name}"
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("act", sorted(ACTS))
def test_every_act_of_the_vocabulary_can_be_written(act: str) -> None:
    assert json.loads(Entry(**{**GOOD, "act": act}).unnumbered())["act"] == act


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("role", Role)
def test_every_role_and_outcome_can_be_written(role: Role, outcome: Outcome) -> None:
    told = json.loads(Entry(**{**GOOD, "role": role, "outcome": outcome}).unnumbered())
    assert (told["role"], told["outcome"]) == (role.value, outcome.value)


def test_the_whole_form_written_out() -> None:
    entry = Entry.of(
        at=datetime(2030, 1, 2, 13, 0, 0, 5, tzinfo=timezone(timedelta(hours=1))),
        actor=SYSTEM,
        role="system",
        act="solve_query",
        case=UUID(int=1),
        object=UUID(int=2),
        sealed=b"",
        solve={"input": "0" * 64, "rule_set": "1" * 64, "seed": 0, "ortools": "9.15", "fristad": "0.1.0"},
    )
    assert numbered(entry, 7) == (
        b'{"act":"solve_query","actor":"system","at":"2030-01-02T12:00:00.000005Z",'
        b'"case":"00000000-0000-0000-0000-000000000001","input":"' + b"0" * 64 + b'",'
        b'"object":"00000000-0000-0000-0000-000000000002","outcome":"done","role":"system",'
        b'"rule_set":"' + b"1" * 64 + b'",'
        b'"sealed":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","seed":0,"seq":7,'
        b'"versions":{"fristad":"0.1.0","ortools":"9.15"}}'
    )
    assert parse(numbered(entry, 7)).fields()["seed"] == 0


def test_who_calls_themself_system_is_not_the_system() -> None:
    tagger = Tagger(Secret.fresh())
    name = pseudonym(tagger, Actor(SYSTEM, Role.AUDITOR, "noa", "police"))
    assert name != SYSTEM == pseudonym(tagger, Actor(SYSTEM, Role.SYSTEM, "noa", "police"))
    assert Entry.of(at=NOW, actor=name, role="auditor", act="read_trail").actor == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_list_of_the_staff_does_not_compute_a_pseudonym(subject: str) -> None:
    actor = Actor(subject, Role.RECEIVING_BOPS, "bops-nord", "police")
    one, other = (pseudonym(Tagger(Secret.fresh()), actor) for _ in range(2))
    assert re.fullmatch("[0-9a-f]{32}", one)
    assert one != other


@given(st.text(), st.sampled_from(sorted(set(GOOD) - {"at"})))
def test_free_text_never_gets_in(words: str, name: str) -> None:
    known = {*ACTS, *Outcome, *Role, SYSTEM}
    if words in known or re.fullmatch("[0-9a-f]{32}", words):
        return
    with pytest.raises(EntryRejected):
        Entry(**{**GOOD, name: words})


@pytest.mark.parametrize("year", [1, 999, 2030, 9999])
def test_every_year_has_four_digits(year: int) -> None:
    at = datetime(year, 5, 6, tzinfo=UTC)
    assert json.loads(Entry(**{**GOOD, "at": at}).unnumbered())["at"] == f"{year:04}-05-06T00:00:00.000000Z"


def test_what_is_stored_is_read_again() -> None:
    for seq, content in enumerate(contents(20), start=1):
        assert parse(content).seq == seq


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content + b"\n",
        lambda content: content.replace(b":", b": ", 1),
        lambda content: content.replace(b'"seq":9', b'"seq":09'),
        lambda content: content.replace(b"null", b"\xff\xff", 1),
        lambda content: content.replace(b'{"ortools":', b'{"zzz":"1","ortools":'),  # out of order
        lambda content: content.replace(b'{"ortools":', b'{"ortools":"1","ortools":'),  # told twice
    ],
)
def test_bytes_that_are_not_canonical_are_refused(damage: Any) -> None:
    content = contents(9)[8]
    assert b"ortools" in content
    assert damage(content) != content
    with pytest.raises(EntryRejected, match="not in the closed form"):
        parse(damage(content))


def test_the_verifier_holds_entries_to_the_same_form() -> None:
    assert verify.ENTRY_FORM == FORM
