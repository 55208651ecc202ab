"""Several at once: what is done once is done once, whoever comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.service.front.walk import Walk, assessment
from tests.service.harness import Harness

MANY = 8


def at_once(*acts: Callable[[], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(act) for act in acts]]


def outcomes(answers: list[httpx.Response]) -> Counter[Any]:
    return Counter(answer.json().get("code", answer.status_code) for answer in answers)


def test_one_person_gets_one_signed_case(harness: Harness) -> None:
    first = Walk.of(harness)
    walks = [first, *(Walk.of(harness, first.key) for _ in range(MANY - 1))]
    bodies = [walk.body() for walk in walks]
    opened = at_once(*(lambda body=body: first.requester.post("/v1/cases", body) for body in bodies))
    assert outcomes(opened) == {201: MANY}
    assert outcomes(at_once(*(walk.sign for walk in walks))) == {201: 1, "not_accepted": MANY - 1}


def test_one_question_a_version(harness: Harness) -> None:
    walk = Walk.of(harness)
    for step in (walk.open, walk.sign, walk.record_gate, walk.decide_measure, walk.assess):
        assert step().status_code == 201
    told = at_once(*[walk.ask] * MANY)
    assert outcomes(told) == {202: MANY}
    assert len({answer.json()["query_id"] for answer in told}) == 1


def test_one_order_of_the_slots(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    slots = walk.answered(query_id)
    harness.clock.move(minutes=20)
    path = f"/v1/queries/{query_id}/preference"
    told = at_once(*[lambda: walk.requester.post(path, {"slots": slots})] * MANY)
    assert outcomes(told) == {202: 1, "already_preferred": MANY - 1}


def test_one_answer_and_one_decision(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.up_to_query()
    walk.offer()
    told = at_once(
        *[lambda: walk.requester.post(walk.path("/person-answer"), {"outcome": "yes"})] * (MANY // 2),
        *[lambda: walk.requester.post(walk.path("/person-answer"), {"outcome": "no", "reason_code": "not_ready"})]
        * (MANY // 2),
    )
    assert outcomes(told)[201] == 1
    if walk.requester.get(walk.path()).json()["state"] == "decision_needed":
        told = at_once(
            *[lambda: walk.decider.post(walk.path("/placement-decision"), {"outcome": "yes"})] * (MANY // 2),
            *[
                lambda: walk.decider.post(
                    walk.path("/placement-decision"), {"outcome": "no", "reason_code": "cost_ceiling"}
                )
            ]
            * (MANY // 2),
        )
        assert outcomes(told)[201] == 1


def test_approvals_at_once_are_counted_one_by_one(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.up_to_decision()
    asked = walk.requester.post(walk.path("/reveals"), {"purpose": "transport", "receiver": "f-1"}).json()
    path = f"/v1/reveals/{asked['reveal_id']}/approvals"
    told = at_once(
        *(lambda number=number: walk.approver(number).post(path, {"outcome": "approved"}) for number in (1, 2, 1, 2))
    )
    assert sorted(answer.json()["state"] for answer in told if answer.status_code == 201) == ["approved", "asked"]


def test_one_person_in_two_duties_at_once_does_one(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.open()
    walk.sign()
    signature = harness.assessment_signature("police", "bops-syd", walk.case_id, 1, assessment())
    walk.requester.post(
        walk.path("/assignments"),
        {"actor": "x-1", "role": "requester", "kind": "substitute", "until_at": "2026-12-01T08:00:00Z"},
    )
    as_assessor = harness.act("assessor", name="x-1")
    as_requester = harness.act("requester", name="x-1")
    told = at_once(
        lambda: as_assessor.post(walk.path("/assessments"), {"signature": signature}),
        lambda: as_requester.post(walk.path("/gate"), {"motivated": True}),
    )
    assert outcomes(told) == {201: 1, "another_duty": 1}
