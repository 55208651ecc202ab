"""Each relaxation opens a place where its fact is all that is in the way, and is not proposed where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest

from matching.constraints import hard, rule_book
from matching.facts import FOREVER, Contract, Facts, Provider
from matching.refusals import refusals
from matching.relaxations import Proposed, Relaxations, cheapest, kinds, opened
from matching.relaxations.base import RELAXABLE, Change
from matching.relaxations.costs import Costs
from matching.relaxations.queue import cheapest_for_queue
from matching.relaxations.support_brought import PORTABLE
from matching.solver.cpsat import Limits
from matching.steps import THREATS
from tests.builders import (
    ALWAYS,
    TODAY,
    area,
    assessment,
    case,
    closed,
    facility,
    in_use,
    person,
    places,
    present,
    quota,
    unit,
    world,
)

LIMITS = Limits(time_s=60.0)
BOOK = rule_book()
AHEAD = 60
TAKEN = in_use(0)
NEEDY = frozenset({"interpreter"})


def asked(facts: Facts, number: int = 0, limits: Limits = LIMITS) -> Relaxations:
    return cheapest(refusals(facts, number, BOOK), facts, BOOK, limits)


def told(facts: Facts, number: int = 0) -> dict[str, tuple[int, dict[str, Any]]]:
    """By kind, cost and values of the cheapest."""
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    for one in asked(facts, number).proposed:
        found.setdefault(one.change.kind, (one.change.cost, dict(one.change.values)))
    return found


def with_contracts(*contracts: Contract) -> Facts:
    return world(facilities=[facility(1, contracts=contracts)], cases=[case(window=(TODAY, TODAY))])


# -- each kind, both sides -------------------------------------------------------------------------


@pytest.mark.parametrize(("free_on", "off"), [(4, 1), (24, 21)])
def test_another_start_later(free_on: int, off: int) -> None:
    facts = world(facilities=[facility(1)], cases=[case()], bed_uses=[in_use(0, days=(0, TODAY + free_on))])
    cost, values = told(facts)["another_start"]
    assert (cost, values) == (off * Costs().start_per_day, {"start": TODAY + free_on, "days_off": off})


def test_another_start_is_at_most_three_weeks_off() -> None:
    facts = world(facilities=[facility(1)], cases=[case()], bed_uses=[in_use(0, days=(0, TODAY + 25))])
    assert "another_start" not in told(facts)


@pytest.mark.parametrize(("window", "starts"), [(2, [TODAY + 1]), (1, [TODAY]), (0, [])])
def test_another_start_earlier_and_never_before_today(window: int, starts: list[int]) -> None:
    """The bed is free for ten nights only if the stay starts a day earlier."""
    day = TODAY + window
    booked = in_use(0, days=(day + 9, FOREVER))
    facts = world(facilities=[facility(1)], cases=[case(window=(day, day))], bed_uses=[booked])
    found = [dict(one.change.values)["start"] for one in asked(facts).proposed if one.change.kind == "another_start"]
    assert found == starts


def test_a_window_that_has_passed_is_asked_for_from_today_on() -> None:
    facts = world(facilities=[facility(1)], cases=[case(window=(TODAY - 9, TODAY - 2), assessment=assessment())])
    # stays in the past are accepted by the rules of this book; nothing is left to relax
    assert asked(facts) == Relaxations(())


@pytest.mark.parametrize(("household", "cost"), [((person(),), 25), ((person(), person(), person()), 75)])
def test_one_more_bed_for_each_member(household: Sequence[Any], cost: int) -> None:
    facts = world(facilities=[facility(1)], cases=[case(*household)], bed_uses=[TAKEN])
    assert told(facts)["one_more_bed"] == (cost, {"unit": "room", "beds": len(household)})


def test_a_bed_helps_nobody_who_is_not_accepted() -> None:
    facts = world(facilities=[facility(1, max_household=1)], cases=[case(person(), person())], bed_uses=[TAKEN])
    assert "one_more_bed" not in told(facts)


def test_direct_award_and_contract() -> None:
    found = told(with_contracts())
    assert found["direct_award"] == (3, {})
    assert found["new_contract"] == (15, {"start": TODAY})
    assert "longer_contract" not in found


@pytest.mark.parametrize(("last_day", "is_short"), [(AHEAD, True), (AHEAD + 1, False)])
def test_a_longer_contract(last_day: int, is_short: bool) -> None:
    facts = with_contracts(Contract(180, TODAY - 5, TODAY + last_day))
    found = told(facts)
    assert ("longer_contract" in found) == is_short
    if is_short:
        assert found["longer_contract"] == (5, {"end": TODAY + AHEAD + 1})  # `end` is the first day without it
        assert "new_contract" not in found


def test_the_contract_of_another_municipality_is_not_prolonged() -> None:
    assert "longer_contract" not in told(with_contracts(Contract(181, TODAY - 5, TODAY + AHEAD)))


@pytest.mark.parametrize(
    ("provider", "is_proposed"),
    [
        (Provider(TODAY + AHEAD - 1), True),
        (Provider(TODAY - 400), True),
        (Provider(0), False),  # never vetted: no renewal
        (Provider(TODAY + AHEAD - 1, disqualified=((TODAY - 9, FOREVER),)), False),
        (Provider(TODAY + AHEAD - 1, conflicts=frozenset({0})), False),
    ],
)
def test_vetting_renewed(provider: Provider, is_proposed: bool) -> None:
    facts = world(facilities=[facility(1)], cases=[case(window=(TODAY, TODAY))], providers=[provider])
    found = told(facts)
    assert ("vetting_renewed" in found) == is_proposed
    if is_proposed:
        assert found["vetting_renewed"] == (8, {"through": TODAY + AHEAD})


@pytest.mark.parametrize(("through", "is_proposed"), [(TODAY + AHEAD - 1, True), (TODAY - 1, True), (0, False)])
def test_permit_renewed(through: int, is_proposed: bool) -> None:
    facts = world(facilities=[facility(1, permit_through_day=through)], cases=[case(window=(TODAY, TODAY))])
    found = told(facts)
    assert ("permit_renewed" in found) == is_proposed
    if is_proposed:
        assert found["permit_renewed"] == (12, {"through": TODAY + AHEAD})


def test_two_papers_are_two_facts() -> None:
    facts = world(facilities=[facility(1, permit_through_day=TODAY)], cases=[case()], providers=[Provider(TODAY)])
    assert told(facts) == {}


@pytest.mark.parametrize(("members", "is_proposed"), [(1, True), (2, True)])
def test_a_larger_quota(members: int, is_proposed: bool) -> None:
    rooms = [unit(), unit(), unit()]
    facts = world(
        facilities=[facility(1, rooms, quotas=(quota(1, 180),))],
        cases=[case(*(person() for _ in range(members)))],
        bed_uses=[TAKEN],
    )
    assert told(facts)["larger_quota"] == (5 + members, {"quota": 1, "beds": 1 + members})


def test_a_quota_overdrawn_by_more_than_the_household_stays_shut() -> None:
    rooms = [unit(), unit(), unit(), unit()]
    facts = world(
        facilities=[facility(1, rooms, quotas=(quota(1, 180),))],
        cases=[case()],
        bed_uses=[in_use(0, (0, 1), (1, 1), (2, 1))],
    )
    assert "larger_quota" not in told(facts)


@pytest.mark.parametrize(("end", "earlier"), [(4, 1), (10, 7)])
def test_a_closure_ends_earlier(end: int, earlier: int) -> None:
    facts = world(facilities=[facility(1, closures=(closed(TODAY - 9, TODAY + end),))], cases=[case()])
    assert told(facts)["closure_ends_earlier"] == (5 + earlier, {"end": TODAY + 3, "days_earlier": earlier})


@pytest.mark.parametrize("block", [closed(TODAY + 5, TODAY + 8), closed(TODAY - 9, FOREVER)])
def test_a_closure_to_come_and_one_without_end_stay(block: Any) -> None:
    facts = world(facilities=[facility(1, closures=(block,))], cases=[case()])
    assert "closure_ends_earlier" not in told(facts)


@pytest.mark.parametrize("need", sorted(PORTABLE))
def test_support_is_brought(need: str) -> None:
    facts = world(facilities=[facility(1)], cases=[case(day_one_needs=frozenset({need}))])
    assert told(facts)["support_brought"] == (4, {"need": need})


@pytest.mark.parametrize("needs", [{"women_only"}, {"step_free_access"}, {"interpreter", "debt_advice"}])
def test_who_lives_there_the_stairs_and_two_needs_are_not_brought(needs: set[str]) -> None:
    facts = world(facilities=[facility(1)], cases=[case(day_one_needs=frozenset(needs))])
    assert "support_brought" not in told(facts)


# -- what is never proposed ------------------------------------------------------------------------


FORBIDDEN = assessment(forbidden=(area("kommun", 1),))
RIVAL = {"presences": [present(1, networks=[1])], "rivals": {(0, 1): ALWAYS}}


@pytest.mark.parametrize(
    ("one", "more"),
    [
        (case(assessment=replace(FORBIDDEN, forbidden=(area("locality", 1),))), {}),
        (case(homes=(1,)), {}),
        (case(known_places=(1,)), {}),
        (case(networks=[0]), RIVAL),
        (case(gate=None), {}),
        (case(assessment=None), {}),
        (case(assessment=assessment(protection_level=3)), {}),
        (case(person(12)), {}),
    ],
)
def test_a_threat_the_gate_and_the_law_are_not_relaxed(one: Any, more: Any) -> None:
    facts = world(facilities=[facility(1)], cases=[one], **more)
    assert told(facts) == {}
    # nor when something that could be changed lacks beside it
    assert told(replace(facts, facilities=(replace(facts.facilities[0], contracts=()),))) == {}


def test_relaxable_and_threats_and_the_rest_are_the_hard_rules() -> None:
    assert RELAXABLE.isdisjoint(THREATS)
    rest = {"concentration_cap", "eligibility_gate", "household_together", "legal_form"}
    assert {rule.name for rule in hard(BOOK)} == RELAXABLE | THREATS | rest
    assert frozenset().union(*(kind.lifts for kind in kinds())) == RELAXABLE


def differing(before: Any, after: Any, names: Sequence[str]) -> set[str]:
    return {name for name in names if getattr(before, name) != getattr(after, name)}


MAY_CHANGE = {"cases", "facilities", "providers", "names"}
UNCHANGED = (
    "today", "policy", "places", "presences", "bed_uses", "network_feuds", "person_feuds", "exposures", "live",
    "halves", "allied", "ties", "priors_percent", "stale_networks",
)  # fmt: skip


def one_of_each() -> tuple[Facts, list[Change]]:
    """A world in which each kind finds something, facility by facility."""
    facts = world(
        land=places(12),
        facilities=[
            facility(1),
            facility(2, contracts=(), offers=NEEDY),
            facility(3, contracts=(Contract(180, 0, TODAY + 20),), offers=NEEDY),
            facility(4, provider=1, offers=NEEDY),
            facility(5, permit_through_day=TODAY + 5, offers=NEEDY),
            facility(6, quotas=(quota(0),), offers=NEEDY),
            facility(7, closures=(closed(TODAY - 1, TODAY + 9),), offers=NEEDY),
            facility(8, offers=NEEDY),
        ],
        cases=[case(day_one_needs=NEEDY), case()],
        bed_uses=[in_use(7, days=(TODAY - 9, TODAY + 8))],
        providers=[Provider(FOREVER), Provider(TODAY + 3)],
    )
    return facts, [one.change for one in cheapest(refusals(facts, 0, BOOK), facts, BOOK, LIMITS, most=99).proposed]


def test_each_kind_is_found_and_changes_one_fact() -> None:
    facts, changes = one_of_each()
    assert {change.kind for change in changes} == {kind.name for kind in kinds()}
    assert {one.name for one in fields(Facts) if one.name != "memo"} == MAY_CHANGE | set(UNCHANGED)
    for change in changes:
        after = change.apply(facts)
        assert not differing(facts, after, UNCHANGED)
        changed = differing(facts, after, tuple(MAY_CHANGE - {"names"}))
        assert len(changed) == 1
        if changed == {"cases"}:
            assert after.cases[1] == facts.cases[1]
            assert replace(after.cases[0], earliest_day=TODAY, latest_day=TODAY + 3) == facts.cases[0]
        if changed == {"facilities"}:
            others = [number for number in range(len(facts.facilities)) if number != change.facility]
            assert all(after.facilities[number] == facts.facilities[number] for number in others)
            before, now = facts.facilities[change.facility], after.facilities[change.facility]
            assert len(differing(before, now, tuple(one.name for one in fields(before)))) == 1


def test_what_is_not_in_the_book_of_the_kind_says_the_same_as_before() -> None:
    facts, changes = one_of_each()
    lifts = {kind.name: kind.lifts for kind in kinds()}
    for change in changes:
        if change.kind == "another_start":
            continue  # another day is another question to every rule
        before, after = refusals(facts, 0, BOOK).by_option, refusals(change.apply(facts), 0, BOOK).by_option
        for option, objections in before.items():
            now = after[option]
            assert {name for name in {*objections, *now} if objections.get(name) != now.get(name)} <= lifts[change.kind]


# -- order, proof, limits --------------------------------------------------------------------------


def test_the_cheapest_is_first() -> None:
    _, changes = one_of_each()
    assert [one.cost for one in changes] == sorted(one.cost for one in changes)


def test_every_proposed_stay_is_accepted_by_every_rule() -> None:
    facts, _ = one_of_each()
    for one in asked(facts).proposed:
        after = one.change.apply(facts)
        for leg, stay in zip(after.cases[0].legs, one.stays, strict=True):
            assert stay.end_day - stay.start_day == leg.nights
            assert all(rule.objection(after.cases[0], stay, after) is None for rule in hard(BOOK))


def test_linked_stays_both_have_to_open() -> None:
    """The first stay has a bed on the last day alone, the second is shut by a contract; closed, both are at fault."""
    booked = in_use(0, days=(0, TODAY + 3))
    facts = world(
        facilities=[facility(1), facility(2, contracts=(), closures=(closed(TODAY - 9, TODAY + 6),))],
        cases=[case(nights=(3, 400))],
        bed_uses=[booked, in_use(0, days=(TODAY + 6, FOREVER))],
    )
    for one in asked(facts).proposed:
        assert len(one.stays) == 2
        assert opened(one.change, facts, 0, BOOK) == one.stays
    assert told(facts)["direct_award"] == (3, {})
    full = replace(facts, bed_uses=(in_use(0),))
    assert told(full).keys().isdisjoint({"direct_award", "new_contract"})


def test_nothing_is_proposed_to_a_case_that_has_something() -> None:
    assert asked(world(facilities=[facility(1), facility(2, contracts=())], cases=[case()])) == Relaxations(())


def test_of_one_kind_and_kommun_the_cheapest_alone_and_no_kind_more_than_thrice() -> None:
    towns = places(9)
    facts = world(land=towns, facilities=[facility(n, contracts=()) for n in (1, 1, 2, 3, 4, 5)], cases=[case()])
    awards = [one.change for one in asked(facts).proposed if one.change.kind == "direct_award"]
    kommuner = [int(towns.kommun[facts.facilities[one.facility].place]) for one in awards]
    assert len(awards) <= 3
    assert len(set(kommuner)) == len(kommuner)


def test_without_time_it_says_how_many_are_not_examined() -> None:
    facts = world(facilities=[facility(1, contracts=())], cases=[case()])
    found = asked(facts, limits=Limits(time_s=0.0))
    assert (found.proposed, found.unexamined > 0) == ((), True)


# -- crowded out -----------------------------------------------------------------------------------


def crowded(facts: Facts, number: int, limits: Limits = LIMITS) -> Relaxations:
    return cheapest_for_queue(refusals(facts, number, BOOK), facts, BOOK, limits)


def kinds_of(found: Sequence[Proposed]) -> list[str]:
    return [one.change.kind for one in found]


def test_two_cases_and_one_bed() -> None:
    facts = world(facilities=[facility(1)], cases=[case(nights=90), case(nights=90)])
    found = crowded(facts, 1)
    assert found.is_of_queue
    assert kinds_of(found.proposed) == ["one_more_bed"]
    assert found.proposed[0].stays[0].facility == 0


def test_another_start_lets_both_be_placed_one_after_the_other() -> None:
    facts = world(facilities=[facility(1)], cases=[case(nights=10), case(nights=10)])
    found = crowded(facts, 1)
    assert kinds_of(found.proposed)[0] == "another_start"
    assert dict(found.proposed[0].change.values) == {"start": TODAY + 10, "days_off": 7}


def test_a_contract_elsewhere() -> None:
    facts = world(facilities=[facility(1), facility(2, contracts=())], cases=[case(nights=90), case(nights=90)])
    assert kinds_of(crowded(facts, 0).proposed)[0] == "direct_award"


def test_where_a_rival_waits_a_bed_there_does_not_help() -> None:
    facts = world(
        facilities=[facility(1, [unit(), unit()])],
        cases=[case(networks=[0], nights=90), case(networks=[1], nights=90)],
        rivals={(0, 1): ALWAYS},
    )
    assert crowded(facts, 1).proposed == ()


def test_the_queue_without_time_proves_nothing() -> None:
    facts = world(facilities=[facility(1)], cases=[case(nights=90), case(nights=90)])
    found = crowded(facts, 1, Limits(time_s=0.0))
    assert (found.proposed, found.unexamined > 0) == ((), True)
