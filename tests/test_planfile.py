"""What a plan file says of live breaches."""

from __future__ import annotations

import pytest

from matching.constraints import rule_book
from matching.constraints.base import Constraint, Level
from matching.planfile import findings
from matching.plans import Violation
from tests.books import book
from tests.builders import case, facility, live, present, world

FACTS = world(facilities=[facility(1)], presences=[present(1)], live=[live(case(), 0)])
WHO = (("presence", 0), ("facility", 0))


def test_a_finding_with_an_urgency_of_its_own_tells_that_one() -> None:
    """Vetting that has ended asks for a move in time; vetting that ends later is a task only."""
    found = [
        Violation("provider_vetting", "not_vetted", 1, WHO, is_live=True),
        Violation("provider_vetting", "not_vetted", 1, WHO, is_live=True, act="move_by"),
        Violation("provider_vetting", "vetting_expires_later", 1, WHO, is_live=True, act="task"),
    ]
    told = findings(found, FACTS, book("provider_vetting"))
    assert [one.on_live for one in told] == ["move_by", "move_by", "task"]
    assert {(one.presences, one.facilities) for one in told} == {(("presence-0",), ("facility-0",))}


@pytest.mark.parametrize("rule", [rule for rule in rule_book() if rule.level is Level.HARD], ids=lambda rule: rule.name)
def test_every_rule_has_an_urgency_to_tell(rule: Constraint) -> None:
    (told,) = findings([Violation(rule.name, "code", 2, WHO, is_live=True)], FACTS, rule_book())
    assert (told.rule, told.reason, told.amount, told.on_live) == (rule.name, "code", 2, str(rule.on_live))
