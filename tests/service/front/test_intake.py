"""Intake: who may open a case, what is refused, and that nobody learns whether a person is known."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from service.store.tables import alarms, assignments, cases, tasks
from tests.service.front.system import as_system
from tests.service.front.walk import MUNICIPALITY, Walk, details, person_key
from tests.service.harness import Harness

EVERYBODY_ELSE = ("assessor", "decider", "approver", "network_keeper", "auditor", "security_officer")


def bare(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer that its receiver can tell from another."""
    return answer.status_code, answer.content, sorted(answer.headers.items())


def attempts(harness: Harness) -> list[Any]:
    """Cases that were not accepted."""
    with as_system(harness) as tx:
        return list(tx.connection.execute(select(cases).where(cases.c.end_reason == "not_accepted")))


@pytest.mark.parametrize("role", EVERYBODY_ELSE)
def test_nobody_but_a_requester_opens_a_case(front: Harness, role: str) -> None:
    assert front.act(role).post("/v1/cases", Walk.of(front).body()).status_code == 404


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        ({"triage": "blue"}, ["triage"]),
        ({"signature": "x"}, ["signature"]),
        ({"name": "x"}, ["<unknown field>"]),
        ({"municipality_unit": "Kommun 0180"}, ["municipality_unit"]),
        ({"case_id": 7}, ["case_id"]),
        ({"details": {}}, [f"details.{name}" for name in ("homes", "household", "responsible_municipality", "stays")]),
        ({"details": details("p-0000001", homes=["nowhere"])}, ["details.homes[0]"]),
        ({"details": details("p-0000001", homes=[])}, ["details.homes"]),
        ({"details": details("p-0000001", responsible_municipality="9999")}, ["details.responsible_municipality"]),
        (
            {"details": details("p-0000001", window={"earliest": "2026-12-02", "latest": "2026-12-01"})},
            ["details.window"],
        ),
        ({"details": details("p-0000001", stays=[{"kind": "emergency", "nights": 8}])}, ["details.stays[0]"]),
        ({"details": details("p-0000001", household=[])}, ["details.household"]),
    ],
)
def test_a_body_that_means_nothing_is_refused_with_every_fault(
    front: Harness, more: dict[str, Any], paths: list[str]
) -> None:
    answer = Walk.of(front).open(**more)
    assert answer.status_code == 422
    assert set(paths) <= {fault["path"] for fault in answer.json()["faults"]}


def test_two_defectors_are_refused(front: Harness) -> None:
    walk = Walk.of(front)
    household = details(walk.key)["household"] + details(person_key())["household"]
    answer = walk.open(details=details(walk.key, household=household))
    assert [fault["path"] for fault in answer.json()["faults"]] == ["details"]


def test_an_identity_number_is_refused_and_not_repeated(front: Harness) -> None:
    answer = Walk.of(front).open(details=details("198112289874"))
    assert answer.status_code == 422
    assert b"198112289874" not in answer.content


def test_every_refusal_behind_the_form_is_one_answer(front: Harness) -> None:
    known = Walk.of(front)
    assert known.open().status_code == 201
    sham = Walk.of(front, known.key)
    other = Walk.of(front)
    told = {
        "a person in an open case": sham.open(),
        "the same case once more": known.open(),
        "an id that is taken": Walk(front, person_key(), known.case_id).open(),
        "another organisation's signature": other.open(
            signature=front.intake_signature(MUNICIPALITY, other.case_id, other.key)
        ),
        "a signature for another case": other.open(signature=front.intake_signature("police", uuid4(), other.key)),
        "a signature for another person": other.open(
            signature=front.intake_signature("police", other.case_id, person_key())
        ),
        "a previous case that is not there": other.open(previous_case_id=str(uuid4())),
        "a previous case that is open": Walk.of(front).open(previous_case_id=known.case_id),
        "received tomorrow": other.open(received_at="2026-11-21T13:00:00Z"),
        "an id that is not random": Walk(front, other.key, "5f0c7a3e-9d1b-1c62-8a57-3f6e2b90d4c1").open(),
    }
    assert {name: bare(answer) for name, answer in told.items()} == dict.fromkeys(told, bare(told["received tomorrow"]))
    assert told["received tomorrow"].status_code == 409
    assert told["received tomorrow"].json()["code"] == "not_accepted"


def test_a_person_with_an_open_case_alarms_and_leaves_a_task_that_its_author_cannot_see(harness: Harness) -> None:
    known = Walk.of(harness)
    assert known.open().status_code == 201
    sham = Walk.of(harness, known.key)
    author = harness.act("requester", unit="bops-nord", name="r-9")
    assert author.post("/v1/cases", sham.body()).status_code == 409
    (aside,) = attempts(harness)
    assert aside.state == "closed"
    assert aside.unit == "bops-nord"
    assert str(aside.id) != sham.case_id
    with as_system(harness) as tx:
        task = tx.connection.execute(select(tasks).where(tasks.c.case_id == aside.id)).one()
        raised = tx.connection.execute(select(alarms.c.kind)).scalars().all()
    assert (task.kind, task.for_role) == ("neutral_refusal", "coordinator")
    assert raised == ["person_in_two_cases"]
    assert author.get("/v1/cases").json() == {"cases": [], "more": False}
    for person in (author, harness.act("assessor", unit="bops-nord")):
        assert person.get("/v1/cases").json()["cases"] == []
        assert person.get(f"/v1/cases/{sham.case_id}").status_code == 404
    assert known.requester.get(known.path()).json()["state"] == "opened"


def test_the_same_opening_twice_is_no_second_case(harness: Harness) -> None:
    walk = Walk.of(harness)
    assert walk.open().status_code == 201
    assert walk.open().status_code == 409
    assert attempts(harness) == []


