"""What an assessor and a requester are told of a case: nobody else changes it, and no id comes out.

Two tests of one kind each, as in `tests/test_leak.py`: paired worlds, in which only other people differ,
and canaries, every id of a week a unique marker.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import explanations
from matching.constraints import load_rule, rule_book
from matching.constraints.base import Audience, Scope
from matching.explanations import to_assessor, to_coordinator, to_requester
from matching.facts import Facts
from matching.language import LANGUAGES, translator
from matching.options import case_number
from matching.solver.cpsat import Limits
from tests.cli import weeks
from tests.cli.weeks import WORLDS, Marks, Raw, facts_of, week

ENGLISH = translator("en")
BOOK = rule_book()

# -- nobody else changes it ------------------------------------------------------------------------


def said_to(facts: Facts, case_id: str) -> tuple[str, ...]:
    """All that the requester and the assessor of a case can be told, in every language."""
    number = case_number(facts, case_id)
    return tuple(
        answer(facts, BOOK, number, translator(language)).model_dump_json()
        for answer, language in product((to_requester, to_assessor), LANGUAGES)
    )


def ids_of(raw: Raw) -> list[str]:
    return [one["id"] for one in raw["cases"]]


@cache
def said_of_week(size: str, seed: int) -> dict[str, tuple[str, ...]]:
    facts = facts_of(week(size, seed))
    return {one: said_to(facts, one) for one in ids_of(week(size, seed))}


OTHERS = sorted(set(WORLDS) - {"relations_of_others"})
"""That one says otherwise how sure relations of the own networks are: the assessor's threat actors are made of them."""


@pytest.mark.parametrize("kind", OTHERS)
def test_other_people_elsewhere_change_nothing(kind: str) -> None:
    raw = week("small", 3)
    WORLDS[kind](raw, random.Random(3))
    facts = facts_of(raw)
    assert {one: said_to(facts, one) for one in ids_of(raw)} == said_of_week("small", 3)


def test_what_is_known_of_networks_changes_nothing_for_the_requester() -> None:
    raw = week("small", 3)
    WORLDS["relations_of_others"](raw, random.Random(3))
    facts = facts_of(raw)
    told_before = {one: said[: len(LANGUAGES)] for one, said in said_of_week("small", 3).items()}
    assert {one: said_to(facts, one)[: len(LANGUAGES)] for one in ids_of(raw)} == told_before


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=st.lists(st.sampled_from(OTHERS), max_size=4, unique=True), seed=st.integers(0, 10**6))
def test_no_mixture_of_worlds_does(chosen: list[str], seed: int) -> None:
    raw, dice = week("tiny", 1 + seed % 3), random.Random(seed)
    case_id = dice.choice(ids_of(raw))
    for kind in chosen:
        WORLDS[kind](raw, dice)
    weeks.others_wait_differently(raw, case_id, dice)
    assert said_to(facts_of(raw), case_id) == said_of_week("tiny", 1 + seed % 3)[case_id]


def test_the_own_case_does_change_what_is_told() -> None:
    """So what is compared above can differ."""
    raw = week("small", 3)
    for one in raw["cases"]:
        one["gate"]["written_consent"] = not one["gate"]["written_consent"]
    facts = facts_of(raw)
    assert all(said_to(facts, one) != said_of_week("small", 3)[one] for one in ids_of(raw))


def test_answers_of_both_kinds_and_every_band_occur() -> None:
    texts = "".join(text for said in said_of_week("small", 3).values() for text in said)
    wanted = ("in_progress", "gate_not_passed", '"all"', '"most"', '"some"')
    assert all(word in texts for word in wanted)


def test_a_view_that_forgot_the_others_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the others in view and a rule about them told to assessors, the comparison turns red."""
    capacity = load_rule("matching.constraints.place_capacity")
    monkeypatch.setattr(type(capacity), "scope", Scope.OWN_CASE)
    monkeypatch.setattr(type(capacity), "messages", {Audience.ASSESSOR: "Full."})
    monkeypatch.setattr(explanations, "own_view", lambda facts, case: facts)
    raw = week("tiny", 1)
    first = ids_of(raw)[0]
    before = to_assessor(facts_of(raw), BOOK, 0, ENGLISH)
    WORLDS["every_bed_is_taken_by_rivals"](raw, random.Random(1))
    assert before.case == first
    assert to_assessor(facts_of(raw), BOOK, 0, ENGLISH) != before


# -- canaries --------------------------------------------------------------------------------------


def test_no_id_but_the_own_case_comes_out(tmp_path: Path) -> None:
    marks = Marks()
    folder = marks.map(tmp_path / "map")
    for size, seed in (("small", 1), ("small", 3)):
        facts = facts_of(marks.week(week(size, seed)), folder)
        for case_id in facts.names.cases:
            asked, *_ = texts = said_to(facts, case_id)
            assert "zqx" not in asked
            assert "zqx" not in texts[1]
            for text in texts:
                assert "zqx" not in text.replace(f'"case":"{case_id}"', "")
                assert not any(
                    real in text for real in marks.all if len(real) > 5 and not re.fullmatch(r"[a-z_]+", real)
                )


def test_the_coordinator_reads_no_id_either(tmp_path: Path) -> None:
    """Sentences are fixed, and who is asked for elsewhere; only what is proposed names facilities."""
    marks = Marks()
    facts = facts_of(marks.week(week("tiny", 1)), marks.map(tmp_path / "map"))
    for number, case_id in enumerate(facts.names.cases):
        told = to_coordinator(facts, BOOK, number, Limits(), ENGLISH).model_dump(mode="json")
        proposed = [*told["remedies"]["changes"], *(told["overrides"] or {"options": []})["options"]]
        stays = [stay for one in proposed for stay in one.pop("stays")]  # where to: facilities of the catalogue alone
        assert {stay.pop("facility") for stay in stays} <= set(facts.names.facilities)
        assert "zqx" not in json.dumps([told, stays], ensure_ascii=False).replace(case_id, "")
