"""The minimal set: it leaves nothing, no rule of it can be left out, and the solver and a plain count agree."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matching.candidates import stay_of
from matching.constraints import hard, rule_book
from matching.errors import SolverFault
from matching.facts import Facts
from matching.plans import Objection
from matching.refusals import Refusals, refusals
from matching.solver.cpsat import Answer, CpSat, Limits
from matching.solver.explain import BlockingSet, blocking_set
from tests.books import ELEVEN, book
from tests.builders import TODAY, area, assessment, case, facility, in_use, person, unit, world
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

LIMITS = Limits(time_s=60.0)
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
NEEDY: dict[str, Any] = {"day_one_needs": frozenset({"women_only"})}


def told(facts: Facts, number: int = 0, limits: Limits = LIMITS) -> BlockingSet:
    return blocking_set(refusals(facts, number, ELEVEN), limits)


def open_by_enumeration(found: Refusals, rules: frozenset[str]) -> set[int]:
    """Facilities of the last leg, by trying every day with every facility for every leg."""
    facilities = {facility for _, facility, _ in found.by_option}
    days = {day for _, _, day in found.by_option}
    return {
        way[-1]
        for day in days
        for way in product(facilities, repeat=found.legs)
        if not any(rules & set(found.by_option[leg, facility, day]) for leg, facility in enumerate(way))
    }


def insist_on_minimal(found: Refusals, answer: BlockingSet) -> None:
    """Against every subset of the rules that object at all."""
    objecting = frozenset(rule for objections in found.by_option.values() for rule in objections)
    free = open_by_enumeration(found, objecting)
    assert answer.is_proven
    assert answer.open_alone == len(free)
    if free:
        assert (answer.rules, answer.opens_of_these, answer.opens_in_fact) == ((), (), ())
        return
    own = frozenset(answer.rules)
    assert own <= objecting
    assert not open_by_enumeration(found, own)
    for size in range(len(own)):
        assert all(open_by_enumeration(found, frozenset(fewer)) for fewer in combinations(own, size))
    opens = tuple(len(open_by_enumeration(found, own - {rule})) for rule in answer.rules)
    assert answer.opens_of_these == opens
    assert all(opens)
    in_fact = tuple(len(open_by_enumeration(found, objecting - {rule})) for rule in answer.rules)
    assert answer.opens_in_fact == in_fact
    assert all(few <= many for few, many in zip(in_fact, opens, strict=True))


# -- by hand ---------------------------------------------------------------------------------------


def test_one_rule_is_enough() -> None:
    facts = world(facilities=[facility(1), facility(2)], cases=[case(assessment=None)])
    assert told(facts) == BlockingSet(("eligibility_gate",), (2,), (2,), 0, is_proven=True)


def test_two_rules_that_share_the_facilities_are_both_needed() -> None:
    # 0: full for ever; 1: free, but the need is not met. Neither rule alone leaves nothing.
    facts = world(
        facilities=[facility(1, offers=frozenset({"women_only"})), facility(2)],
        cases=[case(**NEEDY)],
        bed_uses=[in_use(0)],
    )
    assert told(facts) == BlockingSet(("needs_met", "place_capacity"), (1, 1), (1, 1), 0, is_proven=True)


def test_a_rule_that_only_repeats_another_is_dropped() -> None:
    # Both facilities lack the need; one of them is full as well.
    facts = world(facilities=[facility(1), facility(2)], cases=[case(**NEEDY)], bed_uses=[in_use(0)])
    assert told(facts) == BlockingSet(("needs_met",), (2,), (1,), 0, is_proven=True)


def test_what_remains_are_the_rules_that_refuse_most() -> None:
    # Each of two rules leaves nothing; the one that refuses least is tried first, and dropped.
    told_case = case(
        person(70), assessment=assessment(forbidden=(area("locality", 1), area("locality", 2))), window=(TODAY, TODAY)
    )
    houses = [facility(1, max_age_years=60), facility(2, max_age_years=60), facility(3, max_age_years=60)]
    assert told(world(facilities=houses, cases=[told_case])).rules == ("legal_form",)


def test_something_left_is_no_set() -> None:
    facts = world(facilities=[facility(1), facility(2)], cases=[case(**NEEDY), case()], bed_uses=[in_use(0)])
    assert told(facts, 1) == BlockingSet((), (), (), 1, is_proven=True)


def test_without_facilities_there_is_nothing_to_drop() -> None:
    found = refusals(world(cases=[case()]), 0, ELEVEN)
    assert not found.by_option
    assert not found.refuses_everything("eligibility_gate")
    assert blocking_set(found, LIMITS) == BlockingSet((), (), (), 0, is_proven=True)


def test_a_window_that_has_passed_is_the_whole_reason() -> None:
    facts = world(facilities=[facility(1)], cases=[case(window=(TODAY, TODAY - 1))])
    assert told(facts) == BlockingSet(("start_in_time",), (1,), (1,), 0, is_proven=True)


def test_a_rule_that_refuses_some_days_and_another_the_rest() -> None:
    # Full on the first two days; the assessment ends after them. No rule excludes the house throughout.
    told_case = case(window=(TODAY, TODAY + 2), assessment=assessment(valid_until_day=TODAY + 1))
    facts = world(facilities=[facility(1)], cases=[told_case], bed_uses=[in_use(0, days=(TODAY - 9, TODAY + 2))])
    assert told(facts).rules == ("place_capacity", "eligibility_gate")
    assert told(facts).opens_of_these == told(facts).opens_in_fact == (1, 1)


# -- linked stays ----------------------------------------------------------------------------------


def test_linked_stays_need_a_day_on_which_both_find_a_facility() -> None:
    """Ten days the first, then the second: today the later one finds all full, tomorrow the first does."""
    told_case = case(nights=(10, 10), window=(TODAY, TODAY + 1))
    full_tomorrow = in_use(0, days=(TODAY + 10, TODAY + 11), presence=0)
    later = in_use(0, days=(TODAY + 12, TODAY + 13), presence=1)
    facts = world(facilities=[facility(1)], cases=[told_case], bed_uses=[full_tomorrow, later])
    assert told(facts).rules == ("place_capacity",)
    assert told(facts).opens_of_these == (1,)
    free = world(facilities=[facility(1), facility(2)], cases=[told_case], bed_uses=[full_tomorrow, later])
    assert told(free).open_alone == 1


def test_of_linked_stays_the_first_may_be_the_one_without_a_facility() -> None:
    """A house that is free only later serves the second stay; none serves the first."""
    told_case = case(nights=(10, 10), window=(TODAY, TODAY))
    facts = world(facilities=[facility(1)], cases=[told_case], bed_uses=[in_use(0, days=(TODAY - 9, TODAY + 5))])
    found = refusals(facts, 0, ELEVEN)
    assert set(found.by_option[0, 0, TODAY]) == {"place_capacity"}
    assert not found.by_option[1, 0, TODAY]
    insist_on_minimal(found, blocking_set(found, LIMITS))


# -- against every subset --------------------------------------------------------------------------

NAMES = ("contract", "legal_form", "needs_met", "place_capacity", "threat_reach")
OBJECTING = st.frozensets(st.sampled_from(NAMES), max_size=4)


def made_up(legs: int, rules: Mapping[tuple[int, int, int], frozenset[str]]) -> Refusals:
    return Refusals(0, legs, {option: {name: Objection(name) for name in own} for option, own in rules.items()})


@st.composite
def tables(draw: st.DrawFn) -> Refusals:
    """Up to three facilities, three days and two linked stays, refused at random."""
    legs, facilities, days = draw(st.integers(1, 2)), draw(st.integers(0, 3)), draw(st.integers(1, 3))
    options = product(range(legs), range(facilities), range(TODAY, TODAY + days))
    return made_up(legs, {option: draw(OBJECTING) for option in options})


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(found=tables())
@example(found=made_up(2, {(0, 0, 1): frozenset({"contract"}), (1, 0, 1): frozenset(), (0, 0, 2): frozenset(),
                           (1, 0, 2): frozenset({"needs_met"})}))  # fmt: skip
def test_no_subset_says_otherwise(found: Refusals) -> None:
    insist_on_minimal(found, blocking_set(found, LIMITS))


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_nor_does_any_subset_of_the_whole_book(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    for number in range(len(facts.cases)):
        found = refusals(facts, number, rule_book())
        insist_on_minimal(found, blocking_set(found, LIMITS))


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_refusals_are_what_the_rules_say_on_each_day(drawn: tuple[Raw, Land]) -> None:
    """Dated or not, every rule is asked again for each option."""
    facts = facts_of(*drawn)
    for number, waiting in enumerate(facts.cases):
        for (leg, home, day), objections in refusals(facts, number, rule_book()).by_option.items():
            stay = stay_of(waiting.legs[leg], home, day)
            said = {rule.name: rule.objection(waiting, stay, facts) for rule in hard(rule_book())}
            assert objections == {name: one for name, one in said.items() if one is not None}


# -- limits and disagreement -----------------------------------------------------------------------


def nothing_left() -> Facts:
    return world(facilities=[facility(1), facility(2)], cases=[case(**NEEDY)], bed_uses=[in_use(0)])


def test_no_time_left_is_not_proven_and_drops_nothing() -> None:
    """Both rules stay in the set, though one would do."""
    answer = told(nothing_left(), limits=Limits(time_s=0.0))
    assert answer == BlockingSet(("needs_met", "place_capacity"), (1, 0), (1, 0), 0, is_proven=False)


def test_no_time_left_with_something_left_is_not_proven_either() -> None:
    answer = told(world(facilities=[facility(1)], cases=[case()]), limits=Limits(time_s=0.0))
    assert answer == BlockingSet((), (), (), 1, is_proven=False)


def test_a_search_that_stops_early_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CpSat, "minimise", lambda *_: Answer(None, 0, 0))
    assert not told(nothing_left()).is_proven


def test_a_search_with_a_gap_is_not_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CpSat, "minimise", lambda *_: Answer((), 1, 0))
    assert told(nothing_left()) == BlockingSet(("needs_met", "place_capacity"), (1, 0), (1, 0), 0, is_proven=False)


def test_with_a_repeatable_search_the_limit_is_that_of_each_proof() -> None:
    assert told(nothing_left(), limits=Limits(time_s=1.0, audit=True)).is_proven


@pytest.mark.parametrize("value", [0, 1])
def test_a_solver_that_says_otherwise_stops_everything(value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left: a solver that finds something is wrong. Without a rule something is: one that finds none is."""
    monkeypatch.setattr(CpSat, "minimise", lambda *_: Answer((), value, value))
    with pytest.raises(SolverFault, match="disagree"):
        told(nothing_left())


def test_a_count_that_says_otherwise_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Refusals, "open_facilities", lambda self, refusing: frozenset({0}))
    with pytest.raises(SolverFault, match="disagree"):
        told(nothing_left())


# -- views of the refusals -------------------------------------------------------------------------


def test_without_a_rule_is_as_if_it_were_not_in_the_book() -> None:
    facts = world(facilities=[facility(1), facility(2)], cases=[case(assessment=None, **NEEDY)], bed_uses=[in_use(0)])
    found = refusals(facts, 0, ELEVEN)
    others = book(*(rule.name for rule in ELEVEN if rule.name != "eligibility_gate"))
    assert found.refuses_everything("eligibility_gate")
    assert not found.refuses_everything("place_capacity")
    assert found.without("eligibility_gate") == refusals(facts, 0, others)


def test_what_a_rule_says_is_kept_for_every_day_and_stay() -> None:
    facts = world(
        facilities=[facility(1, [unit(1)]), facility(2)],
        cases=[case(nights=(2, 3), window=(TODAY, TODAY + 1), **NEEDY)],
    )
    found = refusals(facts, 0, ELEVEN).of_rule("needs_met")
    assert {home: len(objections) for home, objections in found.items()} == {0: 4, 1: 4}
