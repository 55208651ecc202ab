"""What a plan file says of live breaches."""

from __future__ import annotations

import pytest

from matching.constraints import rule_book
from matching.constraints.base import Constraint, Level, OnLive
from matching.planfile import findings
from matching.plans import Violation
from tests.builders import case, facility, live, present, world

FACTS = world(facilities=[facility(1)], presences=[present(1)], live=[live(case(), 0)])
WHO = (("presence", 0), ("facility", 0))


def test_a_finding_tells_what_it_asks_for() -> None:
    """Vetting that has ended asks for a move in time; vetting that ends later is a task only."""
    found = [
        Violation("provider_vetting", "not_vetted", 1, WHO, is_live=True, act="move_by"),
        Violation("provider_vetting", "vetting_expires_later", 1, WHO, is_live=True, act="task"),
    ]
    told = findings(found, FACTS)
    assert [one.on_live for one in told] == ["move_by", "task"]
    assert {(one.presences, one.facilities) for one in told} == {(("presence-0",), ("facility-0",))}


@pytest.mark.parametrize("rule", [rule for rule in rule_book() if rule.level is Level.HARD], ids=lambda rule: rule.name)
@pytest.mark.parametrize("own", [None, OnLive.TASK])
def test_every_rule_has_an_urgency_to_tell(rule: Constraint, own: OnLive | None) -> None:
    (told,) = findings([rule.live_breach("code", 2, WHO, own)], FACTS)
    assert (told.rule, told.reason, told.amount) == (rule.name, "code", 2)
    assert told.on_live == str(rule.on_live if own is None else own)


@pytest.mark.parametrize(("is_live", "act"), [(True, None), (False, "task")])
def test_what_is_live_asks_for_something_and_nothing_else_does(is_live: bool, act: str | None) -> None:
    with pytest.raises(ValueError, match="asks for"):
        Violation("needs_met", "code", 1, WHO, is_live=is_live, act=act)
