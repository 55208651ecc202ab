"""Domain §4, `support_intensity`: two-sided, 120 a step too little and 80 a step too much."""

import pytest

from matching.constraints.support_intensity import SupportIntensity
from tests import tellings as t
from tests.builders import case, facility, plan_of, put, world
from tests.verifier import verify

RULE = SupportIntensity()


@pytest.mark.parametrize(
    ("wanted", "given", "cost"),
    [
        (1, 1, 0),
        (4, 4, 0),
        (3, 2, 120),  # one step too little
        (3, 3, 0),
        (3, 4, 80),  # one too much
        (4, 1, 360),  # 3 x 120
        (1, 4, 240),  # 3 x 80
        (2, 4, 160),
        (4, 2, 240),
        (1, 0, 120),  # not known: too little once, however much is wanted
        (4, 0, 120),
        (0, 0, 0),  # not assessed: nothing to compare with
        (0, 1, 0),
        (0, 4, 0),
    ],
)
def test_each_step_off_costs(wanted: int, given: int, cost: int) -> None:
    facts = world(facilities=[facility(support_intensity=given)], cases=[case(support_intensity=wanted)])
    verify(RULE).given(facts).costs({0: 0}, cost)


@pytest.mark.parametrize(("given", "cost"), [(1, 10), (2, 5), (3, 0), (4, 3), (0, 5)])
def test_the_policy_sets_both_weights(given: int, cost: int) -> None:
    facts = world(
        facilities=[facility(support_intensity=given)],
        cases=[case(support_intensity=3)],
        weights={"support_too_little": 5, "support_too_much": 3},
    )
    verify(RULE).given(facts).costs({0: 0}, cost)


def test_each_leg_is_charged() -> None:
    homes = [facility(1, support_intensity=2), facility(2, support_intensity=4)]
    facts = world(facilities=homes, cases=[case(nights=(3, 10), support_intensity=3)])
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, (0, 1))), 120 + 80)


@pytest.mark.parametrize(
    ("wanted", "given", "cost"),
    [
        ({"support_intensity": 4}, {"support_intensity": 2}, 240),
        ({"support_intensity": 1}, {"support_intensity": 2}, 80),
        ({"support_intensity": 4}, {}, 120),  # the facility says nothing
        ({}, {"support_intensity": 4}, 0),  # nobody has assessed it
        ({}, {}, 0),
    ],
)
def test_from_a_raw_scenario(wanted: t.Raw, given: t.Raw, cost: int) -> None:
    raw = t.scenario(facilities=[t.facility("f", "a", **given)], cases=[t.case("c", **wanted)])
    verify(RULE).given(t.facts_of(raw, t.Land(("a", "home")))).costs({0: 0}, cost)
