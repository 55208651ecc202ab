"""The police at a destination learn which stay they are asked about, and nobody else does."""

from __future__ import annotations

from service.actors import Role
from service.policies import Process, Relation
from tests.service.harness import Harness
from tests.service.http.worlds import OWN_UNIT, world


def test_whoever_is_asked_sees_the_stay_and_no_more(module_harness: Harness) -> None:
    asked = module_harness.act("receiving_bops", unit=OWN_UNIT, name="p-1")
    ids = world(module_harness, Role.RECEIVING_BOPS, "p-1", Relation.ASKED, "in_progress")
    (line,) = asked.get("/v1/tasks").json()["tasks"]
    assert line["kind"] == "check_destination"
    assert line["stay_id"] == str(ids["stay_id"])
    assert str(ids["case_id"]) not in str(line)
    assert module_harness.act("receiving_bops", unit="unit-third").get("/v1/tasks").json() == {
        "tasks": [],
        "more": False,
    }


def test_it_is_not_the_coordinators_list(module_harness: Harness) -> None:
    assert module_harness.act("coordinator").get("/v1/tasks").status_code == 404
    assert module_harness.act("security_officer", on=Process.BACK).get("/v1/tasks").status_code == 200
