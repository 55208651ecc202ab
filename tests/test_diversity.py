"""Of options alike in locality, provider and form two are shown, in their order; what was passed over is counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.constraints import rule_book
from matching.diversity import LEAST_SHOWN, MOST_ALIKE, alike, diverse
from matching.options import coordinator_options
from matching.solver.cpsat import Limits
from tests.builders import case, facility, places, unit, world


def first(option: str) -> str:
    return option[0]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("", ""),
        ("a", "a"),
        ("aa", "aa"),
        ("aaa", "aaa"),  # nothing else is left
        ("aaaa", "aaa"),
        ("aaab", "aab"),
        ("aaaab", "aab"),
        ("abaaba", "abab"),
        ("aabbccc", "aabbcc"),
    ],
)
def test_two_of_a_kind_unless_nothing_else_is_left(options: str, shown: str) -> None:
    found, passed = diverse(list(options), first)
    assert ("".join(found), passed) == (shown, len(options) - len(shown))


def test_what_the_plan_has_is_never_passed_over() -> None:
    assert diverse(["a1", "a2", "b1", "a3"], first, always=[3]) == (("a1", "a2", "b1", "a3"), 0)
    assert diverse(["a1", "a2", "b1", "a3"], first) == (("a1", "a2", "b1"), 1)


@given(st.lists(st.sampled_from("abc")), st.data())
def test_the_order_is_kept_and_nothing_is_lost_but_what_is_alike(options: list[str], data: st.DataObject) -> None:
    numbered = [f"{key}{place}" for place, key in enumerate(options)]
    always = data.draw(st.sets(st.sampled_from(range(len(options))))) if options else set()
    found, passed = diverse(numbered, first, always)
    assert [one for one in numbered if one in found] == list(found)
    assert len(found) + passed == len(options)
    assert len(found) >= min(len(options), LEAST_SHOWN)
    assert {numbered[place] for place in always} <= set(found)
    for key in set(options):
        own = [one for one in found if one[0] == key]
        assert len(own) >= min(options.count(key), MOST_ALIKE)
        if len(found) > LEAST_SHOWN and not always:
            assert len(own) <= MOST_ALIKE


def test_a_district_is_the_town_it_is_of() -> None:
    land = places(4, districts_of={1: [2]})
    facts = world(
        land=land,
        facilities=[facility(1), facility(2), facility(3), facility(1, provider=1), facility(1, form="foster_home")],
        cases=[case()],
    )
    keys = [alike(number, facts) for number in range(5)]
    assert keys[0] == keys[1]
    assert len({keys[0], *keys[2:]}) == 4


def test_the_coordinator_is_told_how_many_were_passed_over() -> None:
    facts = world(
        facilities=[*(facility(1, [unit()], day_rate_sek=1000 + 10 * n) for n in range(4)), facility(2)],
        cases=[case()],
    )
    answer = coordinator_options(facts, rule_book(), 0, Limits())
    assert answer.possible == 5
    assert answer.passed_over == 2
    ranks = [option.rank for option in answer.options]
    assert len(ranks) == 3
    assert ranks == sorted(ranks)
    assert sum(option.locality == "place-1" for option in answer.options) == MOST_ALIKE
    assert answer.overrides is None
