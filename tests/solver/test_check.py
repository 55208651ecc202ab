"""The check without a solver: planted wrong plans, lying levels, and programs that lost a clause."""

from dataclasses import replace
from typing import Any

import pytest

from matching.constraints import rule_book
from matching.constraints.base import Level
from matching.errors import SolverFault
from matching.facts import FOREVER, Bed, Exposure, Facts, Link, Provider, Stay
from matching.plans import Placed, Plan
from matching.solver.check import insist, judge
from matching.solver.program import LEVELS, Program
from matching.solver.run import run
from tests.books import ELEVEN, book, book_without
from tests.builders import (
    PASSED,
    TODAY,
    actor,
    assessment,
    case,
    facility,
    in_use,
    person,
    places,
    plan_of,
    present,
    put,
    unit,
    world,
)
from tests.solver.solving import ALWAYS_RIVALS, BLUE, LIMITS, RED, claims, program_of, solved, two_rivals
from tests.test_rule_book import SPECIFIED

BOOK = rule_book()


def one(
    home: Any = None, presences: Any = (), uses: Any = (), more: dict[str, Any] | None = None, **told: Any
) -> Facts:
    """One case, one facility; `more` is told of the world, the rest of the case."""
    return world(
        facilities=[home or facility(1)],
        cases=[case(**told)],
        presences=presences,
        bed_uses=uses,
        rivals=ALWAYS_RIVALS,
        **(more or {}),
    )


