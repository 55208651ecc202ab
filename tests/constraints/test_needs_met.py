"""Domain §4, `needs_met`: every need marked day_one is offered there."""

from dataclasses import replace
from typing import get_args

import pytest

from matching.cli.reason_codes import reason_codes
from matching.constraints.needs_met import NeedsMet
from matching.domain import NeedTag
from tests import tellings
from tests.builders import case, facility, live, plan_of, present, put, world
from tests.verifier import verify

THREE = frozenset({"interpreter", "psychiatric_care", "women_only"})
LACKS_TWO = "lacks_interpreter lacks_women_only"


@pytest.mark.parametrize(
    ("offered", "lacking", "codes"),
    [
        (set(), 3, f"{LACKS_TWO} lacks_psychiatric_care"),
        ({"interpreter"}, 2, "lacks_psychiatric_care lacks_women_only"),
        ({"interpreter", "women_only"}, 1, "lacks_psychiatric_care"),
        # three offers, none of them wanted
        ({"work_training", "debt_advice", "daily_contact"}, 3, f"{LACKS_TWO} lacks_psychiatric_care"),
    ],
)
def test_each_missing_need_counts(offered: set[str], lacking: int, codes: str) -> None:
    facts = world(facilities=[facility(offers=frozenset(offered))], cases=[case(day_one_needs=THREE)])
    verify(NeedsMet()).given(facts).blocks({0: 0}, amount=lacking, saying=codes)
    (found,) = NeedsMet().violations(plan_of(put(facts, 0, 0)), facts)
    assert len(found.reason.split()) == lacking  # nothing beside what lacks


@pytest.mark.parametrize("tag", get_args(NeedTag))
def test_every_need_has_a_code_of_its_own(tag: str) -> None:
    facts = world(facilities=[facility()], cases=[case(day_one_needs=frozenset({tag}))])
    verify(NeedsMet()).given(facts).blocks({0: 0}, amount=1, saying=f"lacks_{tag}")
    assert f"lacks_{tag}" in reason_codes(NeedsMet())


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


@pytest.mark.parametrize(
    ("offered", "findings", "codes"),
    [
        (set(), 1, "lacks_interpreter lacks_psychiatric_care lacks_women_only"),
        ({"interpreter"}, 1, "lacks_psychiatric_care lacks_women_only"),
        (THREE, 0, ""),
    ],
)
def test_live_stays(offered: set[str], findings: int, codes: str) -> None:
    placed = live(case(day_one_needs=THREE), 0)
    facts = world(facilities=[facility(offers=frozenset(offered))], presences=[present(1)], live=[placed])
    verify(NeedsMet()).given(facts).finds(findings, codes)
    assert [found.amount for found in NeedsMet().live_violations(facts)] == [3 - len(offered)] * findings
    gone = world(facilities=facts.facilities, presences=[present(1)], live=[replace(placed, is_housed=False)])
    verify(NeedsMet()).given(gone).finds(0, "")


@pytest.mark.parametrize(
    ("days", "told", "findings"),
    [
        ((-50, 1), {}, 1),  # tonight is the last night
        ((-50, 0), {}, 0),  # the bed is free again, the person still in town
        ((5, 20), {"state": "held"}, 1),  # a hold to come
        ((-50, 20), {"departed": tellings.on(0)}, 0),
        ((-50, 20), {"departed": tellings.on(1)}, 1),  # a departure to come has not happened
        ((-50, 20), {"case_file": None}, 0),  # nothing is known to be needed
    ],
)
def test_live_stays_from_a_raw_scenario(days: tuple[int, int], told: dict[str, object], findings: int) -> None:
    file: dict[str, object] = {"case_file": {"needs": [{"tag": "interpreter", "timing": "day_one"}]}}
    placed: tellings.Raw = {**tellings.placement("p", "f", tellings.member("p"), days=days), **file, **told}
    raw = tellings.scenario(facilities=[tellings.facility("f", "a")], placements=[placed])
    facts = tellings.facts_of(raw, tellings.Land(("a", "home")))
    verify(NeedsMet()).given(facts).finds(findings, "lacks_interpreter")
