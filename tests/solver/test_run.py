"""The search: levels in order, an answer or none, the second opinion, running out of time, bounds."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import matching.solver.climb as climbing
import matching.solver.run as running
from matching.errors import OutOfTime, SolverFault
from matching.facts import Facts
from matching.solver.cpsat import Answer, CpSat, Limits
from matching.solver.mip import proven_bound
from matching.solver.program import LEVELS
from matching.solver.run import NoPlan, placed_objective
from tests.builders import TODAY, area, assessment, case, facility, in_use, person, unit, world
from tests.solver.solving import LIMITS, answer, program_of, solved, two_rivals, values
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


def nobody_fits() -> Facts:
    return world(facilities=[facility(1)], cases=[case(triage=1), case(assessment=None)], bed_uses=[in_use(0)])


def test_no_plan_is_an_answer() -> None:
    outcome = answer(nobody_fits())
    assert isinstance(outcome, NoPlan)
    assert outcome.is_confirmed
    assert values(outcome) == dict(zip(LEVELS, (0, 1, 1, 0, 0, 0, 0), strict=True))


def test_nobody_waiting_is_a_plan_of_nothing() -> None:
    outcome = solved(world(facilities=[facility(1)]))
    assert outcome.plan.placed == ()
    assert outcome.is_proven
    assert outcome.unplaced_confirmed


def test_no_facility_is_no_plan() -> None:
    assert isinstance(answer(world(cases=[case()])), NoPlan)


def test_some_placed_is_a_plan() -> None:
    outcome = solved(world(facilities=[facility(1)], cases=[case(), case(window=(TODAY, TODAY))]))
    assert outcome.unplaced_confirmed
    assert values(outcome)["unplaced_green"] == 1


# Levels in order


def test_one_red_case_before_any_number_of_others() -> None:
    # Two beds in a shared room: a red household of two, or two orange and green single persons.
    two = case(person(), person(), triage=0)
    facts = world(
        facilities=[facility(1, [unit(2, shared=True)])],
        cases=[case(triage=1), case(triage=1), two, case(triage=2)],
    )
    assert values(solved(facts)) == dict(zip(LEVELS, (0, 2, 1, 0, 0, 0, 200), strict=True))


def test_one_orange_case_before_any_number_of_green_ones() -> None:
    three = case(person(), person(), person(), triage=1)
    facts = world(facilities=[facility(1, [unit(3, shared=True)])], cases=[*(case() for _ in range(3)), three])
    assert values(solved(facts)) == dict(zip(LEVELS, (0, 0, 3, 0, 0, 0, 300), strict=True))


def test_cases_count_not_persons() -> None:
    # Three beds: a household of three, or two single persons. Two cases are more than one.
    three = case(person(), person(), person())
    facts = world(facilities=[facility(1, [unit(3, shared=True)])], cases=[three, case(), case()])
    assert values(solved(facts))["unplaced_green"] == 1


def test_a_late_placement_is_better_than_none() -> None:
    # The only bed is taken until TODAY + 3; the deadline was five days ago: 8 days late.
    told = case(deadline_day=TODAY - 5, is_overdue=True)
    facts = world(facilities=[facility(1)], cases=[told], bed_uses=[in_use(0, days=(0, TODAY + 3))])
    assert values(solved(facts)) == dict(zip(LEVELS, (0, 0, 0, 8, 0, 0, 100), strict=True))


def test_a_day_sooner_before_any_cost() -> None:
    # Free today at 50 000 SEK, or tomorrow at 0 SEK: the deadline is today.
    facts = world(
        facilities=[facility(1, day_rate_sek=50_000), facility(2, day_rate_sek=0)],
        cases=[case(deadline_day=TODAY)],
        bed_uses=[in_use(1, days=(0, TODAY + 1))],
    )
    assert values(solved(facts)) == dict(zip(LEVELS, (0, 0, 0, 0, 0, 0, 5000), strict=True))
    patient = world(facilities=facts.facilities, cases=[case(deadline_day=TODAY + 1)], bed_uses=facts.bed_uses)
    assert values(solved(patient)) == dict(zip(LEVELS, (0, 0, 0, 0, 0, 0, 0), strict=True))


def test_the_least_cost_of_all() -> None:
    # Two far rooms at 1000 SEK, two near ones at 100 and 200: rivals cannot have both near ones.
    assert values(solved(two_rivals())) == dict(zip(LEVELS, (0, 0, 0, 0, 0, 0, 110), strict=True))


def test_preference_and_rate_are_weighed_together() -> None:

    # 300 for another locality, or 100 tens of SEK more for the preferred one
    likes = assessment(preferred=(area("locality", 2),))
    facts = world(
        facilities=[facility(1, day_rate_sek=0), facility(2, day_rate_sek=2990)], cases=[case(assessment=likes)]
    )
    assert values(solved(facts))["soft"] == 299


# The second opinion: HiGHS on what CP-SAT proved, CP-SAT on what the relaxation proved


def second_says(monkeypatch: pytest.MonkeyPatch, proven: int | None) -> None:
    monkeypatch.setattr(running, "proven_bound", lambda *_: proven)
    monkeypatch.setattr(running, "proven_by_cpsat", lambda *_: proven)


@pytest.mark.parametrize("is_relaxed", [True, False])
def test_the_second_opinion_is_not_the_first_ones(monkeypatch: pytest.MonkeyPatch, *, is_relaxed: bool) -> None:
    asked: list[str] = []
    if not is_relaxed:
        monkeypatch.setattr(climbing, "relax", lambda *_: None)
    monkeypatch.setattr(running, "proven_bound", lambda *_: asked.append("highs"))
    monkeypatch.setattr(running, "proven_by_cpsat", lambda *_: asked.append("cpsat"))
    solved(world(facilities=[facility(1)], cases=[case(), case()]))
    assert asked == ["cpsat" if is_relaxed else "highs"]


@pytest.mark.parametrize("proven", [0, 2, -1])
def test_two_solvers_that_disagree_are_a_fault(monkeypatch: pytest.MonkeyPatch, proven: int) -> None:
    facts = world(facilities=[facility(1)], cases=[case(), case()])  # one must wait
    second_says(monkeypatch, proven)
    with pytest.raises(SolverFault, match="two solvers"):
        answer(facts)


def test_without_a_second_proof_nothing_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    second_says(monkeypatch, None)
    outcome = solved(world(facilities=[facility(1)], cases=[case(), case()]))
    assert not outcome.unplaced_confirmed


def test_everybody_placed_needs_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> int:
        raise AssertionError("asked for a second opinion")

    monkeypatch.setattr(running, "proven_bound", never)
    monkeypatch.setattr(running, "proven_by_cpsat", never)
    assert solved(two_rivals()).unplaced_confirmed


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_the_other_solver_proves_the_same_optimum(told: tuple[Raw, Land]) -> None:
    raw, land = told
    facts = facts_of(raw, land)
    program = program_of(facts, filtered=False)
    constant, terms = placed_objective(program)
    mine = CpSat(program).minimise(constant, terms, LIMITS, 60.0)
    assert mine.value == mine.bound == proven_bound(program, constant, terms, 60.0)


# Time


def scripted(monkeypatch: pytest.MonkeyPatch, *answers: Answer | None) -> None:
    """Answers of the searches in turn; none: what the real one says."""
    real, turn = CpSat.minimise, iter(answers)

    def minimise(self: CpSat, constant: int, terms: Mapping[int, int], *more: Any) -> Answer:
        told = next(turn, None)
        return real(self, constant, terms, *more) if told is None else told

    monkeypatch.setattr(CpSat, "minimise", minimise)
    monkeypatch.setattr(climbing, "relax", lambda *_: None)  # it would answer without any search


NOTHING_FOUND = Answer(None, 0, -100)


def test_nothing_found_in_time_is_out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, NOTHING_FOUND)
    with pytest.raises(OutOfTime):
        answer(two_rivals())


def test_what_runs_out_of_time_keeps_the_plan_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # placed is searched first, then days late, then the other levels, which fit one objective here
    scripted(monkeypatch, None, None, NOTHING_FOUND)
    outcome = solved(two_rivals())
    assert len(outcome.plan.placed) == 2
    assert {level.name for level in outcome.levels if level.value} == {"soft"}
    assert not outcome.levels[-1].is_proven
    assert not outcome.is_proven


@pytest.mark.parametrize(
    ("bound", "bounds"),
    [
        ((3, 5, 7), (3, 5, 7)),  # proven
        ((3, 5, 6), (3, 5, 6)),
        ((3, 4, 99), (3, 4, 0)),  # one less before it: the last level may be anything
        ((2, 9, 9), (2, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
    ],
)
def test_a_bound_holds_while_all_before_it_is_proven(bound: tuple[int, ...], bounds: tuple[int, ...]) -> None:
    found = climbing.taken_apart(("late_days", "risk", "soft"), (3, 5, 7), bound)
    assert [level.value for level in found] == [3, 5, 7]
    assert tuple(level.bound for level in found) == bounds


def test_an_empty_plan_without_proof_is_out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, Answer((), 2, 0))
    with pytest.raises(OutOfTime):
        answer(two_rivals())


def test_a_first_level_without_proof_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, Answer((0,), 1, 0))
    outcome = solved(two_rivals())
    assert not outcome.unplaced_confirmed
    assert not outcome.is_proven


@pytest.mark.parametrize("wrong", [(0, 1), (0, 3)])
def test_an_answer_that_breaks_a_clause_is_a_fault(monkeypatch: pytest.MonkeyPatch, wrong: tuple[int, ...]) -> None:
    scripted(monkeypatch, Answer(wrong, 1, 1))
    with pytest.raises(SolverFault, match="breaks a clause"):
        answer(two_rivals())


def test_a_bound_above_a_plan_at_hand_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, Answer((0,), 1, 2))
    with pytest.raises(SolverFault, match="bound"):
        answer(two_rivals())


@pytest.mark.parametrize("level", range(3))
def test_a_model_called_infeasible_is_a_fault(monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    scripted(monkeypatch, *[None] * level, Answer(None, 0, 0, is_infeasible=True))
    with pytest.raises(SolverFault, match="infeasible"):
        answer(two_rivals())


# Bounds, seeds


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios())
def test_bounds_and_modes(told: tuple[Raw, Land]) -> None:
    raw, land = told
    facts = facts_of(raw, land)
    outcome = answer(facts)
    for level in outcome.levels:
        assert 0 <= level.bound <= level.value
    audit = Limits(time_s=20.0, audit=True, workers=8, seed=1)
    assert values(answer(facts, audit)) == values(outcome)
    assert values(answer(facts, Limits(seed=99))) == values(outcome)


def test_the_placed_objective_packs_the_levels_exactly() -> None:
    cases = [case(triage=t) for t in (0, 1, 1, 2, 2, 2)]
    program = program_of(world(facilities=[facility(1)], cases=cases))
    constant, terms = placed_objective(program)
    # 1 red, 2 orange, 3 green: an orange weighs 4 greens at most 3, a red weighs 3 oranges of 4
    weight: dict[int, Any] = {0: 12, 1: 4, 2: 1}
    assert constant == 1 * 12 + 2 * 4 + 3 * 1
    for number, amount in terms.items():
        assert amount == -weight[cases[program.candidates.items[number].case].triage]


# Starts


def test_what_the_filter_removes_stays_removed() -> None:
    unfit = case(assessment=None), case(homes=(1,))
    facts = world(facilities=[facility(1, [unit(), unit(), unit()])], cases=[case(), *unfit])
    assert values(solved(facts))["unplaced_green"] == 2


def test_a_stay_starts_when_another_waiting_one_ends() -> None:
    # One bed, three one-night stays, three nights: each starts the day the one before it ends.
    cases = [case(nights=1, window=(TODAY, TODAY + 2)) for _ in range(3)]
    outcome = solved(world(facilities=[facility(1)], cases=cases))
    assert sorted(item.stay.start_day for item in outcome.plan.placed) == [TODAY, TODAY + 1, TODAY + 2]


def test_two_linked_stays_start_together_and_join() -> None:
    # Free from TODAY + 1 for the first leg, and from TODAY + 4 for the second: three nights, then on.
    facts = world(
        facilities=[facility(1), facility(2)],
        cases=[case(nights=(3, 10), deadline_day=TODAY)],
        bed_uses=[in_use(0, days=(0, TODAY + 1)), in_use(1, days=(0, TODAY + 4))],
    )
    stays = [(item.stay.facility, item.stay.start_day, item.stay.end_day) for item in solved(facts).plan.placed]
    assert stays == [(0, TODAY + 1, TODAY + 4), (1, TODAY + 4, TODAY + 14)] or stays == [
        (0, TODAY + 1, TODAY + 4),
        (0, TODAY + 4, TODAY + 14),
    ]
