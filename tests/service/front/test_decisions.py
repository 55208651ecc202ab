"""The person's answer and the municipality's decision: in order, once, by different persons, never about a place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from service.store.tables import decisions, person_answers
from tests.service.front.system import as_system
from tests.service.front.test_queries import jobs
from tests.service.front.walk import Walk
from tests.service.harness import Harness


def answer(walk: Walk, outcome: str = "yes", reason: str | None = None) -> httpx.Response:
    return walk.requester.post(walk.path("/person-answer"), {"outcome": outcome, "reason_code": reason})


def decide(walk: Walk, outcome: str = "yes", reason: str | None = None) -> httpx.Response:
    return walk.decider.post(walk.path("/placement-decision"), {"outcome": outcome, "reason_code": reason})


def offered(harness: Harness) -> Walk:
    walk = Walk.of(harness)
    walk.up_to_query()
    walk.offer()
    return walk


def state(walk: Walk) -> Any:
    return walk.requester.get(walk.path()).json()["state"]


def test_nothing_is_answered_or_decided_before_it_is_offered(front: Harness) -> None:
    walk = Walk.of(front)
    walk.up_to_query()
    assert answer(walk).json()["code"] == "out_of_order"
    assert decide(walk).json()["code"] == "out_of_order"
    assert walk.decider.get(walk.path("/offer")).json()["code"] == "out_of_order"
    walk.offer("in_progress")  # held, and not confirmed yet
    assert answer(walk).json()["code"] == "out_of_order"
    walk.move("answer_needed")
    assert decide(walk).json()["code"] == "out_of_order"
    assert walk.decider.get(walk.path("/offer")).json()["code"] == "out_of_order"


def test_strangers_answer_decide_and_see_nothing(front: Harness) -> None:
    walk = offered(front)
    elsewhere = front.act("decider", unit="kommun-1280", organisation="kommun-1280")
    for stranger in (walk.assessor, walk.decider, elsewhere, front.act("requester", name="r-2")):
        assert stranger.post(walk.path("/person-answer"), {"outcome": "yes"}).status_code == 404
    answer(walk)
    for stranger in (walk.assessor, walk.requester, elsewhere, front.act("approver")):
        assert stranger.post(walk.path("/placement-decision"), {"outcome": "yes"}).status_code == 404
        assert stranger.get(walk.path("/offer")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "no"},
        {"outcome": "yes", "reason_code": "not_ready"},
        {"outcome": "no", "reason_code": "too near the others"},
        {"outcome": "disagreement", "reason_code": "not_ready"},
        {},
    ],
)
def test_a_no_of_the_person_has_a_code(front: Harness, body: dict[str, Any]) -> None:
    walk = offered(front)
    assert walk.requester.post(walk.path("/person-answer"), body).status_code == 422
    assert state(walk) == "answer_needed"


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "no"},
        {"outcome": "disagreement"},
        {"outcome": "yes", "reason_code": "cost_ceiling"},
        {"outcome": "no", "reason_code": "not_ready"},
    ],
)
def test_a_no_of_the_municipality_has_a_code(front: Harness, body: dict[str, Any]) -> None:
    walk = offered(front)
    answer(walk)
    assert walk.decider.post(walk.path("/placement-decision"), body).status_code == 422
    assert state(walk) == "decision_needed"


def test_a_no_without_its_code_is_answered_with_the_codes_there_are(harness: Harness) -> None:
    walk = offered(harness)
    told = walk.requester.post(walk.path("/person-answer"), {"outcome": "no"}).text
    assert "none for a yes; else one of form_unsuitable, family_reasons" in told


def test_a_yes_asks_the_municipality_and_its_yes_decides(harness: Harness) -> None:
    walk = offered(harness)
    assert answer(walk).status_code == 201
    assert answer(walk).json()["code"] == "out_of_order"
    assert state(walk) == "decision_needed"
    assert [one["kind"] for one in walk.decider.get("/v1/tasks").json()["tasks"]] == ["decide_placement"]
    told = walk.decider.get(walk.path("/offer")).json()
    assert told == {
        "case_id": walk.case_id,
        "legal_form": "protected_housing",
        "staffing": "daily_contact",
        "privacy": "withheld",
        "cost_band": "4000_to_4999",
        "stays": [{"kind": "stable", "nights": 90}],
        "persons": 1,
        "person_answer": "yes",
        "held_until": "2026-12-09",
    }
    assert decide(walk).json() == {"case_id": walk.case_id, "outcome": "yes", "reason_code": None}
    assert decide(walk).json()["code"] == "out_of_order"
    assert state(walk) == "decided"
    assert jobs(walk, "advance") == [walk.case_id, walk.case_id]
    assert walk.decider.get("/v1/tasks").json()["tasks"] == []


def test_a_no_of_the_person_puts_the_case_back_into_progress(harness: Harness) -> None:
    walk = offered(harness)
    assert answer(walk, "no", "form_unsuitable").status_code == 201
    assert state(walk) == "in_progress"
    assert jobs(walk, "advance") == [walk.case_id]
    walk.move("answer_needed")  # the same stay, not released yet
    assert answer(walk).json()["code"] == "already_answered"


@pytest.mark.parametrize("outcome", ["no", "disagreement"])
def test_a_no_of_the_municipality_is_recorded_with_its_reason(harness: Harness, outcome: str) -> None:
    walk = offered(harness)
    answer(walk)
    assert decide(walk, outcome, "threat_disputed").status_code == 201
    assert state(walk) == "in_progress"
    with as_system(harness) as tx:
        kept = tx.connection.execute(
            select(decisions.c.outcome, decisions.c.reason_code, decisions.c.decided_by).where(
                decisions.c.case_id == UUID(walk.case_id), decisions.c.kind == "placement"
            )
        ).all()
        said = tx.connection.execute(select(person_answers.c.outcome)).scalars().all()
    assert [tuple(row) for row in kept] == [(outcome, "threat_disputed", "d-1")]
    assert said == ["yes"]
    walk.move("decision_needed")
    assert decide(walk).json()["code"] == "already_decided"


def test_the_second_offer_is_answered_by_itself(harness: Harness) -> None:
    walk = offered(harness)
    answer(walk, "no", "not_ready")
    walk.offer()
    assert answer(walk).status_code == 201