def test_an_opened_case_is_assigned_and_waits_for_the_municipality(harness: Harness) -> None:
    walk = Walk.of(harness)
    opened = walk.open()
    assert opened.status_code == 201
    assert opened.json() == {"case_id": walk.case_id, "state": "opened"}
    told = walk.requester.get(walk.path()).json()
    assert told["signatures"] == 1
    assert told["details"]["household"][0]["person_key"] == walk.key
    assert [(one["actor"], one["kind"]) for one in told["assignments"]] == [("r-1", "first")]
    assert [one["kind"] for one in walk.decider.get("/v1/tasks").json()["tasks"]] == ["sign_case"]
    seen = walk.decider.get(walk.path()).json()
    assert seen["details"] is None
    assert seen["gate"] is None
    assert seen["assignments"] == []
    assert walk.key not in str(seen)
    assert [one["case_id"] for one in walk.requester.get("/v1/cases").json()["cases"]] == [walk.case_id]
    assert [one["case_id"] for one in walk.decider.get("/v1/cases").json()["cases"]] == [walk.case_id]


def test_what_is_stored_of_a_person_is_sealed(harness: Harness) -> None:
    walk = Walk.of(harness)
    assert walk.open().status_code == 201
    with harness.database.admin() as connection:
        for table in ("cases", "case_versions", "case_signatures", "assignments", "tasks", "idempotency"):
            rows = connection.execute(f"SELECT t::text FROM fristad.{table} AS t").fetchall()
            assert all(walk.key not in row[0] and walk.key.encode().hex() not in row[0] for row in rows)
    assert walk.sealed_details()["household"][0]["person_key"] == walk.key


def test_a_second_organisation_signs_for_the_same_person_and_case(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    town = walk.decider
    told = {"signature": front.intake_signature(MUNICIPALITY, walk.case_id, walk.key)}
    stranger = front.act("decider", unit="kommun-1280", organisation="kommun-1280", name="d-9")
    signature = front.intake_signature("kommun-1280", walk.case_id, walk.key)
    assert stranger.post(walk.path("/signatures"), {"signature": signature}).status_code == 404
    assert walk.requester.post(walk.path("/signatures"), told).status_code == 404
    same = front.act("decider", unit=MUNICIPALITY, organisation="police", name="d-2")
    again = same.post(walk.path("/signatures"), {"signature": front.intake_signature("police", walk.case_id, walk.key)})
    assert (again.status_code, again.json()["code"]) == (409, "same_organisation")
    for key, case_id, code in (
        (person_key(), walk.case_id, "not_accepted"),
        (walk.key, str(uuid4()), "not_accepted"),
    ):
        refused = town.post(walk.path("/signatures"), {"signature": front.intake_signature(MUNICIPALITY, case_id, key)})
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    forged = town.post(walk.path("/signatures"), {"signature": "e30.e30.eA"})
    assert (forged.status_code, forged.json()["code"]) == (422, "signature_rejected")
    assert walk.requester.get(walk.path()).json()["state"] == "opened"
    signed = town.post(walk.path("/signatures"), told)
    assert (signed.status_code, signed.json()["state"]) == (201, "signed")
    assert town.post(walk.path("/signatures"), told).json()["code"] == "out_of_order"
    assert walk.requester.get(walk.path()).json()["signatures"] == 2


def test_details_are_written_anew_for_the_same_person_alone(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    path = walk.path("/versions")
    assert walk.assessor.post(path, {"details": details(walk.key)}).status_code == 404
    other = walk.requester.post(path, {"details": details(person_key())})
    assert (other.status_code, other.json()["code"]) == (409, "another_person")
    assert walk.requester.post(path, {"details": details(walk.key, homes=["nowhere"])}).status_code == 422
    now = details(walk.key, needs=[{"tag": "round_the_clock_staff", "timing": "day_one"}])
    written = walk.requester.post(path, {"details": now, "triage": "red"})
    assert written.json()["version"] == 2
    told = walk.requester.get(walk.path()).json()
    assert (told["version"], told["triage"]) == (2, "red")
    assert told["due_at"] == "2026-11-20T11:00:00Z"


def test_re_entry_needs_the_ended_case_of_the_same_person(front: Harness) -> None:
    first = Walk.of(front)
    first.open()
    first.move("interrupted")
    stranger = Walk.of(front)
    assert stranger.open(previous_case_id=first.case_id).json()["code"] == "not_accepted"
    elsewhere = front.act("requester", unit="bops-nord", name="r-9")
    again = Walk.of(front, first.key)
    assert elsewhere.post("/v1/cases", again.body(previous_case_id=first.case_id)).status_code == 409
    assert again.open(previous_case_id=first.case_id).status_code == 201
    told = again.requester.get(again.path()).json()
    assert (told["attempt_no"], told["previous_case_id"]) == (2, first.case_id)


def test_a_case_is_closed_once_and_frees_the_person(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    path = walk.path("/closure")
    told = {"reason_code": "withdrawn_by_person"}
    assert walk.assessor.post(path, told).status_code == 404
    assert walk.requester.post(path, {"reason_code": "felt like it"}).status_code == 422
    assert walk.requester.post(path, told).json()["state"] == "closed"
    assert walk.requester.post(path, told).json()["code"] == "out_of_order"
    assert [one for one in walk.decider.get("/v1/tasks").json()["tasks"] if one["case_id"] == walk.case_id] == []
    assert Walk.of(front, walk.key).open().status_code == 201
    with as_system(front) as tx:
        ended = tx.connection.execute(select(cases.c.end_reason).where(cases.c.id == UUID(walk.case_id))).scalar_one()
        assert ended == "withdrawn_by_person"
        assert tx.connection.execute(select(assignments.c.id).where(assignments.c.case_id == UUID(walk.case_id))).all()
