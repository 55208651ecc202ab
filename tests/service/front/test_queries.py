"""Questions and answers: one a version, the same bytes, one length, slots ordered once."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from service.engine.answers import expire
from service.schemas.front_queries import ANSWER_BYTES
from service.store.repository import answers
from service.store.tables import queries
from tests.service.front.system import as_system
from tests.service.front.walk import Walk
from tests.service.harness import Harness

READY_MIN = 20
"""Minutes after which an answer asked for is out: a tick is 15 minutes."""


def jobs(walk: Walk, task: str) -> list[str]:
    """What waits for the solver, by its only argument."""
    with as_system(walk.harness) as tx:
        return list(
            tx.connection.execute(
                text("SELECT args->>'subject' FROM fristad.procrastinate_jobs WHERE task_name = :task ORDER BY id"),
                {"task": task},
            ).scalars()
        )


def shown(walk: Walk, query_id: str) -> Any:
    return walk.requester.get(f"/v1/queries/{query_id}").json()


def prefer(walk: Walk, query_id: str, slots: list[str]) -> Any:
    return walk.requester.post(f"/v1/queries/{query_id}/preference", {"slots": slots})


def test_a_question_needs_two_signatures_a_valid_assessment_and_an_assigned_requester(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    assert walk.ask().json()["code"] == "out_of_order"
    walk.sign()
    assert walk.ask().json()["code"] == "no_valid_assessment"
    walk.assess(valid_from="2026-11-21")
    assert walk.ask().json()["code"] == "no_valid_assessment"
    strangers = (
        walk.assessor,
        walk.decider,
        front.act("requester", name="r-2"),
        front.act("requester", unit="bops-nord"),
    )
    for stranger in strangers:
        assert stranger.post(walk.path("/queries")).status_code == 404
    assert walk.requester.post(walk.path("/queries"), {"area": "0180"}).status_code == 422


def test_a_case_that_two_organisations_have_not_signed_is_asked_about_by_nobody(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    walk.move("in_progress")  # as the case of an emergency is, whose facts follow
    assert walk.assess().status_code == 201
    assert walk.ask().json()["code"] == "not_signed"


def test_asking_again_is_the_same_question(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    assert walk.ask().json() == {"query_id": query_id, "state": "in_progress"}
    assert jobs(walk, "answer_query") == [query_id]
    assert jobs(walk, "expire") == [query_id]
    assert walk.requester.get(walk.path()).json()["query_id"] == query_id


def test_an_answer_comes_out_at_its_tick_and_is_the_same_bytes_for_its_life(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()  # asked at noon: it comes out at a quarter past
    path = f"/v1/queries/{query_id}"
    before = walk.requester.get(path)
    walk.answered(query_id)
    harness.clock.move(minutes=14, seconds=59)
    assert walk.requester.get(path).content == before.content
    harness.clock.move(seconds=1)
    first = walk.requester.get(path)
    assert first.json()["state"] == "three_slots"
    harness.clock.move(hours=71, minutes=59)
    assert walk.requester.get(path).content == first.content
    harness.clock.move(minutes=1)
    last = walk.requester.get(path)
    assert last.json()["state"] == "expired"
    assert last.json()["slots"] is None
    assert {len(one.content) for one in (before, first, last)} == {ANSWER_BYTES}
    assert sorted(before.headers.items()) == sorted(first.headers.items()) == sorted(last.headers.items())


def test_an_answer_that_is_late_is_in_progress(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    harness.clock.move(minutes=READY_MIN)
    assert shown(walk, query_id)["state"] == "in_progress"
    walk.answered(query_id)
    assert shown(walk, query_id)["state"] == "three_slots"


def _waiting(walk: Walk) -> list[str]:
    return [one["kind"] for one in walk.requester.get("/v1/tasks").json()["tasks"]]


def test_an_answer_says_until_when_it_lives_whatever_it_is(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()  # out at a quarter past, for 72 hours
    before = shown(walk, query_id)
    assert before["expires_at"] == "2026-11-23T12:15:00Z"
    walk.answered(query_id, missing=("no_written_consent",))
    harness.clock.move(minutes=READY_MIN)
    after = shown(walk, query_id)
    assert (after["state"], after["expires_at"]) == ("gate_not_passed", before["expires_at"])


def test_the_order_of_the_slots_is_a_task_of_the_requester_until_it_is_told(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    (waits,) = walk.requester.get("/v1/tasks").json()["tasks"]
    assert (waits["kind"], waits["about_id"]) == ("preference_needed", query_id)
    slots = walk.answered(query_id)
    harness.clock.move(minutes=READY_MIN)
    assert _waiting(walk) == ["preference_needed"]
    assert prefer(walk, query_id, slots).status_code == 202
    assert _waiting(walk) == []


def test_the_task_of_an_answer_ends_with_the_answer(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    walk.answered(query_id)
    harness.clock.move(hours=73)
    with as_system(harness) as tx:
        assert expire(tx, UUID(query_id))
    assert _waiting(walk) == []


def test_a_gap_of_the_own_case_that_was_read_is_no_order_to_tell(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    walk.answered(query_id, missing=("no_written_consent",))
    harness.clock.move(minutes=READY_MIN)
    assert shown(walk, query_id)["state"] == "gate_not_passed"
    assert _waiting(walk) == []
    walk.ask()
    assert _waiting(walk) == ["preference_needed"]


def test_an_answer_is_its_requesters_alone(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    path = f"/v1/queries/{query_id}"
    missing = walk.requester.get(f"/v1/queries/{uuid4()}")
    for stranger in (walk.assessor, walk.decider, harness.act("requester", name="r-2"), harness.act("approver")):
        answer = stranger.get(path)
        assert (answer.status_code, answer.content) == (404, missing.content)


def test_an_answer_that_names_gaps_of_the_own_case_is_asked_for_anew(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    walk.answered(query_id, missing=("no_written_consent", "blocked"))
    harness.clock.move(minutes=READY_MIN)
    told = shown(walk, query_id)
    assert (told["state"], told["slots"], told["missing"]) == (
        "gate_not_passed",
        None,
        ["no_written_consent", "blocked"],
    )
    assert prefer(walk, query_id, [str(uuid4()) for _ in range(3)]).status_code == 422
    assert walk.ask().json()["query_id"] == query_id
    assert shown(walk, query_id)["state"] == "in_progress"
    assert jobs(walk, "answer_query") == [query_id, query_id]
    slots = walk.answered(query_id)
    harness.clock.move(minutes=READY_MIN)
    assert [slot["slot_id"] for slot in shown(walk, query_id)["slots"]] == slots
    assert walk.ask().json()["query_id"] == query_id  # now it is kept
    assert shown(walk, query_id)["state"] == "three_slots"


def test_an_expired_answer_needs_a_new_assessment(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    slots = walk.answered(query_id)
    harness.clock.move(hours=73)
    assert walk.ask().json()["code"] == "answer_expired"
    assert prefer(walk, query_id, slots).json()["code"] == "answer_expired"
    assert walk.assess(2).status_code == 201
    assert walk.ask().json()["query_id"] != query_id


def test_the_order_is_told_once_and_in_time(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    assert prefer(walk, query_id, [str(uuid4()) for _ in range(3)]).json()["code"] == "no_answer_yet"
    slots = walk.answered(query_id)
    assert prefer(walk, query_id, slots).json()["code"] == "no_answer_yet"  # stored, and not out yet
    harness.clock.move(minutes=READY_MIN)
    for stranger in (walk.decider, walk.assessor, harness.act("requester", name="r-2")):
        path = f"/v1/queries/{query_id}/preference"
        assert stranger.post(path, {"slots": slots}).status_code == 404
    faults = [
        prefer(walk, query_id, order).json()
        for order in ([str(uuid4()), *slots[:2]], [slots[0], slots[0], slots[1]], [str(uuid4()) for _ in range(3)])
    ]
    assert faults[0] == faults[1] == faults[2]
    assert faults[0]["faults"][0]["path"] == "slots"
    for order in (slots[:2], [*slots, slots[0]], ["x", *slots[:2]], []):
        assert prefer(walk, query_id, order).status_code == 422
    answer = prefer(walk, query_id, slots[::-1])
    assert (answer.status_code, answer.json()) == (202, {"query_id": query_id, "state": "in_progress"})
    assert prefer(walk, query_id, slots).json()["code"] == "already_preferred"
    assert jobs(walk, "hold_slot") == [query_id]
    assert walk.requester.get(walk.path()).json()["state"] == "in_progress"
    with as_system(harness) as tx:
        assert [str(slot.id) for slot in answers.preferred(tx, UUID(query_id))] == slots[::-1]


def test_slots_of_an_older_assessment_are_not_ordered(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    slots = walk.answered(query_id)
    harness.clock.move(minutes=READY_MIN)
    walk.assess(2)
    assert prefer(walk, query_id, slots).json()["code"] == "superseded"


@pytest.mark.parametrize("is_offered", [True, False])
def test_one_offer_at_a_time(harness: Harness, is_offered: bool) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    slots = walk.answered(query_id)
    harness.clock.move(minutes=READY_MIN)
    assert prefer(walk, query_id, slots).status_code == 202
    if is_offered:
        walk.offer("in_progress")
    walk.assess(2)
    refused = walk.ask().json()
    assert refused["code"] == "offer_open"
    assert "stands" in str(refused)
    assert shown(walk, query_id)["state"] == "three_slots"


def test_what_becomes_of_a_hold_changes_nothing_of_the_answer(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    slots = walk.answered(query_id)
    harness.clock.move(minutes=READY_MIN)
    prefer(walk, query_id, slots)
    answer = walk.requester.get(f"/v1/queries/{query_id}").content
    case = walk.requester.get(walk.path()).content
    walk.offer("in_progress")  # held, and later declined: the requester sees no difference
    assert walk.requester.get(f"/v1/queries/{query_id}").content == answer
    assert walk.requester.get(walk.path()).content == case


def test_the_answer_is_stored_sealed(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    walk.answered(query_id)
    with as_system(harness) as tx:
        sealed = tx.connection.execute(select(queries.c.sealed).where(queries.c.id == UUID(query_id))).scalar_one()
    assert b"protected_housing" not in sealed


def test_a_case_that_waits_by_hand_is_readable_as_that_after_the_answers_time(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    walk.answered_by_hand(query_id)
    harness.clock.move(hours=73)
    with as_system(harness) as tx:
        assert expire(tx, UUID(query_id))
    told = walk.requester.get(f"/v1/queries/{query_id}")
    assert (told.json()["state"], len(told.content)) == ("with_coordinator", ANSWER_BYTES)
    assert walk.ask().json()["code"] == "with_coordinator"
    assert _renewals(walk) == []
    assert walk.assess(2).status_code == 201
    assert shown(walk, query_id)["state"] == "expired"


def _renewals(walk: Walk) -> list[str]:
    tasks = walk.assessor.get("/v1/tasks").json()["tasks"]
    return [one["case_id"] for one in tasks if one["kind"] == "renew_assessment"]


@pytest.mark.parametrize("missing", [(), ("no_written_consent",)])
def test_an_answer_that_ends_unordered_asks_the_assessor_for_the_next_version(
    harness: Harness, missing: tuple[str, ...]
) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    walk.answered(query_id, missing=missing)
    harness.clock.move(hours=73)
    assert _renewals(walk) == []
    with as_system(harness) as tx:
        assert expire(tx, UUID(query_id))
    assert _renewals(walk) == [walk.case_id]
    assert walk.assess(2).status_code == 201
    assert _renewals(walk) == []


@pytest.mark.parametrize("is_ordered", [True, False])
def test_an_answer_that_was_ordered_or_overtaken_ends_without_a_task(harness: Harness, is_ordered: bool) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    slots = walk.answered(query_id)
    harness.clock.move(minutes=READY_MIN)
    if is_ordered:
        assert prefer(walk, query_id, slots).status_code == 202
    else:
        assert walk.assess(2).status_code == 201
    harness.clock.move(hours=73)
    with as_system(harness) as tx:
        assert expire(tx, UUID(query_id))
    assert _renewals(walk) == []


def test_the_case_says_when_its_next_round_is(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.open()
    assert walk.requester.get(walk.path()).json()["next_round_at"] is None
    walk = Walk.of(harness)
    walk.up_to_query(triage="red")  # came at eight, asked at noon: no sooner than two hours after the question
    first = walk.requester.get(walk.path()).json()["next_round_at"]
    assert first == "2026-11-20T14:00:00Z"
    harness.clock.move(hours=2, minutes=1)
    assert walk.requester.get(walk.path()).json()["next_round_at"] == "2026-11-20T18:00:00Z"
    walk.move("decided")
    assert walk.requester.get(walk.path()).json()["next_round_at"] is None
