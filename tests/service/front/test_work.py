"""Tasks, the trail and alarms: codes and pseudonyms, bounded, each for its own people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args
from uuid import UUID, uuid4

import pytest

from matching.redaction import Card
from service.flow.front_tasks import SENTENCES
from service.http.app import routes_of
from service.policies import Process
from service.schemas.front_queries import (
    ANSWER_BYTES,
    CostBand,
    Form,
    MissingCode,
    Privacy,
    SlotOut,
    Staffing,
    padded,
)
from service.settings import Settings
from service.store.database import pseudonym
from service.store.repository import tasks
from tests.service.front.system import as_system
from tests.service.front.walk import MUNICIPALITY, Walk
from tests.service.harness import NOON, Harness, new_harness

if TYPE_CHECKING:
    from tests.service.conftest import Database as TestDatabase


def test_the_trail_is_the_auditors_alone(front: Harness) -> None:
    for role in ("requester", "assessor", "decider", "approver", "network_keeper", "security_officer"):
        assert front.act(role).get("/v1/trail").status_code == 404


def test_the_trail_tells_who_did_what_by_pseudonym_and_nothing_of_persons_or_places(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.up_to_decision()
    auditor = harness.act("auditor")
    told = auditor.get("/v1/trail").json()
    acts = [entry["act"] for entry in told["entries"]]
    assert acts == [
        "open_case",
        "sign_case",
        "record_gate",
        "decide_measure",
        "sign_assessment",
        "ask",
        "record_answer",
        "decide_placement",
    ]
    assert [entry["seq"] for entry in told["entries"]] == list(range(1, 9))
    assert told["next_after"] is None
    assert {entry["case"] for entry in told["entries"]} == {walk.case_id}
    assert told["entries"][0]["actor"] == pseudonym(harness.solver.tagger, walk.requester.actor)
    assert told["entries"][7]["outcome"] == "yes"
    content = auditor.get("/v1/trail").text
    for secret in (walk.key, "r-1", "0180-kista", MUNICIPALITY, "bops-syd"):
        assert f'"{secret}"' not in content


def test_the_trail_is_read_page_by_page(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.up_to_query()
    auditor = harness.act("auditor")
    first = auditor.get("/v1/trail", {"limit": 2}).json()
    assert (len(first["entries"]), first["next_after"]) == (2, 2)
    second = auditor.get("/v1/trail", {"after": 2, "limit": 2}).json()
    assert [entry["seq"] for entry in second["entries"]] == [3, 4]
    for query in ({"limit": 0}, {"limit": 201}, {"after": -1}, {"before": 3}, {"limit": "many"}):
        assert auditor.get("/v1/trail", query).status_code == 422


def test_reading_the_trail_stands_in_the_trail(harness: Harness) -> None:
    auditor = harness.act("auditor")
    assert auditor.get("/v1/trail").json()["entries"] == []
    assert [entry["act"] for entry in auditor.get("/v1/trail").json()["entries"]] == ["read_trail"]


def test_what_is_opened_stands_in_the_trail_with_the_hash_of_its_ciphertext(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.up_to_query()
    walk.requester.get(walk.path())
    walk.assessor.get(walk.path("/assessments"))
    entries = harness.act("auditor").get("/v1/trail").json()["entries"]
    opened = {entry["act"]: entry["sealed"] for entry in entries}
    assert opened["read_case"] == opened["open_case"]
    assert opened["read_assessments"] == opened["sign_assessment"]


def test_a_refused_intake_is_told_to_the_security_officer_and_answered_once(harness: Harness) -> None:
    known = Walk.of(harness)
    again = Walk.of(harness, known.key)
    for walk in (known, again):
        walk.open()
        walk.sign()
    officer = harness.act("security_officer")
    for role in ("requester", "assessor", "decider", "approver", "network_keeper"):
        assert harness.act(role).get("/v1/alarms").status_code == 404
    (alarm,) = officer.get("/v1/alarms").json()["alarms"]
    assert (alarm["kind"], alarm["answered_at"]) == ("person_in_two_cases", None)
    path = f"/v1/alarms/{alarm['alarm_id']}/answer"
    assert harness.act("auditor").post(path).status_code == 404
    assert officer.post(f"/v1/alarms/{uuid4()}/answer").status_code == 404
    assert officer.post(path).json() == {"alarm_id": alarm["alarm_id"]}
    assert officer.post(path).json()["code"] == "already_answered"
    assert harness.act("auditor").get("/v1/alarms").json()["alarms"][0]["answered_at"] is not None


def test_tasks_are_told_by_deadline_to_their_role_and_unit(harness: Harness) -> None:
    slow, fast = Walk.of(harness), Walk.of(harness)
    slow.open()
    fast.open(triage="red")
    told = slow.decider.get("/v1/tasks").json()["tasks"]
    assert [task["case_id"] for task in told] == [fast.case_id, slow.case_id]
    assert {task["what"] for task in told} == {SENTENCES["sign_case"]}
    elsewhere = harness.act("decider", unit="kommun-1280", organisation="kommun-1280")
    assert elsewhere.get("/v1/tasks").json()["tasks"] == []
    harness.clock.move(hours=5)
    assert [task["is_overdue"] for task in slow.decider.get("/v1/tasks").json()["tasks"]] == [True, False]


def test_a_requesters_tasks_are_those_of_assigned_cases(harness: Harness) -> None:
    walk = Walk.of(harness)
    walk.up_to_query()
    stay = walk.offer()
    with as_system(harness) as tx:
        tasks.add(
            tx,
            "answer_needed",
            "requester",
            harness.clock(),
            case=UUID(walk.case_id),
            stay=UUID(stay),
            for_unit="bops-syd",
        )
    told = [task["kind"] for task in walk.requester.get("/v1/tasks").json()["tasks"]]
    assert told == ["answer_needed", "preference_needed"]
    assert harness.act("requester", name="r-2").get("/v1/tasks").json()["tasks"] == []
    assert stay not in walk.requester.get("/v1/tasks").text
    walk.requester.post(walk.path("/person-answer"), {"outcome": "yes"})
    assert [task["kind"] for task in walk.requester.get("/v1/tasks").json()["tasks"]] == ["preference_needed"]


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/tasks"])
def test_lists_are_bounded_and_say_so(path: str, tmp_path: Path, database: TestDatabase) -> None:
    settings = Settings(page_limit=2)
    routes = {Process.FRONT: routes_of(Process.FRONT)}
    with new_harness(tmp_path, database, settings=settings, routes=routes) as harness:
        for _ in range(3):
            assert Walk.of(harness).open().status_code == 201
        told = Walk.of(harness).decider.get(path).json()
    assert told["more"] is True
    assert len(told[path.rsplit("/", 1)[1]]) == 2


def test_no_answer_to_a_question_is_longer_than_the_one_length() -> None:
    longest = {
        name: max(get_args(words), key=len)
        for name, words in (("form", Form), ("staffing", Staffing), ("privacy", Privacy), ("cost_band", CostBand))
    }
    slots = [SlotOut.model_validate({"slot_id": uuid4(), "rank": rank, **longest}) for rank in (1, 2, 3)]
    told = padded("three_slots", NOON, slots=(slots[0], slots[1], slots[2]))
    assert len(told.model_dump_json()) == ANSWER_BYTES
    codes = [code for part in get_args(MissingCode) for code in (get_args(part) or (part,))]
    assert len(padded("gate_not_passed", NOON, missing=tuple(codes)).model_dump_json()) == ANSWER_BYTES
    for name in ("form", "staffing", "privacy", "cost_band"):
        assert _words(Card.model_fields[name].annotation) == _words(SlotOut.model_fields[name].annotation)


def _words(annotation: object) -> set[str]:
    return {word for part in get_args(annotation) for word in (get_args(part) or (part,))}
