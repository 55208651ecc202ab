"""The words a rule writes clauses with: literals of several candidates, costs by level, constants."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.constraints import rule_book
from matching.constraints.base import Level
from matching.errors import SolverFault
from matching.solver.cpsat import CpSat
from matching.solver.mip import proven_bound
from matching.solver.program import LEVELS, PLACED, AnyOf, Meet, Program, build, level_of
from tests.builders import TODAY, case, facility, world
from tests.solver.programs import LIMITS, Write, Writing, choices, program_with, with_just, world_of


def test_levels_in_order() -> None:
    assert LEVELS == (
        "unplaced_red", "unplaced_orange", "unplaced_green", "late_days", "risk", "moves", "soft",
    )  # fmt: skip
    assert LEVELS[: len(PLACED)] == PLACED


def test_every_rule_that_is_not_hard_charges_a_level_of_its_own() -> None:
    for rule in rule_book():
        if rule.level is Level.HARD:
            with pytest.raises(KeyError):
                level_of(rule)
        else:
            assert level_of(rule) == str(rule.level)
            assert level_of(rule) in LEVELS


# Literals


@pytest.mark.parametrize(
    ("chosen", "is_true"),
    [((), False), ((0,), True), ((1,), True), ((2,), True), ((3,), False), ((0, 2), True), ((0, 3), True)],
)
def test_any_of(chosen: tuple[int, ...], is_true: bool) -> None:
    assert AnyOf(((0, 1), (2,))).is_true(frozenset(chosen)) == is_true


@pytest.mark.parametrize(
    ("chosen", "is_true"),
    [
        ((), False),
        ((0,), False),  # one side alone
        ((2,), False),
        ((0, 1), False),  # two of one side
        ((0, 2), True),
        ((1, 2), True),
        ((0, 3), False),  # a side of each pair
        ((4, 5), True),  # the other pair
        ((0, 2, 4, 5), True),
    ],
)
def test_meet(chosen: tuple[int, ...], is_true: bool) -> None:
    assert Meet((((0, 1), (2,)), ((4,), (3, 5)))).is_true(frozenset(chosen)) == is_true


def test_nothing_meets_nothing() -> None:
    assert not Meet(()).is_true(frozenset({0, 1}))
    assert not AnyOf(()).is_true(frozenset({0, 1}))


def test_nothing_is_forbidden_through_a_meeting() -> None:
    program = Program(world_of([2, 2])[1])
    either, both = program.any_of([[0], [2]]), program.meet([([0], [2])])
    with pytest.raises(SolverFault, match="costs only"):
        program.at_most_one([1, both])
    with pytest.raises(SolverFault, match="costs only"):
        program.at_most([(1, 1), (both, 2)], 2)
    assert (program.packings, program.rows) == ([], [])
    program.at_most_one([1, either])
    program.at_most([(1, -1), (either, 2)], 2)
    assert (program.packings, program.rows) == ([(1, either)], [(((1, -1), (either, 2)), 2)])


@pytest.mark.parametrize("amount", [-1, 0, 1])
def test_nobody_gains_by_a_literal_of_several_candidates(amount: int) -> None:
    """Solvers bind it from below: they would call it true where that pays."""
    program = Program(world_of([2, 2])[1])
    program.charge(0, amount)
    for literal in (program.any_of([[0], [2]]), program.meet([([0], [2])])):
        if amount < 0:
            with pytest.raises(SolverFault, match="gains"):
                program.charge(literal, amount)
        else:
            program.charge(literal, amount)
    either = program.any_of([[0], [2]])
    if amount < 0:
        with pytest.raises(SolverFault, match="gains"):
            program.at_most([(1, 1), (either, amount)], 1)
    else:
        program.at_most([(1, 1), (either, amount)], 1)


def test_auxiliaries_are_numbered_down_from_minus_one() -> None:
    program = Program(world_of([2, 2])[1])
    assert program.any_of([[0]]) == -1
    assert program.meet([([0], [2])]) == -2
    assert program.any_of([[1], [2]]) == -3
    assert program.true_literals([0, 2]) == {0, 2, -1, -2, -3}
    assert program.true_literals([1]) == {1, -3}
    assert program.true_literals([]) == frozenset()


@st.composite
def charged(draw: st.DrawFn) -> Program:
    """Three cases with up to three ways; costs of candidates, of any of several, of meetings."""
    ways = draw(st.lists(st.integers(1, 3), min_size=2, max_size=3))
    own = [list(range(sum(ways[:n]), sum(ways[: n + 1]))) for n in range(len(ways))]

    def side(number: int) -> list[int]:
        return draw(st.lists(st.sampled_from(own[number]), min_size=1, unique=True))

    def write(clauses: Any) -> None:
        for number in range(sum(ways)):
            clauses.charge(number, draw(st.integers(0, 3)))
        for _ in range(draw(st.integers(0, 2))):
            groups = draw(st.lists(st.integers(0, len(ways) - 1), min_size=1, unique=True))
            clauses.charge(clauses.any_of([side(number) for number in groups]), draw(st.integers(0, 5)))
        for _ in range(draw(st.integers(1, 3))):
            pairs = draw(st.lists(st.permutations(range(len(ways))), min_size=1, max_size=3))
            literal = clauses.meet([(side(one), side(other)) for one, other, *_ in pairs])
            clauses.charge(literal, draw(st.integers(0, 5)))
        clauses.charge_always(draw(st.integers(0, 4)))

    return program_with(ways, Writing("w", draw(st.sampled_from([Level.RISK, Level.MOVES, Level.SOFT])), write))


def charged_level(program: Program) -> str:
    return next(name for name in ("risk", "moves", "soft") if program.levels[name] != (0, {}))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(charged())
def test_solvers_charge_a_choice_what_it_costs(program: Program) -> None:
    level = next(
        name for name, (constant, terms) in program.levels.items() if name not in PLACED and (terms or constant)
    )
    for chosen in choices(program):
        answer = with_just(program, chosen, level)
        assert answer.chosen == chosen
        assert answer.value == answer.bound == program.value(level, program.true_literals(chosen))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(charged(), st.integers(0, 9))
def test_two_solvers_find_the_least_of_all_choices(program: Program, prize: int) -> None:
    """Placing somebody is worth a prize, so that the least cost is not the empty choice's."""
    level = next(
        name for name, (constant, terms) in program.levels.items() if name not in PLACED and (terms or constant)
    )
    constant, costs = program.levels[level]
    terms = {**costs, **{n: costs.get(n, 0) - prize for n in range(len(program.candidates.items))}}

    def total(chosen: tuple[int, ...]) -> int:
        return program.value(level, program.true_literals(chosen)) - prize * len(chosen)

    least = min(total(chosen) for chosen in choices(program))
    answer = CpSat(program).minimise(constant, terms, LIMITS, 20.0)
    assert answer.value == answer.bound == least
    assert answer.chosen is not None
    assert total(answer.chosen) == least
    assert proven_bound(program, constant, terms, 20.0) == least


