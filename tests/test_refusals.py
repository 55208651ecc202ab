"""The table of refusals against a plain loop: every rule asked about every stay, and what of it excludes a facility."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from matching.candidates import first_objection, stay_of
from matching.constraints import hard, rule_book
from matching.facts import Facts
from matching.plans import Objection
from matching.refusals import exclusions, refusals
from tests.builders import TODAY, case, closed, facility, in_use, unit, world
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
BOOK = rule_book()


def window(facts: Facts, number: int) -> range:
    told = facts.cases[number]
    return range(told.earliest_day, max(told.latest_day, told.earliest_day) + 1)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_it_holds_what_every_rule_says_of_every_stay(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    for number, told in enumerate(facts.cases):
        asked = {
            (leg, place, day): {
                rule.name: found
                for rule in hard(BOOK)
                if (found := rule.objection(told, stay_of(told.legs[leg], place, day), facts)) is not None
            }
            for leg in range(len(told.legs))
            for place in range(len(facts.facilities))
            for day in window(facts, number)
        }
        assert dict(refusals(facts, number, BOOK).by_option) == asked


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_a_facility_remains_exactly_when_a_stay_does(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    for number, told in enumerate(facts.cases):
        excluded = exclusions(facts, number, BOOK)
        for place in range(len(facts.facilities)) if len(told.legs) == 1 else ():
            stays = (stay_of(told.legs[0], place, day) for day in window(facts, number))
            remains = any(first_objection(told, stay, facts, hard(BOOK)) is None for stay in stays)
            assert remains == (place not in excluded)
        assert all(excluded.values())


def test_one_rule_on_every_day_or_several_together() -> None:
    facts = world(
        facilities=[
            facility(1, contracts=()),
            facility(2, closures=(closed(TODAY, TODAY + 2),), quotas=()),
            facility(3, [unit(), unit()]),
        ],
        cases=[case(window=(TODAY, TODAY + 1))],
        bed_uses=[in_use(2, (0, 1), (1, 1))],
    )
    found = exclusions(facts, 0, BOOK)
    assert {place: set(own) for place, own in found.items()} == {
        0: {"contract"},
        1: {"place_capacity"},
        2: {"place_capacity"},
    }
    assert found[1]["place_capacity"].reason == "no_free_bed"


def test_two_rules_on_different_days_exclude_together() -> None:
    facts = world(
        facilities=[facility(1, permit_through_day=TODAY + 60, closures=(closed(TODAY - 1, TODAY + 1),))],
        cases=[case(window=(TODAY, TODAY + 1))],
    )
    assert exclusions(facts, 0, BOOK) == {0: {"provider_vetting": Objection("together")}}


def test_of_linked_stays_the_first_without_any_facility_is_told() -> None:
    full = in_use(0, days=(TODAY, TODAY + 3))
    facts = world(facilities=[facility(1)], cases=[case(nights=(3, 10), window=(TODAY, TODAY))], bed_uses=[full])
    assert refusals(facts, 0, BOOK).deciding() == (0, (TODAY,))
    later = world(
        facilities=[facility(1)],
        cases=[case(nights=(3, 10), window=(TODAY, TODAY))],
        bed_uses=[in_use(0, days=(TODAY + 3, TODAY + 4))],
    )
    assert refusals(later, 0, BOOK).deciding() == (1, (TODAY,))
    assert set(exclusions(later, 0, BOOK)[0]) == {"place_capacity"}
