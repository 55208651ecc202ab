"""The check without a solver: planted wrong plans, lying levels, and programs that lost a clause."""

from dataclasses import replace
from typing import Any

import pytest

from matching.candidates import generate
from matching.constraints import rule_book
from matching.errors import SolverFault
from matching.facts import Bed, Facts, Stay
from matching.plans import Placed, Plan
from matching.solver.check import insist, judge
from matching.solver.program import Program, build
from matching.solver.run import run
from tests.builders import (
    PASSED,
    TODAY,
    actor,
    assessment,
    case,
    facility,
    in_use,
    places,
    plan_of,
    present,
    put,
    unit,
    world,
)
from tests.solver.solving import ALWAYS_RIVALS, BLUE, LIMITS, RED, claims, program_of, solved, two_rivals

BOOK = rule_book()


def one(home: Any = None, land: Any = None, presences: Any = (), uses: Any = (), **told: Any) -> Facts:
    return world(
        land=land,
        facilities=[home or facility(1)],
        cases=[case(**told)],
        presences=presences,
        bed_uses=uses,
        rivals=ALWAYS_RIVALS,
    )


WRONG: list[tuple[str, Facts, dict[str, Any]]] = [
    ("eligibility_gate", one(gate=replace(PASSED, written_consent=None)), {}),
    ("forbidden_locality", one(homes=(1,)), {}),
    ("threat_reach", one(assessment=assessment(actors=(actor("radius", 1, limit_m=1),))), {}),
    ("rival_separation", one(networks=[RED], presences=[present(1, networks=[BLUE])]), {}),
    ("place_capacity", one(uses=[in_use(0)]), {}),
    ("legal_form", one(home=facility(1, min_age_years=31)), {}),
    ("needs_met", one(day_one_needs=frozenset({"interpreter"})), {}),
    ("start_in_time", one(), {"start": TODAY + 4}),
    ("place_capacity", one(home=facility(1, [unit(2)])), {"beds": [(0, 2)]}),  # a bed too many
    ("place_capacity", one(home=facility(1, [unit(2)])), {"beds": []}),
    ("plan", one(home=facility(1, [unit(2)])), {"beds": [(0, 1), (0, 0)]}),
    ("plan", one(home=facility(1, [unit(2)])), {"beds": [(0, 2), (0, -1)]}),
]


@pytest.mark.parametrize(("rule", "facts", "how"), WRONG, ids=[f"{n}-{w[0]}" for n, w in enumerate(WRONG)])
def test_a_planted_wrong_plan_is_caught(rule: str, facts: Facts, how: dict[str, Any]) -> None:
    plan = plan_of(put(facts, 0, 0, **how))
    assert rule in {breach.rule for breach in judge(plan, facts, BOOK).breaches}
    # even if it claims just the levels the rules count
    with pytest.raises(SolverFault, match=rule):
        insist(claims(plan, *judge(plan, facts, BOOK).levels), facts, BOOK)


def test_every_hard_rule_has_a_planted_wrong_plan() -> None:
    assert {rule.name for rule in BOOK if rule.level == "hard"} <= {rule for rule, _, _ in WRONG}


def test_a_whole_plan_passes() -> None:
    facts = two_rivals()
    plan = plan_of(put(facts, 0, 0), put(facts, 1, 2))
    # 10 and 100 tens of SEK
    assert judge(plan, facts, BOOK).breaches == ()
    assert judge(plan, facts, BOOK).levels == (0, 0, 0, 0, 110)
    assert insist(claims(plan, 0, 0, 0, 0, 110), facts, BOOK).levels == (0, 0, 0, 0, 110)


def test_two_planned_rivals_too_near() -> None:
    facts = two_rivals()
    plan = plan_of(put(facts, 0, 0), put(facts, 1, 1))
    with pytest.raises(SolverFault, match="rival_separation"):
        insist(claims(plan, 0, 0, 0, 0, 30), facts, BOOK)


def linked() -> Facts:
    return world(facilities=[facility(1), facility(2)], cases=[case(nights=(3, 10))])


def with_legs(*wanted: tuple[int, int, int, int]) -> Plan:
    return Plan(tuple(Placed(0, leg, Stay(home, start, end), (Bed(0, 1),)) for leg, home, start, end in wanted))


@pytest.mark.parametrize(
    "plan",
    [
        with_legs((0, 0, TODAY, TODAY + 3)),  # the second leg is missing
        with_legs((1, 1, TODAY + 3, TODAY + 13)),
        with_legs((0, 0, TODAY, TODAY + 3), (1, 1, TODAY + 4, TODAY + 14)),  # a night between them
        with_legs((0, 0, TODAY, TODAY + 3), (1, 1, TODAY + 2, TODAY + 12)),
        with_legs((0, 0, TODAY, TODAY + 3), (1, 1, TODAY + 3, TODAY + 12)),  # a night short
        with_legs((0, 0, TODAY, TODAY + 3), (0, 1, TODAY, TODAY + 3), (1, 1, TODAY + 3, TODAY + 13)),  # twice
    ],
)
def test_legs_that_do_not_make_a_whole_case(plan: Plan) -> None:
    assert "plan" in {breach.rule for breach in judge(plan, linked(), BOOK).breaches}
    assert not judge(with_legs((0, 0, TODAY, TODAY + 3), (1, 1, TODAY + 3, TODAY + 13)), linked(), BOOK).breaches