def allows(program: Program, chosen: tuple[int, ...]) -> bool:
    answer = with_just(program, chosen, "soft")
    assert answer.is_infeasible or answer.chosen == chosen
    return not answer.is_infeasible


def test_a_literal_of_several_candidates_in_clauses_counts_once() -> None:
    def write(clauses: Any) -> None:
        first = clauses.any_of([[0, 1], [4]])  # the first case in a way, or the third at all
        clauses.at_most([(first, 2), (2, 1), (3, 2)], 3)

    program = program_with([2, 2, 1], Writing("w", Level.HARD, write))
    for chosen in choices(program):
        taken = 2 * bool({0, 1, 4} & set(chosen)) + (2 in chosen) + 2 * (3 in chosen)
        assert allows(program, chosen) == (taken <= 3)


def test_at_most_one_and_forbidden() -> None:
    def write(clauses: Any) -> None:
        clauses.forbid(1)
        clauses.at_most_one([clauses.any_of([[0]]), 2])
        clauses.at_most_one([3, 4])

    program = program_with([2, 2, 1], Writing("w", Level.HARD, write))
    for chosen in choices(program):
        allowed = 1 not in chosen and not {0, 2} <= set(chosen) and not {3, 4} <= set(chosen)
        assert allows(program, chosen) == allowed
        assert (proven_bound(program, 0, dict.fromkeys(chosen, -1), 20.0) == -len(chosen)) == allowed


