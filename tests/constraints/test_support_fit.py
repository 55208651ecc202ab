"""Domain §4, `support_fit`: needs of the first 14 days cost 150 each where not offered, remote ones 50."""

import pytest

from matching.constraints.support_fit import SupportFit
from tests import tellings as t
from tests.builders import case, facility, plan_of, put, world
from tests.verifier import verify

RULE = SupportFit()
THREE = frozenset({"interpreter", "trauma_treatment", "work_training"})


@pytest.mark.parametrize(
    ("offered", "soon", "remote"),
    [
        (set(), 450, 150),  # all three missing
        ({"interpreter"}, 300, 100),
        ({"interpreter", "work_training"}, 150, 50),
        (THREE, 0, 0),  # none
        (THREE | {"debt_advice"}, 0, 0),
        ({"debt_advice", "daily_contact", "women_only"}, 450, 150),  # three offers, none of them wanted
        ({"remote_support"}, 450, 0),  # remote support meets every remote need, no other
        ({"remote_support", "interpreter"}, 300, 0),
    ],
)
def test_each_need_that_is_not_offered_costs(offered: set[str], soon: int, remote: int) -> None:
    home = facility(offers=frozenset(offered))
    verify(RULE).given(world(facilities=[home], cases=[case(soon_needs=THREE)])).costs({0: 0}, soon)
    verify(RULE).given(world(facilities=[home], cases=[case(remote_needs=THREE)])).costs({0: 0}, remote)
    both = case(soon_needs=THREE, remote_needs=THREE)
    verify(RULE).given(world(facilities=[home], cases=[both])).costs({0: 0}, soon + remote)


def test_the_need_of_remote_support_itself() -> None:
    needing = case(remote_needs=frozenset({"remote_support"}))
    verify(RULE).given(world(facilities=[facility()], cases=[needing])).costs({0: 0}, 50)
    offering = facility(offers=frozenset({"remote_support"}))
    verify(RULE).given(world(facilities=[offering], cases=[needing])).costs({0: 0}, 0)


def test_needs_of_day_one_are_another_rule_and_no_need_costs_nothing() -> None:
    verify(RULE).given(world(facilities=[facility()], cases=[case(day_one_needs=THREE)])).costs({0: 0}, 0)
    verify(RULE).given(world(facilities=[facility()], cases=[case()])).costs({0: 0}, 0)


def test_the_policy_sets_both_weights() -> None:
    told = case(soon_needs=frozenset({"interpreter", "debt_advice"}), remote_needs=frozenset({"work_training"}))
    facts = world(
        facilities=[facility()],
        cases=[told],
        weights={"support_fit_within_14_days": 7, "support_fit_remote": 3},
    )
    verify(RULE).given(facts).costs({0: 0}, 2 * 7 + 3)


def test_each_leg_is_charged() -> None:
    homes = [facility(1), facility(2, offers=frozenset({"interpreter"}))]
    facts = world(facilities=homes, cases=[case(nights=(3, 10), soon_needs=frozenset({"interpreter"}))])
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, (0, 1))), 150)


@pytest.mark.parametrize(("timing", "cost"), [("day_one", 0), ("within_14_days", 150), ("remote", 50)])
def test_from_a_raw_scenario(timing: str, cost: int) -> None:
    raw = t.scenario(
        facilities=[t.facility("f", "a", offers=["debt_advice"])],
        cases=[t.case("c", needs=[{"tag": "interpreter", "timing": timing}])],
    )
    verify(RULE).given(t.facts_of(raw, t.Land(("a", "home")))).costs({0: 0}, cost)
