"""Levels grouped into few exact objectives, and a pin that leaves nothing behind."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching.solver.stages as packing
from matching.solver.cpsat import CpSat
from matching.solver.program import LEVELS, Program
from matching.solver.stages import stages
from tests.solver.programs import LIMITS, choices, program_with, set_levels

AMOUNTS = st.sampled_from([0, 1, 2, 7, 1000])


@st.composite
def leveled(draw: st.DrawFn) -> Program:
    """Up to three cases with up to three ways; any amounts on the levels, and a meeting that costs."""
    ways = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    program = program_with(ways)
    waiting, _ = program.levels["unplaced_green"]
    numbers = range(len(program.candidates.items))
    meet = program.meet([([0], [ways[0]])]) if len(ways) > 1 else program.any_of([[0]])
    charged = {
        level: (draw(AMOUNTS), {n: draw(AMOUNTS) for n in (*numbers, meet)}) for level in ("risk", "moves", "soft")
    }
    late = {n: draw(AMOUNTS) for n in numbers}
    placed = (waiting, dict.fromkeys(numbers, -1))
    return set_levels(program, unplaced_green=placed, late_days=(0, late), **charged)


def least_by_stages(program: Program) -> tuple[int, ...]:
    """The least levels as stage after stage finds them."""
    model = CpSat(program)
    found: list[int] = []
    for stage in stages(program):
        answer = model.minimise(stage.constant, stage.coefficients, LIMITS, 20.0)
        assert answer.value == answer.bound
        found += stage.by_level(answer.value)
        model.bound_level(stage.coefficients, answer.value - stage.constant)
    return tuple(found)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(leveled(), st.sampled_from([1, 50, 10_000, 2**45]))
def test_stages_find_what_every_choice_one_by_one_finds(program: Program, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_MOST", most)
        assert least_by_stages(program) == min(program.values(chosen) for chosen in choices(program))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(leveled(), st.sampled_from([1, 50, 10_000, 2**45]))
def test_a_weighted_total_holds_its_levels_exactly(program: Program, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_MOST", most)
        found = stages(program)
    assert tuple(level for stage in found for level in stage.levels) == LEVELS
    vectors = []
    for chosen in choices(program):
        true = program.true_literals(chosen)
        totals = [stage.constant + sum(stage.coefficients.get(one, 0) for one in true) for stage in found]
        taken_apart = tuple(part for stage, total in zip(found, totals, strict=True) for part in stage.by_level(total))
        assert taken_apart == program.values(chosen)
        vectors.append((program.values(chosen), totals))
    for (values, totals), (others, more) in combinations(vectors, 2):
        assert (values < others) == (totals < more), "the order of the totals is the order of the levels"


def costing(*soft: int, late: int = 0) -> Program:
    """One case with as many ways as amounts; each is late by so many days."""
    program = program_with([len(soft)])
    numbers = range(len(soft))
    return set_levels(
        program,
        unplaced_green=(1, dict.fromkeys(numbers, -1)),
        late_days=(0, dict.fromkeys(numbers, late)),
        soft=(0, dict(enumerate(soft))),
    )


def test_the_weights_by_hand() -> None:
    # spans: green 0..1, days late 0..3, soft 0..9; risk and moves are nothing, so 10 * 1 * 1 = 10 a day, 40 a case
    (stage,) = stages(costing(4, 9, late=3))
    assert stage.levels == LEVELS
    assert stage.weights == (80, 80, 40, 10, 10, 10, 1)
    assert stage.constant == 40
    assert stage.coefficients == {0: -40 + 30 + 4, 1: -40 + 30 + 9}
    assert stage.by_level(40) == (0, 0, 1, 0, 0, 0, 0)
    assert stage.by_level(39) == (0, 0, 0, 3, 0, 0, 9)


@pytest.mark.parametrize(
    ("soft", "late", "grouped"),
    [
        # (green 2) * (days 2**22) * (soft 2**22) = 2**45 is too much for one objective; half of a span is not
        (2**22 - 1, 2**22 - 1, [LEVELS[:6], LEVELS[6:]]),
        (2**22 - 2, 2**22 - 1, [LEVELS]),
        (2**50, 5, [LEVELS[:6], LEVELS[6:]]),  # a level larger than all may be stands alone
        (5, 2**50, [LEVELS[:3], LEVELS[3:4], LEVELS[4:]]),
    ],
)
def test_levels_share_an_objective_while_it_stays_small(soft: int, late: int, grouped: list[tuple[str, ...]]) -> None:
    assert [stage.levels for stage in stages(costing(soft, late=late))] == grouped


def test_only_the_dearest_way_of_a_leg_counts_in_a_span() -> None:
    # 4 + 9 of one case would be 13; only 9 can ever be charged
    assert stages(costing(4, 9))[0].weights[2] == 10