def test_a_case_in_two_places_at_once() -> None:
    facts = world(facilities=[facility(1), facility(2)], cases=[case()])
    twice = Plan((*put(facts, 0, 0), *put(facts, 0, 1)))
    assert "plan" in {breach.rule for breach in judge(twice, facts, BOOK).breaches}


@pytest.mark.parametrize(
    ("number", "home", "room"),
    [
        (0, 0, 5), (0, 0, -1), (0, 7, 0), (0, -1, 0), (7, 0, 0), (-1, 0, 0),
    ],
)  # fmt: skip
def test_numbers_that_do_not_exist(number: int, home: int, room: int) -> None:
    facts = world(facilities=[facility(1)], cases=[case()])
    plan = Plan((Placed(number, 0, Stay(home, TODAY, TODAY + 10), (Bed(room, 1),)),))
    with pytest.raises(SolverFault):
        insist(claims(plan, 0, 0, 0, 0, 100), facts, BOOK)


@pytest.mark.parametrize("level", range(5))
@pytest.mark.parametrize("lie", [-1, 1])
def test_a_level_that_lies(level: int, lie: int) -> None:
    facts = two_rivals()
    plan = plan_of(put(facts, 0, 0), put(facts, 1, 2))
    told = [0, 0, 0, 0, 110]
    told[level] += lie
    name = ("unplaced_red", "unplaced_orange", "unplaced_green", "late_days", "soft")[level]
    with pytest.raises(SolverFault, match=name):
        insist(claims(plan, *told), facts, BOOK)


@pytest.mark.parametrize(("deadline", "late"), [(TODAY + 1, 0), (TODAY, 0), (TODAY - 1, 1), (TODAY - 5, 5)])
def test_late_days_are_counted_from_the_deadline(deadline: int, late: int) -> None:
    facts = one(deadline_day=deadline)
    assert judge(plan_of(put(facts, 0, 0)), facts, BOOK).levels == (0, 0, 0, late, 100)


def test_live_breaches_are_findings_and_no_fault_of_the_plan() -> None:
    facts = world(
        facilities=[facility(1), facility(2)],
        cases=[case()],
        presences=[present(3, networks=[RED]), present(3, networks=[BLUE])],
        bed_uses=[in_use(1), in_use(1, presence=1)],
        rivals=ALWAYS_RIVALS,
    )
    plan = plan_of(put(facts, 0, 0))
    judgement = insist(claims(plan, 0, 0, 0, 0, 100), facts, BOOK)
    assert sorted((found.rule, found.is_live) for found in judgement.findings) == [
        ("place_capacity", True),
        ("rival_separation", True),
    ]
    assert insist(solved(facts), facts, BOOK).levels == (0, 0, 0, 0, 100)


def test_nothing_said_of_a_fault_names_anybody() -> None:
    facts = two_rivals()
    with pytest.raises(SolverFault) as caught:
        insist(claims(plan_of(put(facts, 0, 0), put(facts, 1, 1)), 0, 0, 0, 0, 30), facts, BOOK)
    assert not any(word in str(caught.value) for word in ("case-", "facility-", "place-", "1000"))


# Programs that lost something


def crowd() -> Facts:
    """Four cases for two beds, an emergency with two legs, rivals, a case that may not be placed."""
    return world(
        land=places(4, gap_m={(1, 2): 10_000}),
        facilities=[facility(1), facility(2)],
        cases=[
            case(networks=[RED]),
            case(networks=[BLUE]),
            case(nights=(1, 2)),
            case(gate=replace(PASSED, motivated=None), triage=0),
            case(networks=[RED]),
        ],
        rivals=ALWAYS_RIVALS,
    )


def without_packings(program: Program) -> None:
    program.packings.clear()


def without_rows(program: Program) -> None:
    program.rows.clear()


def without_forbidden(program: Program) -> None:
    program.forbidden.clear()


def without_links(program: Program) -> None:
    program.links.clear()


def with_other_charges(program: Program) -> None:
    constant, terms = program.levels["soft"]
    program.levels["soft"] = constant, {number: amount - 1 for number, amount in terms.items()}


def with_an_absent_case(program: Program) -> None:
    constant, terms = program.levels["unplaced_green"]
    program.levels["unplaced_green"] = constant - 1, terms


@pytest.mark.parametrize(
    "spoil",
    [without_packings, without_rows, without_forbidden, without_links, with_other_charges, with_an_absent_case],
)
def test_a_program_that_lost_a_clause_is_a_fault(spoil: Any) -> None:
    facts = crowd()
    program = program_of(facts, filtered=False)
    assert program.packings
    assert program.rows
    assert program.forbidden
    assert program.links
    insist_on(program, facts)
    spoil(program)
    with pytest.raises(SolverFault):
        insist_on(program, facts)


@pytest.mark.parametrize("lost", [rule.name for rule in BOOK if rule.level == "hard"])
def test_a_rule_that_wrote_no_clause_is_caught_by_the_check(lost: str) -> None:
    _, facts, how = next(wrong for wrong in WRONG if wrong[0] == lost)
    rules = [rule for rule in BOOK if rule.name != lost]
    if how:  # the start lies outside the window: shorten the stay instead, so that a wrong one is offered
        facts = one(housed_until_day=TODAY + 9)
    candidates = generate(facts, rules, filtered=False)
    with pytest.raises(SolverFault):
        insist_on(build(facts, candidates, rules), facts)


def insist_on(program: Program, facts: Facts) -> None:
    outcome = run(program, facts, LIMITS)
    insist(outcome, facts, BOOK)  # type: ignore[arg-type]
