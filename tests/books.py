"""Rule books of stated rules, so that a test about some rules does not change with the others.

>>> [rule.name for rule in book("day_rate", "place_capacity")]
['place_capacity', 'day_rate']
"""

from __future__ import annotations

from typing import Final

from matching.constraints import load_rule
from matching.constraints.base import Constraint, Level

__all__ = ["ELEVEN", "book", "book_without"]


def book(*names: str) -> tuple[Constraint, ...]:
    """The rules named, in the order of every rule book: by level, then by name."""
    rules = [load_rule(f"matching.constraints.{name}") for name in sorted(set(names))]
    return tuple(sorted(rules, key=lambda rule: list(Level).index(rule.level)))


def book_without(rules: tuple[Constraint, ...], *names: str) -> tuple[Constraint, ...]:
    """A rule book without the rules named, which it must hold."""
    assert set(names) <= {rule.name for rule in rules}
    return tuple(rule for rule in rules if rule.name not in names)


ELEVEN: Final = book(
    "day_rate",
    "eligibility_gate",
    "forbidden_locality",
    "isolation",
    "legal_form",
    "needs_met",
    "place_capacity",
    "preferred_locality",
    "rival_separation",
    "start_in_time",
    "threat_reach",
)
"""Enough for a whole plan: gate, areas, threats, rivals, beds, form, needs, start; three costs."""
