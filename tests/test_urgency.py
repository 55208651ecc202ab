"""Domain §4, levels: a live unsafe person ranks with red."""

from __future__ import annotations

from typing import Any

import pytest

from matching.constraints import rule_book
from matching.facts import Facts
from matching.pipeline import plan_week
from matching.requester import own_view
from matching.solver.cpsat import Limits
from matching.urgency import promoted, unsafe_presences
from tests import tellings as t
from tests.builders import ALWAYS, case, person, places, present, world

BOOK = rule_book()


def week(**told: Any) -> Facts:
    """A green case lives in town a; an orange one waits and may only go to town b, where there is one bed."""
    file = {"homes": ["home"], "unit": "bops-1", "gate": t.PASSED, "assessments": [t.assessment(**told)]}
    raw = t.scenario(
        facilities=[t.facility("f0", "a"), t.facility("f1", "b")],
        cases=[
            t.case("c0", t.member("mover"), triage="green", assessments=[t.assessment(**told)]),
            t.case("c1", triage="orange", known_places=[{"locality": "a", "kind": "school"}]),
        ],
        placements=[t.placement("p", "f0", t.member("mover"), days=(-50, 1), case_file=file)],
    )
    return t.facts_of(raw, t.Land(("a", "b", "home")))


IN_DANGER: dict[str, Any] = {"forbidden": [{"kind": "locality", "locality": "a"}]}


def test_whoever_must_move_now_ranks_with_red() -> None:
    facts = week(**IN_DANGER)
    assert unsafe_presences(facts, BOOK) == {0}
    assert [case.triage for case in facts.cases] == [2, 1]
    assert [case.triage for case in promoted(facts, BOOK).cases] == [0, 1]


@pytest.mark.parametrize("told", [{}, {"protection_level": 4}, {"valid_until": t.on(-1)}])
def test_a_breach_that_can_wait_promotes_nobody(told: dict[str, Any]) -> None:
    """Nothing wrong; a grade too low asks for a move by a date; an expired assessment is a task."""
    facts = week(**told)
    assert unsafe_presences(facts, BOOK) == frozenset()
    assert promoted(facts, BOOK) is facts


def test_the_plan_serves_them_first() -> None:
    calm, danger = (plan_week(promoted(facts, BOOK), BOOK, Limits()) for facts in (week(), week(**IN_DANGER)))
    assert calm.plan.cases() == {0, 1}  # the green one stays where it is
    assert danger.plan.cases() == {0}  # the one bed goes to whoever is in danger, before the orange case


def test_a_requester_sees_nothing_of_it() -> None:
    calm, danger = week(), week(**IN_DANGER)
    for facts in (calm, danger):
        assert own_view(facts, 0).live == ()
        assert own_view(facts, 0).cases[0].triage == 2


def test_whoever_is_unsafe_in_a_residence_ranks_with_red_though_nobody_waiting_is_housed() -> None:
    near = places(3, gap_m={(1, 2): 1_000})
    at_home, rival = present(1, person(key=7), networks=[0]), present(2, person(key=8), networks=[1])
    waiting = case(person(key=7), networks=[0], triage=2)
    facts = world(land=near, cases=[waiting], presences=[at_home, rival], rivals={(0, 1): ALWAYS})
    assert [told.triage for told in promoted(facts, BOOK).cases] == [0]
    apart = world(land=near, cases=[waiting], presences=[at_home], rivals={(0, 1): ALWAYS})
    assert promoted(apart, BOOK) is apart
