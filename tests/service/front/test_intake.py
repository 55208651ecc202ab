"""Intake: who may open a case, what is refused, and that nobody learns whether a person is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from service.http.app import routes_of
from service.policies import Process
from service.settings import Settings
from service.store.tables import alarms, assignments, cases, tasks
from tests.service.front.system import as_system
from tests.service.front.walk import MUNICIPALITY, Walk, details, person_key
from tests.service.harness import Harness, new_harness

if TYPE_CHECKING:
    from tests.service.conftest import Database as TestDatabase

EVERYBODY_ELSE = ("assessor", "decider", "approver", "network_keeper", "auditor", "security_officer")


def bare(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer that its receiver can tell from another."""
    return answer.status_code, answer.content, sorted(answer.headers.items())


def written(harness: Harness) -> dict[str, int]:
    """How many rows there are of each table."""
    with harness.database.admin() as connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'fristad'").fetchall()
        ]
        counts = {}
        for table in tables:
            row = connection.execute(f'SELECT count(*) FROM fristad."{table}"').fetchone()
            counts[table] = 0 if row is None else int(row[0])
        return counts


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
        ({"municipality_unit": "friends-unit"}, ["municipality_unit"]),
        ({"municipality_unit": "kommun-1280"}, ["municipality_unit"]),
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
    other = Walk.of(front)
    told = {
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


@pytest.mark.parametrize("state", ["opened", "signed", "arrived"])
def test_opening_a_case_does_not_tell_whether_its_person_is_known(harness: Harness, state: str) -> None:
    known = Walk.of(harness)
    assert known.open().status_code == 201
    known.move(state)
    author = harness.act("requester", unit="bops-nord", name="r-9")
    told, rows = [], []
    for walk in (Walk.of(harness, known.key), Walk.of(harness)):
        before = written(harness)
        answer = author.post("/v1/cases", walk.body())
        told.append((answer.status_code, answer.text.replace(walk.case_id, "")))
        rows.append({name: count - before[name] for name, count in written(harness).items()})
        assert author.get(walk.path()).json()["state"] == "opened"
    assert told[0] == told[1]
    assert told[0][0] == 201
    assert rows[0] == rows[1]


def test_a_person_in_two_cases_is_refused_at_the_second_organisation_and_told_to_the_coordinator(
    harness: Harness,
) -> None:
    known = Walk.of(harness)
    assert known.open().status_code == 201
    second = Walk.of(harness, known.key)
    assert second.open().status_code == 201
    assert known.sign().status_code == 201
    refused = [second.sign() for _ in range(3)]
    other = harness.intake_signature(MUNICIPALITY, second.case_id, person_key())
    wrong = second.decider.post(second.path("/signatures"), {"signature": other})
    assert {bare(answer)[:2] for answer in refused} == {bare(wrong)[:2]}
    assert (wrong.status_code, wrong.json()["code"]) == (409, "not_accepted")
    seen = second.requester.get(second.path()).json()
    assert (seen["state"], seen["signatures"]) == ("opened", 1)
    with as_system(harness) as tx:
        waiting = tx.connection.execute(
            select(tasks.c.for_role).where(tasks.c.case_id == UUID(second.case_id), tasks.c.kind == "neutral_refusal")
        )
        assert waiting.scalars().all() == ["coordinator"]  # once, however often it is tried
        assert tx.connection.execute(select(alarms.c.kind)).scalars().all() == ["person_in_two_cases"]
    # once the first has ended, the second can be signed
    known.move("interrupted")
    assert second.sign().status_code == 201


def test_a_unit_with_too_many_unsigned_cases_opens_no_more(tmp_path: Path, database: TestDatabase) -> None:
    routes = {Process.FRONT: routes_of(Process.FRONT)}
    with new_harness(tmp_path, database, routes=routes, settings=Settings(unsigned_cases=2)) as harness:
        _fill_up(harness)


def _fill_up(harness: Harness) -> None:
    walks = [Walk.of(harness) for _ in range(3)]
    assert [walk.open().status_code for walk in walks[:2]] == [201, 201]
    full = walks[2].open()
    assert (full.status_code, full.json()["code"]) == (409, "too_many_open")
    elsewhere = harness.act("requester", unit="bops-nord", name="r-9")
    assert elsewhere.post("/v1/cases", Walk.of(harness).body()).status_code == 201
    assert walks[0].sign().status_code == 201
    assert walks[2].open().status_code == 201


def test_a_case_that_nobody_signs_is_closed_after_a_month(harness: Harness) -> None:
    walks = [Walk.of(harness), Walk.of(harness)]
    for walk in walks:
        assert walk.open().status_code == 201
    assert walks[1].sign().status_code == 201
    harness.clock.move(days=29, hours=23)
    harness.run_jobs()
    assert walks[0].requester.get(walks[0].path()).json()["state"] == "opened"
    harness.clock.move(hours=2)
    harness.run_jobs()
    told = [walk.requester.get(walk.path()).json()["state"] for walk in walks]
    assert told == ["closed", "signed"]
    assert walks[0].decider.get("/v1/tasks").json()["tasks"] == [] or walks[0].case_id not in str(
        walks[0].decider.get("/v1/tasks").json()
    )


def test_the_same_opening_twice_is_no_second_case(harness: Harness) -> None:
    walk = Walk.of(harness)
    assert walk.open().status_code == 201
    before = written(harness)
    assert walk.open().status_code == 409
    assert written(harness) == before


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
    assert walk.requester.post(walk.path("/signatures"), told).json()["code"] == "same_organisation"
    same = front.act("decider", unit=MUNICIPALITY, organisation="police", name="d-2")
    again = same.post(walk.path("/signatures"), {"signature": front.intake_signature("police", walk.case_id, walk.key)})
    assert again.status_code == 404  # the unit's name in another organisation is another unit
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


@pytest.mark.parametrize("organisation", ["another-org", "kommun-0180"])
def test_the_same_unit_of_another_organisation_is_a_stranger(front: Harness, organisation: str) -> None:
    walk = Walk.of(front)
    assert walk.open().status_code == 201
    for role, name in (("requester", "r-1"), ("requester", "r-2"), ("assessor", "a-1")):
        person = front.act(role, organisation=organisation, name=name)
        assert person.get(walk.path()).status_code == 404
        assert walk.case_id not in person.get("/v1/cases").text


def test_only_the_municipality_itself_is_the_second_organisation(front: Harness) -> None:
    walk = Walk.of(front)
    assert walk.open().status_code == 201
    friend = front.act("decider", unit=MUNICIPALITY, organisation="friend", name="d-1")
    signature = front.intake_signature("friend", walk.case_id, walk.key)
    assert friend.post(walk.path("/signatures"), {"signature": signature}).status_code == 404
    assert friend.get(walk.path()).status_code == 404
    assert walk.case_id not in friend.get("/v1/cases").text
    assert walk.sign().status_code == 201
    assert walk.decide_measure().status_code == 201
    assert friend.get(walk.path()).status_code == 404


def test_a_case_stays_with_the_municipality_that_decides_on_it(front: Harness) -> None:
    walk = Walk.of(front)
    assert walk.open().status_code == 201
    elsewhere = {"details": details(walk.key, responsible_municipality="1280")}
    answer = walk.requester.post(walk.path("/versions"), elsewhere)
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == ["details.responsible_municipality"]
