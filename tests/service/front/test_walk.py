"""The front half of the flow from intake to the approved reveal, as its people see it."""

from __future__ import annotations

from tests.service.front.walk import Walk
from tests.service.harness import Harness


def test_from_intake_to_the_approved_reveal(harness: Harness) -> None:
    walk = Walk.of(harness)
    query_id = walk.up_to_query()
    read = f"/v1/queries/{query_id}"
    assert walk.requester.get(read).json()["state"] == "in_progress"
    slots = walk.answered(query_id)
    harness.clock.move(minutes=20)
    told = walk.requester.get(read).json()
    assert [slot["slot_id"] for slot in told["slots"]] == slots
    preferred = walk.requester.post(f"{read}/preference", {"slots": slots[::-1]})
    assert preferred.status_code == 202, preferred.text
    assert walk.requester.get(walk.path()).json()["state"] == "in_progress"
    walk.offer()
    assert walk.requester.post(walk.path("/person-answer"), {"outcome": "yes"}).status_code == 201
    offer = walk.decider.get(walk.path("/offer"))
    assert offer.status_code == 200, offer.text
    assert offer.json()["legal_form"] == "protected_housing"
    assert offer.json()["person_answer"] == "yes"
    decided = walk.decider.post(walk.path("/placement-decision"), {"outcome": "yes"})
    assert decided.status_code == 201, decided.text
    asked = walk.requester.post(walk.path("/reveals"), {"purpose": "transport", "receiver": "f-1"})
    assert asked.status_code == 201, asked.text
    reveal = f"/v1/reveals/{asked.json()['reveal_id']}"
    for number, state in ((1, "asked"), (2, "approved")):
        tasks = walk.approver(number).get("/v1/tasks").json()["tasks"]
        assert [task["about_id"] for task in tasks] == [asked.json()["reveal_id"]]
        assert walk.approver(number).get(reveal).status_code == 200
        said = walk.approver(number).post(f"{reveal}/approvals", {"outcome": "approved"})
        assert said.status_code == 201, said.text
        assert said.json()["state"] == state
    assert walk.requester.get(reveal).json()["state"] == "approved"
