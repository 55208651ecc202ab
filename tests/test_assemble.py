"""From what is told to facts: triage and its deadline, numbering, tightened limits, the day it is."""

from typing import Any

import pytest

from matching.facts import FOREVER, Facts
from tests import tellings as t

LAND = t.Land(("a", "b", "home"))


def facts_with(case: dict[str, Any] | None = None, **more: Any) -> Facts:
    raw = t.scenario(facilities=[t.facility("f", "a")], cases=[t.case("c", **(case or {}))], **more)
    return t.facts_of(raw, LAND)


@pytest.mark.parametrize(
    ("triage", "received", "level", "is_overdue"),
    [
        # now is 2026-11-20 08:00; red 4 h, orange 12 h, green 14 days
        ("red", "2026-11-20T04:00:00+01:00", 0, False),  # the limit itself is in time
        ("red", "2026-11-20T03:59:59+01:00", 0, True),  # nothing ranks above red
        ("orange", "2026-11-19T20:00:00+01:00", 1, False),
        ("orange", "2026-11-19T19:59:59+01:00", 0, True),  # promoted
        ("green", "2026-11-06T08:00:00+01:00", 2, False),
        ("green", "2026-11-06T07:59:59+01:00", 1, True),  # promoted
        ("green", "2026-11-06T07:00:00+00:00", 2, False),  # the same moment in another zone
    ],
)
def test_triage_is_a_deadline_and_an_overdue_case_is_promoted(
    triage: str, received: str, level: int, is_overdue: bool
) -> None:
    told = facts_with({"triage": triage, "received_at": received}).cases[0]
    assert (told.triage, told.is_overdue) == (level, is_overdue)


@pytest.mark.parametrize(
    ("triage", "received", "days"),
    [
        ("red", "2026-11-20T07:00:00+01:00", 0),
        ("red", "2026-11-20T20:00:00+01:00", 1),  # 24:00 is the next day
        ("orange", "2026-11-20T07:00:00+01:00", 0),
        ("green", "2026-11-20T07:00:00+01:00", 14),
        ("green", "2026-11-01T07:00:00+01:00", -5),
    ],
)
def test_the_day_of_the_deadline(triage: str, received: str, days: int) -> None:
    assert facts_with({"triage": triage, "received_at": received}).cases[0].deadline_day == t.TODAY + days


def test_today_is_the_day_in_sweden() -> None:
    # 23:30 UTC on the 19th is half past midnight on the 20th
    assert facts_with(now="2026-11-19T23:30:00+00:00").today == t.TODAY
    assert facts_with(now="2026-11-19T22:30:00+00:00").today == t.TODAY - 1


def test_everything_is_numbered_by_id() -> None:
    raw = t.scenario(
        facilities=[t.facility("g", "b"), t.facility("f", "a")],
        cases=[t.case("d"), t.case("c")],
        placements=[t.placement("q", "g"), t.placement("p", "f")],
    )
    facts = t.facts_of(raw, LAND)
    assert facts.names.facilities == ("f", "g")
    assert facts.names.cases == ("c", "d")
    assert [use.facility for use in facts.bed_uses] == [0, 1]


def test_presence_and_bed_end_apart() -> None:
    facts = facts_with(
        placements=[
            t.placement("p", "f", days=(-9, 5)),
            t.placement("q", "f", days=(-90, -40), departed=t.on(-45)),
            t.placement("r", "f", days=(-40, -20), departed=t.on(-10)),
        ]
    )
    today = t.TODAY
    assert [use.end_day for use in facts.bed_uses] == [today + 5, today - 45, today - 20]
    # 30 days of cool-down after the recorded departure
    assert [one.end_day for one in facts.presences] == [FOREVER, today - 15, today + 20]


def test_two_linked_stays_join() -> None:
    stays = [{"kind": "emergency", "nights": 5}, {"kind": "stable", "nights": 180}]
    told = facts_with({"stays": stays}).cases[0]
    assert [(leg.kind, leg.offset_days, leg.nights) for leg in told.legs] == [("emergency", 0, 5), ("stable", 5, 180)]
    assert told.nights == 185
