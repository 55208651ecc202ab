"""Apart means one thing: of one pair of places, and of all pairs at once."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.facts import NO_PATH_MIN
from matching.hostility import are_apart, near_matrix
from tests.builders import places, world

SIZE = 4
PAIRS = tuple(combinations(range(SIZE), 2))


@given(
    gap_m=st.fixed_dictionaries(dict.fromkeys(PAIRS, st.sampled_from([0, 4999, 5000, 5001, 29_999, 30_000, 30_001]))),
    safe_min=st.fixed_dictionaries(dict.fromkeys(PAIRS, st.sampled_from([4, 5, 6, 24, 25, 26, 30, 31, NO_PATH_MIN]))),
    districts_of=st.sampled_from([{}, {0: (1,)}, {2: (0, 3)}]),
    limits=st.tuples(st.sampled_from([0, 1000, 30_000]), st.sampled_from([0, 25, 30])),
    neighbouring=st.tuples(st.sampled_from([5, 30]), st.sampled_from([5, 25])),
)
def test_near_is_the_opposite_of_apart_for_every_pair(
    gap_m: dict[tuple[int, int], int],
    safe_min: dict[tuple[int, int], int],
    districts_of: dict[int, tuple[int, ...]],
    limits: tuple[int, int],
    neighbouring: tuple[int, int],
) -> None:
    land = places(SIZE, gap_m=gap_m, safe_min=safe_min, districts_of=districts_of)
    facts = world(land=land, neighbouring_km=neighbouring[0], neighbouring_min=neighbouring[1])
    near = near_matrix(*limits, facts)
    apart = np.array([[are_apart(a, b, *limits, facts) for b in range(SIZE)] for a in range(SIZE)])
    assert (near == ~apart).all()
    assert (near == near.T).all()


@pytest.mark.parametrize(
    ("gap_m", "minutes", "is_apart"),
    [
        (30_001, 46, True),
        (30_000, 46, False),  # the limit itself is too near
        (30_001, 45, False),
        (30_001, NO_PATH_MIN, True),
    ],
)
def test_strictly_farther_in_distance_and_in_minutes(gap_m: int, minutes: int, is_apart: bool) -> None:
    land = places(2, gap_m={(0, 1): gap_m}, safe_min={(0, 1): minutes})
    facts = world(land=land, neighbouring_km=20, neighbouring_min=25)
    assert are_apart(0, 1, 30_000, 45, facts) == is_apart
    assert are_apart(1, 0, 30_000, 45, facts) == is_apart
    assert not are_apart(0, 0, 0, 0, facts)
