"""What opened records mean: whose word counts for placing, whose for moving."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from matching.domain import Policy
from service.engine.records import (
    AssessmentRecord,
    CaseRecord,
    IntelRecord,
    IntelVersion,
    StayRecord,
    Unreadable,
    View,
    case_of,
    facility_of,
    knowledge_of,
    placement_of,
)

ONE, TWO = UUID(int=1), UUID(int=2)
POLICY = Policy(certain_from_percent=50)


def relation(kind: str = "rival", percent: int = 90, **more: Any) -> dict[str, Any]:
    provenance = {"source": "police_intelligence", "recorded_on": "2026-01-02"}
    return {
        "a": "net-a", "b": "net-b", "kind": kind, "start": "2026-01-01", "probability_percent": percent,
        "provenance": provenance, **more,
    }  # fmt: skip


def version(number: int, told: dict[str, Any], *, confirmed: bool = True, withdrawn: bool = False) -> IntelVersion:
    return IntelVersion(number, withdrawn, confirmed, told)


def relations(view: View, *versions: IntelVersion) -> list[tuple[str, str, int, bool]]:
    found = knowledge_of([IntelRecord(ONE, "relation", versions)], view, POLICY)
    assert not found.unreadable
    return [(one.id, one.kind, one.probability_percent, one.end_confirmed) for one in found.relations]


def test_confirmed_knowledge_counts_in_every_view() -> None:
    for view in View:
        assert relations(view, version(1, relation())) == [(str(ONE), "rival", 90, False)]


def test_a_proposed_rivalry_keeps_new_stays_away_and_moves_nobody() -> None:
    proposed = version(1, relation(), confirmed=False)
    assert relations(View.PLACING, proposed) == [(str(ONE), "rival", 90, False)]
    # one percent below what is certain: it weighs in the risk and in no hard rule
    assert relations(View.MOVING, proposed) == [(f"{ONE}-1", "rival", 49, False)]


@pytest.mark.parametrize("kind", ["split"])
def test_a_proposed_split_is_no_more_than_uncertain_for_moving(kind: str) -> None:
    assert relations(View.MOVING, version(1, relation(kind), confirmed=False)) == [(f"{ONE}-1", "rival", 49, False)]


def test_a_proposed_alliance_moves_nobody() -> None:
    assert relations(View.MOVING, version(1, relation("allied"), confirmed=False)) == []
    assert relations(View.PLACING, version(1, relation("allied"), confirmed=False)) == [(str(ONE), "allied", 90, False)]


def test_a_proposed_end_ends_nothing() -> None:
    before = version(1, relation())
    ended = version(2, relation(end="2026-02-01", end_confirmed=True), confirmed=False)
    assert relations(View.PLACING, before, ended) == [
        (str(ONE), "rival", 90, False),
        (f"{ONE}-2", "rival", 90, True),
    ]
    confirmed = version(2, relation(end="2026-02-01", end_confirmed=True))
    assert relations(View.PLACING, before, confirmed) == [(str(ONE), "rival", 90, True)]


def test_what_the_keeper_withdrew_counts_no_more() -> None:
    for view in View:
        assert relations(view, version(1, relation()), version(2, relation(), withdrawn=True)) == []


def test_a_network_that_was_withdrawn_is_still_the_one_people_belong_to() -> None:
    told = {"kind": "mc", "presence": [{"locality": "1280-malmo", "start": "2026-01-01"}]}
    versions = (version(1, told), version(2, told, withdrawn=True))
    found = knowledge_of([IntelRecord(ONE, "network", versions)], View.PLACING, POLICY)
    assert [network.id for network in found.networks] == [str(ONE)]


def test_where_a_network_is_said_to_be_adds_to_where_it_is_known_to_be() -> None:
    known = {"kind": "mc", "presence": [{"locality": "1280-malmo", "start": "2026-01-01"}]}
    said = {"kind": "mc", "presence": [{"locality": "0380-uppsala", "start": "2026-01-01"}]}
    record = IntelRecord(ONE, "network", (version(1, known), version(2, said, confirmed=False)))

    def places(view: View) -> list[str]:
        (network,) = knowledge_of([record], view, POLICY).networks
        return [presence.locality for presence in network.presence]

    assert places(View.PLACING) == ["1280-malmo", "0380-uppsala"]
    assert places(View.MOVING) == ["1280-malmo"]


def test_unreadable_knowledge_is_listed() -> None:
    found = knowledge_of([IntelRecord(TWO, "relation", (version(1, {"a": "x"}),))], View.PLACING, POLICY)
    assert found.unreadable == (TWO,)
    assert found.relations == ()


def a_case(**more: Any) -> CaseRecord:
    details = {
        "responsible_municipality": "1280",
        "window": {"earliest": "2026-11-20", "latest": "2026-11-30"},
        "stays": [{"kind": "stable", "nights": 30}],
        "household": [
            {"person_key": "person-1", "role": "defector", "age_years": 30, "gender": "male", "knowledge": "unknown"}
        ],
        "homes": ["1280-malmo"],
    }
    told: dict[str, Any] = {
        "id": ONE, "unit": "bops-syd", "triage": "red", "received_at": datetime(2026, 11, 19, 8, tzinfo=UTC),
        "attempt_no": 2, "is_emergency": False, "measure": None, "details": details, "gate": {}, "assessments": (),
    }  # fmt: skip
    return CaseRecord(**{**told, **more})


@pytest.mark.parametrize(("outcome", "decided"), [("yes", True), ("no", False), ("disagreement", False), (None, None)])
def test_the_measure_decision_follows_from_what_the_municipality_decided(
    outcome: str | None, decided: bool | None
) -> None:
    assert case_of(a_case(measure=outcome)).gate.measure_decision is decided


def test_the_row_of_a_case_and_of_an_assessment_win_over_what_is_sealed() -> None:
    assessment = {
        "version": 9, "assessor_unit": "bops-syd", "method_version": "m1", "signed_on": "2026-11-01",
        "valid_from": "2026-11-01", "valid_until": "2027-02-01", "confidence": "high", "threat_level": "high",
    }  # fmt: skip
    case = case_of(a_case(assessments=(AssessmentRecord(1, True, assessment),)))
    assert (case.id, case.unit, case.attempt_no, case.triage) == (str(ONE), "bops-syd", 2, "red")
    assert [(one.version, one.withdrawn) for one in case.assessments] == [(1, True)]


def test_a_case_that_is_none_is_unreadable_and_says_nothing() -> None:
    with pytest.raises(Unreadable) as refused:
        case_of(a_case(details={"household": "anna"}))
    assert "anna" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    ("state", "wanted"), [("held", "held"), ("decided", "held"), ("placed", "placed"), ("ended", "placed")]
)
def test_a_hold_is_held_until_somebody_has_arrived(state: str, wanted: str) -> None:
    told = {
        "placement": {
            "facility": str(TWO), "units": [{"unit": "u", "beds": 1}], "start": "2026-11-20", "end": "2026-12-20",
            "household": a_case().details["household"], "responsible_municipality": "1280", "departed": None,
            "separations": [],
        }
    }  # fmt: skip
    assert placement_of(StayRecord(ONE, state, told), None).state == wanted


def test_a_withdrawn_facility_takes_nobody_from_that_day() -> None:
    told = {
        "facility": {
            "provider": str(TWO), "locality": "1280-malmo", "form": "protected_housing",
            "units": [{"id": "u", "kind": "flat", "beds": 2, "is_shared": False}], "accepts": {}, "security_grade": 3,
            "day_rate_sek": 4000,
        }
    }  # fmt: skip
    facility = facility_of(ONE, told, is_withdrawn=True, effective_on=date(2026, 11, 20))
    assert [(one.start, one.units) for one in facility.closures] == [(date(2026, 11, 20), None)]
    assert facility_of(ONE, told, is_withdrawn=False, effective_on=date(2026, 11, 20)).closures == ()
