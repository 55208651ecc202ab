"""The table of refusals against a plain loop: every rule asked about every stay, and what of it excludes a facility."""

from __future__ import annotations

from datetime import date

from hypothesis import HealthCheck, given, settings

from matching.candidates import first_objection, stay_of
from matching.constraints import hard, rule_book
from matching.facts import Facts
from matching.plans import Objection
from matching.refusals import exclusions, refusals, single_document
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


# -- witnesses -------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_the_witnesses_say_for_every_start_why_no_facility_is_left(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    rules = {rule.name: rule for rule in hard(BOOK)}
    for number, told in enumerate(facts.cases):
        found = refusals(facts, number, BOOK)
        document = single_document(found, facts, "0" * 64)
        assert (document is None) == (not found.is_shut)
        said: set[tuple[int, int, int]] = set()
        for one in document["refusals"] if document else ():
            place = facts.names.facilities.index(one["facility"])
            for first, last in one["first_days"]:
                for day in range(date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal() + 1):
                    objection = rules[one["rule"]].objection(told, stay_of(told.legs[one["leg"]], place, day), facts)
                    assert objection is not None
                    assert (objection.reason, objection.amount) == (one["reason"], one["amount"])
                    assert dict(objection.values) == one["values"]
                    said.add((one["leg"], place, day))
        if found.is_shut:
            places, legs = range(len(facts.facilities)), range(len(told.legs))
            for day in window(facts, number):
                assert any(all((leg, place, day) in said for place in places) for leg in legs)


def test_few_rules_are_named_and_days_are_told_as_spans() -> None:
    facts = world(
        facilities=[facility(1, closures=(closed(TODAY - 9, TODAY + 2),), permit_through_day=TODAY + 61)],
        cases=[case(window=(TODAY, TODAY + 3))],
    )
    found = refusals(facts, 0, BOOK)
    assert [(one.rule, one.days) for one in found.witnesses()] == [
        ("place_capacity", (TODAY, TODAY + 1)),
        ("provider_vetting", (TODAY + 2, TODAY + 3)),
    ]
    document = single_document(found, facts, "0" * 64)
    assert document is not None
    assert document["case"] == "case-0"
    assert document["refusals"][1]["first_days"] == [
        [date.fromordinal(TODAY + 2).isoformat(), date.fromordinal(TODAY + 3).isoformat()]
    ]


def test_where_something_is_left_there_is_no_witness() -> None:
    facts = world(facilities=[facility(1), facility(2, contracts=())], cases=[case()])
    assert refusals(facts, 0, BOOK).witnesses() == ()
    assert single_document(refusals(facts, 0, BOOK), facts, "0" * 64) is None
