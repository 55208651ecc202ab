"""Domain §4, `scarcity`: 60 for each rare feature of a facility (at most 10 % have it) nobody there needs."""

from collections.abc import Sequence
from typing import Any

import pytest

from matching.constraints.scarcity import Scarcity
from matching.facts import Case, Facility, Facts
from tests import tellings as t
from tests.builders import case, facility, in_use, person, plan_of, present, put, world
from tests.verifier import verify

RULE = Scarcity()


def ten(*special: Facility, case: Case, of: int = 10, **policy: Any) -> Facts:
    """The special facilities first, plain ones beside them until there are so many."""
    return world(facilities=[*special, *(facility() for _ in range(of - len(special)))], cases=[case], **policy)


def offering(*tags: str) -> Facility:
    return facility(offers=frozenset(tags))


@pytest.mark.parametrize(
    ("having", "of", "share_percent", "cost"),
    [
        (1, 10, 10, 60),  # a tenth: the limit itself is rare
        (1, 9, 10, 0),  # 11.1 %
        (1, 11, 10, 60),
        (2, 20, 10, 60),
        (2, 19, 10, 0),
        (3, 20, 10, 0),
        (1, 4, 25, 60),
        (1, 4, 24, 0),
        (4, 4, 100, 60),  # a policy may call everything rare
    ],
)
def test_what_few_facilities_have_is_rare(having: int, of: int, share_percent: int, cost: int) -> None:
    facts = ten(*[offering("interpreter")] * having, case=case(), of=of, scarce_share_percent=share_percent)
    verify(RULE).given(facts).costs({0: 0}, cost)


@pytest.mark.parametrize(
    ("needs", "cost"),
    [
        ((), 180),  # none of the three is needed
        (("interpreter",), 120),
        (("interpreter", "women_only"), 60),
        (("interpreter", "women_only", "debt_advice"), 0),
        (("work_training", "daily_contact"), 180),  # needs it does not offer
    ],
)
def test_each_rare_feature_nobody_needs_costs(needs: Sequence[str], cost: int) -> None:
    rare = offering("interpreter", "women_only", "debt_advice")
    verify(RULE).given(ten(rare, case=case(soon_needs=frozenset(needs)))).costs({0: 0}, cost)


@pytest.mark.parametrize("when", ["day_one_needs", "soon_needs", "remote_needs"])
def test_a_need_is_a_need_whenever_it_is_to_be_met(when: str) -> None:
    wanted: dict[str, Any] = {when: frozenset({"interpreter"})}
    needing = case(**wanted)
    verify(RULE).given(ten(offering("interpreter"), case=needing)).costs({0: 0}, 0)


def test_a_facility_with_nothing_rare_costs_nothing() -> None:
    facts = ten(offering("interpreter"), offering("interpreter", "debt_advice"), case=case())
    # two of ten have an interpreter: not rare; debt advice is
    verify(RULE).given(facts).costs({0: 0}, 0)
    verify(RULE).given(facts).costs({0: 1}, 60)
    verify(RULE).given(facts).costs({0: 2}, 0)


ADULT = case(person(30))
TWO_ADULTS = case(person(30, guardian=True), person(18))
FAMILY = case(person(30, guardian=True), person(17))
ALONE = case(person(17))
SIBLINGS = case(person(20), person(17))  # an adult, but no guardian


@pytest.mark.parametrize(
    ("household", "children", "minors_alone"),
    [(ADULT, 60, 60), (TWO_ADULTS, 60, 60), (FAMILY, 0, 60), (ALONE, 60, 0), (SIBLINGS, 60, 0)],
)
def test_who_needs_a_place_for_children(household: Case, children: int, minors_alone: int) -> None:
    house = facility(takes_children=True, units=())
    verify(RULE).given(ten(house, case=household)).costs({0: 0}, children)
    house = facility(takes_unaccompanied_minors=True, units=())
    verify(RULE).given(ten(house, case=household)).costs({0: 0}, minors_alone)
    house = facility(takes_children=True, takes_unaccompanied_minors=True, units=())
    verify(RULE).given(ten(house, case=household)).costs({0: 0}, children + minors_alone)


@pytest.mark.parametrize(("adult_age_years", "cost"), [(18, 60), (19, 0)])
def test_the_policy_says_who_is_a_minor(adult_age_years: int, cost: int) -> None:
    house = facility(takes_unaccompanied_minors=True)
    facts = ten(house, case=case(person(18)), adult_age_years=adult_age_years)
    verify(RULE).given(facts).costs({0: 0}, cost)


def test_a_guardian_is_no_minor() -> None:
    # Nineteen where everybody under 20 counts as a minor: alone she needs no place for children, with hers she does.
    mother, child = person(19, guardian=True), person(2)
    house = facility(takes_children=True, units=())
    for household, cost in (((mother,), 60), ((mother, person(20)), 60), ((mother, child), 0)):
        verify(RULE).given(ten(house, case=case(*household), adult_age_years=20)).costs({0: 0}, cost)


@pytest.mark.parametrize("weight", [0, 1, 25])
def test_the_policy_sets_the_weight(weight: int) -> None:
    facts = ten(offering("interpreter", "debt_advice"), case=case(), weights={"scarcity": weight})
    verify(RULE).given(facts).costs({0: 0}, 2 * weight)


def test_nobody_else_moves_the_cost_and_each_leg_is_charged() -> None:
    homes = [offering("interpreter"), offering("debt_advice"), *(facility() for _ in range(8))]
    facts = world(
        facilities=homes,
        cases=[case(nights=(3, 10)), case(soon_needs=frozenset({"interpreter"}))],
        presences=[present(1, facility=0)],
        bed_uses=[in_use(0)],
    )
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, (0, 1))), 60 + 60)


@pytest.mark.parametrize(("others", "cost"), [(8, 0), (9, 120)])
def test_from_a_raw_scenario(others: int, cost: int) -> None:
    rare = t.facility("f", "a", offers=["interpreter"], accepts={"max_household": 1, "children_with_guardian": True})
    raw = t.scenario(
        facilities=[rare, *(t.facility(f"g{n}", "a") for n in range(others))],
        cases=[t.case("c")],
    )
    verify(RULE).given(t.facts_of(raw, t.Land(("a", "home")))).costs({0: 0}, cost)
