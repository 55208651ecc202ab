"""Domain §4, `needs_met`: every need marked day_one is offered there."""

import pytest

from matching.constraints.needs_met import NeedsMet
from tests import tellings
from tests.builders import case, facility, world
from tests.verifier import verify

THREE = frozenset({"interpreter", "psychiatric_care", "women_only"})


@pytest.mark.parametrize(
    ("offered", "lacking"),
    [
        (set(), 3),  # all three missing
        ({"interpreter"}, 2),
        ({"interpreter", "women_only"}, 1),
        ({"work_training", "debt_advice", "daily_contact"}, 3),  # three offers, none of them wanted
    ],
)
def test_each_missing_need_counts(offered: set[str], lacking: int) -> None:
    facts = world(facilities=[facility(offers=frozenset(offered))], cases=[case(day_one_needs=THREE)])
    verify(NeedsMet()).given(facts).blocks({0: 0}, amount=lacking, saying="lacks_day_one_needs")


@pytest.mark.parametrize("offered", [THREE, THREE | {"debt_advice"}])
def test_all_needs_offered(offered: frozenset[str]) -> None:
    facts = world(facilities=[facility(offers=offered)], cases=[case(day_one_needs=THREE)])
    verify(NeedsMet()).given(facts).accepts({0: 0})


def test_nobody_needs_anything() -> None:
    verify(NeedsMet()).given(world(facilities=[facility()], cases=[case()])).accepts({0: 0})


@pytest.mark.parametrize(("timing", "blocked"), [("day_one", True), ("within_14_days", False), ("remote", False)])
def test_only_needs_of_day_one_are_hard(timing: str, blocked: bool) -> None:
    raw = tellings.scenario(
        facilities=[tellings.facility("f", "a")],
        cases=[tellings.case("c", needs=[{"tag": "interpreter", "timing": timing}])],
    )
    verifier = verify(NeedsMet()).given(tellings.facts_of(raw, tellings.Land(("a", "home"))))
    if blocked:
        verifier.blocks({0: 0}, amount=1)
    else:
        verifier.accepts({0: 0})
