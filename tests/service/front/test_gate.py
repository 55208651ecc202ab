"""Gate facts and the measure decision: two acts of two persons, both only ever added to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from service.crypto import Domain
from service.store.tables import decisions, gate_versions
from tests.service.front.system import as_system
from tests.service.front.walk import GATE, Walk
from tests.service.harness import Harness


def stored(walk: Walk) -> list[dict[str, Any]]:
    """The gate facts of a case as the solver opens them, oldest first."""
    case_id = UUID(walk.case_id)
    with as_system(walk.harness) as tx:
        rows = tx.connection.execute(
            select(gate_versions).where(gate_versions.c.case_id == case_id).order_by(gate_versions.c.version)
        )
        return [
            tx.open(Domain.CASE, case_id, f"gate_versions/sealed/{case_id}/{row.version}", row.sealed) for row in rows
        ]


def test_the_gate_waits_for_the_second_signature_and_for_an_assigned_requester(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    assert walk.record_gate().json()["code"] == "out_of_order"
    assert walk.decide_measure().json()["code"] == "out_of_order"
    walk.sign()
    for stranger in (walk.assessor, walk.decider, front.act("requester", name="r-2"), front.act("auditor")):
        assert stranger.post(walk.path("/gate"), GATE).status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        {"measure_decision": True},
        {"is_emergency": True},
        {"motivated": "yes"},
        {"motivated": 1},
        {"definition_version": "a b"},
    ],
)
def test_what_is_no_gate_fact_is_refused(front: Harness, more: dict[str, Any]) -> None:
    walk = Walk.of(front)
    walk.open()
    walk.sign()
    assert walk.record_gate(**more).status_code == 422
    assert stored(walk) == []


def test_gate_facts_are_versions_and_what_is_not_told_is_not_established(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    walk.sign()
    assert walk.record_gate(written_consent=None).json()["version"] == 1
    assert walk.record_gate().json()["version"] == 2
    assert [facts["written_consent"] for facts in stored(walk)] == [None, True]
    assert all(facts["is_emergency"] is False for facts in stored(walk))
    assert walk.requester.get(walk.path()).json()["gate"]["version"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "no"},
        {"outcome": "disagreement", "reason_code": None},
        {"outcome": "yes", "reason_code": "cost"},
        {"outcome": "no", "reason_code": "because"},
        {"outcome": "maybe"},
        {},
    ],
)
def test_a_measure_decision_has_a_reason_unless_it_is_a_yes(front: Harness, body: dict[str, Any]) -> None:
    walk = Walk.of(front)
    walk.open()
    walk.sign()
    assert walk.decider.post(walk.path("/measure-decision"), body).status_code == 422


def test_the_municipality_alone_decides_and_the_newest_decision_counts(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    walk.sign()
    elsewhere = front.act("decider", unit="kommun-1280", organisation="kommun-1280")
    for stranger in (walk.requester, walk.assessor, elsewhere):
        assert stranger.post(walk.path("/measure-decision"), {"outcome": "yes"}).status_code == 404
    waiting = [one["kind"] for one in walk.decider.get("/v1/tasks").json()["tasks"] if one["case_id"] == walk.case_id]
    assert waiting == ["decide_measure"]
    assert walk.decide_measure("disagreement", "threat_disputed").status_code == 201
    assert walk.requester.get(walk.path()).json()["measure_decision"] == "disagreement"
    front.clock.move(minutes=1)
    assert walk.decide_measure().status_code == 201
    assert walk.requester.get(walk.path()).json()["measure_decision"] == "yes"
    with as_system(front) as tx:
        kept = tx.connection.execute(
            select(decisions.c.outcome, decisions.c.reason_code)
            .where(decisions.c.case_id == UUID(walk.case_id))
            .order_by(decisions.c.decided_at)
        ).all()
    assert [tuple(row) for row in kept] == [("disagreement", "threat_disputed"), ("yes", None)]
    waiting = [one for one in walk.decider.get("/v1/tasks").json()["tasks"] if one["case_id"] == walk.case_id]
    assert waiting == []