SOMEBODY = person(key=7)
WRONG: list[tuple[str, Facts, dict[str, Any]]] = [
    ("actor_is_placed", one(named_actors=[(7, FOREVER)], presences=[present(1, SOMEBODY)]), {}),
    ("concentration_cap", one(presences=[present(1)], more={"most_persons_per_locality": 1}), {}),
    ("contract", one(home=facility(1, contracts=())), {}),
    ("exposed_place", one(networks=[RED], more={"exposures": [Exposure(1, 0, RED, FOREVER)]}), {}),
    ("former_network_separation", one(networks=[RED], presences=[present(1, networks=[RED])]), {}),
    ("household_together", one(links=[Link(7, "more_than", 1000)], presences=[present(1, SOMEBODY)]), {}),
    ("protection_level", one(assessment=assessment(protection_level=2)), {}),
    ("provider_vetting", one(more={"providers": [Provider(0)]}), {}),
    ("unknown_placement_margin", one(unknown=True, more={"unseen_persons_milli": 1000}), {}),
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
HARD = sorted(SPECIFIED[Level.HARD])
"""A rule added later brings its own wrong plans in its own test file (docs/add-a-rule.md)."""


@pytest.mark.parametrize(("rule", "facts", "how"), WRONG, ids=[f"{n}-{w[0]}" for n, w in enumerate(WRONG)])
def test_a_planted_wrong_plan_is_caught(rule: str, facts: Facts, how: dict[str, Any]) -> None:
    plan = plan_of(put(facts, 0, 0, **how))
    assert rule in {breach.rule for breach in judge(plan, facts, BOOK).breaches}
    # even if it claims just the levels the rules count
    with pytest.raises(SolverFault, match=rule):
        insist(claims(plan, *judge(plan, facts, BOOK).levels), facts, BOOK)


def test_every_hard_rule_has_a_planted_wrong_plan() -> None:
    assert set(HARD) <= {rule for rule, _, _ in WRONG}


def test_a_whole_plan_passes() -> None:
    facts = two_rivals()
    plan = plan_of(put(facts, 0, 0), put(facts, 1, 2))
    # 10 and 100 tens of SEK
    assert judge(plan, facts, ELEVEN).breaches == ()
    assert judge(plan, facts, ELEVEN).levels == (0, 0, 0, 0, 0, 0, 110)
    assert insist(claims(plan, 0, 0, 0, 0, 0, 0, 110), facts, ELEVEN).levels == (0, 0, 0, 0, 0, 0, 110)
    assert judge(plan, facts, BOOK).breaches == ()
    assert judge(plan, facts, BOOK).levels[:4] == (0, 0, 0, 0)


def test_two_planned_rivals_too_near() -> None:
    facts = two_rivals()
    plan = plan_of(put(facts, 0, 0), put(facts, 1, 1))
    for rules in (ELEVEN, BOOK):
        with pytest.raises(SolverFault, match="rival_separation"):
            insist(claims(plan, *judge(plan, facts, rules).levels), facts, rules)


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
        insist(claims(plan, 0, 0, 0, 0, 0, 0, 100), facts, BOOK)


SEVEN = book("place_capacity", "uncertain_hostility", "moves", "day_rate")
ON_EVERY_LEVEL = (1, 2, 1, 3, 224, 2, 101)


def on_every_level() -> tuple[Facts, Plan]:
    """A plan that has something on every level, and the rules that say so, by hand.

    Two are placed in one town, at 10 and 1 tens of SEK a person and night. The couple moves: 2 persons.
    Between its network and the other's nothing is examined: a prior of 20 percent, 224 thousandths. It
    starts today, three days after its deadline. One red, two orange and one green case are left waiting.
    """
    couple = case(person(), person(), networks=[RED], housed_at=1, deadline_day=TODAY - 3)
    waiting = [case(triage=triage) for triage in (0, 1, 1, 2)]
    facts = world(
        facilities=[facility(1, [unit(2)], day_rate_sek=500), facility(1, day_rate_sek=10)],
        cases=[couple, case(networks=[BLUE]), *waiting],
        priors_percent=[20] * 10,
    )
    return facts, plan_of(put(facts, 0, 0), put(facts, 1, 1))


def test_every_level_is_counted() -> None:
    facts, plan = on_every_level()
    assert judge(plan, facts, SEVEN).breaches == ()
    assert judge(plan, facts, SEVEN).levels == ON_EVERY_LEVEL
    assert insist(claims(plan, *ON_EVERY_LEVEL), facts, SEVEN).levels == ON_EVERY_LEVEL


def test_a_cost_counts_on_the_level_of_its_rule_alone() -> None:
    facts, plan = on_every_level()
    for level, name in ((4, "uncertain_hostility"), (5, "moves"), (6, "day_rate")):
        counted = judge(plan, facts, book_without(SEVEN, name)).levels
        assert counted == (*ON_EVERY_LEVEL[:level], 0, *ON_EVERY_LEVEL[level + 1 :])


@pytest.mark.parametrize("level", range(7))
@pytest.mark.parametrize("lie", [-1, 1])
def test_a_level_that_lies(level: int, lie: int) -> None:
    facts, plan = on_every_level()
    told = list(ON_EVERY_LEVEL)
    told[level] += lie
    with pytest.raises(SolverFault, match=f": {LEVELS[level]}$"):
        insist(claims(plan, *told), facts, SEVEN)


@pytest.mark.parametrize(("deadline", "late"), [(TODAY + 1, 0), (TODAY, 0), (TODAY - 1, 1), (TODAY - 5, 5)])
def test_late_days_are_counted_from_the_deadline(deadline: int, late: int) -> None:
    facts = one(deadline_day=deadline)
    assert judge(plan_of(put(facts, 0, 0)), facts, ELEVEN).levels == (0, 0, 0, late, 0, 0, 100)


def test_live_breaches_are_findings_and_no_fault_of_the_plan() -> None:
    facts = world(
        facilities=[facility(1), facility(2)],
        cases=[case()],
        presences=[present(3, networks=[RED]), present(3, networks=[BLUE])],
        bed_uses=[in_use(1), in_use(1, presence=1)],
        rivals=ALWAYS_RIVALS,
    )
    plan = plan_of(put(facts, 0, 0))
    judgement = insist(claims(plan, 0, 0, 0, 0, 0, 0, 100), facts, ELEVEN)
    assert sorted((found.rule, found.is_live) for found in judgement.findings) == [
        ("place_capacity", True),
        ("rival_separation", True),
    ]
    assert insist(solved(facts), facts, ELEVEN).levels == (0, 0, 0, 0, 0, 0, 100)
    with_all = judge(plan, facts, BOOK)
    assert with_all.breaches == ()
    assert {"place_capacity", "rival_separation"} <= {found.rule for found in with_all.findings}
    assert judge(plan, facts, BOOK, with_findings=False).findings == ()


def test_nothing_said_of_a_fault_names_anybody() -> None:
    facts = two_rivals()
    with pytest.raises(SolverFault) as caught:
        insist(claims(plan_of(put(facts, 0, 0), put(facts, 1, 1)), 0, 0, 0, 0, 0, 0, 30), facts, BOOK)
    assert not any(word in str(caught.value) for word in ("case-", "facility-", "place-", "1000"))


# Programs that lost something


def crowd() -> Facts:
    """Four cases for two beds, an emergency with two legs, rivals, a case that may not be placed.

    Those who could be placed live in a house that takes nobody any more: whoever is placed moves.
    """
    return world(
        land=places(4, gap_m={(1, 2): 10_000}),
        facilities=[facility(1), facility(2), facility(3, max_household=0)],
        cases=[
            case(networks=[RED], housed_at=2),
            case(networks=[BLUE], housed_at=2),
            case(nights=(1, 2)),
            case(gate=replace(PASSED, motivated=None), triage=0),
            case(networks=[RED], housed_at=2),
        ],
        presences=[present(1, networks=[2])],
        rivals=ALWAYS_RIVALS,
        priors_percent=[20] * 10,
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


def with_a_constant_forgotten(program: Program) -> None:
    constant, terms = program.levels["soft"]
    assert constant
    program.levels["soft"] = 0, dict(terms)


def without_risk(program: Program) -> None:
    assert program.levels["risk"] != (0, {})
    program.levels["risk"] = 0, {}


def without_moves(program: Program) -> None:
    assert program.levels["moves"] != (0, {})
    program.levels["moves"] = 0, {}


def with_an_absent_case(program: Program) -> None:
    constant, terms = program.levels["unplaced_green"]
    program.levels["unplaced_green"] = constant - 1, terms


SPOILS = [
    without_packings, without_rows, without_forbidden, without_links, with_other_charges, with_a_constant_forgotten,
    without_risk, without_moves, with_an_absent_case,
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_program_that_lost_a_clause_is_a_fault(spoil: Any) -> None:
    rules = book(*(rule.name for rule in ELEVEN), "uncertain_hostility", "moves", "municipality_fairness")
    facts = crowd()
    program = program_of(facts, rules, filtered=False)
    assert program.packings
    assert program.rows
    assert program.forbidden
    assert program.links
    insist_on(program, facts, rules)
    spoil(program)
    with pytest.raises(SolverFault):
        insist_on(program, facts, rules)


@pytest.mark.parametrize("lost", HARD)
def test_a_rule_that_wrote_no_clause_is_caught_by_the_check(lost: str) -> None:
    _, facts, how = next(wrong for wrong in WRONG if wrong[0] == lost)
    rules = book_without(BOOK, lost)
    if how:  # the start lies outside the window: shorten the stay instead, so that a wrong one is offered
        facts = one(housed_until_day=TODAY + 9)
    with pytest.raises(SolverFault, match="finds no free bed" if lost == "place_capacity" else lost):
        insist_on(program_of(facts, rules, filtered=False), facts, BOOK)


def insist_on(program: Program, facts: Facts, rules: Any) -> None:
    outcome = run(program, facts, LIMITS)
    insist(outcome, facts, rules)  # type: ignore[arg-type]
