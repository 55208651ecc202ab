"""The least-violating options: fewest threats first, then fewest rules; what nobody can or may do is none of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from matching.constraints import hard, rule_book
from matching.facts import FOREVER, Facts, Provider
from matching.overrides import NEVER, Override, least_violating
from matching.refusals import refusals
from matching.relaxations.base import RELAXABLE
from matching.steps import THREATS
from tests.builders import ALWAYS, TODAY, assessment, case, facility, in_use, person, present, unit, world
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
BOOK = rule_book()
RIVALS = {(0, 1): ALWAYS}


def options(facts: Facts, most: int = 5) -> tuple[Override, ...]:
    return least_violating(refusals(facts, 0, BOOK), facts, BOOK, most)


def rules_of(option: Override) -> list[str]:
    return [breach.rule for breach in option.breaches]


# -- order -----------------------------------------------------------------------------------------


def test_a_threat_is_worse_than_any_number_of_other_rules() -> None:
    facts = world(
        facilities=[facility(1), facility(2, contracts=(), provider=1)],
        cases=[case(networks=[0], day_one_needs=frozenset())],
        presences=[present(1, networks=[1])],
        rivals=RIVALS,
        providers=[Provider(FOREVER), Provider(0)],
    )
    first, second = options(facts)
    assert (first.facility, rules_of(first)) == (1, ["contract", "provider_vetting"])
    assert (second.facility, rules_of(second)) == (0, ["rival_separation"])
    assert [breach.is_threat for one in (first, second) for breach in one.breaches] == [False, False, True]


def test_threats_stand_last_in_an_option() -> None:
    facts = world(
        facilities=[facility(1, contracts=())],
        cases=[case(networks=[0], homes=(1,), day_one_needs=frozenset({"interpreter"}))],
        presences=[present(1, networks=[1])],
        rivals=RIVALS,
    )
    (option,) = options(facts)
    assert rules_of(option) == ["contract", "needs_met", "forbidden_locality", "rival_separation"]


def test_fewer_rules_then_less_of_them_then_the_earlier_start() -> None:
    needs = frozenset({"interpreter", "debt_advice"})
    facts = world(
        facilities=[facility(1), facility(2, offers=needs - {"interpreter"}), facility(3, contracts=())],
        cases=[case(day_one_needs=needs)],
    )
    found = options(facts)
    assert [(one.facility, [breach.objection.amount for breach in one.breaches]) for one in found] == [
        (1, [1]),
        (0, [2]),
        (2, [1, 2]),
    ]
    assert all(one.stays[0].start_day == TODAY for one in found)


def test_the_best_start_of_each_facility_counts() -> None:
    """The permit is long enough on the first two days only, the bed is free from the second on."""
    facts = world(
        facilities=[facility(1, permit_through_day=TODAY + 61)],
        cases=[case(day_one_needs=frozenset({"interpreter"}))],
        bed_uses=[in_use(0, days=(0, TODAY + 1))],
    )
    (option,) = options(facts)
    assert (rules_of(option), option.stays[0].start_day) == (["needs_met"], TODAY + 1)


def test_every_household_in_the_way_counts() -> None:
    facts = world(
        facilities=[facility(1), facility(2)],
        cases=[case(networks=[0])],
        presences=[present(1, networks=[1]), present(1, networks=[1]), present(2, networks=[1])],
        rivals=RIVALS,
    )
    assert [(one.facility, one.breaches[0].objection.amount) for one in options(facts)] == [(1, 1), (0, 2)]


def test_no_more_than_asked_for() -> None:
    facts = world(facilities=[facility(n % 3 + 1, contracts=()) for n in range(8)], cases=[case()])
    assert [one.facility for one in options(facts)] == [0, 1, 2, 3, 4]
    assert len(options(facts, most=7)) == 7


# -- linked stays ----------------------------------------------------------------------------------


def test_linked_stays_tell_what_all_of_them_break() -> None:
    facts = world(
        facilities=[facility(1, contracts=(), has_night_intake=True)],
        cases=[case(nights=(3, 10), window=(TODAY, TODAY), networks=[0])],
        presences=[present(1, networks=[1])],
        rivals=RIVALS,
    )
    (option,) = options(facts)
    assert [(stay.start_day, stay.end_day) for stay in option.stays] == [
        (TODAY, TODAY + 3),
        (TODAY + 3, TODAY + 13),
    ]
    assert rules_of(option) == ["contract", "rival_separation"]


# -- no option at all ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "more"),
    [
        (case(gate=None), {}),
        (case(person(12)), {}),
        (case(), {"bed_uses": [in_use(0)]}),
        (case(person(), person()), {}),
        (case(housed_until_day=TODAY + 99), {}),
    ],
)
def test_what_nobody_can_or_may_do_is_no_option(told: Any, more: Any) -> None:
    facts = world(facilities=[facility(1)], cases=[told], **more)
    assert {name for own in refusals(facts, 0, BOOK).by_option.values() for name in own} <= NEVER
    assert options(facts) == ()


def test_where_something_is_left_nothing_is_to_be_overridden() -> None:
    assert options(world(facilities=[facility(1), facility(2, contracts=())], cases=[case()])) == ()


def test_rules_that_are_never_overridden_are_rules() -> None:
    names = {rule.name for rule in hard(BOOK)}
    assert names >= NEVER
    assert NEVER.isdisjoint(THREATS)  # those may be, by two persons: they are marked
    assert {"place_capacity", "start_in_time"} == NEVER & RELAXABLE


# -- evidence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [0, 10, 200])
def test_the_age_of_an_assessment_is_told_in_days(age: int) -> None:
    signed = assessment(valid_from_day=TODAY - age, protection_level=3)
    (option,) = options(world(facilities=[facility(1)], cases=[case(assessment=signed)]))
    (breach,) = option.breaches
    assert (breach.rule, breach.objection.amount) == ("protection_level", 2)
    assert (breach.age_days, breach.age_is) == (age, "exact")


@pytest.mark.parametrize(("stale", "age_is"), [(frozenset({0}), "perhaps_more"), (frozenset({1}), "at_most")])
def test_of_relations_is_known_whether_they_were_confirmed_lately(stale: frozenset[int], age_is: str) -> None:
    facts = world(
        facilities=[facility(1)], cases=[case(networks=[0])], presences=[present(1, networks=[1])], rivals=RIVALS
    )
    (option,) = options(replace(facts, stale_networks=stale))
    assert (option.breaches[0].age_days, option.breaches[0].age_is) == (180, age_is)


def test_of_what_has_no_date_the_age_is_not_known() -> None:
    (option,) = options(world(facilities=[facility(1, [unit()], contracts=())], cases=[case()]))
    assert option.breaches[0].age_days is None


# -- any world -------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_an_option_breaks_just_what_it_says_and_no_better_one_exists(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    for number, told in enumerate(facts.cases):
        found = refusals(facts, number, BOOK)
        shown = least_violating(found, facts, BOOK, most=99)
        assert not shown or found.is_shut
        for option in shown:
            asked = ((rule, stay) for stay in option.stays for rule in hard(BOOK))
            broken = {rule.name for rule, stay in asked if rule.objection(told, stay, facts) is not None}
            assert broken == set(rules_of(option))
            assert broken
            assert broken.isdisjoint(NEVER)
        weights = [(sum(breach.is_threat for breach in one.breaches), len(one.breaches)) for one in shown]
        assert weights == sorted(weights)
        if len(told.legs) == 1 and found.is_shut:
            ways = [frozenset(own) for own in found.by_option.values() if NEVER.isdisjoint(own)]
            best = min(((len(own & THREATS), len(own)) for own in ways), default=None)
            assert (weights[0] if weights else None) == best
