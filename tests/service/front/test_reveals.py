"""Reveal requests: after the decision, two organisations, five persons, a day; nothing of the place."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.front.walk import Walk, assessment
from tests.service.harness import Harness, Person

TOLD = {"purpose": "transport", "receiver": "f-1"}


def decided(harness: Harness) -> Walk:
    walk = Walk.of(harness)
    walk.up_to_decision()
    return walk


def asked(walk: Walk, **more: Any) -> str:
    answer = walk.requester.post(walk.path("/reveals"), {**TOLD, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reveal_id"])


def vote(who: Person, reveal_id: str, outcome: str = "approved") -> httpx.Response:
    return who.post(f"/v1/reveals/{reveal_id}/approvals", {"outcome": outcome})


def test_no_reveal_before_the_placement_decision(front: Harness) -> None:
    walk = Walk.of(front)
    walk.up_to_query()
    assert walk.requester.post(walk.path("/reveals"), TOLD).json()["code"] == "out_of_order"
    walk.offer("decided")  # a state alone is not a decision
    assert walk.requester.post(walk.path("/reveals"), TOLD).json()["code"] == "out_of_order"


def test_strangers_neither_ask_nor_read_nor_approve(front: Harness) -> None:
    walk = decided(front)
    for stranger in (walk.assessor, walk.decider, walk.approver(1), front.act("requester", name="r-2")):
        assert stranger.post(walk.path("/reveals"), TOLD).status_code == 404
    reveal_id = asked(walk)
    missing = walk.requester.get(f"/v1/reveals/{uuid4()}")
    for stranger in (walk.assessor, walk.decider, front.act("requester", name="r-2"), front.act("auditor")):
        answer = stranger.get(f"/v1/reveals/{reveal_id}")
        assert (answer.status_code, answer.content) == (404, missing.content)
        assert vote(stranger, reveal_id).status_code == 404
    assert vote(walk.requester, reveal_id).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"purpose": "curiosity", "receiver": "f-1"},
        {"purpose": "transport"},
        {"purpose": "transport", "receiver": "Fia i receptionen"},
        {"purpose": "transport", "receiver": ["f-1", "f-2"]},
    ],
)
def test_a_reveal_has_a_purpose_and_one_receiver(front: Harness, body: dict[str, Any]) -> None:
    walk = decided(front)
    assert walk.requester.post(walk.path("/reveals"), body).status_code == 422


def test_an_approver_sees_the_request_and_nothing_of_the_place(front: Harness) -> None:
    walk = decided(front)
    stay = asked(walk)
    told = walk.approver(1).get(f"/v1/reveals/{stay}").json()
    assert told == {
        "reveal_id": stay,
        "state": "asked",
        "purpose": "transport",
        "receiver": "f-1",
        "unit": "bops-syd",
        "decided_at": "2026-11-20T12:00:00Z",
        "requested_at": "2026-11-20T12:00:00Z",
        "expires_at": "2026-11-21T12:00:00Z",
        "approvals": 0,
    }
    assert walk.approver(1).get(walk.path()).status_code == 404
    assert walk.approver(1).get("/v1/cases").status_code == 404
    assert walk.approver(1).get(walk.path("/assessments")).status_code == 404


def test_two_organisations_approve(front: Harness) -> None:
    walk = decided(front)
    reveal_id = asked(walk)
    assert vote(walk.approver(1), reveal_id).json()["approvals"] == 1
    assert vote(walk.approver(1), reveal_id).json()["code"] == "same_organisation"
    colleague = front.act("approver", unit="cleared-1", organisation="cleared-1", name="p-7")
    assert vote(colleague, reveal_id).json()["code"] == "same_organisation"
    assert vote(walk.approver(2), reveal_id).json()["state"] == "approved"
    assert vote(walk.approver(3), reveal_id).status_code == 404  # nothing waits for an approver any more
    assert walk.requester.get(f"/v1/reveals/{reveal_id}").json()["approvals"] == 2
    waiting = [one["about_id"] for one in walk.approver(3).get("/v1/tasks").json()["tasks"]]
    assert reveal_id not in waiting


def test_one_refusal_ends_it(front: Harness) -> None:
    walk = decided(front)
    reveal_id = asked(walk)
    vote(walk.approver(1), reveal_id)
    assert vote(walk.approver(2), reveal_id, "maybe").status_code == 422
    assert vote(walk.approver(2), reveal_id, "refused").json()["state"] == "refused"
    assert vote(walk.approver(1), reveal_id).status_code == 409  # the case is not theirs to see any more
    assert asked(walk) != reveal_id


def test_an_approval_is_given_within_a_day(harness: Harness) -> None:
    walk = decided(harness)
    reveal_id = asked(walk)
    assert walk.requester.post(walk.path("/reveals"), TOLD).json()["code"] == "already_asked"
    vote(walk.approver(1), reveal_id)
    harness.clock.move(hours=24)
    assert walk.approver(2).get(f"/v1/reveals/{reveal_id}").json()["state"] == "expired"
    assert vote(walk.approver(2), reveal_id).json()["code"] == "expired"
    with harness.database.admin() as connection:  # the solver sees no reveal
        assert connection.execute("SELECT state FROM fristad.reveal_requests").fetchall() == [("expired",)]
    assert vote(walk.approver(2), reveal_id).status_code == 404
    assert asked(walk) != reveal_id


@pytest.mark.parametrize("name", ["r-1", "a-1", "d-1"])
def test_who_has_another_duty_on_the_case_receives_no_address(front: Harness, name: str) -> None:
    walk = decided(front)
    answer = walk.requester.post(walk.path("/reveals"), {**TOLD, "receiver": name})
    assert (answer.status_code, answer.json()["code"]) == (409, "another_duty")


def test_nobody_approves_what_is_for_them(front: Harness) -> None:
    walk = decided(front)
    reveal_id = asked(walk, receiver="p-1")
    assert vote(walk.approver(1), reveal_id).json()["code"] == "own_request"
    assert vote(walk.approver(2), reveal_id).status_code == 201


FIVE = {
    "assessor": ("assessor", "bops-syd", "police"),
    "requester": ("requester", "bops-syd", "police"),
    "decider": ("decider", "kommun-0180", "kommun-0180"),
    "approver": ("approver", "cleared-1", "cleared-1"),
    "second approver": ("approver", "cleared-2", "cleared-2"),
}
PAIRS = [(first, second) for first in FIVE for second in FIVE if first != second]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=[f"{first} as {second}" for first, second in PAIRS])
def test_no_person_does_two_of_the_five_duties(front: Harness, first: str, second: str) -> None:
    """Everybody acts under a name of their own, but `second` under the name of `first`."""
    walk = Five(front, first, second)
    told = [(name, step()) for name, step in walk.steps()]
    refused = [(name, answer.json()["code"]) for name, answer in told if answer.status_code >= 400]
    later = max(first, second, key=list(walk.order).index)
    assert refused
    assert refused[0][0] == later
    assert refused[0][1] in ("another_duty", "own_request", "same_organisation")


def test_five_different_persons_come_through(front: Harness) -> None:
    walk = Five(front, "", "")
    assert [answer.status_code for _, answer in ((name, step()) for name, step in walk.steps())] == [201] * 7


class Five:
    """One case done by five names, two of which may be the same person's."""

    order = ("requester", "decider", "assessor", "approver", "second approver")

    def __init__(self, harness: Harness, first: str, second: str) -> None:
        self.walk = Walk.of(harness)
        self.harness = harness
        self.names = {duty: f"{uuid4().hex[:8]}" for duty in FIVE}
        if second:
            self.names[second] = self.names[first]

    def person(self, duty: str) -> Person:
        role, unit, organisation = FIVE[duty]
        return self.harness.act(role, unit=unit, organisation=organisation, name=self.names[duty])

    def steps(self) -> list[tuple[str, Any]]:
        """What each duty does, in the order of the flow; the first refusal is the one that counts."""
        walk, person, harness = self.walk, self.person, self.harness
        town = harness.intake_signature("kommun-0180", walk.case_id, walk.key)

        def assess() -> httpx.Response:
            signature = harness.assessment_signature("police", "bops-syd", walk.case_id, 1, assessment())
            return person("assessor").post(walk.path("/assessments"), {"signature": signature})

        def answer() -> httpx.Response:
            walk.offer()
            return person("requester").post(walk.path("/person-answer"), {"outcome": "yes"})

        def reveal(duty: str) -> httpx.Response:
            if duty == "approver":
                person("decider").post(walk.path("/placement-decision"), {"outcome": "yes"})
                asked = person("requester").post(walk.path("/reveals"), TOLD)
                self.reveal_id = asked.json().get("reveal_id", str(uuid4()))
            return vote(person(duty), self.reveal_id)

        return [
            ("requester", lambda: person("requester").post("/v1/cases", walk.body())),
            ("decider", lambda: person("decider").post(walk.path("/signatures"), {"signature": town})),
            ("decider", lambda: person("decider").post(walk.path("/measure-decision"), {"outcome": "yes"})),
            ("assessor", assess),
            ("requester", answer),
            ("approver", lambda: reveal("approver")),
            ("second approver", lambda: reveal("second approver")),
        ]
