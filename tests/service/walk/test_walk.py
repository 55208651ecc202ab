"""The walk itself: what it is made of, what it refuses, and that nobody of the front sees a place in it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from service.policies import STATES, Process
from service.walk.cast import CAST
from service.walk.document import as_shown, calls, walk_page
from service.walk.run import Done, StepFailed, Walk
from service.walk.show import print_done, print_sights, sights
from service.walk.steps import CHAPTERS, Step
from service.walk.values import Missing, beginning, filled, picked

STEPS = [step for chapter in CHAPTERS for step in chapter.steps]
NOW = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)


def test_everybody_of_the_cast_takes_part_and_nobody_else() -> None:
    assert {step.who for step in STEPS} == set(CAST)


def test_five_persons_on_the_case_are_five() -> None:
    five = ("assessor", "requester", "decider", "approver", "second_approver")
    assert len({CAST[who].name for who in five}) == len(five)
    assert CAST["approver"].organisation != CAST["second_approver"].organisation


def test_each_value_is_known_before_it_is_used() -> None:
    known = {*beginning(NOW), "signature", "region"}
    for step in STEPS:
        texts = [step.path, CAST[step.who].unit, *step.keeps.values(), *step.shows]
        filled([texts, step.told], dict.fromkeys(known, "x"))
        known |= set(step.keeps)


def test_days_are_those_of_sweden() -> None:
    assert beginning(NOW)["today"] == "2026-11-20"
    assert beginning(NOW.replace(hour=23, minute=1))["today"] == "2026-11-21"


@pytest.mark.parametrize("path", ["b", "a.3", "a.x=1.y", "a.0.z"])
def test_a_part_that_is_not_there_is_missing(path: str) -> None:
    with pytest.raises(Missing):
        picked({"a": [{"y": 1}]}, path)


def test_the_calls_are_made_of_the_steps_alone() -> None:
    page = walk_page(["{}\n"] * len(STEPS))
    for step in STEPS:
        assert calls(step) in page
    assert page.count("```json") == len(STEPS)


def test_an_answer_is_cut_where_it_is_long() -> None:
    assert as_shown({"jwe": "x" * 500, "slots": [1, 2, 3, 4]}) == f'{{"jwe": "{"x" * 59}…", "slots": [1, 2, "…"]}}\n'


def test_what_somebody_told_themselves_is_no_sight_of_a_place() -> None:
    step = STEPS[0]
    own = Done(step, CAST["requester"].actor({}), "/", 200, {"details": {"window": {"start": "x"}}, "state": "signed"})
    place = replace(own, answer={"stays": [{"locality": "x", "facility_id": None}]})
    assert sights([own])["requester"] == set()
    assert sights([own, place])["requester"] == {"locality"}


@pytest.fixture(scope="module")
def walked(served: Path) -> list[Done]:
    with closing(Walk(served)) as walk:
        done = []
        for one in walk.steps():
            done.append(one)
            assert len(walk.shown(one)) == len({path.rsplit(".", 1)[-1] for path in one.step.shows})
    return done


def test_every_step_is_walked(walked: list[Done]) -> None:
    assert [done.step for done in walked] == STEPS
    states = [done.answer["state"] for done in walked if done.step.path == "/v1/cases/{case}"]
    assert [STATES.index(state) for state in states] == sorted(STATES.index(state) for state in states)


def test_nobody_of_the_front_sees_address_locality_or_day(walked: list[Done]) -> None:
    seen = sights(walked)
    front = {who for who, part in CAST.items() if part.at is Process.FRONT}
    assert {who: seen[who] & {"address", "locality", "dates"} for who in front} == {who: set() for who in front}
    assert {who for who in CAST if "address" in seen[who]} == {"receiver", "follow_up"}


def test_the_page_fits_eighty_columns(walked: list[Done]) -> None:
    out = StringIO()
    console = Console(file=out, width=80)
    for done in walked:
        print_done(console, done, {"kind": "x" * 300})
    print_sights(console, walked)
    assert max(map(len, out.getvalue().splitlines())) <= 80


def test_a_step_that_is_answered_otherwise_stops_the_walk(served: Path) -> None:
    early = next(step for step in STEPS if step.path.endswith("/reveals"))
    with closing(Walk(served)) as walk, pytest.raises(StepFailed, match=r"Answered 404: Nothing of that address"):
        walk.step(early)
    unrefused = Step("auditor", "Reads.", "GET /v1/trail", is_refused="token_refused")
    with closing(Walk(served)) as walk, pytest.raises(StepFailed, match="Answered 200"):
        walk.step(unrefused)


def test_what_does_not_come_is_waited_for_a_while(served: Path) -> None:
    waiting = Step("auditor", "Reads.", "GET /v1/trail", until=("entries.0.role", "nobody"))
    with closing(Walk(served, patience_s=0.3)) as walk, pytest.raises(StepFailed, match="did not come to nobody"):
        walk.step(waiting)
