"""What is asked of a bed in an emergency: every hard rule but those about papers, for a stay from today on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from matching.constraints.base import Constraint
from matching.facts import Facts, Leg
from service.engine.world import Picture

__all__ = ["NOT_ASKED", "asked_tonight", "tonight"]

NOT_ASKED: Final = frozenset({"eligibility_gate"})
"""Rules about papers that are due later."""


def asked_tonight(rules: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """The rules that are asked in an emergency."""
    return tuple(rule for rule in rules if rule.name not in NOT_ASKED)


def tonight(case_id: UUID, nights: int, picture: Picture) -> tuple[Facts, int] | None:
    """The register's facts with one case wanting an emergency stay of so many nights from today on."""
    facts, number = picture.facts, picture.case(case_id)
    if number is None:
        return None
    case = replace(
        facts.cases[number],
        legs=(Leg("emergency", 0, nights),),
        earliest_day=facts.today,
        latest_day=facts.today,
        deadline_day=facts.today,
    )
    return replace(facts, cases=(*facts.cases[:number], case, *facts.cases[number + 1 :])), number
