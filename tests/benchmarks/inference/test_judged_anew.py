"""The judgement that asks only of new people finds what the whole judgement finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.asking import facts_of
from benchmarks.generate import SIZES
from benchmarks.inference.judging import Judgement
from matching.constraints import rule_book
from matching.facts import Facts
from matching.repair.alerts import live_findings

RULES = tuple(rule_book())


@pytest.fixture(scope="module")
def facts() -> Facts:
    """A week with two rivals too near each other, and other faults."""
    return facts_of(replace(SIZES["small"], vacancy_percent=40, live_breaches=1))


def settled(facts: Facts, but: int) -> set[str]:
    return set(facts.names.presences) - set(facts.names.presences[but : but + 1])


def test_all_findings_the_second_time_too(facts: Facts) -> None:
    judgement = Judgement(settled(facts, 3))
    whole = live_findings(facts, RULES)
    assert [judgement.findings(replace(facts), RULES) for _ in range(2)] == [whole, whole]


def test_who_is_new_is_judged_with_everybody(facts: Facts) -> None:
    whole = live_findings(facts, RULES)
    pairs = [one for one in whole if sum(kind == "presence" for kind, _ in one.parties) == 2]
    (new, _), *_ = ([number for kind, number in one.parties if kind == "presence"] for one in pairs)
    others = replace(facts, presences=tuple(p for n, p in enumerate(facts.presences) if n != new))
    names = replace(facts.names, presences=tuple(p for n, p in enumerate(facts.names.presences) if n != new))
    judgement = Judgement(names.presences)
    judgement.findings(replace(others, names=names, live=()), RULES)
    assert [one for one in judgement.findings(replace(facts), RULES) if one in pairs] == pairs
