"""A certificate holds by exact arithmetic alone, says no more than is so, and a wrong one proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from matching.errors import SolverFault
from matching.facts import Facts
from matching.solver.certificate import Certificate, Row, certify, dual_bound, joint_document, objective, rows_of
from matching.solver.program import Program
from matching.solver.run import placed_objective
from tests.builders import case, facility, in_use, person, places, unit, world
from tests.solver.programs import program_with
from tests.solver.solving import ALWAYS_RIVALS, BLUE, RED, program_of
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
SHA = "0" * 64


def proven_bound(document: dict[str, Any]) -> Fraction:
    """The bound a document proves, from the document alone: the whole of what a checker has to add up."""
    told = document["objective"]
    cost = {int(n): Fraction(amount) for n, amount in told["coefficients"].items()}
    bound = Fraction(told["constant"])
    premises = [
        ({int(n): -a for n, a in one["objective"]["coefficients"].items()}, one["objective"]["constant"] - claimed)
        for one in document["premises"]
        if proven_bound(one) > (claimed := one["claimed_bound"]) - 1
    ]
    assert len(premises) == len(document["premises"])
    for row in document["rows"]:
        share = Fraction(row["multiplier"])
        assert share >= 0 or row["kind"] == "link"
        assert row["kind"] != "premise" or (dict(map(tuple, row["terms"])), row["bound"]) in premises
        bound -= share * row["bound"]
        for literal, amount in row["terms"]:
            cost[literal] = cost.get(literal, Fraction(0)) + share * amount
    return bound + sum(min(Fraction(0), left) for left in cost.values())


def holds(program: Program, chosen: tuple[int, ...]) -> bool:
    """Whether a choice fulfils every clause, by counting."""
    true = program.true_literals(chosen)
    return (
        program.forbidden.isdisjoint(chosen)
        and all(len(true.intersection(packing)) <= 1 for packing in program.packings)
        and all(sum(amount for n, amount in terms if n in true) <= bound for terms, bound in program.rows)
        and all(len(true.intersection(a)) == len(true.intersection(b)) for a, b in program.links)
    )


def choices(program: Program) -> Iterator[tuple[int, ...]]:
    """Every choice of at most one way a leg, whatever the clauses say."""
    own: dict[tuple[int, int], list[int | None]] = {}
    for number, item in enumerate(program.candidates.items):
        own.setdefault((item.case, item.leg), [None]).append(number)
    for told in product(*own.values()):
        yield tuple(number for number in told if number is not None)


def least(program: Program) -> int:
    """By trying every choice."""
    constant, terms = objective(program)
    return min(constant + sum(terms.get(n, 0) for n in told) for told in choices(program) if holds(program, told))


def certified(program: Program, facts: Facts) -> tuple[Certificate, dict[str, Any]]:
    found = certify(program, least(program))
    assert found is not None
    document = json.loads(json.dumps(joint_document(found, program, facts, SHA)))
    assert -(-proven_bound(document) // 1) == found.claimed_bound == least(program)
    return found, document


# -- by hand ---------------------------------------------------------------------------------------


def test_one_bed_and_three_who_want_it() -> None:
    facts = world(facilities=[facility(1)], cases=[case(), case(), case()])
    found, document = certified(program_of(facts), facts)
    assert found.claimed_bound == 2
    assert {row.kind for row in found.rows} == {"capacity"}
    assert document["scenario_sha256"] == SHA
    assert {one["case"] for one in document["candidates"]} == {"case-0", "case-1", "case-2"}
    assert {one["facility"] for one in document["candidates"]} == {"facility-0"}


def test_two_rivals_and_one_town() -> None:
    facts = world(
        land=places(3, gap_m={(1, 2): 10_000}),
        facilities=[facility(1), facility(2)],
        cases=[case(networks=[RED]), case(networks=[BLUE])],
        rivals=ALWAYS_RIVALS,
    )
    found, _ = certified(program_of(facts), facts)
    assert (found.claimed_bound, {row.kind for row in found.rows} >= {"packing"}) == (1, True)


def test_linked_stays_are_proven_too() -> None:
    # the first stay has two beds, the second has one
    full = in_use(0, (0, 1), days=(1007, 2000))
    facts = world(
        facilities=[facility(1, [unit(), unit()], has_night_intake=True)],
        cases=[case(nights=(3, 10), window=(1000, 1000)), case(nights=(3, 10), window=(1000, 1000))],
        bed_uses=[replace(full, start_day=1004)],
    )
    found, _ = certified(program_of(facts), facts)
    assert found.claimed_bound == 1


def test_red_counts_before_orange_before_green() -> None:
    facts = world(facilities=[facility(1)], cases=[case(triage=triage) for triage in (0, 1, 1, 2)])
    program = program_of(facts)
    assert objective(program) == placed_objective(program)
    found, _ = certified(program, facts)
    assert found.claimed_bound == 2 * 2 + 1  # both orange, then green; red has the bed


def test_nobody_has_a_candidate() -> None:
    facts = world(facilities=[], cases=[case(), case(triage=0)])
    found, _ = certified(program_of(facts), facts)
    assert (found.claimed_bound, found.rows) == (objective(program_of(facts))[0], ())


# -- what one relaxation does not close -------------------------------------------------------------


def pairwise(program: Program, literals: tuple[int, ...]) -> Program:
    program.packings += list(combinations(literals, 2))
    return program


def test_pairs_become_a_clique() -> None:
    """Six cases, no two together: the relaxation of the pairs halves each and loses three of the five."""
    program = pairwise(program_with([1] * 6), (0, 1, 2, 3, 4, 5))
    found = certify(program, 5)
    assert found is not None
    assert found.claimed_bound == 5 == least(program)
    assert [row.bound for row in found.rows] == [1]
    (clique,) = found.rows
    assert set(combinations(sorted(n for n, _ in clique.terms), 2)) <= set(program.packings)


def test_a_clique_of_rivals_and_beds_together() -> None:
    """Two ways for each of two cases: the same house has one bed, the other pairs are rivals; so one case in all."""
    program = program_with([2, 2])
    program.packings += [(0, 3), (1, 2)]
    program.rows += [(((0, 1), (2, 1)), 1), (((1, 2), (3, 2)), 3)]
    found = certify(program, least(program))
    assert found is not None
    assert found.claimed_bound == 1
    assert [sorted(n for n, _ in row.terms) for row in found.rows] == [[0, 1, 2, 3]]


def test_what_is_proven_of_red_helps_to_prove_the_rest() -> None:
    """Red in a ring of five, which is no clique: at most two of five, the relaxation says two and a half."""
    program = program_with([1] * 6)
    red = dict.fromkeys(range(5), -1)
    program.levels |= {"unplaced_red": (5, red), "unplaced_orange": (0, {}), "unplaced_green": (1, {5: -1})}
    program.packings += [(n, (n + 1) % 5) for n in range(5)]
    found = certify(program, least(program))
    assert found is not None
    assert [one.claimed_bound for one in found.premises] == [3, 3]
    assert found.claimed_bound == least(program) == 6


def test_what_it_cannot_prove_it_does_not_claim() -> None:
    """Of any three at most two, so two of four; the relaxation keeps three and a third, and no two are a clique."""
    program = program_with([1] * 4)
    program.rows += [(((a, 2), (b, 2), (c, 2)), 5) for a, b, c in combinations(range(4), 3)]
    assert least(program) == 2
    assert certify(program, 2) is None


# -- faults ----------------------------------------------------------------------------------------


def test_a_value_below_the_exact_bound_is_a_fault() -> None:
    facts = world(facilities=[facility(1)], cases=[case(), case(), case()])
    with pytest.raises(SolverFault, match="contradicts the plan"):
        certify(program_of(facts), 1)


def test_a_value_above_the_bound_is_not_certified() -> None:
    facts = world(facilities=[facility(1)], cases=[case(), case(), case()])
    assert certify(program_of(facts), 3) is None


def test_no_time_no_certificate() -> None:
    facts = world(facilities=[facility(1)], cases=[case(), case()])
    assert certify(program_of(facts), 1, time_s=0.0) is None


@pytest.mark.parametrize("wrong", ["0", "1/2", "7", "100"])
def test_a_planted_multiplier_proves_less(wrong: str) -> None:
    facts = world(facilities=[facility(1)], cases=[case(), case(), case()])
    _, document = certified(program_of(facts), facts)
    assert proven_bound(document) == 2
    document["rows"][0]["multiplier"] = wrong
    assert proven_bound(document) < 2


def test_a_multiplier_below_0_is_refused() -> None:
    row = Row("capacity", ((0, 1),), 1, Fraction(-1))
    with pytest.raises(ValueError, match="below 0"):
        dual_bound(1, {0: -1}, [row])
    assert dual_bound(1, {0: -1}, [replace(row, kind="link", bound=0)]) == -1


# -- any world -------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_every_certificate_is_true_and_no_bound_is_too_high(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    program = program_of(facts)
    value = least(program)
    found = certify(program, value)
    if found is not None:
        assert -(-proven_bound(joint_document(found, program, facts, SHA)) // 1) == value


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_the_rows_hold_for_every_plan(drawn: tuple[Raw, Land]) -> None:
    program = program_of(facts_of(*drawn))
    rows = rows_of(program)
    for chosen in choices(program):
        if holds(program, chosen):
            true = program.true_literals(chosen)
            for row in rows:
                total = sum(amount for n, amount in row.terms if n in true)
                assert total <= row.bound
                assert row.kind != "link" or total == row.bound


def test_a_household_of_two_needs_two_beds() -> None:
    facts = world(
        facilities=[facility(1, [unit(2, shared=True)])],
        cases=[case(person(), person()), case()],
    )
    found, _ = certified(program_of(facts), facts)
    assert found.claimed_bound == 1
