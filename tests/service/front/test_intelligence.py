"""Intelligence: proposed, confirmed by a second source or the keeper, never overwritten; two persons clear a place."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, text

from service.crypto import Domain
from service.store.tables import intel_versions, register_state
from tests.service.front.system import as_system
from tests.service.harness import Harness, Person

PROVENANCE = {"source": "police_intelligence", "recorded_on": "2026-11-19"}


def keeper(harness: Harness, name: str = "k-1") -> Person:
    return harness.act("network_keeper", unit="intel", name=name)


def assessor(harness: Harness, unit: str = "bops-syd") -> Person:
    return harness.act("assessor", unit=unit, name=f"a-{unit}")


def write(who: Person, record_id: str | None = None, **record: Any) -> httpx.Response:
    return who.post("/v1/intelligence", {"record_id": record_id, **record})


def network(harness: Harness, **more: Any) -> str:
    answer = write(keeper(harness), network={"kind": "self_defined", **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["record_id"])


def relation(a: str, b: str, **more: Any) -> dict[str, Any]:
    return {
        "a": a,
        "b": b,
        "kind": "rival",
        "start": "2026-03-01",
        "probability_percent": 80,
        "provenance": PROVENANCE,
        **more,
    }


def proposed(harness: Harness, unit: str = "bops-syd") -> str:
    answer = write(assessor(harness, unit), relation=relation(network(harness), network(harness)))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["record_id"])


def path(record_id: str, rest: str = "") -> str:
    return f"/v1/intelligence/{record_id}{rest}"


def stored(harness: Harness, record_id: str) -> list[dict[str, Any]]:
    """All versions as the solver opens them."""
    with as_system(harness) as tx:
        rows = tx.connection.execute(
            select(intel_versions)
            .where(intel_versions.c.record_id == UUID(record_id))
            .order_by(intel_versions.c.version)
        )
        return [
            tx.open(Domain.INTEL, UUID(record_id), f"intel_versions/sealed/{record_id}/{row.version}", row.sealed)
            for row in rows
        ]


def test_only_assessors_and_the_keeper_write(front: Harness) -> None:
    for role in ("requester", "decider", "approver", "auditor", "security_officer"):
        assert write(front.act(role), network={"kind": "mc"}).status_code == 404
    record_id = proposed(front)
    for role in ("requester", "decider", "approver", "auditor", "security_officer"):
        assert front.act(role).get(path(record_id)).status_code == 404
        assert front.act(role).post(path(record_id, "/confirmations")).status_code == 404
        assert front.act(role).post(path(record_id, "/withdrawal")).status_code == 404
    assert assessor(front).post(path(record_id, "/withdrawal")).status_code == 404
    assert keeper(front).get(path(str(uuid4()))).status_code == 404


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({}, "the document"),
        ({"network": {"kind": "mc"}, "exposure": {"network": "n", "kind": "leak", "exposed_on": "2026-11-01"}}, None),
        ({"network": {"kind": "club"}}, "network.kind"),
        ({"network": {"kind": "mc", "name": "x"}}, "network.<unknown field>"),
        ({"network": {"kind": "mc", "presence": [{"locality": "nowhere", "start": "2026-01-01"}]}}, None),
        ({"relation": relation(str(uuid4()), str(uuid4()))}, "relation.a"),
        ({"relation": relation("a", "b")}, "relation.a"),
        ({"relation": relation("a", "a")}, "relation"),
        (
            {"relation": relation("a", "b", provenance={**PROVENANCE, "recorded_on": "2026-11-21"})},
            "relation.provenance.recorded_on",
        ),
        (
            {
                "person_conflict": {
                    "a": "p-0000001",
                    "b": "p-0000001",
                    "start": "2026-01-01",
                    "provenance": PROVENANCE,
                }
            },
            "person_conflict",
        ),
        ({"exposure": {"network": str(uuid4()), "kind": "leak", "exposed_on": "2026-11-01"}}, "exposure"),
    ],
)
def test_a_record_that_means_nothing_is_refused(front: Harness, record: dict[str, Any], fault: str | None) -> None:
    answer = write(keeper(front), **record)
    assert answer.status_code == 422
    if fault is not None:
        assert fault in {one["path"] for one in answer.json()["faults"]}


def test_a_proposal_counts_once_a_second_unit_or_the_keeper_confirms_it(front: Harness) -> None:
    record_id = proposed(front)
    assert assessor(front).get(path(record_id)).json()["is_confirmed"] is False
    own = assessor(front).post(path(record_id, "/confirmations"))
    assert own.json()["code"] == "own_record"
    same_unit = front.act("assessor", unit="bops-syd", name="a-2").post(path(record_id, "/confirmations"))
    assert same_unit.json()["code"] == "same_unit"
    assert assessor(front).get(path(record_id)).json()["confirmations"] == 0
    second = assessor(front, "bops-nord").post(path(record_id, "/confirmations"))
    assert second.json() == {"record_id": record_id, "version": 1, "is_confirmed": True, "withdrawn": False}
    assert assessor(front, "bops-nord").post(path(record_id, "/confirmations")).json()["code"] == "already_confirmed"
    assert assessor(front, "bops-nord").get(path(record_id)).status_code == 404  # confirming is not reading
    by_keeper = proposed(front)
    assert keeper(front).post(path(by_keeper, "/confirmations")).json()["is_confirmed"] is True


def test_what_the_keeper_writes_is_confirmed_by_their_word(front: Harness) -> None:
    record_id = network(front)
    told = keeper(front).get(path(record_id)).json()
    assert (told["is_confirmed"], told["kind"], told["network"]["kind"]) == (True, "network", "self_defined")
    assert keeper(front).post(path(record_id, "/confirmations")).json()["code"] == "own_record"


def test_versions_are_added_by_the_own_unit_or_the_keeper_and_confirmed_anew(front: Harness) -> None:
    a, b = network(front), network(front)
    record_id = write(assessor(front), relation=relation(a, b)).json()["record_id"]
    keeper(front).post(path(record_id, "/confirmations"))
    assert write(assessor(front, "bops-nord"), record_id, relation=relation(a, b)).status_code == 404
    assert write(assessor(front), record_id, network={"kind": "mc"}).json()["code"] == "another_kind"
    assert write(assessor(front), str(uuid4()), relation=relation(a, b)).status_code == 404
    again = write(assessor(front), record_id, relation=relation(a, b, probability_percent=95))
    assert (again.json()["version"], again.json()["is_confirmed"]) == (2, False)
    assert [one["probability_percent"] for one in stored(front, record_id)] == [80, 95]
    assert {one["id"] for one in stored(front, record_id)} == {record_id}
    assert write(keeper(front), record_id, relation=relation(a, b)).json()["is_confirmed"] is True


def test_a_withdrawn_record_is_over(front: Harness) -> None:
    record_id = proposed(front)
    answer = keeper(front).post(path(record_id, "/withdrawal"))
    assert answer.json() == {"record_id": record_id, "version": 2, "is_confirmed": True, "withdrawn": True}
    assert keeper(front).post(path(record_id, "/withdrawal")).json()["code"] == "withdrawn"
    assert keeper(front).post(path(record_id, "/confirmations")).json()["code"] == "withdrawn"
    told = write(assessor(front), record_id, relation=relation(network(front), network(front)))
    assert told.json()["code"] == "withdrawn"
    assert len(stored(front, record_id)) == 2


def test_an_exposed_place_is_cleared_by_two_persons(front: Harness) -> None:
    exposure = {"network": network(front), "locality": "0180-kista", "kind": "visitor", "exposed_on": "2026-10-01"}
    record_id = write(assessor(front), exposure=exposure).json()["record_id"]
    assert write(assessor(front), record_id, exposure={**exposure, "cleared_by": ["x", "y"]}).status_code == 422
    cleared = write(assessor(front), record_id, exposure={**exposure, "cleared_on": "2026-11-18"})
    assert cleared.json().get("version") == 2, cleared.text
    assert len(stored(front, record_id)[-1]["cleared_by"]) == 1
    assert assessor(front).post(path(record_id, "/confirmations")).json()["code"] == "own_record"
    second = keeper(front).post(path(record_id, "/confirmations"))
    assert (second.json()["version"], second.json()["is_confirmed"]) == (3, True)
    told = stored(front, record_id)
    assert [len(one["cleared_by"]) for one in told] == [0, 1, 2]
    assert len(set(told[-1]["cleared_by"])) == 2
    assert keeper(front).get(path(record_id)).json()["cleared_by"] == 2


def test_every_change_is_a_new_revision_and_is_judged_again(harness: Harness) -> None:
    def revision() -> int:
        with as_system(harness) as tx:
            return int(tx.connection.execute(select(register_state.c.revision)).scalar_one())

    before = revision()
    record_id = proposed(harness)
    assert revision() == before + 3  # two networks and their relation
    keeper(harness).post(path(record_id, "/confirmations"))
    keeper(harness).post(path(record_id, "/withdrawal"))
    assert revision() == before + 5
    with as_system(harness) as tx:
        subjects = tx.connection.execute(
            text("SELECT args->>'subject' FROM fristad.procrastinate_jobs WHERE task_name = 'rejudge'")
        ).scalars()
        assert list(subjects).count(record_id) == 3


def test_the_keeper_is_told_of_a_proposal_and_not_what_it_says(harness: Harness) -> None:
    record_id = proposed(harness)
    (task,) = keeper(harness).get("/v1/tasks").json()["tasks"]
    assert (task["kind"], task["about_id"], task["case_id"]) == ("confirm_intelligence", record_id, None)
    keeper(harness).post(path(record_id, "/confirmations"))
    assert keeper(harness).get("/v1/tasks").json()["tasks"] == []


def test_records_are_sealed_in_the_domain_of_intelligence(harness: Harness) -> None:
    record_id = proposed(harness)
    with as_system(harness) as tx:
        sealed = tx.connection.execute(
            select(intel_versions.c.sealed).where(intel_versions.c.record_id == UUID(record_id))
        ).scalar_one()
    assert b"rival" not in sealed
