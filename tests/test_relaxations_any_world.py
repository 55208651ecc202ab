"""In any world: what is proposed opens a place, and says nothing otherwise of any rule about a threat."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from matching.constraints import hard, rule_book
from matching.refusals import refusals
from matching.relaxations import cheapest, kinds
from matching.relaxations.queue import cheapest_for_queue
from matching.solver.cpsat import Limits
from matching.steps import THREATS
from tests.solver.solving import program_of
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
LIMITS = Limits(time_s=60.0)
BOOK = rule_book()
LIFTS = {kind.name: kind.lifts for kind in kinds()}


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_what_is_proposed_opens_and_lifts_no_threat(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    for case in range(len(facts.cases)):
        found = refusals(facts, case, BOOK)
        for one in cheapest(found, facts, BOOK, LIMITS).proposed:
            after = one.change.apply(facts)
            again = refusals(after, case, BOOK)
            day = one.stays[0].start_day
            assert after.cases[case].earliest_day <= day <= after.cases[case].latest_day
            for leg, stay in enumerate(one.stays):
                assert not again.by_option[leg, stay.facility, day]
                if one.change.kind == "another_start":
                    continue
                before = {*found.by_option[leg, stay.facility, day]}
                assert before <= LIFTS[one.change.kind]
                assert before.isdisjoint(THREATS)


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_a_change_for_the_queue_places_the_case_in_a_plan_all_rules_accept(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    waiting = {item.case for item in program_of(facts, BOOK).candidates.items}
    for case in sorted(waiting)[:1]:
        for one in cheapest_for_queue(refusals(facts, case, BOOK), facts, BOOK, LIMITS, most=1, tries=2).proposed:
            after = one.change.apply(facts)
            told = after.cases[case]
            for stay in one.stays:
                assert all(rule.objection(told, stay, after) is None for rule in hard(BOOK))
