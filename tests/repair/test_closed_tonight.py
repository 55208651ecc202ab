"""Who sleeps in a unit that is closed tonight: the rule and the second statement of who is in danger agree."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.verification import World
from benchmarks.verification.danger import in_danger
from matching.constraints import rule_book
from matching.repair.alerts import live_findings
from matching.urgency import unsafe_presences
from tests import tellings
from tests.repair.weeks import changed, facts, land, mended, moves, stay, week
from tests.tellings import on

NEAR = land([("a", "b")])
HOUSE = tellings.facility("house-a", "a", [tellings.room("u0"), tellings.room("u1")])


@pytest.mark.parametrize(
    ("closure", "days", "is_in_danger"),
    [
        ({"start": on(0), "end": on(60)}, (-50, 100), True),
        ({"start": on(-9), "end": on(1)}, (-50, 100), True),
        ({"start": on(0), "end": on(60), "units": ["u0"]}, (-50, 100), True),
        ({"start": on(0), "end": on(60), "units": ["u1"]}, (-50, 100), False),
        ({"start": on(1), "end": on(60)}, (-50, 100), False),  # has until tomorrow
        ({"start": on(-9), "end": on(0)}, (-50, 100), False),  # over
        ({"start": on(0), "end": on(60)}, (0, 100), True),
        ({"start": on(0), "end": on(60)}, (1, 100), False),  # a booking
        ({"start": on(0), "end": on(60)}, (-50, 0), False),  # gone
    ],
)
def test_the_rule_and_the_second_statement_say_the_same(
    closure: dict[str, Any], days: tuple[int, int], is_in_danger: bool
) -> None:
    raw = week([HOUSE], stay("1", "a", "red", days=days, beds=["u0"]))
    after = changed(raw)
    after["facilities"] = [{**HOUSE, "closures": [closure]}]
    found = facts(after, NEAR)
    named = {key for one in unsafe_presences(found, rule_book()) for key in found.presences[one].party.keys}
    told = in_danger(World(after, NEAR))
    assert bool(named) is bool(told) is is_in_danger
    assert len(told) == len(named)


def test_who_left_early_is_not_shut_out() -> None:
    raw = week([HOUSE], stay("1", "a", "red", beds=["u0"], departed=on(0)))
    raw["facilities"] = [{**HOUSE, "closures": [{"start": on(0), "end": on(60)}]}]
    assert in_danger(World(raw, NEAR)) == frozenset()
    assert unsafe_presences(facts(raw, NEAR), rule_book()) == frozenset()


def test_who_is_shut_out_tonight_moves_today() -> None:
    raw = week("ab", stay("1", "a", "red"))
    after = changed(raw)
    after["facilities"][0]["closures"] = [{"start": on(0), "end": on(60)}]
    found = mended(raw, after, NEAR)
    assert [str(breach.act) for breach in live_findings(found.facts, rule_book())] == ["move_now"]
    assert moves(found) == {"stay-1": "house-b"}
    (move,) = found.moves
    assert (str(move.must), move.placed.stay.start_day) == ("move_now", tellings.TODAY)
    assert found.left_over == ()
