"""Domain §4, `eligibility_gate`: every gate fact, a valid assessment, a high threat or a move expressly needed."""

from dataclasses import replace
from typing import Any

import pytest

from matching.constraints.eligibility_gate import EligibilityGate
from matching.facts import Facts, Gate
from tests.builders import PASSED, TODAY, assessment, case, facility, plan_of, put, world
from tests.verifier import verify

NOTHING_KNOWN = Gate(None, None, None, None, None, None, False, None, False)


def given(**told: Any) -> Facts:
    return world(facilities=[facility()], cases=[case(**told)])


def test_all_facts_fulfilled() -> None:
    verify(EligibilityGate()).given(given()).accepts({0: 0})


@pytest.mark.parametrize(
    ("fact", "value", "saying"),
    [
        ("definition_met", False, "definition_not_met"),
        ("definition_met", None, "definition_not_met"),  # not known is not fulfilled
        ("motivated", False, "not_motivated"),
        ("motivated", None, "not_motivated"),
        ("written_consent", False, "no_written_consent"),
        ("written_consent", None, "no_written_consent"),
        ("conditions_signed", False, "conditions_not_signed"),
        ("conditions_signed", None, "conditions_not_signed"),
        ("is_evidence_witness", True, "evidence_witness_not_excluded"),
        ("is_evidence_witness", None, "evidence_witness_not_excluded"),
        ("measure_decision", False, "no_measure_decision"),
        ("measure_decision", None, "no_measure_decision"),
        ("investigation_clearance", False, "no_investigation_clearance"),
        ("investigation_clearance", None, "no_investigation_clearance"),
    ],
)
def test_one_fact_missing(fact: str, value: bool | None, saying: str) -> None:
    change: dict[str, Any] = {fact: value}
    facts = given(gate=replace(PASSED, **change))
    verify(EligibilityGate()).given(facts).blocks({0: 0}, amount=1, saying=saying)


def test_some_and_all_facts_missing_count_each() -> None:
    some = replace(PASSED, motivated=None, written_consent=False, is_evidence_witness=True)
    verify(EligibilityGate()).given(given(gate=some)).blocks({0: 0}, amount=3)
    # all seven gate facts, and no assessment at all
    facts = given(gate=NOTHING_KNOWN, assessment=None)
    verify(EligibilityGate()).given(facts).blocks({0: 0}, amount=8, saying="no_assessment not_motivated")


@pytest.mark.parametrize("decision", [False, None])
def test_an_emergency_needs_no_measure_decision_but_everything_else(decision: bool | None) -> None:
    # An emergency is a case that begins with an emergency stay, here of three nights.
    gate = replace(PASSED, measure_decision=decision, is_emergency=True)
    emergency = given(gate=gate, nights=(3, 10))
    verify(EligibilityGate()).given(emergency).accepts({0: 0})
    lacking = given(gate=replace(gate, written_consent=None), nights=(3, 10))
    verify(EligibilityGate()).given(lacking).blocks({0: 0}, amount=2, saying="no_written_consent")  # one a leg
    stable = given(gate=gate)
    verify(EligibilityGate()).given(stable).blocks({0: 0}, amount=1, saying="no_measure_decision")
    unsaid = given(gate=replace(gate, is_emergency=False), nights=(3, 10))
    verify(EligibilityGate()).given(unsaid).blocks({0: 0}, amount=2, saying="no_measure_decision")


@pytest.mark.parametrize(
    ("valid", "accepted"),
    [
        ((TODAY - 10, TODAY + 10), True),
        ((TODAY, TODAY + 10), True),  # first valid day is today
        ((TODAY + 1, TODAY + 10), False),  # not valid yet
        ((TODAY - 10, TODAY), True),  # last valid day is today, and the stay starts today
        ((TODAY - 10, TODAY - 1), False),  # expired yesterday
    ],
)
def test_valid_today(valid: tuple[int, int], accepted: bool) -> None:
    facts = given(assessment=assessment(valid_from_day=valid[0], valid_until_day=valid[1]))
    if accepted:
        verify(EligibilityGate()).given(facts).accepts({0: 0})
    else:
        verify(EligibilityGate()).given(facts).blocks({0: 0}, amount=1, saying="assessment_not_valid_today")


@pytest.mark.parametrize(("start", "accepted"), [(TODAY + 2, True), (TODAY + 3, False)])
def test_valid_on_the_day_of_the_start(start: int, accepted: bool) -> None:
    # The last valid day is TODAY + 2: that day is allowed, the day after is not.
    facts = given(assessment=assessment(valid_until_day=TODAY + 2))
    plan = plan_of(put(facts, 0, 0, start=start))
    if accepted:
        verify(EligibilityGate()).given(facts).accepts(plan)
    else:
        verify(EligibilityGate()).given(facts).blocks(plan, amount=1, saying="assessment_expires_before_start")


def test_a_withdrawn_assessment_blocks() -> None:
    facts = given(assessment=assessment(is_withdrawn=True))
    verify(EligibilityGate()).given(facts).blocks({0: 0}, amount=1, saying="assessment_withdrawn")


@pytest.mark.parametrize(
    ("level", "expressly", "accepted"),
    [("high", False, True), ("low", False, False), ("none", False, False), ("low", True, True), ("none", True, True)],
)
def test_threat_high_or_relocation_expressly_needed(level: str, expressly: bool, accepted: bool) -> None:
    facts = given(
        assessment=assessment(threat_level=level), gate=replace(PASSED, relocation_expressly_needed=expressly)
    )
    if accepted:
        verify(EligibilityGate()).given(facts).accepts({0: 0})
    else:
        verify(EligibilityGate()).given(facts).blocks({0: 0}, amount=1, saying="threat_not_high")


def test_an_expired_assessment_blocks_that_case_alone() -> None:
    expired = assessment(valid_until_day=TODAY - 1)
    facts = world(facilities=[facility(1), facility(2)], cases=[case(assessment=expired), case()])
    verify(EligibilityGate()).given(facts).blocks({0: 0, 1: 1}, amount=1)
    verify(EligibilityGate()).given(facts).accepts({1: 1})
