"""What the own case and the catalogue allow: asked of all facilities at once, the same as one at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.asking import facts_of
from benchmarks.generate import SIZES
from matching.candidates import public_facilities, stay_of
from matching.constraints import hard, rule_book
from matching.facts import Facts
from matching.requester import own_view

RULES = tuple(hard(rule_book()))


def one_at_a_time(own: Facts) -> list[int]:
    (case,) = own.cases
    window = range(case.earliest_day, case.latest_day + 1)
    return [
        facility
        for facility in range(len(own.facilities))
        if any(
            all(rule.public_objection(case, stay_of(case.legs[-1], facility, day), own) is None for rule in RULES)
            for day in window
        )
    ]


@pytest.mark.parametrize("size", ["small", "demo"])
def test_all_at_once_is_one_at_a_time(size: str) -> None:
    facts = facts_of(replace(SIZES[size], seed=5))
    found = 0
    for case in range(0, len(facts.cases), 3):
        own = own_view(facts, case)
        told = list(public_facilities(own, 0, RULES))
        assert told == one_at_a_time(own)
        found += len(told)
    assert found


def test_a_facility_that_opens_during_the_window_counts() -> None:
    facts = facts_of(replace(SIZES["small"], seed=5))
    own = own_view(facts, 0)
    (case,) = own.cases
    shorter = replace(own, cases=(replace(case, latest_day=case.earliest_day),))
    assert set(public_facilities(shorter, 0, RULES)) <= set(public_facilities(own, 0, RULES))
