"""Domain §4, `start_in_time`: start within [earliest, latest]; triage lateness is a cost, never a refusal."""

from typing import Any

import pytest

from matching.constraints.start_in_time import StartInTime
from matching.facts import Stay
from tests import tellings
from tests.builders import TODAY, case, facility, live, plan_of, present, put, world
from tests.verifier import verify


@pytest.mark.parametrize(
    ("start", "fits"),
    [
        (TODAY + 1, False),
        (TODAY + 2, True),  # earliest: the limit itself is allowed
        (TODAY + 4, True),
        (TODAY + 6, True),  # latest: the limit itself is allowed
        (TODAY + 7, False),
    ],
)
def test_both_days_of_the_window_count(start: int, fits: bool) -> None:
    facts = world(facilities=[facility()], cases=[case(window=(TODAY + 2, TODAY + 6))])
    plan = plan_of(put(facts, 0, 0, start=start))
    if fits:
        verify(StartInTime()).given(facts).accepts(plan)
    else:
        verify(StartInTime()).given(facts).blocks(plan, amount=1, saying="outside_window")


@pytest.mark.parametrize("deadline", [TODAY - 30, TODAY - 1, TODAY])
def test_a_missed_triage_deadline_refuses_nobody(deadline: int) -> None:
    facts = world(facilities=[facility()], cases=[case(deadline_day=deadline, is_overdue=True)])
    verify(StartInTime()).given(facts).accepts({0: 0})


@pytest.mark.parametrize(("first", "fits"), [(TODAY - 1, False), (TODAY, True), (TODAY + 3, True), (TODAY + 4, False)])
def test_the_window_holds_for_the_first_of_two_linked_stays(first: int, fits: bool) -> None:
    # The stable stay starts 5 nights later: on TODAY + 8 at the latest, outside [TODAY, TODAY + 3] itself.
    facts = world(facilities=[facility(1), facility(2)], cases=[case(nights=(5, 10))])
    plan = plan_of(put(facts, 0, (0, 1), start=first))
    if fits:
        verify(StartInTime()).given(facts).accepts(plan)
    else:
        verify(StartInTime()).given(facts).blocks(plan, amount=2, saying="outside_window")


def test_another_length_than_asked_for_is_refused() -> None:
    facts = world(facilities=[facility()], cases=[case(nights=10)])
    objection = StartInTime().objection(facts.cases[0], Stay(0, TODAY, TODAY + 9), facts)
    assert objection is not None
    assert objection.reason == "outside_window"


@pytest.mark.parametrize(("start", "days_too_early"), [(TODAY, 2), (TODAY + 1, 1), (TODAY + 2, 0), (TODAY + 3, 0)])
def test_nobody_fills_two_beds_a_night(start: int, days_too_early: int) -> None:
    # The present stay is [.., TODAY + 2): its last night is the one before TODAY + 2.
    facts = world(facilities=[facility()], cases=[case(housed_until_day=TODAY + 2)])
    plan = plan_of(put(facts, 0, 0, start=start))
    if days_too_early:
        verify(StartInTime()).given(facts).blocks(plan, amount=days_too_early, saying="still_housed")
    else:
        verify(StartInTime()).given(facts).accepts(plan)


def test_the_day_the_present_stay_ends_is_a_candidate_start() -> None:
    facts = world(facilities=[facility()], cases=[case(housed_until_day=TODAY + 2)])
    assert min(verify(StartInTime()).given(facts).offers_starts(0, 0)) == TODAY + 2


def test_a_window_that_has_begun_counts_from_today() -> None:
    raw = tellings.scenario(facilities=[tellings.facility("f", "a")], cases=[tellings.case("c", days=(-5, 3))])
    facts = tellings.facts_of(raw, tellings.Land(("a", "home")))
    assert facts.cases[0].earliest_day == tellings.TODAY
    verifier = verify(StartInTime()).given(facts)
    verifier.accepts(plan_of(put(facts, 0, 0, start=tellings.TODAY)))
    verifier.blocks(plan_of(put(facts, 0, 0, start=tellings.TODAY - 1)))


def test_a_placed_person_is_housed_until_the_bed_ends_or_the_departure() -> None:
    def housed_until(**told: Any) -> int:
        here = tellings.placement("p", "f", tellings.member("c"), days=(-50, 2), **told)
        raw = tellings.scenario(facilities=[tellings.facility("f", "a")], placements=[here], cases=[tellings.case("c")])
        return tellings.facts_of(raw, tellings.Land(("a", "home"))).cases[0].housed_until_day

    assert housed_until() == tellings.TODAY + 2
    assert housed_until(departed=tellings.on(-1)) == tellings.TODAY - 1


@pytest.mark.parametrize("window", [(TODAY - 9, TODAY - 5), (TODAY, TODAY), (TODAY + 5, TODAY + 9)])
def test_of_a_live_stay_nothing_is_asked(window: tuple[int, int]) -> None:
    placed = live(case(window=window, housed_until_day=TODAY + 10), 0)
    facts = world(facilities=[facility()], presences=[present(1)], live=[placed])
    verify(StartInTime()).given(facts).finds(0, "")