# Levels


def always(amount: int, *of_the_first: int) -> Write:
    def write(clauses: Any) -> None:
        clauses.charge_always(amount)
        for more in of_the_first:
            clauses.charge(0, more)

    return write


def meeting(clauses: Any) -> None:
    clauses.charge(clauses.meet([([0], [1])]), 1000)
    clauses.charge_always(7)


def rules_on_every_level(*order: int) -> Program:
    """Rules that charge the same candidate and always; their names put them in one order, the list in another."""
    rules = [
        Writing("c", Level.SOFT, always(5, 1, 2)),
        Writing("a", Level.RISK, always(50, 10)),
        Writing("b", Level.MOVES, lambda c: c.charge(1, 100)),
        Writing("d", Level.RISK, meeting),
        Writing("e", Level.HARD, lambda c: c.forbid(2)),
    ]
    return program_with([1, 1, 1], *(rules[number] for number in order))


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
def test_each_rule_charges_its_own_level_whatever_the_order(order: tuple[int, ...]) -> None:
    program = rules_on_every_level(*order)
    assert program.levels["risk"] == (57, {0: 10, -1: 1000})
    assert program.levels["moves"] == (0, {1: 100})
    assert program.levels["soft"] == (5, {0: 3})
    # three green cases wait; nobody is placed, then the first, then two who meet
    assert program.values(()) == (0, 0, 3, 0, 57, 0, 5)
    assert program.values((0,)) == (0, 0, 2, 0, 67, 0, 8)
    assert program.values((0, 1)) == (0, 0, 1, 0, 1067, 100, 8)


def test_a_hard_rule_charges_nothing() -> None:
    with pytest.raises(KeyError):
        program_with([1], Writing("w", Level.HARD, lambda c: c.charge(0, 1)))


def test_a_level_without_rules_is_nothing() -> None:
    program = program_with([1, 1])
    assert list(program.levels) == list(LEVELS)
    assert program.values((0, 1)) == (0,) * 7


def test_unplaced_counts_cases_of_each_class_by_their_first_stay() -> None:
    told = [case(triage=triage, nights=nights) for triage, nights in ((0, 1), (1, (1, 2)), (2, 1), (2, 1))]
    facts = world(facilities=[facility(1)], cases=told)
    _, candidates = world_of([1, 1, 1, 1])
    program = build(facts, candidates, [])
    for chosen in choices(program):
        placed = {candidates.items[number].case for number in chosen}
        unplaced = (int(0 not in placed), int(1 not in placed), len({2, 3} - placed))
        assert program.values(chosen)[:3] == unplaced


@pytest.mark.parametrize(("deadline", "late"), [(TODAY + 2, (0, 0, 0)), (TODAY, (0, 1, 2)), (TODAY - 3, (3, 4, 5))])
def test_days_late_of_each_start(deadline: int, late: tuple[int, ...]) -> None:
    facts = world(facilities=[facility(1)], cases=[case(deadline_day=deadline)])
    _, candidates = world_of([3])
    program = build(facts, candidates, [])
    assert tuple(program.values((number,))[3] for number in range(3)) == late


def test_one_way_a_case_and_its_legs_together() -> None:
    facts = world(facilities=[facility(1)], cases=[case(nights=(1, 2))])
    _, told = world_of([2])
    second = [
        type(item)(0, 1, item.first_day, type(item.stay)(0, item.first_day + 1, item.first_day + 3), ())
        for item in told.items
    ]
    program = build(facts, type(told)((*told.items, *second)), [])
    for chosen in product([False, True], repeat=4):
        numbers = tuple(n for n, is_in in enumerate(chosen) if is_in)
        allowed = numbers in ((), (0, 2), (1, 3))  # both legs on one first day, or neither
        assert allows(program, numbers) == allowed
