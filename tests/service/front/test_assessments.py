"""Assessments: signed by the unit, one version after the other, corrected, withdrawn, never changed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.service.front.walk import Walk, assessment, details, person_key
from tests.service.harness import Harness


def signed_case(harness: Harness) -> Walk:
    walk = Walk.of(harness)
    walk.open()
    walk.sign()
    return walk


def test_an_assessment_waits_for_the_second_signature_and_for_an_assessor_of_the_unit(front: Harness) -> None:
    walk = Walk.of(front)
    walk.open()
    assert walk.assess().json()["code"] == "out_of_order"
    walk.sign()
    signature = front.assessment_signature("police", "bops-syd", walk.case_id, 1, assessment())
    for stranger in (walk.requester, walk.decider, front.act("assessor", unit="bops-nord"), front.act("approver")):
        assert stranger.post(walk.path("/assessments"), {"signature": signature}).status_code == 404
        assert stranger.get(walk.path("/assessments")).status_code == 404


def test_a_statement_for_another_case_version_or_unit_is_refused(front: Harness) -> None:
    walk = signed_case(front)
    path = walk.path("/assessments")
    for signature in (
        front.assessment_signature("police", "bops-syd", uuid4(), 1, assessment()),
        front.assessment_signature("police", "bops-syd", walk.case_id, 2, assessment(2)),
        front.assessment_signature("police", "bops-nord", walk.case_id, 1, assessment()),
        front.intake_signature("police", walk.case_id, walk.key),
    ):
        answer = walk.assessor.post(path, {"signature": signature})
        assert (answer.status_code, answer.json()["code"]) == (422, "signature_rejected")
    assert walk.assessor.get(path).json() == {"versions": [], "more": False}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"version": 2}, "assessment.version"),
        ({"assessor_unit": "bops-nord"}, "assessment.assessor_unit"),
        ({"withdrawn": True}, "assessment.withdrawn"),
        ({"signed_on": "2026-11-22"}, "assessment.signed_on"),
        ({"valid_until": "2026-11-19", "valid_from": "2026-11-01"}, "assessment.valid_until"),
        ({"forbidden": [{"kind": "locality", "locality": "nowhere"}]}, "assessment.forbidden[0].locality"),
        ({"forbidden": [{"kind": "kommun", "kommun": "9999"}]}, "assessment.forbidden[0].kommun"),
    ],
)
def test_an_assessment_that_cannot_hold_is_refused_by_path(front: Harness, more: dict[str, Any], path: str) -> None:
    walk = signed_case(front)
    signature = front.assessment_signature("police", "bops-syd", walk.case_id, 1, assessment(**more))
    answer = walk.assessor.post(walk.path("/assessments"), {"signature": signature})
    assert answer.status_code == 422
    assert [fault["path"] for fault in answer.json()["faults"]] == [path]


def test_a_link_to_the_own_household_is_refused(front: Harness) -> None:
    walk = signed_case(front)
    answer = walk.assess(links=[{"person_key": walk.key, "kind": "same"}])
    assert answer.status_code == 422
    assert answer.json()["faults"][0]["path"].startswith("assessment.links[0]")


def test_versions_follow_one_another_and_say_what_they_correct(front: Harness) -> None:
    walk = signed_case(front)
    path = walk.path("/assessments")
    first = front.assessment_signature("police", "bops-syd", walk.case_id, 1, assessment())
    too_early = walk.assessor.post(path, {"signature": first, "corrects": "factual_error"})
    assert too_early.json()["code"] == "not_a_correction"
    assert walk.assessor.post(path, {"signature": first}).json()["version"] == 1
    assert walk.assessor.post(path, {"signature": first}).status_code == 422  # the same statement a second time
    second = front.assessment_signature(
        "police", "bops-syd", walk.case_id, 2, assessment(2, actors=[], valid_until="2027-01-01")
    )
    assert walk.assessor.post(path, {"signature": second, "corrects": "for fun"}).status_code == 422
    answer = walk.assessor.post(path, {"signature": second, "corrects": "factual_error"})
    assert answer.json() == {
        "case_id": walk.case_id,
        "version": 2,
        "valid_from": "2026-11-20",
        "valid_until": "2027-01-01",
        "withdrawn": False,
    }
    told = walk.assessor.get(path).json()["versions"]
    assert [(one["version"], one["reason_code"], one["unit"]) for one in told] == [
        (2, "factual_error", "bops-syd"),
        (1, None, "bops-syd"),
    ]
    assert told[1]["signature"] == first
    assert told[1]["assessment"]["forbidden"] == [{"kind": "lan", "lan": "01"}]


def test_a_withdrawal_blocks_until_the_next_version(front: Harness) -> None:
    walk = signed_case(front)
    path = walk.path("/assessments/withdrawal")
    told = {"reason_code": "new_information"}
    assert walk.assessor.post(path, told).json()["code"] == "no_assessment"
    walk.assess()
    assert walk.requester.post(path, told).status_code == 404
    assert walk.assessor.post(path, {"reason_code": "tired of it"}).status_code == 422
    answer = walk.assessor.post(path, told)
    assert (answer.status_code, answer.json()["version"], answer.json()["withdrawn"]) == (201, 2, True)
    assert walk.assessor.post(path, told).json()["code"] == "no_assessment"
    assert walk.ask().json()["code"] == "no_valid_assessment"
    assert walk.assess(3).status_code == 201
    assert walk.ask().status_code == 202
    assert walk.requester.get(walk.path()).json()["assessment"]["version"] == 3


def test_a_network_that_does_not_exist_is_refused_by_path(front: Harness) -> None:
    walk = signed_case(front)
    actor: dict[str, Any] = {
        "id": "t-1",
        "network": str(uuid4()),
        "person_key": person_key(),
        "reach": {"kind": "presence"},
        "persistence": {"kind": "lasting"},
    }
    unknown: dict[str, Any] = {
        "actors": [actor],
        "presence_waived": [str(uuid4())],
        "separations": [{"network": "net", "km": 9}],
    }
    refused = walk.assess(**unknown)
    assert refused.status_code == 422
    paths = {fault["path"] for fault in refused.json()["faults"]}
    assert paths == {f"assessment.{at}" for at in ("actors[0].network", "presence_waived[0]", "separations[0].network")}
    assert all(one not in refused.text for one in (actor["network"], unknown["presence_waived"][0]))
    keeper = front.act("network_keeper", name="k-1")
    known = keeper.post("/v1/intelligence", {"network": {"kind": "mc"}}).json()["record_id"]
    assert walk.assess(actors=[{**actor, "network": known}]).status_code == 201


def test_a_member_of_a_network_that_does_not_exist_is_refused_by_path(front: Harness) -> None:
    walk = Walk.of(front)
    member = {"network": str(uuid4()), "degree": "core", "start": "2025-01-01"}
    told = details(walk.key)
    told["household"][0] |= {"knowledge": "established", "memberships": [member]}
    refused = walk.open(details=told)
    assert refused.status_code == 422
    path = "details.household[0].memberships[0].network"
    assert [fault["path"] for fault in refused.json()["faults"]] == [path]
    assert walk.open().status_code == 201
    again = walk.requester.post(walk.path("/versions"), {"details": told})
    assert [fault["path"] for fault in again.json()["faults"]] == [path]
    keeper = front.act("network_keeper", name="k-1")
    member["network"] = keeper.post("/v1/intelligence", {"network": {"kind": "mc"}}).json()["record_id"]
    assert walk.requester.post(walk.path("/versions"), {"details": told}).status_code == 201
