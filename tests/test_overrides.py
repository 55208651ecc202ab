"""The least-violating options: fewest threats first, then fewest rules; what nobody can or may do is none of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from matching.constraints import hard, rule_book
from matching.facts import FOREVER, Facts, Link, Provider
from matching.overrides import NEVER, Override, least_violating
from matching.refusals import refusals
from matching.relaxations.base import RELAXABLE
from matching.steps import THREATS
from tests.builders import (
    ALWAYS,
    FAR_M,
    TODAY,
    assessment,
    case,
    facility,
    in_use,
    person,
    places,
    present,
    unit,
    world,
)

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


# -- threats by reason -----------------------------------------------------------------------------


def linked(*links: Link) -> Facts:
    """Somebody linked lives at place 1, where one of two facilities is; the other has no contract."""
    return world(
        facilities=[facility(1), facility(2, contracts=())],
        cases=[case(links=links)],
        presences=[present(1, person(key=8), facility=0), present(3, person(key=9))],
    )


def test_living_too_near_somebody_to_be_kept_from_is_a_threat() -> None:
    first, second = options(linked(Link(8, "more_than", 45_000)))
    assert (first.facility, rules_of(first)) == (1, ["contract"])
    assert (second.facility, rules_of(second)) == (0, ["household_together"])
    (breach,) = second.breaches
    assert breach.is_threat
    assert (breach.objection.reason, breach.nearness, breach.nearest_m) == ("linked_too_near", "same_facility", 0)


@pytest.mark.parametrize("link", [Link(9, "same"), Link(8, "within", 0)])
def test_a_threat_is_told_even_when_the_rule_objects_with_another_reason_first(link: Link) -> None:
    """Of one other household or of two: an objection tells one reason only."""
    facts = linked(Link(8, "more_than", 45_000), link)
    found = {one.facility: one.breaches[-1] for one in options(facts)}
    assert found[0].is_threat
    assert "linked_too_near" in found[0].objection.reason.split()


def test_living_apart_from_somebody_to_live_with_is_none() -> None:
    found = {one.facility: one.breaches for one in options(linked(Link(9, "same")))}
    assert [(one.rule, one.is_threat, one.nearness) for one in found[0]] == [("household_together", False, None)]


def test_an_incident_is_a_threat_and_a_paper_is_none() -> None:
    facts = world(
        facilities=[facility(1), facility(2, provider=1)],
        cases=[case()],
        providers=[Provider(FOREVER, disqualified=((TODAY - 9, FOREVER),)), Provider(0)],
    )
    first, second = options(facts)
    assert [(one.facility, one.breaches[0].is_threat) for one in (first, second)] == [(1, False), (0, True)]
    assert [one.breaches[0].objection.reason for one in (first, second)] == ["not_vetted", "disqualifying_incident"]


# -- how near --------------------------------------------------------------------------------------


def test_a_rival_in_the_building_is_worse_than_in_town_and_that_than_in_the_next_one() -> None:
    land = places(7, gap_m={(1, 5): 20_000, (2, 6): 4_000}, districts_of={4: (3,)})
    rivals = [
        present(1, networks=[1], facility=0),
        *(present(5, networks=[1]) for _ in range(3)),
        present(4, networks=[1]),
        present(6, networks=[1]),
    ]
    facts = world(
        land=land,
        facilities=[facility(1), facility(5), facility(3), facility(2)],
        cases=[case(networks=[0])],
        presences=rivals,
        rivals=RIVALS,
        neighbouring_km=5,
    )
    found = [(one.facility, one.breaches[0].nearness, one.breaches[0].nearest_m) for one in options(facts)]
    assert found == [
        (3, "neighbouring_locality", 4_000),
        (2, "same_locality", FAR_M),
        (1, "same_locality", 0),
        (0, "same_facility", 0),
    ]


def test_amounts_of_different_units_are_not_added() -> None:
    """Three needs and one rival come before one need and two rivals, though four is more than three."""
    needs = frozenset({"interpreter", "debt_advice", "psychiatric_care"})
    facts = world(
        facilities=[facility(1, offers=needs - {"interpreter"}), facility(2)],
        cases=[case(networks=[0], day_one_needs=needs)],
        presences=[*(present(1, networks=[1]) for _ in range(2)), present(2, networks=[1])],
        rivals=RIVALS,
    )
    found = [(one.facility, [breach.objection.amount for breach in one.breaches]) for one in options(facts)]
    assert found == [(1, [3, 1]), (0, [1, 2])]


# -- linked stays: the union counts ----------------------------------------------------------------


def test_the_earlier_leg_is_chosen_by_what_both_break_together() -> None:
    """The bed that breaks least on the first nights breaks one rule more beside the bed of the others."""
    facts = world(
        facilities=[
            facility(1, contracts=(), has_night_intake=True, security_grade=2),
            facility(2, provider=1, has_night_intake=True),
        ],
        cases=[case(nights=(3, 10), window=(TODAY, TODAY), assessment=assessment(protection_level=2))],
        providers=[Provider(FOREVER), Provider(0)],
    )
    found = {one.facility: one for one in options(facts)}
    assert [stay.facility for stay in found[0].stays] == [0, 0]
    assert [stay.facility for stay in found[1].stays] == [1, 1]
    assert rules_of(found[1]) == ["provider_vetting", "protection_level"]


def test_of_equal_earlier_legs_the_same_facility_is_chosen() -> None:
    facts = world(
        facilities=[facility(n, contracts=(), has_night_intake=True) for n in (1, 2, 3)],
        cases=[case(nights=(3, 10), window=(TODAY, TODAY))],
    )
    assert [[stay.facility for stay in one.stays] for one in options(facts)] == [[0, 0], [1, 1], [2, 2]]
