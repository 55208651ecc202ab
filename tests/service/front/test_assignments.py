"""Who works on a case: assigned, dated, of the unit; whoever is not is a stranger."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from service.store.tables import alarms
from tests.service.front.system import as_system
from tests.service.front.walk import Walk
from tests.service.harness import Harness, Person


def colleague(harness: Harness, name: str = "r-2", unit: str = "bops-syd") -> Person:
    return harness.act("requester", unit=unit, name=name)


def told(actor: str = "r-2", kind: str = "hand_over", **more: Any) -> dict[str, Any]:
    return {"actor": actor, "role": "requester", "kind": kind, **more}


def test_only_the_units_requesters_assign(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    path = walk.path("/assignments")
    strangers = (
        colleague(front, unit="bops-nord"),
        walk.assessor,
        walk.decider,
        front.act("approver"),
        front.act("network_keeper"),
    )
    for stranger in strangers:
        assert stranger.post(path, told()).status_code == 404
    assert walk.requester.get(walk.path()).json()["assignments"][0]["actor"] == "r-1"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (told(kind="substitute"), "the document"),
        (told(until_at="2026-12-01T08:00:00Z"), "the document"),
        (told(kind="substitute", until_at="2026-11-20T11:00:00Z"), "until_at"),
        (told(kind="substitute", until_at="2028-11-20T11:00:00Z"), "until_at"),
        (told(actor="Anna Andersson"), "actor"),
        ({**told(), "role": "decider"}, "role"),
    ],
)
def test_a_substitute_is_dated_and_nobody_is_named_in_words(front: Harness, body: dict[str, Any], path: str) -> None:
    walk = Walk.of(front)
    walk.open()
    answer = walk.requester.post(walk.path("/assignments"), body)
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]


def test_a_colleague_of_the_unit_is_a_stranger_until_assigned_and_again_afterwards(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.open()
    assert colleague(harness).get(walk.path()).status_code == 404
    assert colleague(harness).get("/v1/cases").json()["cases"] == []
    until = "2026-11-22T12:00:00Z"
    answer = walk.requester.post(walk.path("/assignments"), told(kind="substitute", until_at=until))
    assert sorted(one["actor"] for one in answer.json()["assignments"]) == ["r-1", "r-2"]
    assert colleague(harness).get(walk.path()).status_code == 200
    assert [one["case_id"] for one in colleague(harness).get("/v1/cases").json()["cases"]] == [walk.case_id]
    harness.clock.move(days=2)
    assert colleague(harness).get(walk.path()).status_code == 404
    assert colleague(harness).get("/v1/cases").json()["cases"] == []
    assert walk.requester.get(walk.path()).status_code == 200


def test_an_assignment_holds_in_its_role_and_unit_alone(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    walk.requester.post(walk.path("/assignments"), told(kind="substitute", until_at="2026-12-22T12:00:00Z"))
    assert colleague(front, unit="bops-nord").get(walk.path()).status_code == 404
    assert front.act("assessor", unit="bops-nord", name="r-2").get(walk.path()).status_code == 404


def test_a_hand_over_ends_what_others_had(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    answer = walk.requester.post(walk.path("/assignments"), told())
    assert [(one["actor"], one["kind"]) for one in answer.json()["assignments"]] == [("r-2", "hand_over")]
    assert walk.requester.get(walk.path()).status_code == 404
    assert colleague(front).get(walk.path()).status_code == 200


def test_the_unit_takes_over_when_somebody_is_away_and_that_is_an_alarm(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.open()
    answer = colleague(harness).post(walk.path("/assignments"), told())
    assert answer.status_code == 201
    with as_system(harness) as tx:
        assert tx.connection.execute(select(alarms.c.kind)).scalars().all() == ["case_taken_over"]
    assert colleague(harness).get(walk.path()).status_code == 200


def test_a_role_that_is_taken_is_handed_over_or_substituted(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    path = walk.path("/assignments")
    assert walk.requester.post(path, told(kind="first")).json()["code"] == "already_assigned"
    again = told(actor="r-1", kind="substitute", until_at="2026-12-01T08:00:00Z")
    assert walk.requester.post(path, again).json()["code"] == "already_assigned"
    first = {"actor": "a-7", "role": "assessor", "kind": "first"}
    assert walk.requester.post(path, first).status_code == 201
    assert walk.requester.post(path, {**first, "actor": "a-8"}).json()["code"] == "already_assigned"


def test_who_has_another_duty_on_the_case_is_not_assigned(front: Harness) -> None:
    walk = Walk.of(front)
    walk.up_to_query()
    answer = walk.requester.post(walk.path("/assignments"), told(actor="a-1"))
    assert (answer.status_code, answer.json()["code"]) == (409, "another_duty")


def test_whether_a_coordinator_has_the_case_is_not_told_by_who_may_be_assigned(front: Harness) -> None:
    walk = Walk.of(front)
    walk.up_to_query()
    with front.database.admin() as connection:
        told_by_back = "INSERT INTO fristad.case_duties VALUES (%s, 'c-7', 'coordinator', now())"
        connection.execute(told_by_back, [walk.case_id])
    answer = walk.requester.post(walk.path("/assignments"), told(actor="c-7"))
    assert answer.status_code == 201, answer.text
    theirs = front.act("requester", name="c-7").post(walk.path("/queries"))
    assert (theirs.status_code, theirs.json()["code"]) == (409, "another_duty")
