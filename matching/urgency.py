"""Who waits unsafe: a case whose household is in danger where it lives today ranks with red."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from matching.constraints.base import Constraint, OnLive
from matching.facts import Facts

__all__ = ["promoted", "unsafe_presences"]

_RED = 0


def unsafe_presences(facts: Facts, rules: Iterable[Constraint]) -> frozenset[int]:
    """Numbers of the presences with a live breach that asks for a move at once."""
    found: set[int] = set()
    for rule in rules:
        for breach in rule.live_violations(facts):
            if breach.act == OnLive.MOVE_NOW:
                found.update(number for kind, number in breach.parties if kind == "presence")
    return frozenset(found)


def promoted(facts: Facts, rules: Iterable[Constraint]) -> Facts:
    """The same facts, with every waiting case red whose household lives where a live breach says: move now.

    Parameters
    ----------
    facts : what rules read
    rules : the rule book; its live breaches decide

    Source
    ------
    Domain §4, levels: a live unsafe person ranks with red
    """
    present = frozenset(key for there in facts.presences for key in there.party.keys)
    if all(case.party.keys.isdisjoint(present) for case in facts.cases):
        return facts
    in_danger = {key for number in unsafe_presences(facts, rules) for key in facts.presences[number].party.keys}
    cases = tuple(
        replace(case, triage=_RED) if not case.party.keys.isdisjoint(in_danger) else case for case in facts.cases
    )
    return facts if cases == facts.cases else replace(facts, cases=cases)
