"""Possible steps: of rules that exist, none for a threat, and none that speaks to a requester or assessor."""

from __future__ import annotations

import pytest

from matching import steps
from matching.constraints import hard, rule_book
from matching.explanations import AssessorExplanation, RequesterExplanation, to_coordinator
from matching.facts import Facts
from matching.language import translator
from matching.solver.cpsat import Limits
from tests.builders import area, assessment, case, facility, in_use, present, world

NAMES = {rule.name for rule in hard(rule_book())}
HELPED = {"contract", "eligibility_gate", "needs_met", "place_capacity", "provider_vetting", "start_in_time"}


def test_only_hard_rules_have_a_step() -> None:
    assert steps.THREATS | HELPED <= NAMES
    assert {name for name in NAMES if steps.possible_step(name)} == steps.THREATS | HELPED


@pytest.mark.parametrize("rule", sorted(steps.THREATS))
def test_a_threat_is_not_relaxed(rule: str) -> None:
    assert steps.possible_step(rule) == steps.NOT_RELAXED


@pytest.mark.parametrize("rule", ["legal_form", "household_together", "concentration_cap", "brand_new", ""])
def test_no_step_is_known_for_any_other(rule: str) -> None:
    assert steps.possible_step(rule) is None


def test_every_step_is_translated() -> None:
    say = translator("sv")
    for text in (steps.UNKNOWN_MEMBER, *(steps.possible_step(name) for name in steps.THREATS | HELPED)):
        assert text is not None
        assert say(text) != text


def told_of(facts: Facts) -> tuple[dict[str, str | None], tuple[str, ...]]:
    found = to_coordinator(facts, rule_book(), 0, Limits(time_s=60.0), translator("en"))
    return {one.rule: one.possible_step for one in found.minimal_set}, found.further_steps


def test_each_rule_of_the_set_says_its_step() -> None:
    """One house is full, the other in an area that is forbidden: the second is not to be talked away."""
    waiting = case(assessment=assessment(forbidden=(area("locality", 2),)))
    facts = world(facilities=[facility(1), facility(2)], cases=[waiting], bed_uses=[in_use(0)])
    by_rule, further = told_of(facts)
    assert by_rule == {
        "place_capacity": steps.possible_step("place_capacity"),
        "forbidden_locality": "A threat is not relaxed.",
    }
    assert further == ()


@pytest.mark.parametrize("unknown", [True, False])
def test_an_unknown_member_may_be_examined(unknown: bool) -> None:
    """Somebody lives next door, of whom nothing is known to be hostile."""
    facts = world(facilities=[facility(1)], cases=[case(unknown=unknown)], presences=[present(1, networks=[7])])
    by_rule, further = told_of(facts)
    assert set(by_rule) == ({"rival_separation"} if unknown else set())
    assert further == ((steps.UNKNOWN_MEMBER,) if unknown else ())


@pytest.mark.parametrize("view", [AssessorExplanation, RequesterExplanation])
def test_steps_are_for_the_coordinator(view: type[AssessorExplanation] | type[RequesterExplanation]) -> None:
    assert "step" not in str(view.model_json_schema())
