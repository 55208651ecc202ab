"""Domain §4, `protection_level`: facility grade at or above the required one; a care home only when approved."""

from dataclasses import replace
from typing import Any

import pytest

from matching.constraints.protection_level import ProtectionLevel
from tests import tellings
from tests.builders import assessment, case, facility, live, present, world
from tests.verifier import Verifier, verify


def judged(needed: int | None, **told: Any) -> Verifier:
    facts = world(facilities=[facility(**told)], cases=[case(assessment=assessment(protection_level=needed))])
    return verify(ProtectionLevel()).given(facts)


@pytest.mark.parametrize(
    ("grade", "needed", "lacking"),
    [
        (1, 2, 1),  # one below the limit
        (2, 3, 1),
        (2, 4, 2),
        (1, 4, 3),  # all there is to lack
    ],
)
def test_each_grade_that_lacks_counts(grade: int, needed: int, lacking: int) -> None:
    judged(needed, security_grade=grade).blocks({0: 0}, amount=lacking, saying="grade_too_low")


@pytest.mark.parametrize(("grade", "needed"), [(1, 1), (3, 3), (4, 3), (1, None)])
def test_the_limit_itself_a_higher_grade_and_no_demand_are_accepted(grade: int, needed: int | None) -> None:
    judged(needed, security_grade=grade).accepts({0: 0})


@pytest.mark.parametrize(
    ("form", "approved", "blocked"),
    [
        ("residential_care_home", False, True),
        ("residential_care_home", True, False),
        ("protected_housing", False, False),
        ("supported_housing", False, False),
        ("foster_home", False, False),
    ],
)
@pytest.mark.parametrize("needed", [None, 1])
def test_a_care_home_is_expressly_approved(form: str, approved: bool, blocked: bool, needed: int | None) -> None:
    verifier = judged(needed, form=form, is_security_approved=approved)
    if blocked:
        verifier.blocks({0: 0}, amount=1, saying="care_home_not_approved")
    else:
        verifier.accepts({0: 0})


def test_grade_and_approval_are_counted_together() -> None:
    verifier = judged(3, form="residential_care_home", security_grade=1)
    verifier.blocks({0: 0}, amount=3, saying="grade_too_low care_home_not_approved")  # two grades and the approval


def test_without_an_assessment_other_rules_speak() -> None:
    facts = world(facilities=[facility(security_grade=1)], cases=[case(assessment=None)])
    verify(ProtectionLevel()).given(facts).accepts({0: 0})


@pytest.mark.parametrize(("grade", "findings"), [(2, 1), (3, 0)])
def test_live_stays(grade: int, findings: int) -> None:
    placed = live(case(assessment=assessment(protection_level=3)), 0)
    facts = world(facilities=[facility(security_grade=grade)], presences=[present(1)], live=[placed])
    verify(ProtectionLevel()).given(facts).finds(findings, "grade_too_low")
    # whose bed is free again is protected by no facility
    gone = world(facilities=facts.facilities, presences=[present(1)], live=[replace(placed, is_housed=False)])
    verify(ProtectionLevel()).given(gone).finds(0, "")


@pytest.mark.parametrize(
    ("house", "saying"),
    [
        ({"security_grade": 3}, None),
        ({"security_grade": 2}, "grade_too_low"),
        ({"security_grade": 3, "form": "residential_care_home"}, "care_home_not_approved"),
        ({"security_grade": 3, "form": "residential_care_home", "security_approved": True}, None),
    ],
)
@pytest.mark.parametrize("has_file", [True, False])
def test_from_a_raw_scenario(house: dict[str, Any], saying: str | None, has_file: bool) -> None:
    versions = [
        tellings.assessment(protection_level=4),
        tellings.assessment(version=2, protection_level=3),  # the highest version counts
    ]
    file: dict[str, Any] = {"case_file": {"assessments": versions}} if has_file else {}
    raw = tellings.scenario(
        facilities=[tellings.facility("f", "a", **house)],
        placements=[tellings.placement("p", "f", tellings.member("p"), **file)],
        cases=[tellings.case("c", assessments=versions)],
    )
    verifier = verify(ProtectionLevel()).given(tellings.facts_of(raw, tellings.Land(("a", "home"))))
    if saying is None:
        verifier.accepts({0: 0})
        verifier.finds(0, "")
    else:
        verifier.blocks({0: 0}, amount=1, saying=saying)
        # without a case file no grade is known to be required; the approval is asked for all the same
        verifier.finds(int(has_file or saying == "care_home_not_approved"), saying)
